"""Entries of one conversation in the order of their ids, in memory."""

from bisect import bisect_left, bisect_right
from typing import Final

from chatd.state.stored_entries import StoredEntry

#: So many that were dropped still take their place, at most, or as many as there are others.
_SLACK: Final = 256


def _time_of(entry: StoredEntry) -> int:
    return entry.at


class Shelf:
    """New ones come at the end, old ones go at the beginning. Places in `entries` are good until then."""

    __slots__ = ("_ids", "_start", "entries")

    def __init__(self) -> None:
        self.entries: list[StoredEntry] = []
        self._ids: list[int] = []
        self._start = 0  # those before have been dropped

    def __bool__(self) -> bool:
        return self._start < len(self._ids)

    @property
    def first(self) -> StoredEntry:
        """The oldest one, where there is any."""
        return self.entries[self._start]

    def add(self, entry: StoredEntry) -> None:
        self.entries.append(entry)
        self._ids.append(entry.id)

    def find(self, id: int) -> StoredEntry | None:
        """The one with that id."""
        place = bisect_left(self._ids, id, self._start)
        return self.entries[place] if place < len(self._ids) and self._ids[place] == id else None

    def replace(self, entry: StoredEntry) -> None:
        """Put it in place of the one with its id, where there is one."""
        place = bisect_left(self._ids, entry.id, self._start)
        if place < len(self._ids) and self._ids[place] == entry.id:
            self.entries[place] = entry

    def drop_first(self) -> None:
        self._start += 1
        if self._start > _SLACK and self._start * 2 > len(self._ids):
            del self._ids[: self._start], self.entries[: self._start]
            self._start = 0

    def drop_through(self, id: int) -> int:
        """Drop all up to an id. Returns the id of the last of these; 0: there was none."""
        place = bisect_right(self._ids, id, self._start)
        if place == self._start:
            return 0
        last = self._ids[place - 1]
        self._start = place - 1
        self.drop_first()
        return last

    def place(self, before: int, most: int | None) -> int:
        """The newest id that is below that one, or behind the newest `most`; 0: there is none."""
        ids, start = self._ids, self._start
        place = bisect_left(ids, before, start)
        if most is not None:
            place = max(place, len(ids) - most)
        return ids[place - 1] if place > start else 0

    def between(self, after: int | None, before: int | None) -> tuple[int, int]:
        """The places of those between two ids, from the first one to behind the last one."""
        ids, start = self._ids, self._start
        low = start if after is None else bisect_right(ids, after, start)
        return low, len(ids) if before is None else bisect_left(ids, before, start)

    def first_since(self, at: int) -> int:
        """The place of the first one that was said at a time or later."""
        return bisect_left(self.entries, at, self._start, key=_time_of)

    def around(self, id: int, limit: int, floor: int) -> tuple[list[StoredEntry], bool]:
        """So many above the floor, half of them after an id; and whether there are older ones."""
        first, newer = bisect_right(self._ids, floor, self._start), limit // 2
        middle = bisect_right(self._ids, id, first)
        low = max(first, middle - (limit - newer))
        return self.entries[low : middle + newer], low > first

    def count(self, after: int, last: int) -> int:
        """How many there are after an id, up to another."""
        ids, start = self._ids, self._start
        return bisect_right(ids, last, start) - bisect_right(ids, after, start)

    def ids_after(self, after: int) -> list[int]:
        return self._ids[bisect_right(self._ids, after, self._start) :]

    def first_after(self, after: int, most: int) -> list[StoredEntry]:
        low = bisect_right(self._ids, after, self._start)
        return self.entries[low : low + most]

    def newest_after(self, after: int, most: int) -> list[StoredEntry]:
        """The newest ones after an id, newest first."""
        low = max(bisect_right(self._ids, after, self._start), len(self._ids) - most)
        return self.entries[: low - 1 : -1] if low else self.entries[::-1]
