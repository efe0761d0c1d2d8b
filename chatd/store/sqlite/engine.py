"""The log in a folder: a MessageLog whose entries survive the server.

An entry waits in the line until the thread that commits is free, which then takes all that wait. What is
committed is published, in order; what the disk has is acknowledged. Only `finish` and `close` wait.
"""

from collections.abc import Callable, Sequence
from typing import Any, Final

from gevent import get_hub
from gevent.event import Event

from chatd.protocol.keep_rule import EVERYTHING, KeepRule
from chatd.protocol.limits import Limits
from chatd.state.message_log import Entry, EntryClock, Publication, RoomEntry
from chatd.state.rooms import Room
from chatd.state.stored_entries import StoredGuest, StoredRoom
from chatd.state.stored_rulings import Ruling
from chatd.store.sqlite.durability import CommittedChange, Durability
from chatd.store.sqlite.files import LogFiles
from chatd.store.sqlite.hand_overs import HandOvers
from chatd.store.sqlite.kept_changes import Keeping, KeptChanges
from chatd.store.sqlite.line import LineItem, WaitingLine
from chatd.store.sqlite.pages import PageQuestions
from chatd.store.sqlite.people.service import PeopleHost, StoredPeople
from chatd.store.sqlite.retention import Retention
from chatd.store.sqlite.search.service import SearchService
from chatd.store.sqlite.teller import Teller
from chatd.store.sqlite.trouble import Trouble
from chatd.store.sqlite.unhurried import Unhurried, UnhurriedHost
from chatd.store.sqlite.worker import SWITCH_INTERVAL, StoreError, StoreThread, stop_all, switch_every
from chatd.store.sqlite.write_jobs import WriteJobs
from chatd.store.sqlite.writing import WriteJob

#: How often what waits is looked at, and a folder that is in trouble.
_TICK: Final = 0.5
#: Seconds for the threads to end. One that the disk holds ends with the process.
_ENDING: Final = 5.0


