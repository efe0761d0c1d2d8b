"""The newest entries, in memory.

An entry is only noted when it comes, which is all that a message may cost; whoever reads sorts what came
since the last time onto its shelves.
"""

from bisect import bisect_left
from collections import OrderedDict, deque
from itertools import islice, takewhile
from typing import Final

from chatd.state.entry_rows import deleted, stored
from chatd.state.message_log import Entry, RoomEntry
from chatd.state.stored_entries import (
    PAGE_LIMIT,
    UNSAID,
    Conversation,
    EntryKind,
    Missed,
    MissedPage,
    Page,
    Span,
    StoredEntry,
)
from chatd.store.erased import erased_from
from chatd.store.floors import Floors
from chatd.store.recent_missed import MissedPlace, missed_page
from chatd.store.shelves import Shelf

#: Of conversations with forgotten entries so many are known, for each entry that is kept.
_KNOWN: Final = 2


class RecentEntries:
    """At most `most` of them: all that were noted with an id above `floor`, but for those at or below the
    floor of their conversation (`floors`). There is a shelf for each conversation, and one for all direct
    messages of a person, which is the conversation of 0 and the person: no room has the number 0."""

    __slots__ = (
        "_forgotten",
        "_lost",
        "_most",
        "_names",
        "_new",
        "_order",
        "_shelves",
        "floor",
        "floors",
        "note",
    )

    def __init__(self, most: int, floors: Floors | None = None) -> None:
        self.floors: Final = Floors() if floors is None else floors
        self._most: Final = most
        self._new: deque[Entry] = deque(maxlen=most + 1)  # one more tells that there were too many
        self.note = self._new.append
        self._order: deque[StoredEntry] = deque()
        self._shelves: dict[Conversation, Shelf] = {}
        self._forgotten: OrderedDict[Conversation, int] = OrderedDict()  # the newest id that left each shelf
        self._names: dict[int, str] = {}  # of rooms that have a shelf
        self._lost = 0  # up to this id entries were forgotten without a look at where they belong
        self.floor = 0

    def begin(self, entries: list[StoredEntry], floor: int) -> None:
        """These are all above that id which there were before any is noted."""
        for entry in entries:
            self._put(entry)
        self.floor = floor

    def raise_floors(self, rooms: dict[int, int], direct: int = 0) -> None:
        """What is at or below these is there no longer. Each is the id of an entry that was there."""
        self.floors.raise_to(rooms, direct)
        places = [((number, 0), floor) for number, floor in rooms.items()]
        if direct:
            places += [(key, direct) for key in self._shelves if key[1]]
        for key, floor in places:
            shelf = self._shelves.get(key)
            last = shelf.drop_through(floor) if shelf is not None else 0
            if last:
                self._dropped(key, last)
        self._forget_places()

    def delete(self, entry: StoredEntry, by: str) -> None:
        """It was deleted by somebody of that name: from now on it is shown so, also to who asked before."""
        if entry.kind in UNSAID:
            return
        self.floors.note_deleted(deleted(entry, by))
        self.sort()
        shelf = self._shelves.get((entry.first, entry.second))
        found = shelf and shelf.find(entry.id)
        if found and found.kind not in UNSAID:
            self.replace(deleted(found, by))

    def replace(self, entry: StoredEntry) -> None:
        """Put it in place of the one with the same conversation and id, where there is one."""
        self.sort()
        for key in _keys(entry):
            if (shelf := self._shelves.get(key)) is not None:
                shelf.replace(entry)
        place = bisect_left(self._order, entry.id, key=_id_of)
        if place < len(self._order) and self._order[place].id == entry.id:
            self._order[place] = entry

    def erase(self, person: int) -> None:
        """From now on nothing is shown that has to do with the person, also to who asked before."""
        self.sort()
        self.floors.erased.add(person)
        kept, changed = erased_from({person}, self._order)
        self._order = deque(kept)
        shelves = {key: Shelf() for entry in changed for key in _keys(entry)}
        for entry in kept if shelves else ():
            for key in _keys(entry):
                if key in shelves and not self.floors.hide(entry):
                    shelves[key].add(entry)
        for key, shelf in shelves.items():
            if shelf:
                self._shelves[key] = shelf
            else:
                self._remove_shelf(key)

    def place(self, number: int, before: int, most: int | None) -> int:
        """The newest id of a room that is below that one, or behind the newest `most`; 0: there is none."""
        self.sort()
        shelf = self._shelves.get((number, 0))
        return shelf.place(before, most) if shelf is not None else 0

    def place_of_direct(self, before: int, most: int | None = None) -> int:
        """The newest id of a direct message that is below that one; of the oldest `most` that are shown."""
        self.sort()
        ids = (entry.id for entry in self._order if entry.second and entry.id > self.floors.direct)
        return max(islice(takewhile(lambda id: id < before, ids), most), default=0)

    def rooms(self) -> list[int]:
        """The numbers of those of which there is anything."""
        self.sort()
        return [first for first, second in self._shelves if first and not second]

    def page(self, conversation: Conversation, span: Span) -> Page:
        """What there is of the span. Entries that are forgotten count as never there."""
        self.sort()
        shelf = self._shelves.get(conversation)
        if shelf is None:
            return Page([], False)
        limit = max(0, min(span.limit, PAGE_LIMIT))
        if span.around is not None:
            return Page(*shelf.around(span.around, limit, span.floor))
        after = max(span.floor, -1 if span.after is None else span.after)
        low, high = shelf.between(after, span.before)
        if span.since is not None:
            low = max(low, shelf.first_since(span.since))
        found = max(0, high - low)
        if span.from_old:
            high = min(high, low + limit)
        else:
            low = max(low, high - limit)
        return Page(shelf.entries[low:high], found > limit)

    def forgotten(self, conversation: Conversation) -> int:
        """Up to which id entries were forgotten, or may have been."""
        self.sort()
        return max(self.floors.of(conversation), self._forgotten.get(conversation, self._lost))

    def whole(self, conversation: Conversation, span: Span) -> Page | None:
        """The page, where nothing that is forgotten could belong to it."""
        page = self.page(conversation, span)
        if not self.floor or (page.more and (span.around is not None or not span.from_old)):
            return page
        return page if self._has_all(conversation, span) else None

    def _has_all(self, conversation: Conversation, span: Span) -> bool:
        """Whether all that is forgotten lies before the span."""
        if max(span.floor, self.floors.of(conversation)) >= self.floor:
            return True
        if span.around is not None:
            return False
        if span.after is not None and span.after >= self.floor:
            return True
        return span.since is not None and bool(self._order) and self._order[0].at < span.since

    def missed(self, missed: Missed) -> MissedPage:
        """What there is of it, and which gaps there are, or may be: in those the count is 0."""
        self.sort()
        after, own = max(0, missed.after), dict(missed.floors)
        keys = [((number, 0), number) for number in dict.fromkeys(missed.rooms)]
        places = [
            MissedPlace(
                number,
                self._shelves.get(key),
                max(after, own.get(number, 0)),
                self._forgotten.get(key, 0),
                self.floors.of(key),
            )
            for key, number in [*keys, ((0, missed.person), 0)]
        ]
        return missed_page(places, after, missed.most, self._lost)

    def newest_after(self, conversation: Conversation, after: int, most: int) -> list[StoredEntry]:
        """Those of it after an id, newest first, where it has so many the newest `most`."""
        self.sort()
        shelf = self._shelves.get(conversation)
        return shelf.newest_after(after, most) if shelf is not None else []

    def sort(self, most: int | None = None) -> bool:
        """Put what is new onto its shelves, and forget the oldest: all of it, or `most` entries. Whether that
        was all; `floor` is right after that."""
        new = self._new
        if len(new) > self._most:
            self.floor = self._lost = new.popleft().id
        for _ in range(len(new) if most is None else min(most, len(new))):
            entry = new.popleft()
            if isinstance(entry, RoomEntry):
                self._names[entry.room.number] = entry.room.name
            self._put(stored(entry))
        while len(self._order) > self._most:
            self._forget(self._order.popleft())
        return not new

    def of_person(self, person: int, after: int) -> list[tuple[str, StoredEntry]]:
        """What it said, and what was said to it, above an id; each with the name of its room."""
        self.sort()
        found = []
        for entry in self._order:
            own = person in (entry.first, entry.second) if entry.second else entry.person == person
            if own and entry.id > after and not self.floors.hide(entry) and entry.kind is not EntryKind.ACT:
                found.append(("" if entry.second else self._names.get(entry.first, ""), entry))
        return found

    def newest(self) -> list[StoredEntry]:
        """All there are that are sorted, newest first."""
        return [entry for entry in reversed(self._order) if not self.floors.hide(entry)]

    def _put(self, entry: StoredEntry) -> None:
        shown = self.floors.shown(entry)
        if shown is None:
            return
        self._order.append(shown)
        for key in _keys(shown):
            shelf = self._shelves.get(key)
            if shelf is None:
                shelf = self._shelves[key] = Shelf()
            shelf.add(shown)

    def _forget(self, oldest: StoredEntry) -> None:
        self.floor = max(self.floor, oldest.id)
        if not self.floors.hide(oldest):
            self._drop(oldest)

    def _drop(self, oldest: StoredEntry) -> None:
        """The first one of its shelves."""
        for key in _keys(oldest):
            self._shelves[key].drop_first()
            self._dropped(key, oldest.id)
        self._forget_places()

    def _dropped(self, key: Conversation, last: int) -> None:
        """From a shelf, all up to that id."""
        if not self._shelves[key]:
            self._remove_shelf(key)
        self._forgotten[key] = last
        self._forgotten.move_to_end(key)

    def _remove_shelf(self, key: Conversation) -> None:
        self._shelves.pop(key, None)
        if not key[1]:
            self._names.pop(key[0], None)

    def _forget_places(self) -> None:
        """Those that left their shelves long ago."""
        while len(self._forgotten) > _KNOWN * self._most:
            _, id = self._forgotten.popitem(last=False)
            self._lost = max(self._lost, id)


def _id_of(entry: StoredEntry) -> int:
    return entry.id


def _keys(entry: StoredEntry) -> tuple[Conversation, ...]:
    """Onto which shelves it belongs."""
    first, second = entry.first, entry.second
    if not second:
        return ((first, 0),)
    if first == second:
        return ((first, second), (0, first))
    return ((first, second), (0, first), (0, second))
