"""Data folders for tests: of earlier versions, with a rule, of another program, and what is in one."""

import contextlib
import sqlite3
from pathlib import Path

from chatd.store.sqlite.schema import STEPS
from tests.support.logs import sqlite


def log_of_version(path: Path, version: int) -> None:
    """A log as that version made it, with one message."""
    with contextlib.closing(sqlite3.connect(path / "log.sqlite3", isolation_level=None)) as old:
        for step in STEPS[:version]:
            for statement in step:
                old.execute(statement)
        old.execute(f"PRAGMA user_version = {version}")
        if version:
            columns = "first, second, id, at, sender, person, kind, key, text"
            old.execute(f"INSERT INTO entries ({columns}) VALUES (1, 0, 5, 6, 'al', 7, 0, 'k', 'old')")


def folder_with(path: Path, messages: int) -> Path:
    """A folder whose server has ended; the log in it."""
    with sqlite(path) as journal:
        for number in range(messages):
            journal.say(f"{number} " + 500 * "x")
        journal.wait_for("published", messages)
    return path / "log.sqlite3"


def change(database: Path, *statements: str) -> None:
    with contextlib.closing(sqlite3.connect(database)) as connection:
        for statement in statements:
            connection.execute(statement)
        connection.commit()


def value(database: Path, question: str) -> object:
    with contextlib.closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as connection:
        return connection.execute(question).fetchone()[0]


def files(path: Path) -> list[str]:
    return sorted(one.name for one in path.iterdir())
