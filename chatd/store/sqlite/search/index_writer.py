"""What the thread of the index does: it reads what is new in the log, and writes the words of it."""

import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from chatd.protocol.limits import KIB, MIB
from chatd.state.stored_entries import StoredEntry
from chatd.store.sqlite.opening import NotReadable
from chatd.store.sqlite.schema import as_json
from chatd.store.sqlite.search import index_file
from chatd.store.sqlite.search.index_file import IndexFile, Outdated, add_part, is_damage, table_of
from chatd.store.sqlite.search.words import IndexRow, indexed_words

#: Entries of a step, and their letters, as far as they are like those of the step before: Python works for a
#: millisecond for so many.
_STEP: Final = 1000
_LETTERS: Final = 128 * KIB
#: The size past which the write-ahead log of the index is moved into it.
_CHECKPOINT: Final = 8 * MIB

_NEW: Final = """SELECT json_group_array(json_array(id, first, second, sender, text, kind)) FROM (
    SELECT id, first, second, sender, text, kind FROM entries INDEXED BY entries_by_id
    WHERE id > ? AND id <= ? ORDER BY id LIMIT ?)"""
_DELETED: Final = f"""SELECT json_group_array(json_array(id, first, second, sender, text)) FROM (
    SELECT * FROM unindexed ORDER BY id LIMIT {_STEP})"""
_BEHIND: Final = "SELECT count(*) FROM (SELECT 1 FROM entries INDEXED BY entries_by_id WHERE id > ? LIMIT ?)"
_STILL: Final = """SELECT json_group_array(id) FROM entries INDEXED BY entries_by_id
    WHERE id IN (SELECT value FROM json_each(?))"""
_COUNT: Final = "SELECT count(*) FROM entries INDEXED BY entries_by_id"
_STATE: Final = """SELECT upto, ifnull(part, 0), ifnull(entries, 0) FROM about LEFT JOIN
    (SELECT part, entries FROM parts ORDER BY part DESC LIMIT 1)"""
_INSERT: Final = "INSERT INTO {0}(rowid, words) SELECT value ->> 0, value ->> 1 FROM json_each(?)"
_REMOVE: Final = (
    "INSERT INTO {0}({0}, rowid, words) SELECT 'delete', value ->> 0, value ->> 1 FROM json_each(?)"
)
_NOTE_REMOVED: Final = "INSERT OR IGNORE INTO removed SELECT value FROM json_each(?)"
_NOT_REMOVED: Final = "SELECT json_group_array(value) FROM json_each(?) WHERE value NOT IN removed"
_FORGET_REMOVED: Final = """DELETE FROM removed WHERE id BETWEEN
    (SELECT first FROM parts WHERE part = ?1) AND (SELECT last FROM parts WHERE part = ?1)"""

_MERGE: Final = "INSERT INTO {0}({0}, rank) VALUES ('merge', ?)"
#: Pages of 4 KiB that are written anew in a step: some milliseconds. (Less than 0: FTS5 begins with all.)
_MERGED: Final = 16

_rows: Final = msgspec.json.Decoder(list[IndexRow])
_ids: Final = msgspec.json.Decoder(list[int])


class LogUnreadable(OSError):
    """It is the log that could not be read, not the index."""


@dataclass(frozen=True, slots=True)
class IndexProgress:
    """What a step has done: so many entries, and whether the index has everything that it was to have. Of
    what was deleted it has forgotten these."""

    entries: int
    complete: bool
    forgotten: Sequence[int] = ()


