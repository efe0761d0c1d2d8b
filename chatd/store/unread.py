"""What somebody has not read of the newest entries, which are in memory; and what every engine counts by.

Of a conversation only the newest entries above its mark are looked at, so that the answer takes a bounded
time, whoever asks: somebody may have said thousands of them itself, which do not count.
"""

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Final

from chatd.protocol.mentions import Mention
from chatd.protocol.names import fold
from chatd.state.stored_accounts import (
    UNREAD_MOST,
    CaughtUp,
    Unread,
    UnreadPair,
    UnreadQuestion,
    UnreadRoom,
)
from chatd.state.stored_entries import PAGE_LIMIT, Conversation, EntryKind, StoredEntry
from chatd.store.recent_entries import RecentEntries

#: Entries that are looked at: of each room, and of all direct messages together.
LOOKED_AT_ROOM: Final = 2 * UNREAD_MOST
LOOKED_AT_DIRECT: Final = 10 * UNREAD_MOST

#: Entries that count: what somebody said, and did not take back.
SAID: Final = (EntryKind.MESSAGE, EntryKind.ACTION)

#: How far a person has read, of each conversation of which that is known.
Marks = Mapping[Conversation, int]


class NameTest:
    """Whether a text names somebody. Who else was there when it was said nobody knows any more, so where the
    name stands in brackets it is taken for the name."""

    __slots__ = ("_mention", "_name", "folded")

    def __init__(self, name: str) -> None:
        self.folded: Final = fold(name)
        self._name: Final = name
        self._mention: Mention | None = None  # takes 0.1 ms to make, and most people are named nowhere

    def fits(self, text: str) -> bool:
        if self.folded not in text.lower():
            return False
        if self._mention is None:
            self._mention = Mention(self._name)
        return self._mention.within(text, lambda name: False)


class RecentUnread:
    """The answers of one question. `marks` are those of the person that asks."""

    __slots__ = ("_floors", "_marks", "_names", "_question", "_recent")

    def __init__(self, recent: RecentEntries, question: UnreadQuestion, marks: Marks) -> None:
        self._recent: Final = recent
        self._question: Final = question
        self._marks: Final = marks
        self._names: Final = NameTest(question.name)
        self._floors: Final = dict(question.floors)

    def count(self) -> Unread:
        """See AccountStore.count_unread."""
        rooms = []
        for number in dict.fromkeys(self._question.rooms):
            found = self._of_room(number)
            mentions = sum(self._names.fits(entry.text) for entry in found)
            rooms.append(UnreadRoom(number, len(found), mentions, self._mark((number, 0))))
        counts: dict[int, UnreadPair] = {}
        for entry in self._direct():
            known = counts.get(entry.person)
            name, count = (known.name, known.count) if known is not None else (entry.sender, 0)
            mark = self._mark((entry.first, entry.second))
            counts[entry.person] = UnreadPair(entry.person, name, min(count + 1, UNREAD_MOST), mark)
        return Unread(tuple(rooms), tuple(counts.values()))

    def read(self, limit: int) -> CaughtUp:
        """See AccountStore.read_unread."""
        first = list(self._direct())
        rest: list[StoredEntry] = []
        for number in dict.fromkeys(self._question.rooms):
            for entry in self._of_room(number):
                (first if self._names.fits(entry.text) else rest).append(entry)
        return caught_up(first, rest, limit)

    def _mark(self, conversation: Conversation) -> int:
        mark = max(self._question.since, self._marks.get(conversation, 0))
        return max(mark, self._marks.get((0, self._question.person), 0)) if conversation[1] else mark

    def _of_room(self, number: int) -> list[StoredEntry]:
        """Newest first."""
        place = (number, 0)
        after = max(self._mark(place), self._floors.get(number, 0))
        newest = self._recent.newest_after(place, after, LOOKED_AT_ROOM)
        found = (entry for entry in newest if entry.kind in SAID and not self._is_own(entry))
        return list(islice(found, UNREAD_MOST))

    def _direct(self) -> Iterator[StoredEntry]:
        """Newest first."""
        question = self._question
        for entry in self._recent.newest_after((0, question.person), question.since, LOOKED_AT_DIRECT):
            is_read = entry.id <= self._mark((entry.first, entry.second))
            if not is_read and entry.kind in SAID and not self._is_own(entry):
                yield entry

    def _is_own(self, entry: StoredEntry) -> bool:
        return entry.person == self._question.person


def caught_up(first: list[StoredEntry], rest: list[StoredEntry], limit: int) -> CaughtUp:
    """The newest of each, in order."""
    limit = max(0, min(limit, PAGE_LIMIT))
    for entries in (first, rest):
        entries.sort(key=lambda entry: entry.id)
    more = max(len(first), len(rest)) > limit
    return CaughtUp(first[max(0, len(first) - limit) :], rest[max(0, len(rest) - limit) :], more)
