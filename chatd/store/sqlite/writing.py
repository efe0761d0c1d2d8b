"""What the thread that commits does: everything that waits, in one statement, as a rule."""

import sqlite3
from dataclasses import dataclass, field
from typing import Final

import msgspec

from chatd.state.stored_entries import StoredEntry, StoredRoom
from chatd.store.sqlite.folder import DataFolder
from chatd.store.sqlite.opening import connect

_COLUMNS: Final = ["first", "second", "id", "at", "sender", "person", "kind", "key", "text"]
_VALUES: Final = ", ".join(f"value ->> {number}" for number in range(len(_COLUMNS)))
_INSERT: Final = f"INSERT INTO entries ({', '.join(_COLUMNS)}) SELECT {_VALUES} FROM json_each(?)"
_REPLACE: Final = _INSERT.replace("INSERT", "INSERT OR REPLACE", 1)
_DELETE: Final = """DELETE FROM entries WHERE (first, second, id) IN
    (SELECT value ->> 0, value ->> 1, value ->> 2 FROM json_each(?))"""
#: The name may have been that of a room that is gone.
_FREE_NAMES: Final = """UPDATE rooms SET name = NULL
    WHERE name IN (SELECT value ->> 1 FROM json_each(?1))
    AND room NOT IN (SELECT value ->> 0 FROM json_each(?1))"""
_ROOMS: Final = """INSERT INTO rooms (room, name, topic)
    SELECT value ->> 0, value ->> 1, value ->> 2 FROM json_each(?1) WHERE true
    ON CONFLICT (room) DO UPDATE SET name = excluded.name, topic = excluded.topic"""


@dataclass(frozen=True, slots=True)
class IdCeiling:
    """No id above it is given to anyone until there is a higher one. `at` is the newest entry's time."""

    id: int
    at: int


@dataclass(frozen=True, slots=True)
class WriteJob:
    """Written as a whole or not at all."""

    entries: list[StoredEntry]
    rooms: list[StoredRoom] = field(default_factory=list)
    ceiling: IdCeiling | None = None


def _json(rows: object) -> str:
    return msgspec.json.encode(rows).decode()


class EntryWriter:
    """To be used by one thread. Every method raises sqlite3.Error when nothing was done."""

    def __init__(self, folder: DataFolder, database: sqlite3.Connection) -> None:
        self._folder: Final = folder
        self.database = database
        self._unwanted: list[StoredEntry] = []  # they failed, but may be there nevertheless

    def commit(self, job: WriteJob) -> None:
        """Write it. When that fails it is made sure that nothing of it is there, or never will be."""
        try:
            self._write(job, _INSERT)
        except sqlite3.Error:
            if not self._is_there(job):
                raise

    def _write(self, job: WriteJob, insert: str) -> None:
        database = self.database
        if not (job.rooms or job.ceiling or self._unwanted):
            database.execute(insert, (_json(job.entries),))
            return
        database.execute("BEGIN IMMEDIATE")
        if self._unwanted:
            database.execute(_DELETE, (_json(self._unwanted),))
        if job.rooms:
            rooms = _json(job.rooms)
            database.execute(_FREE_NAMES, (rooms,))
            database.execute(_ROOMS, (rooms,))
        if job.ceiling:
            database.execute("UPDATE ids SET ceiling = ?, at = ?", (job.ceiling.id, job.ceiling.at))
        if job.entries:
            database.execute(insert, (_json(job.entries),))
        database.execute("COMMIT")
        self._unwanted = []

    def _is_there(self, job: WriteJob) -> bool:
        """After an error: whether it happened in spite of it. Where that cannot be found out, it is undone
        before anything else is written."""
        for again in (False, True):
            try:
                if again:
                    self._connect_anew()
                if self.database.in_transaction:
                    self.database.execute("ROLLBACK")
                return self._has(job)
            except sqlite3.Error:
                continue
        self._unwanted += job.entries
        return False

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

    def rewrite(self, entries: list[StoredEntry]) -> None:
        """After a failed sync nobody knows what of the write-ahead log is on the disk: move all of it into
        the database, which syncs that, and write these entries once more."""
        if self.database.in_transaction:
            self.database.execute("ROLLBACK")
        busy, _, _ = self.database.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        if busy:
            raise sqlite3.OperationalError("the write-ahead log is being read")
        if entries:
            self._write(WriteJob(entries), _REPLACE)