class IndexWriter:
    """`log` is a connection of its own to the log. Every method raises OSError or sqlite3.Error, when nothing
    was done."""

    def __init__(self, file: IndexFile, log: sqlite3.Connection) -> None:
        self._file: Final = file
        self._log: Final = log
        self._database: sqlite3.Connection | None = None
        self._purging: list[tuple[int, int]] = []  # parts to be written anew, and how it goes on
        self._length = 1  # of a text, as it was last
        self._going: set[int] = set()  # taken out before they were in, and perhaps still in the log

    def open(self) -> str:
        """Returns why it was made anew; nothing where it was not."""
        try:
            if not self._file.path.exists():
                raise Outdated("there is none")
            self._database = self._file.open()
        except Outdated as error:
            why = str(error)
        except NotReadable as error:
            if isinstance(error, sqlite3.Error) and not is_damage(error):
                raise
            why = "it is damaged"
        else:
            return ""
        self.make()
        return why

    def make(self) -> None:
        """A new one, which has nothing. Nobody searches meanwhile."""
        self.close()
        self._database = self._file.make()

    def count(self) -> tuple[int, int]:
        """How many entries are indexed, and how many there are in the log."""
        [indexed] = self._open.execute("SELECT ifnull(sum(entries), 0) FROM parts").fetchone()
        return indexed, self._ask_log(_COUNT)

    def is_behind(self, most: int) -> bool:
        """Whether the log has more new entries than so many."""
        upto, _, _ = self._state()
        return int(self._ask_log(_BEHIND, upto, most + 1)) > most

    def step(self, end: int) -> IndexProgress:
        """Forget what was deleted, and write some of what is not written, of all up to the id `end`."""
        forgotten = self._forget_deleted()
        upto, part, entries = self._state()
        rows = self._new(upto, end)
        if not rows:
            self._check_size()
            return IndexProgress(0, True, forgotten)
        last = rows[-1].id
        wanted = [row for row in rows if row.is_indexed and row.id not in self._going]
        skipped = {id for id in self._going if upto < id <= last}
        skipped.update(row.id for row in rows if not row.is_indexed)
        words = as_json([(row.id, indexed_words(row)) for row in wanted])
        with self._transaction() as database:
            if not part or entries >= index_file.PART_ENTRIES:
                part = add_part(database, rows[0].id)
            database.execute(_INSERT.format(table_of(part)), (words,))
            if skipped:
                database.execute(_NOTE_REMOVED, (as_json(list(skipped)),))
            database.execute(
                "UPDATE parts SET last = ?, entries = entries + ? WHERE part = ?", (last, len(wanted), part)
            )
            database.execute("UPDATE about SET upto = ?", (last,))
        self._going = {id for id in self._going if id > last}
        self._check_size()
        return IndexProgress(len(wanted), last >= end, forgotten)

    def remove(self, entries: Iterable[StoredEntry]) -> None:
        """Take them out, those that are in: FTS5 must never be told to take out what it does not have. Those
        that are not in yet will not come in, unless the index is opened again meanwhile. (Words of what was
        deleted are taken out by `step`.)"""
        if self._database is None:
            return
        found = [IndexRow(one.id, one.first, one.second, one.sender, one.text, one.kind) for one in entries]
        self._remove({row.id: row for row in found if row.is_indexed})
        self._check_size()

    def purge_step(self) -> bool:
        """Write some of the index anew, without what was taken out: until then it is in the file, though no
        search finds it. Whether there is more to do; where nothing was begun it begins with all parts."""
        database, merged = self._open, 0
        if not self._purging:
            parts = [part for [part] in database.execute("SELECT part FROM parts ORDER BY part")]
            self._purging = [(part, -_MERGED) for part in parts]
        while self._purging and merged < 2:  # as FTS5 says: fewer changes mean that nothing was to be done
            part, pages = self._purging.pop(0)
            before = database.total_changes
            if database.execute("SELECT 1 FROM parts WHERE part = ?", (part,)).fetchone() is not None:
                with self._transaction():
                    database.execute(_MERGE.format(table_of(part)), (pages,))
                merged = database.total_changes - before
        if merged >= 2:
            self._purging.insert(0, (part, _MERGED))
        self._check_size()
        return bool(self._purging)

    def _forget_deleted(self) -> list[int]:
        """Take out some of what was deleted, by the texts that it had; the disk has that then. Until the log
        knows, they are taken out again, which does nothing."""
        rows = _rows.decode(self._ask_log(_DELETED))
        if rows:
            self._remove({row.id: row for row in rows})
            self._file.sync()
        return [row.id for row in rows]

    def _remove(self, rows: Mapping[int, IndexRow]) -> None:
        upto, newest, _ = self._state()
        if self._going:
            self._going = set(_ids.decode(self._ask_log(_STILL, as_json(list(self._going)))))
        with self._transaction() as database:
            for part, first, last in database.execute("SELECT part, first, last FROM parts").fetchall():
                ids = self._present([id for id in rows if first <= id <= last])
                if ids:
                    self._take_out(part, [(id, indexed_words(rows[id])) for id in ids], part == newest)
        self._going.update(id for id in rows if id > upto)

    def _present(self, ids: list[int]) -> list[int]:
        if not ids:
            return []
        return _ids.decode(self._open.execute(_NOT_REMOVED, (as_json(ids),)).fetchone()[0])

    def _take_out(self, part: int, words: list[tuple[int, str]], newest: bool) -> None:
        """A part that has nothing left goes as a whole."""
        database, count, this = self._open, len(words), (part,)
        [had] = database.execute("SELECT entries FROM parts WHERE part = ?", this).fetchone()
        if had <= count and not newest:
            database.execute(f"DROP TABLE {table_of(part)}")
            database.execute(_FORGET_REMOVED, this)
            database.execute("DELETE FROM parts WHERE part = ?", this)
        else:
            database.execute(_REMOVE.format(table_of(part)), (as_json(words),))
            database.execute(_NOTE_REMOVED, (as_json([id for id, _ in words]),))
            database.execute("UPDATE parts SET entries = ? WHERE part = ?", (had - count, part))

    def close(self) -> None:
        if self._database is not None:
            self._database.close()
            self._database = None

    @property
    def _open(self) -> sqlite3.Connection:
        if self._database is None:
            self.open()
        assert self._database is not None
        return self._database

    def _state(self) -> tuple[int, int, int]:
        """The id up to which everything is in; the newest part, and how many entries it has. 0: none."""
        upto, part, entries = self._open.execute(_STATE).fetchone()
        return upto, part, entries

    def _new(self, upto: int, end: int) -> list[IndexRow]:
        most = max(1, min(_STEP, _LETTERS // self._length))
        rows = _rows.decode(self._ask_log(_NEW, upto, end, most))
        if rows:
            self._length = 1 + sum(len(row.text) for row in rows) // len(rows)
        return rows

    def _ask_log(self, statement: str, *values: int | str) -> Any:
        try:
            return self._log.execute(statement, values).fetchone()[0]
        except sqlite3.Error as error:
            raise LogUnreadable(str(error)) from error

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        """All of it, or nothing."""
        database = self._open
        database.execute("BEGIN IMMEDIATE")
        try:
            yield database
            database.execute("COMMIT")
        except BaseException:
            if database.in_transaction:
                database.execute("ROLLBACK")
            raise

    def _check_size(self) -> None:
        """The next transaction starts the write-ahead log anew, where all of it was moved. Who searches is
        waited for; so it does not grow with one search after the other."""
        if self._file.check() > _CHECKPOINT:
            self._open.execute("PRAGMA wal_checkpoint(RESTART)").fetchone()
