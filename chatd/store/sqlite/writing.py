"""What the thread that commits does: everything that waits, in one statement, as a rule."""

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from chatd.state.stored_entries import StoredEntry, StoredGuest, StoredRoom
from chatd.store.sqlite.acts import Moderation
from chatd.store.sqlite.folder import DataFolder
from chatd.store.sqlite.opening import connect
from chatd.store.sqlite.schema import DELETE_ENTRIES, ENTRY_COLUMNS, Statements, as_json

_VALUES: Final = ", ".join(f"value ->> {number}" for number, _ in enumerate(ENTRY_COLUMNS.split()))
_INSERT: Final = f"INSERT INTO entries ({ENTRY_COLUMNS}) SELECT {_VALUES} FROM json_each(?)"
_REPLACE: Final = _INSERT.replace("INSERT", "INSERT OR REPLACE", 1)
#: The name may have been that of a room that is gone.
_FREE_NAMES: Final = """UPDATE rooms SET name = NULL
    WHERE name IN (SELECT value ->> 1 FROM json_each(?1))
    AND room NOT IN (SELECT value ->> 0 FROM json_each(?1))"""
_ROOMS: Final = """INSERT INTO rooms (room, name, topic)
    SELECT value ->> 0, value ->> 1, value ->> 2 FROM json_each(?1) WHERE true
    ON CONFLICT (room) DO UPDATE SET name = excluded.name, topic = excluded.topic"""
_KEEP_GUESTS: Final = """INSERT OR REPLACE INTO guests (token, person, nick, rooms, room, left, since)
    SELECT value ->> 0, value ->> 1, value ->> 2, value -> 3, value ->> 4, value ->> 5, value ->> 6
    FROM json_each(?)"""
_NOTHING: Final[Statements] = []
_FORGET_GUESTS: Final = "DELETE FROM guests WHERE token IN (SELECT value FROM json_each(?))"


@dataclass(frozen=True, slots=True)
class IdCeiling:
    """No id above it is given to anyone until there is a higher one. `at` is the newest entry's time."""

    id: int
    at: int


@dataclass(frozen=True, slots=True)
class WriteJob:
    """Written as a whole or not at all. `forgotten` are tokens."""

    entries: list[StoredEntry]
    rooms: list[StoredRoom] = field(default_factory=list)
    ceiling: IdCeiling | None = None
    guests: list[StoredGuest] = field(default_factory=list)
    forgotten: list[str] = field(default_factory=list)
    moderation: Moderation | None = None


class EntryWriter:
    """To be used by one thread. Every method raises sqlite3.Error when nothing was done."""

    def __init__(self, folder: DataFolder, database: sqlite3.Connection) -> None:
        self._folder: Final = folder
        self.database = database
        self._unwanted: list[StoredEntry] = []  # they failed, but may be there nevertheless
        self._undo: Statements = []  # and what came of them

    def commit(self, job: WriteJob) -> None:
        """Write it. When that fails it is made sure that nothing of it is there, or never will be."""
        try:
            self._write(job, _INSERT)
        except sqlite3.Error:
            if not self._is_there(job):
                raise

    def _write(self, job: WriteJob, insert: str, more: Statements = _NOTHING) -> None:
        """What is wrong with an entry is found before anything begins."""
        statements = [*self._statements(job, insert), *more]
        if len(statements) == 1 and not self._undo:
            self.database.execute(*statements[0])
            return
        self.database.execute("BEGIN IMMEDIATE")
        self._do(self._undo)
        if job.moderation is not None:
            job.moderation.begin(self.database)
        self._do(statements)
        self.database.execute("COMMIT")
        self._unwanted, self._undo = [], []

    def _statements(self, job: WriteJob, insert: str) -> Statements:
        lists = (
            (DELETE_ENTRIES, self._unwanted),
            (_FREE_NAMES, job.rooms),
            (_ROOMS, job.rooms),
            (_KEEP_GUESTS, job.guests),
            (_FORGET_GUESTS, job.forgotten),
            (insert, job.entries),
        )
        found: Statements = [(statement, (as_json(rows),)) for statement, rows in lists if rows]
        if job.moderation is not None:
            found += job.moderation.statements()
        if job.ceiling:
            found.append(("UPDATE ids SET ceiling = ?, at = ?", (job.ceiling.id, job.ceiling.at)))
        return found

    def _do(self, statements: Statements) -> None:
        for statement, values in statements:
            self.database.execute(statement, values)

    def change(self, statements: Statements) -> None:
        """Something that is no entry, as a whole or not at all; to be done again where nobody knows."""
        try:
            self.database.execute("BEGIN IMMEDIATE")
            self._do(statements)
            self.database.execute("COMMIT")
        finally:
            if self.database.in_transaction:
                self.database.execute("ROLLBACK")

    def _is_there(self, job: WriteJob) -> bool:
        """After an error: whether it happened in spite of it. Where that cannot be found out, it is undone
        before anything else is written."""
        there = self.find_out(lambda: self._has(job))
        if there is None:
            self._unwanted += job.entries
            if job.moderation is not None:
                self._undo = job.moderation.undo + self._undo
        return bool(there)

    def find_out(self, question: Callable[[], bool]) -> bool | None:
        """After an error: whether what was begun happened in spite of it. None: that cannot be found out."""
        for again in (False, True):
            try:
                if again:
                    self._connect_anew()
                if self.database.in_transaction:
                    self.database.execute("ROLLBACK")
                return question()
            except sqlite3.Error:
                continue
        return None

    def _connect_anew(self) -> None:
        fresh = connect(self._folder)
        self.database.close()
        self.database = fresh

    def _has(self, job: WriteJob) -> bool:
        if not job.entries:
            return False
        last = job.entries[-1]
        found = self.database.execute(
            "SELECT 1 FROM entries WHERE first = ? AND second = ? AND id = ?",
            (last.first, last.second, last.id),
        )
        return found.fetchone() is not None

    def rewrite(self, entries: list[StoredEntry], changes: Statements = _NOTHING) -> None:
        """After a failed sync nobody knows what of the write-ahead log is on the disk: move all of it into
        the database, which syncs that, and write these entries once more; then what was changed beside them.
        (Of what was said and deleted since, nobody reads the text in between.)"""
        if self.database.in_transaction:
            self.database.execute("ROLLBACK")
        busy, _, _ = self.database.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        if busy:
            raise sqlite3.OperationalError("the write-ahead log is being read")
        if entries or changes:
            self._write(WriteJob(entries), _REPLACE, changes)
