"""The log: everything that others can notice gets its place here, and is told from here.

A request is checked, its entry is *appended*, and once the log has the entry, it is published. An engine
(`store/`) keeps this contract; nothing in `protocol/`, `state/` or `behaviour/` knows which engine there is.

1. Ids grow by time over the whole log, so one number is everyone's cursor, and no id is used again after a
   restart. Gaps are normal. `at` never falls.
2. `published` is called once for each entry, in the order of the ids, when the log has it: nobody is told
   what the log does not have. `acknowledged` is called after that, when the entry cannot be lost any more.
3. `append` never waits. What it leads to may come later, when the author has left.
"""

from collections.abc import Callable
from typing import Final, Protocol

import msgspec

from chatd.state.rooms import Room
from chatd.state.sessions import Session

#: Ids for each millisecond since the epoch: with so many they stay below 2^53, up to which JavaScript's
#: numbers are exact, until the year 2109.
IDS_A_MILLISECOND: Final = 1 << 11


class Entry(msgspec.Struct, eq=False):
    """Something that others can notice. `author` asked for it; an answer is due where there is a `ref`. With
    its place in the log it gets an `id`, and the time `at`, in milliseconds since the epoch."""

    author: Session
    text: str
    ref: str | None
    id: int = 0
    at: int = 0


class RoomEntry(Entry, kw_only=True):
    """A message to everyone in a room, of that kind (requests.Kind)."""

    room: Room
    kind: str | None = None


class TopicEntry(RoomEntry):
    """A room's new topic."""


class DirectEntry(Entry, kw_only=True):
    """A message to one person."""

    to: Session


class EntryClock:
    """Makes ids and times, which never fall, of a clock that may: `now` is the time of day in milliseconds
    since the epoch."""

    __slots__ = ("_now", "at", "id")

    def __init__(self, now: Callable[[], int]) -> None:
        self._now = now
        self.at = self.id = 0

    def stamp(self, entry: Entry) -> None:
        """Give the entry its place."""
        now = self._now()
        self.at = entry.at = max(now, self.at)
        self.id = entry.id = max(self.id + 1, now * IDS_A_MILLISECOND)


class MessageLog(Protocol):
    """See the module's contract. `published` and `acknowledged` are set by whoever tells people; `last_id` is
    the newest entry's."""

    published: Callable[[Entry], None]
    acknowledged: Callable[[Entry], None]

    @property
    def last_id(self) -> int: ...

    def append(self, entry: Entry) -> None: ...
