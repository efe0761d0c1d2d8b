"""The index of words beside a log: what is found in it, and whether it is sound."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from chatd.state.entry_rows import stored
from chatd.state.stored_entries import Found, NotFound, SearchFailure, StoredEntry, Wanted
from tests.support.logs import Answer, Journal

#: Everything, as everyone says x.
X = Wanted((("x",),), ((1, 0), (0, 7)), 500)


def found(journal: Journal) -> list[str]:
    answer = journal.search(X)
    assert isinstance(answer, Found)
    return [entry.text for entry in answer.entries]


def why_not(journal: Journal) -> SearchFailure | None:
    answer = journal.search(X)
    return answer.why if isinstance(answer, NotFound) else None


def said(journal: Journal, *texts: str) -> list[StoredEntry]:
    before = len(journal.entries("published"))
    for text in texts:
        journal.say(text)
    journal.wait_for("published", before + len(texts))
    return [stored(entry) for entry in journal.entries("published")[before:]]


def service(journal: Journal) -> Any:
    return journal.log._searches  # type: ignore[attr-defined]


def unindex(journal: Journal, entries: list[StoredEntry]) -> None:
    answer: Answer[bool] = Answer()
    service(journal).unindex(entries, lambda: answer(True))
    assert answer.wait()


@contextmanager
def raw(path: Path) -> Iterator[sqlite3.Connection]:
    database = sqlite3.connect(path / "search.sqlite3", isolation_level=None)
    try:
        yield database
    finally:
        database.close()


def check(path: Path) -> list[int]:
    """The ids that are in the index, which is sound."""
    ids: list[int] = []
    with raw(path) as database:
        for [part] in database.execute("SELECT part FROM parts ORDER BY part").fetchall():
            database.execute(f"INSERT INTO part_{part}(part_{part}) VALUES ('integrity-check')")
            rows = database.execute(f"SELECT rowid FROM part_{part}('x') ORDER BY rowid").fetchall()
            [entries] = database.execute("SELECT entries FROM parts WHERE part = ?", (part,)).fetchone()
            assert entries == len(rows)
            ids += [id for [id] in rows]
    return ids