class SqliteLog:
    """A MessageLog. `now` is the time of day in milliseconds, `clock` a monotonic one in seconds; `always`:
    an entry is acknowledged when the disk has it, else when it is committed. `fatal` is called when it cannot
    go on; `ages` tells what is too old (AgeClock), by default `now`."""

    stores = True
    rooms: Sequence[StoredRoom]
    guests: Sequence[StoredGuest]
    rulings: Sequence[Ruling]
    published: Publication
    acknowledged: Callable[[Entry], None]
    failed: Callable[[Entry], None]
    _tick: Any
    _writing: list[LineItem]  # of the line
    _appended_at = 0.0  # the first of what was handed over last
    _one_by_one = 0  # of those that wait, so many are tried each by itself
    _finishing = _telling = _committing = False  # the last: the thread that commits is busy

    def __init__(
        self,
        files: LogFiles,
        limits: Limits,
        *,
        now: Callable[[], int],
        clock: Callable[[], float],
        always: bool,
        fatal: Callable[[], None],
        keep: KeepRule = EVERYTHING,
        ages: Callable[[], int] | None = None,
    ) -> None:
        self.published, self.acknowledged, self.failed = {}, _nothing, _nothing
        self.moved: Callable[[], None] = lambda: None
        self.rooms, self.guests, self.rulings = files.rooms, files.guests, files.rulings
        self._files, self._always = files, always
        self._jobs, self._line = WriteJobs(files), WaitingLine(limits, clock)
        self._clock = EntryClock(lambda: now() * 1_000_000, files.last_id, files.last_at)
        self._keeping = kept = Keeping(limits.guests, lambda: self._clock.id, self._hand_over)
        self.keep_guest, self.forget_guest = kept.keep_guest, kept.forget_guest
        self.keep_ruling, self._writing = kept.keep_ruling, []
        self._hand_overs = HandOvers(clock, self._hand_over)
        self._settled, self._trouble = Event(), Trouble("the log", "what is said is refused")
        self._switch_interval = switch_every(SWITCH_INTERVAL)
        self._tick = get_hub().loop.timer(_TICK, _TICK)
        self._threads = [StoreThread(name) for name in ("commit", "sync", "checkpoint", "read")]
        self._committer, self._reader = self._threads[0], self._threads[-1]
        self._questions = asked = PageQuestions(self._reader, files, limits, lambda: self.last_id)
        self.read, self.read_missed, self.floor = asked.read, asked.read_missed, files.floors.of
        self.read_audit = asked.read_audit
        self._teller = Teller(self, asked.recent.note, asked.acted, self._tell, clock)
        self._teller.begin(files.last_id, files.ceiling, always)
        self._searches = SearchService(files, limits, lambda: self.last_id, self._committer)
        self.search = self._searches.search
        self._durability = self._durable(clock, fatal)
        host = PeopleHost(
            self._committer, now, clock, always, self._durability, asked, self._tell, self.in_turn
        )
        work = self._unhurried()
        self.people = StoredPeople(files, limits, host, work)
        self._retention = Retention(keep, limits, ages or now, work, asked.recent, lambda: self.last_id)

    def _durable(self, clock: Callable[[], float], fatal: Callable[[], None]) -> Durability:
        return Durability(
            always=self._always,
            now=clock,
            workers=self._threads[:3],
            files=self._files,
            synced=self._synced,
            released=self._wake,
            fatal=fatal,
        )

    def _unhurried(self) -> Unhurried:
        durability, search = self._durability, self._searches
        free, held = lambda: not (self._committing or self._line), lambda: durability.holds
        host = UnhurriedHost(free, held, durability, search.unindex, search.purge)
        return Unhurried(self._files, (self._committer, self._reader), host)

    @property
    def last_id(self) -> int:
        return self._teller.last_id

    @property
    def since(self) -> float | None:
        if self._writing or self._telling or not self._teller.idle:
            return self._appended_at
        return self._line.oldest if self._line else None

    @property
    def crowded(self) -> bool:
        return self._line.crowded or self._finishing

    @property
    def takes(self) -> bool:
        return not (self._trouble.why or self._durability.failing)

    def append(self, entry: Entry) -> None:
        self._clock.stamp(entry)
        entry.author.in_flight += 1
        if isinstance(entry, RoomEntry):
            entry.room.has_history = True
        self._settled.clear()
        self._line.add(entry)
        self._wake()

    def in_turn(self, act: Callable[[], None]) -> None:
        if not self._line and not self._writing and self._teller.idle:
            act()
        else:
            self._line.add(act)
            self._wake()

    def forget(self, room: Room) -> None:
        self._jobs.forget(room.number)
        self._retention.forget(room)

    def keep(self, room: Room, days: int | None, count: int | None) -> None:
        self._retention.keep(room, days, count)

    def _wake(self) -> None:
        """Hand over what waits."""
        self._hand_overs.soon()
        if not self._tick.active:
            self._tick.start(self._look)

    def _hand_over(self) -> None:
        if self._committing or self._durability.holds or not (self._line or self._keeping):
            return
        self._committing = True
        self._appended_at = self._line.oldest if self._line else 0.0
        if self._one_by_one:
            self._writing, kept = self._line.take(1), KeptChanges()
            self._one_by_one -= 1
        else:
            self._writing, kept = self._line.take(), self._keeping.take()
        items = self._writing
        self._hand_overs.handed(len(items))
        entries = [item for item in items if isinstance(item, Entry)]
        if not entries and not kept:
            self._written(items, None, kept, None)
            return
        job = self._jobs.make(entries, kept)
        self._committer.start(
            lambda: self._files.writer.commit(job), lambda _, error: self._written(items, job, kept, error)
        )

    def _written(
        self, items: list[LineItem], job: WriteJob | None, kept: KeptChanges, error: Exception | None
    ) -> None:
        """The thread that commits is back."""
        self._committing, self._writing = False, []
        if error is not None and (items or isinstance(error, StoreError)):
            self._keeping.put_back(kept)
        if error is not None and len(items) + bool(kept) > 1 and not isinstance(error, StoreError):
            self._one_by_one = len(items)  # one of them is wrong
            self._line.put_back(items)
            self._wake()
            return
        self._line.done(items)
        if error is None and job is not None:
            self._committed(job, items)
        elif isinstance(error, StoreError):  # else it is no fault of the disk, and the thread has logged it
            self._trouble.note(str(error))
        self._teller.add(items, error is None)
        self._tell()
        if self._line:
            self._wake()
        elif self._keeping:
            self._keeping.write_soon()

    def _committed(self, job: WriteJob, items: list[LineItem]) -> None:
        self._trouble.note("")
        self._jobs.written(job)
        if job.moderation is not None:
            self._keeping.written(job.moderation.acts)
            again = CommittedChange(job.moderation.statements(), lambda: None)
            self._durability.committed_change(again, urgent=False)
        asked = self._always and any(isinstance(item, Entry) and item.ref is not None for item in items)
        self._durability.committed(job.entries, job.ceiling, asked)

    def _synced(self, last_id: int, ceiling: int) -> None:
        self._teller.ceiling = ceiling
        if self._always:
            self._teller.durable = last_id
        self._tell()

    def _tell(self) -> None:
        teller, durability, people = self._teller, self._durability, self.people
        self._telling = True
        teller.run()
        self._telling = False
        self._searches.published()
        if teller.held_by_ceiling or (self._finishing and not durability.settled):
            durability.hurry()
        if teller.settled and durability.settled and people.settled and not (self._line or self._writing):
            self._settled.set()

    def _look(self) -> None:
        """Twice a second, while something waits: what has waited for too long has failed. What is not stored
        passes, whatever the disk does."""
        expired = self._line.expired()
        if expired:
            self._trouble.note("the disk does not answer in time")
            self._line.done(expired)
            self._teller.add(expired, False)
            self._tell()
        if not self._line:
            self._tick.stop()

    # -- the end -------------------------------------------------------------------------------------

    def finish(self, seconds: float) -> None:
        self._finishing = True
        self.people.finish()
        self._settled.clear()
        self._tell()
        if not self._settled.wait(seconds):
            items = self._line.take()
            self._line.done(items)
            self._teller.add(items, False)
            self.people.give_up()
            self._tell()

    def close(self) -> None:
        """Where a thread does not come back from the disk, the files stay open until the process ends."""
        self._retention.close()
        self._tick.close()
        self._keeping.close()
        self._hand_overs.close()
        self._teller.close()
        self._durability.close()
        self._searches.stop()
        sound = self._settled.is_set() and not self._trouble.why
        self.people.close(write=sound)
        if sound:
            exact = self._jobs.last(self._keeping.take_all(), self._clock)
            self._committer.start(lambda: self._files.writer.commit(exact), lambda _, error: None)
        ended = stop_all((*self._threads, *self._searches.threads), _ENDING)
        switch_every(self._switch_interval)
        if ended:
            self._searches.close()
            self._files.close()


def _nothing(entry: Entry) -> None:
    """Nobody is told of it."""
