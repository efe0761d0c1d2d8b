"""What the thread that reads does for somebody who comes back: all that a person missed, a page at a time.

However much that is, a page costs a bounded time: of each conversation not more is looked at than a page, or
the answer, has entries. A question is two statements; a first one for very much takes some more.
"""

import sqlite3
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

import msgspec

from chatd.state.stored_entries import PAGE_LIMIT, Gap, Missed, MissedPage, StoredEntry
from chatd.store.sqlite.schema import BY_PLACE, ENTRY_COLUMNS, as_json

#: What is left out is counted up to so many entries, over all conversations.
_COUNTED: Final = 10_000

#: A room is its number and its floor.
_IN_ROOM: Final = """first = value ->> 0 AND second = 0
    AND entries.id > max(:after, value ->> 1) AND entries.id < :end"""
_SPAN: Final = "entries.id > max(:after, :direct) AND entries.id < :end"
_AS_FIRST: Final = f"entries INDEXED BY direct_by_first WHERE first = :person AND second <> 0 AND {_SPAN}"
_AS_SECOND: Final = f"""entries INDEXED BY direct_by_second
    WHERE second = :person AND second <> 0 AND first <> second AND {_SPAN}"""
#: All that was missed.
_IDS: Final = f"""SELECT entries.id FROM json_each(:rooms) CROSS JOIN entries {BY_PLACE} ON {_IN_ROOM}
    UNION ALL SELECT id FROM {_AS_FIRST} UNION ALL SELECT id FROM {_AS_SECOND}"""
_COUNT: Final = f"SELECT count(*) FROM (SELECT id FROM ({_IDS}) LIMIT :most)"
_CUT: Final = f"SELECT id FROM ({_IDS}) ORDER BY id DESC LIMIT 1 OFFSET :most"
_GAPS: Final = f"""SELECT json_group_array(json_array(number, found)) FROM (
    SELECT value ->> 0 AS number,
        (SELECT count(*) FROM (SELECT 1 FROM entries {BY_PLACE} WHERE {_IN_ROOM} LIMIT :most)) AS found
    FROM json_each(:rooms)
    UNION ALL
    SELECT 0, (SELECT count(*) FROM (
        SELECT 1 FROM {_AS_FIRST} UNION ALL SELECT 1 FROM {_AS_SECOND} LIMIT :most)))"""
#: Of a room in which more was said than fits into a page, no later entry is on the page than that which does
#: not fit any more.
_PAGE: Final = f"""
    WITH last(id) AS MATERIALIZED (SELECT ifnull(min(ifnull((
        SELECT id FROM entries {BY_PLACE} WHERE {_IN_ROOM} ORDER BY id LIMIT 1 OFFSET :most), :end)), :end)
        FROM json_each(:rooms)),
    found AS MATERIALIZED (SELECT * FROM (
        SELECT first, second, entries.id FROM json_each(:rooms) CROSS JOIN entries {BY_PLACE}
            ON {_IN_ROOM} AND entries.id <= (SELECT id FROM last)
        UNION ALL SELECT * FROM (SELECT first, second, id FROM {_AS_FIRST} ORDER BY id LIMIT :most + 1)
        UNION ALL SELECT * FROM (SELECT first, second, id FROM {_AS_SECOND} ORDER BY id LIMIT :most + 1)
        ) ORDER BY id LIMIT :most + 1)
    SELECT json_group_array(json_array({ENTRY_COLUMNS})) FROM (
        SELECT entries.* FROM found CROSS JOIN entries {BY_PLACE}
        ON entries.first = found.first AND entries.second = found.second AND entries.id = found.id
        ORDER BY found.id)"""

NO_FLOORS: Final[Mapping[int, int]] = MappingProxyType({})

_entries: Final = msgspec.json.Decoder(list[StoredEntry])
_counts: Final = msgspec.json.Decoder(list[tuple[int, int]])


def read_missed(
    database: sqlite3.Connection,
    missed: Missed,
    end: int,
    rooms: Mapping[int, int] = NO_FLOORS,
    direct: int = 0,
) -> MissedPage:
    """A page; nothing of it has the id `end` or a higher one, or one at or below the floor: of its room, or
    of direct messages."""
    after = min(max(0, missed.after), end)
    question = _Question(database, missed, end, rooms, direct)
    cut = after
    gaps: list[Gap] = []
    if missed.most is not None:
        cut = question.cut(after, missed.most)
        if cut > after:
            gaps = question.gaps(after, cut)
    entries = question.page(cut)
    return MissedPage(entries[:PAGE_LIMIT], len(entries) > PAGE_LIMIT, gaps)


class _Question:
    """Asks the database for what lies between ids, which both are not among it."""

    def __init__(
        self,
        database: sqlite3.Connection,
        missed: Missed,
        end: int,
        rooms: Mapping[int, int],
        direct: int,
    ) -> None:
        self._database: Final = database
        self._rooms: Final = [(number, rooms.get(number, 0)) for number in dict.fromkeys(missed.rooms)]
        self._direct: Final = direct
        self._person: Final = missed.person
        self._end: Final = end

    def _ask(self, statement: str, after: int, most: int, end: int | None = None) -> Any:
        rooms = as_json(self._rooms)
        values = {"rooms": rooms, "person": self._person, "after": after, "most": most}
        values |= {"direct": self._direct, "end": self._end if end is None else end}
        return self._database.execute(statement, values).fetchone()[0]

    def cut(self, after: int, most: int) -> int:
        """The id above which the newest `most` entries are; the given one where there are not so many.

        First comes an id above which there are more, but not many more, so that these few can be sorted:
        found in ever shorter times before the end, then by halves."""
        many = 2 * most + 1
        low, high = after, self._end
        found = self._ask(_COUNT, low, many)
        while found >= many and high - low > 1:
            from_end = high == self._end
            middle = high - max(1, (high - low) // 8) if from_end else (low + high) // 2
            count = self._ask(_COUNT, middle, many)
            if count > most:
                low, found = middle, count
            else:
                high = middle
        if found <= most:
            return after
        cut: int = self._ask(_CUT, low, most)
        return cut

    def gaps(self, after: int, cut: int) -> list[Gap]:
        """What lies between them, and at `cut`, of each conversation."""
        most = _COUNTED // (len(self._rooms) + 1)
        text, floors = self._ask(_GAPS, after, most, cut + 1), dict(self._rooms)
        return [
            Gap(number, count, max(after, floors.get(number, 0)), cut + 1)
            for number, count in _counts.decode(text)
            if count
        ]

    def page(self, after: int) -> list[StoredEntry]:
        """The oldest entries, one more than a page has."""
        return _entries.decode(self._ask(_PAGE, after, PAGE_LIMIT))
