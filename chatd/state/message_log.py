"""The log: everything that others can notice gets its place here, and is told from here.

A request is checked, its entry is *appended*, and once the log has the entry, it is published. An engine
(`store/`) keeps this contract; nothing in `protocol/`, `state/` or `behaviour/` knows which engine there is.
The numbers are those of the tests (`tests/store/`).

1. Ids grow by time over the whole log, so one number is everyone's cursor, and no id that anyone was told is
   used again after a restart, whatever the clock does. Gaps are normal. `at` never falls.
2. `published[type(entry)]` is called once for each entry, in the order of the ids, when the log has it:
   nobody is told what the log does not have. `acknowledged` is called after that, when the entry cannot be
   lost any more, for one to which an answer is due: it has a `ref` or a `key`.
3. What is not stored but has its place in the order (who came, who left) is done by `in_turn`: when all that
   was appended before was published or has failed. An error in one entry harms no other.
4. `append` never waits. What it leads to may come later, when the author has left. `Session.in_flight`
   counts what is not answered yet: until it is published, or acknowledged where an answer is due. While the
   log is `crowded` talkers wait. `moved` is called when either may have changed.
5. An entry that cannot be stored, or waits too long for it, has `failed`: it is never published, and is not
   there after a restart. In the end each entry has either failed, or is published (and acknowledged).
6. An entry may have a `key`, which is kept.
7. `read` gives a page of a conversation, later, by a callback; only what was published is in it, or soon
   will be. It never waits either.
   `read_missed` does the same for one person, over all of its conversations, and to the end: when it says
   that there is no `more`, whoever listens from then on, without a yield, misses nothing.
8. A conversation is a room's number, or the numbers of two persons (see stored_entries.py): never a name.
9. A room's number is never used again: `rooms` are those to begin with, `forget` one that goes.
10. `finish` waits until every entry is answered; after `close` nothing is called any more.
11. Who may come back is kept beside the entries: `guests` are those to begin with; `keep_guest` and
   `forget_guest` take effect soon, never wait, and never fail.
12. Nothing above the engines knows which one there is.
13. What the server's rule (`--keep`), or the room's own (`keep`), keeps no longer is removed soon. First its
   conversation has a *floor*: nothing at or below that id is shown by any method any more, also after a
   restart. Then it goes, in small steps. Whoever misses it is told of a gap; its keys hold nevertheless.
14. `search` answers as `read` does, newest first, by what was published some seconds ago: by whole words, as
   `protocol/search_words` makes them. It finds nothing outside of the conversations that it is given. It is
   bounded in time, and says so where it cannot answer.

(15 and 16 are about accounts: see account_store.py.)

17. With an ActEntry its `rulings` are kept, each in place of the one of the same room, kind and subject, and
   with the id and the time of the entry; one without a value takes that away. An act is in the audit, too,
   and stays there when its room's floor rises or the room goes. All of it happens, or nothing. `rulings` are
   those at the start; with a room go its own.
18. With an ActEntry that `removes` an entry, that one is of the kind DELETED from then on, without a key, and
   its text is the name of the act's author: nobody reads the text any more, also who asked before, and no
   search finds it.
19. `keep_ruling` is for what may be lost in a power cut, as `keep_guest`.
20. `read_audit` answers as `read` does.
21. Whoever asks may have floors of its own (`Span.floor`, and `floors` elsewhere): nothing at or below one is
   in any answer, nor counted, nor is it a gap.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, Protocol

import msgspec

from chatd.state.account_store import AccountStore, always
from chatd.state.rooms import Room
from chatd.state.sessions import Person, Session
from chatd.state.stored_entries import (
    Conversation,
    Found,
    Missed,
    MissedPage,
    NotFound,
    Page,
    Span,
    StoredEntry,
    StoredGuest,
    StoredRoom,
    Wanted,
)
from chatd.state.stored_rulings import Act, AuditQuestion, AuditRows, Ruling

#: Ids for each millisecond since the epoch: with so many they stay below 2^53, up to which JavaScript's
#: numbers are exact, until the year 2109.
IDS_A_MILLISECOND: Final = 1 << 11

#: In nanoseconds: the clock itself is asked for each entry, as a function around it would take as long again.
_MILLISECOND: Final = 1_000_000


class Entry(msgspec.Struct, eq=False, gc=False):
    """Something that others can notice. `author` asked for it; an answer is due where there is a `ref`. With
    its place in the log it gets an `id`, and the time `at`, in milliseconds since the epoch."""

    author: Session
    text: str
    ref: str | None
    id: int = 0
    at: int = 0
    key: str | None = None


class RoomEntry(Entry, kw_only=True, gc=False):
    """A message to everyone in a room, of that kind (requests.Kind)."""

    room: Room
    kind: str | None = None


class TopicEntry(RoomEntry, kw_only=True, gc=False):
    """A room's new topic."""


