"""The file of the index: opened where it is of this log and this version, else made anew; and its parts."""

import os
import sqlite3
from pathlib import Path
from typing import Final

from chatd.store.sqlite.opening import connect_to
from chatd.store.sqlite.search.words import TOKENIZER, WORDS_VERSION

#: What makes an index: a number that grows when it changes, and whose characters are letters.
MAKER: Final = f"1, Unicode {WORDS_VERSION}"
#: Entries of a part. One with all its words in many rooms takes 0.1 s at most.
PART_ENTRIES: Final = 500_000

_TABLES: Final = (
    # Everything in the log up to the id `upto` is in the parts; it is the log with that `identity`.
    """CREATE TABLE about(one INTEGER PRIMARY KEY CHECK (one = 1), maker TEXT NOT NULL,
        identity INTEGER NOT NULL, upto INTEGER NOT NULL) STRICT""",
    # The ids between which the entries of a part lie, and how many there are. The last part is not full.
    """CREATE TABLE parts(part INTEGER PRIMARY KEY, first INTEGER NOT NULL, last INTEGER NOT NULL,
        entries INTEGER NOT NULL) STRICT""",
    # Entries between those ids that are not in the part (any more).
    "CREATE TABLE removed(id INTEGER PRIMARY KEY) STRICT",
)
#: Segments are merged by 16, which writes each word some three times; with 4 it is five times. The last keeps
#: FTS5 from doing much of it at once.
_SETTINGS: Final = (("automerge", 16), ("crisismerge", 64))

#: After these errors the file is worth nothing. (The last: a table is missing; FTS5 says it of questions.)
_DAMAGE: Final = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_ERROR)
_OF_A_QUESTION: Final = "fts5:"


class Outdated(Exception):
    """The index is not of this log, or not of this version."""


class IndexLost(OSError):
    """The file is not there any more, or is another one."""


def is_damage(error: Exception) -> bool:
    """Whether the file is not worth to be kept, after this error."""
    if isinstance(error, IndexLost):
        return True
    code: int = getattr(error, "sqlite_errorcode", 0)
    return code & 0xFF in _DAMAGE and not str(error).startswith(_OF_A_QUESTION)


class IndexFile:
    """The path, and how to it is connected. `identity` is the log's."""

    def __init__(self, path: Path, identity: int) -> None:
        self.path: Final = path
        self.wal: Final = Path(f"{path}-wal")
        self._identity: Final = identity
        self._opened: list[os.stat_result] = []

    def connect(self, mode: str = "rw") -> sqlite3.Connection:
        """For one thread. Raises sqlite3.Error."""
        return connect_to(self.path, mode)

    def open(self) -> sqlite3.Connection:
        """For the thread that writes it. Nothing is changed of what another program made. Raises Outdated,
        OSError, sqlite3.Error."""
        database = self.connect()
        try:
            about = database.execute("SELECT maker, identity FROM about").fetchone()
            maker, identity = about or ("nobody", 0)
            if maker != MAKER:
                raise Outdated("another version has made it")
            if identity != self._identity:
                raise Outdated("it is that of another log")
            database.execute("PRAGMA journal_mode = WAL")
            database.execute("UPDATE about SET upto = upto")  # so that what cannot write is found now
            self._opened = self._look()
        except BaseException:
            database.close()
            raise
        return database

    def make(self) -> sqlite3.Connection:
        """A new one, in place of what is there, which nobody may use any more. Raises OSError,
        sqlite3.Error."""
        for name in (self.path, self.wal, Path(f"{self.path}-shm")):
            name.unlink(missing_ok=True)
        self.path.touch(mode=0o600)
        database = self.connect()
        try:
            database.execute("PRAGMA journal_mode = WAL")
            database.execute("BEGIN IMMEDIATE")
            for table in _TABLES:
                database.execute(table)
            database.execute("INSERT INTO about VALUES (1, ?, ?, 0)", (MAKER, self._identity))
            database.execute("COMMIT")
            self._opened = self._look()
        except BaseException:
            database.close()
            raise
        return database

    def check(self) -> int:
        """The size of the write-ahead log. Raises IndexLost where the files are not those that were opened:
        nobody will find what is written to them."""
        try:
            found = self._look()
        except FileNotFoundError as error:
            raise IndexLost("it is not there any more") from error
        if not all(map(os.path.samestat, found, self._opened)):
            raise IndexLost("it is another file now")
        return found[1].st_size

    def sync(self) -> None:
        """The disk has what was written. Raises OSError."""
        wal = os.open(self.wal, os.O_RDONLY | os.O_CLOEXEC)
        try:
            os.fdatasync(wal)
        finally:
            os.close(wal)

    def _look(self) -> list[os.stat_result]:
        return [os.stat(self.path), os.stat(self.wal)]


def add_part(database: sqlite3.Connection, first: int) -> int:
    """Within a transaction: one more part, for entries from that id on. Returns its number."""
    [last] = database.execute("SELECT ifnull(max(part), 0) FROM parts").fetchone()
    part: int = last + 1
    table = table_of(part)
    database.execute(
        f"""CREATE VIRTUAL TABLE {table}
            USING fts5(words, content='', columnsize=0, tokenize="{TOKENIZER}")"""
    )
    for setting, value in _SETTINGS:
        database.execute(f"INSERT INTO {table}({table}, rank) VALUES (?, ?)", (setting, value))
    database.execute("INSERT INTO parts VALUES (?, ?, ?, 0)", (part, first, first))
    return part


def table_of(part: int) -> str:
    """The name of a part's table."""
    return f"part_{part}"
