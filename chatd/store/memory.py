"""The engine that keeps the newest entries in memory, and nothing else: an entry is published in the same
breath, and never safer than then."""

from collections.abc import Callable, Sequence

from chatd.protocol.keep_rule import EVERYTHING, KeepRule
from chatd.protocol.limits import DEFAULT, Limits
from chatd.state.account_store import always
from chatd.state.message_log import ActEntry, Entry, EntryClock, Publication
from chatd.state.rooms import Room
from chatd.state.stored_entries import (
    Conversation,
    Found,
    Missed,
    MissedPage,
    NotFound,
    Page,
    Span,
    StoredGuest,
    StoredRoom,
    Wanted,
)
from chatd.state.stored_rulings import AuditQuestion, AuditRows, Ruling
from chatd.store.memory_acts import MemoryActs
from chatd.store.memory_people import MemoryPeople
from chatd.store.recent_entries import RecentEntries
from chatd.store.recent_keeping import RecentKeeping
from chatd.store.scanning import RecentSearches


class MemoryLog:
    """A MessageLog. `now` is the time of day in nanoseconds since the epoch; `ages` tells in
    milliseconds what is too old (AgeClock), by default the same."""

    __slots__ = (
        "_acts",
        "_clock",
        "_keeping",
        "_recent",
        "_searches",
        "acknowledged",
        "failed",
        "moved",
        "people",
        "published",
    )

    #: Nothing is ever on its way.
    stores = False
    crowded = False
    takes = True
    since: float | None = None
    rooms: Sequence[StoredRoom] = ()
    #: Nobody comes back to another server: who may come back to this one, and what holds, it knows.
    guests: Sequence[StoredGuest] = ()
    rulings: Sequence[Ruling] = ()

    def __init__(
        self,
        now: Callable[[], int],
        recent: int = DEFAULT.recent,
        limits: Limits = DEFAULT,
        keep: KeepRule = EVERYTHING,
        ages: Callable[[], int] | None = None,
    ) -> None:
        self._clock = EntryClock(now)
        self._recent = RecentEntries(recent)
        self._keeping = RecentKeeping(self._recent, keep, now, ages)
        self._searches = RecentSearches(self._recent, limits)
        self._acts = MemoryActs(self._recent)
        self.people = MemoryPeople(self._recent, self._acts, self._keeping.look)
        self.published: Publication = {}
        self.acknowledged: Callable[[Entry], None] = lambda entry: None
        self.failed: Callable[[Entry], None] = lambda entry: None
        self.moved: Callable[[], None] = lambda: None

    @property
    def last_id(self) -> int:
        return self._clock.id

    def append(self, entry: Entry) -> None:
        self._clock.stamp(entry)
        self._recent.note(entry)
        if type(entry) is ActEntry:
            self._acts.note(entry)
        self.published[type(entry)](entry)
        if entry.ref is not None or entry.key is not None:
            self.acknowledged(entry)

    def in_turn(self, act: Callable[[], None]) -> None:
        act()

    def forget(self, room: Room) -> None:
        self._keeping.forget(room.number)

    def keep(self, room: Room, days: int | None, count: int | None) -> None:
        self._keeping.keep(room.number, days, count)

    def read(
        self,
        conversation: Conversation,
        span: Span,
        then: Callable[[Page | None], None],
        wanted: Callable[[], bool] = always,
    ) -> bool:
        self._keeping.look()
        then(self._recent.page(conversation, span))
        return True

    def floor(self, conversation: Conversation) -> int:
        return self._recent.forgotten(conversation)

    def keep_guest(self, guest: StoredGuest) -> None: ...

    def forget_guest(self, token: str) -> None: ...

    def keep_ruling(self, ruling: Ruling) -> None: ...

    def read_audit(
        self,
        question: AuditQuestion,
        then: Callable[[AuditRows | None], None],
        wanted: Callable[[], bool] = always,
    ) -> bool:
        then(self._acts.read(question))
        return True

    def read_missed(
        self,
        missed: Missed,
        then: Callable[[MissedPage | None], None],
        wanted: Callable[[], bool] = always,
    ) -> bool:
        self._keeping.look()
        then(self._recent.missed(missed))
        return True

    def search(
        self,
        wanted: Wanted,
        then: Callable[[Found | NotFound], None],
        awaited: Callable[[], bool] = always,
    ) -> bool:
        self._keeping.look()
        return self._searches.search(wanted, then, awaited)

    def finish(self, seconds: float) -> None: ...

    def close(self) -> None:
        self._searches.close()
