"""What the thread that searches does: one part of the index after the other, newest first.

Of each part it is one statement, with JSON in and out. What it finds is looked up in the log, which is
attached; what the log does not have, or has below a floor, is no hit.
"""

import math
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import msgspec
from msgspec.structs import replace

from chatd.state.stored_entries import (
    PAGE_LIMIT,
    Conversation,
    Found,
    Neighbours,
    NotFound,
    SearchFailure,
    StoredEntry,
    Wanted,
)
from chatd.store.sqlite.schema import BY_PLACE, ENTRY_COLUMNS, UNSAID_KINDS
from chatd.store.sqlite.search.index_file import IndexFile, table_of
from chatd.store.sqlite.search.words import match_of
from chatd.store.sqlite.times import said_before, within

#: Steps of SQLite's machine between two looks at the clock, some 0.1 ms. FTS5 reads its pages by such steps,
#: very few of them: a part with long texts in which it looks for one phrase is left within 10 ms by this, and
#: within 0.5 s by fifty times as much.
_LOOKED: Final = 2_000

_BY_ID: Final = "log.entries AS entries INDEXED BY entries_by_id"
_FLOOR: Final = """iif(entries.second, (SELECT direct_floor FROM log.ids),
    ifnull((SELECT floor FROM log.rooms WHERE room = entries.first), 0))"""
_HITS: Final = f"""SELECT entries.*, {_FLOOR} AS floor FROM {{0}}
    CROSS JOIN {_BY_ID} ON entries.id = {{0}}.rowid
    WHERE {{0}} MATCH :match AND {{0}}.rowid > :low AND {{0}}.rowid < :high AND entries.id > {_FLOOR}
        AND entries.kind NOT IN {UNSAID_KINDS}
    ORDER BY {{0}}.rowid DESC LIMIT :limit"""
_PLAIN: Final = f"SELECT json_group_array(json_array({ENTRY_COLUMNS})) FROM ({_HITS})"
_BESIDE: Final = f"""json((SELECT json_array({ENTRY_COLUMNS}) FROM log.entries AS entries {BY_PLACE}
    WHERE first = hits.first AND second = hits.second AND {{}} LIMIT 1))"""
_OLDER: Final = _BESIDE.format("id < hits.id AND id > hits.floor ORDER BY id DESC")
_NEWER: Final = _BESIDE.format("id > hits.id AND id < :end ORDER BY id")
_WITH_CONTEXT: Final = f"""SELECT json_group_array(json_array(json_array({ENTRY_COLUMNS}),
    {_OLDER}, {_NEWER})) FROM ({_HITS}) AS hits"""
_PARTS: Final = "SELECT part FROM parts WHERE last > ? AND first < ? ORDER BY part DESC"
_BEFORE: Final = f"SELECT ({said_before(f'{_BY_ID} WHERE true', '-1', ':time')})"

_entries: Final = msgspec.json.Decoder(list[StoredEntry])
_with_context: Final = msgspec.json.Decoder(list[tuple[StoredEntry, StoredEntry | None, StoredEntry | None]])


class IndexSearcher:
    """A search takes so many `seconds` at most, of the monotonic `clock`; `log` is the path of the database.
    To be used by one thread."""

    def __init__(self, file: IndexFile, log: Path, seconds: float, clock: Callable[[], float]) -> None:
        self._file: Final = file
        self._log: Final = log
        self._seconds: Final = seconds
        self._clock: Final = clock
        self._database: sqlite3.Connection | None = None
        self._ends = 0.0

    def search(self, wanted: Wanted, end: int) -> Found | NotFound:
        """What is found; nothing of it has the id `end` or a higher one. Raises sqlite3.Error, and is then
        to be closed."""
        begun = self._clock()
        self._ends = begun + self._seconds
        if self._database is None:
            self._database = self._connect()
        self._database.execute("BEGIN")  # so that what is seen of the index is of one moment
        try:
            found = self._search(self._database, wanted, end)
        except sqlite3.OperationalError as error:
            if getattr(error, "sqlite_errorcode", None) != sqlite3.SQLITE_INTERRUPT:
                raise
            found = None
        self._ends = math.inf  # SQLite looks at the clock now and then at the end, too
        if self._database.in_transaction:
            self._database.execute("COMMIT")
        seconds = self._clock() - begun
        if found is None:
            return NotFound(SearchFailure.TOO_SLOW, seconds)
        return replace(found, seconds=seconds)

    def close(self) -> None:
        if self._database is not None:
            self._database.close()
            self._database = None

    def _connect(self) -> sqlite3.Connection:
        database = self._file.connect("ro")
        try:
            database.execute("ATTACH ? AS log", (f"{self._log.absolute().as_uri()}?mode=ro",))
        except sqlite3.Error:
            database.close()
            raise
        database.set_progress_handler(self._is_late, _LOOKED)
        return database

    def _is_late(self) -> bool:
        return self._clock() > self._ends

    def _search(self, database: sqlite3.Connection, wanted: Wanted, end: int) -> Found | None:
        limit = max(0, min(wanted.limit, PAGE_LIMIT))
        statement = _WITH_CONTEXT if wanted.context else _PLAIN
        floors = dict(wanted.floors)
        entries: list[StoredEntry] = []
        context: list[Neighbours] = []
        for part, values in self._parts(database, wanted, end):
            if self._is_late():
                return None
            values |= {"end": end, "limit": limit + 1 - len(entries)}
            [text] = database.execute(statement.format(table_of(part)), values).fetchone()
            if wanted.context:
                for entry, older, newer in _with_context.decode(text):
                    entries.append(entry)
                    hidden = older is None or (not entry.second and older.id <= floors.get(entry.first, 0))
                    context.append((None if hidden else older, newer))
            else:
                entries += _entries.decode(text)
            if len(entries) > limit:
                break
        more = len(entries) > limit
        return Found(entries[:limit], more, context=context[:limit] if wanted.context else None)

    def _parts(
        self, database: sqlite3.Connection, wanted: Wanted, end: int
    ) -> Iterator[tuple[int, dict[str, int | str]]]:
        """In which parts to look, and for what between which ids."""
        low, high = self._bounds(database, wanted, end)
        for places, after, before in _spans(wanted, low, high):
            match = match_of(replace(wanted, conversations=places))
            for [part] in database.execute(_PARTS, (after, before)).fetchall():
                yield part, {"match": match, "low": after, "high": before}

    def _bounds(self, database: sqlite3.Connection, wanted: Wanted, end: int) -> tuple[int, int]:
        """The ids between which the hits are: found are those above the first, and below the second."""
        low, high = -1, end if wanted.before is None else max(-1, min(wanted.before, end))
        if wanted.since is not None:
            low = self._said_before(database, wanted.since)
        if wanted.until is not None:
            high = min(high, self._said_before(database, wanted.until) + 1)
        return low, high

    def _said_before(self, database: sqlite3.Connection, time: int) -> int:
        [id] = database.execute(_BEFORE, {"time": within(time)}).fetchone()
        return int(id)


def _spans(wanted: Wanted, low: int, high: int) -> Iterator[tuple[tuple[Conversation, ...], int, int]]:
    """Which conversations to search between which ids, newest first: above each floor there is one more. So
    what lies below it is not even looked at, however much it is."""
    own = {(number, 0): floor for number, floor in wanted.floors}
    floors = {place: max(low, own.get(place, 0)) for place in wanted.conversations}
    for floor in sorted(set(floors.values()), reverse=True):
        if floor < high:
            yield tuple(place for place in floors if floors[place] <= floor), floor, high
            high = floor + 1