class ActEntry(RoomEntry, kw_only=True, gc=False):
    """An act of moderation in a room, in the lobby on the whole server: see 17 and 18. Its `text` is the act
    as it is kept."""

    act: Act
    rulings: tuple[Ruling, ...] = ()
    removes: StoredEntry | None = None


class DirectEntry(Entry, kw_only=True, gc=False):
    """A message to one person."""

    to: Person


class EntryClock:
    """Makes ids and times, which never fall, of a clock that may: `now` is the time of day in nanoseconds
    since the epoch. The first id is above `id`, the first time at `at` or later."""

    __slots__ = ("_now", "at", "id")

    def __init__(self, now: Callable[[], int], id: int = 0, at: int = 0) -> None:
        self._now = now
        self.id = id
        self.at = at

    def stamp(self, entry: Entry) -> None:
        """Give the entry its place."""
        at = self._now() // _MILLISECOND
        if at > self.at:
            self.at = entry.at = at
            id = at * IDS_A_MILLISECOND
            if id <= self.id:
                id = self.id + 1
        else:
            entry.at = self.at
            id = self.id + 1
        self.id = entry.id = id


#: What to do with an entry of each type when the log has it.
Publication = Mapping[type[Entry], Callable[[Any], None]]


class MessageLog(Protocol):
    """See the module's contract. `published`, `acknowledged`, `failed` and `moved` are set by whoever tells
    people; `last_id` is the newest entry's. `since` is when the oldest was appended that is on its way or
    told now, seconds of the monotonic clock; None: none is, or just now. (Since then the server was not
    idle.)"""

    published: Publication
    acknowledged: Callable[[Entry], None]
    failed: Callable[[Entry], None]
    moved: Callable[[], None]

    @property
    def stores(self) -> bool:
        """Whether entries outlive the server. (If not, none is ever on its way, and nobody need look.)"""

    @property
    def since(self) -> float | None: ...

    @property
    def last_id(self) -> int: ...

    @property
    def crowded(self) -> bool:
        """Whether talkers should wait, since too much is on its way into the log."""

    @property
    def takes(self) -> bool:
        """Whether entries are stored, as far as is known: not after one could not be, until one can again."""

    @property
    def rooms(self) -> Sequence[StoredRoom]:
        """At the start: the rooms that the log knows, those that were silent for longest first."""

    def append(self, entry: Entry) -> None: ...

    def in_turn(self, act: Callable[[], None]) -> None:
        """Do something that is not stored at its place among the entries (see 3)."""

    def forget(self, room: Room) -> None:
        """The room is gone: after a restart it is not there, and what was said in it is no other room's."""

    def keep(self, room: Room, days: int | None, count: int | None) -> None:
        """No more than so much is kept of a room, by age and by the number of entries, and no more than the
        server says; None or 0: so much. Takes effect soon, never waits, and never fails."""

    def read(
        self,
        conversation: Conversation,
        span: Span,
        then: Callable[[Page | None], None],
        wanted: Callable[[], bool] = always,
    ) -> bool:
        """Ask for a page of a conversation; `then` gets it, or None where it could not be read, or was not
        `wanted` any more when its turn came (that may be asked in another thread). False when too many pages
        are asked for already."""

    @property
    def guests(self) -> Sequence[StoredGuest]:
        """At the start: who may come back."""

    def keep_guest(self, guest: StoredGuest) -> None:
        """Keep it, in place of what was kept under the same token."""

    def forget_guest(self, token: str) -> None:
        """Nobody comes back with this token (its hash) any more."""

    @property
    def rulings(self) -> Sequence[Ruling]:
        """At the start: what holds. What is over may be among them."""

    def keep_ruling(self, ruling: Ruling) -> None:
        """Keep it in place of the one of the same room, kind and subject; without a value take that away."""

    def read_audit(
        self,
        question: AuditQuestion,
        then: Callable[[AuditRows | None], None],
        wanted: Callable[[], bool] = always,
    ) -> bool:
        """Ask what was done; as `read`."""

    def read_missed(
        self,
        missed: Missed,
        then: Callable[[MissedPage | None], None],
        wanted: Callable[[], bool] = always,
    ) -> bool:
        """Ask what a person missed; as `read`."""

    def floor(self, conversation: Conversation) -> int:
        """The id up to which nothing of a conversation is kept any more; 0: all of it is kept."""

    def search(
        self,
        wanted: Wanted,
        then: Callable[[Found | NotFound], None],
        awaited: Callable[[], bool] = always,
    ) -> bool:
        """Ask what was said that has these words. (`awaited`: as `wanted` of `read`.) False when too many
        searches are asked for already."""

    @property
    def people(self) -> AccountStore:
        """Who owns a name (see account_store.py)."""

    def finish(self, seconds: float) -> None:
        """Before the server goes down: take nothing more, and wait up to so long for what is on its way.
        Only `net/` may call it."""

    def close(self) -> None:
        """Let go of files and threads. Only `net/` may call it."""
