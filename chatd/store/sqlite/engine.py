"""The log in a folder: a MessageLog whose entries survive the server.

An entry waits in the line until the thread that commits is free, which then takes all that wait. What is
committed is published, in order; what the disk has is acknowledged. Only `finish` and `close` wait.
"""

import logging
import sys
from collections.abc import Callable, Sequence
from time import monotonic
from typing import Any, Final

from gevent import get_hub
from gevent.event import Event

from chatd.protocol.limits import Limits
from chatd.state.entry_rows import stored
from chatd.state.message_log import Entry, EntryClock, Publication, RoomEntry, TopicEntry
from chatd.state.rooms import Room
from chatd.state.stored_entries import Conversation, Missed, MissedPage, Page, Span, StoredGuest, StoredRoom
from chatd.store.sqlite.durability import Durability
from chatd.store.sqlite.files import AHEAD, LogFiles
from chatd.store.sqlite.line import LineItem, WaitingLine
from chatd.store.sqlite.reading import read_page
from chatd.store.sqlite.teller import Teller
from chatd.store.sqlite.worker import StoreError, StoreThread
from chatd.store.sqlite.writing import IdCeiling, WriteJob

log: Final = logging.getLogger("chatd")

#: How often what waits is looked at, and a folder that is in trouble.
_TICK: Final = 0.5
#: Seconds for the threads to end. One that the disk holds ends with the process.
_ENDING: Final = 5.0
#: A busy loop gives the interpreter's lock to another thread after so long; Python's 5 ms would have each
#: statement wait for several of them.
_SWITCH_INTERVAL: Final = 0.0005


class SqliteLog:
    """A MessageLog. `now` is the time of day in milliseconds, `clock` a monotonic one in seconds; `always`:
    an entry is acknowledged when the disk has it, else when it is committed. `fatal` is called when it cannot
    go on."""

    since: float | None = None
    _appended_at: float | None = None  # the first of what was committed last

    def __init__(
        self,
        files: LogFiles,
        limits: Limits,
        *,
        now: Callable[[], int],
        clock: Callable[[], float],
        always: bool,
        fatal: Callable[[], None],
    ) -> None:
        self.published: Publication = {}
        self.acknowledged: Callable[[Entry], None] = lambda entry: None
        self.failed: Callable[[Entry], None] = lambda entry: None
        self.moved: Callable[[], None] = lambda: None
        self.rooms: Sequence[StoredRoom] = files.rooms
        self._files: Final = files
        self._limits: Final = limits
        self._always: Final = always
        self._known = {room.number for room in files.rooms if room.name is not None}  # that are stored
        self._gone: list[StoredRoom] = []  # rooms that are to be forgotten
        self._line = WaitingLine(limits, clock)
        self._clock = EntryClock(lambda: now() * 1_000_000, files.last_id, files.last_at)
        self._ceiling = files.ceiling  # of what is committed, or about to be
        self._writing: list[LineItem] = []  # what the thread that commits has
        self._one_by_one = 0  # of those that wait, so many are tried each by itself
        self._trouble = ""  # why the last commit failed
        self._pages = 0  # that are asked for
        self._finishing = self._waking = False
        self._settled = Event()
        self._switch_interval = sys.getswitchinterval()
        sys.setswitchinterval(_SWITCH_INTERVAL)
        self._tick: Any = get_hub().loop.timer(_TICK, _TICK)
        self._threads = tuple(map(StoreThread, ("commit", "sync", "checkpoint", "read")))
        self._committer, syncer, checkpointer, self._page_reader = self._threads
        self._teller = Teller(self, self._tell, clock, files.last_id if always else None)
        self._teller.ceiling, self._teller.last_id = files.ceiling, files.last_id
        self._durability = Durability(
            always=always,
            now=clock,
            workers=(self._committer, syncer, checkpointer),
            files=files,
            synced=self._synced,
            released=self._wake,
            fatal=fatal,
        )

    @property
    def last_id(self) -> int:
        return self._teller.last_id

    @property
    def crowded(self) -> bool:
        return self._line.crowded or self._finishing

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
        self._gone.append(StoredRoom(room.number, None))
        self._known.discard(room.number)

    def _wake(self) -> None:
        """Hand over what waits, when all have had a turn that have something to say now."""
        if not self._waking:
            self._waking = True
            get_hub().loop.run_callback(self._hand_over)
        if not self._tick.active:
            self._tick.start(self._look)

    def _hand_over(self) -> None:
        self._waking = False
        if self._writing or self._durability.holds or not self._line:
            return
        self._appended_at = self._line.oldest
        self._writing = items = self._line.take(1 if self._one_by_one else None)
        self._one_by_one = max(0, self._one_by_one - 1)
        entries = [item for item in items if isinstance(item, Entry)]
        if not entries:
            self._written(items, None, None)
            return
        job = WriteJob(
            [stored(entry) for entry in entries], self._rooms_of(entries), self._raise(entries[-1])
        )
        self._committer.start(
            lambda: self._files.writer.commit(job), lambda _, error: self._written(items, job, error)
        )

    def _rooms_of(self, entries: list[Entry]) -> list[StoredRoom]:
        """What these entries change about rooms: those that are new, those with another topic."""
        gone = {room.number for room in self._gone}
        changed = {room.number: room for room in self._gone}
        for entry in entries:
            if isinstance(entry, RoomEntry) and entry.room.number not in gone:
                room = entry.room
                if isinstance(entry, TopicEntry):
                    changed[room.number] = StoredRoom(room.number, room.name, entry.text)
                elif room.number not in self._known and room.number not in changed:
                    changed[room.number] = StoredRoom(room.number, room.name)
        return list(changed.values())

    def _raise(self, last: Entry) -> IdCeiling | None:
        """A higher ceiling, where the last entry comes near."""
        if last.id < self._ceiling - AHEAD // 2:
            return None
        return IdCeiling(last.id + AHEAD, last.at)

    def _written(self, items: list[LineItem], job: WriteJob | None, error: Exception | None) -> None:
        """The thread that commits is back."""
        self._writing = []
        if error is not None and len(items) > 1 and not isinstance(error, StoreError):
            self._one_by_one = len(items)  # one of them is wrong
            self._line.put_back(items)
            self._wake()
            return
        self._line.done(items)
        if error is None and job is not None:
            self._committed(job, items)
        elif error is not None:
            self._note_trouble(str(error))
        self._teller.add(items, error is None)
        self._tell()
        if self._line:
            self._wake()

    def _committed(self, job: WriteJob, items: list[LineItem]) -> None:
        self._note_trouble("")
        for room in job.rooms:
            if room.name is not None:
                self._known.add(room.number)
        self._gone = [room for room in self._gone if room not in job.rooms]
        if job.ceiling is not None:
            self._ceiling = job.ceiling.id
        asked = self._always and any(isinstance(item, Entry) and item.ref is not None for item in items)
        self._durability.committed(job.entries, job.ceiling, asked)

    def _note_trouble(self, trouble: str) -> None:
        if trouble and not self._trouble:
            log.error("the log cannot be written: %s; what is said is refused until it can", trouble)
        elif self._trouble and not trouble:
            log.warning("the log is written again")
        self._trouble = trouble

    def _synced(self, last_id: int, ceiling: int) -> None:
        self._teller.ceiling = ceiling
        if self._always:
            self._teller.durable = last_id
        self._tell()

    def _tell(self) -> None:
        teller, durability = self._teller, self._durability
        self.since = self._appended_at
        teller.run()
        self.since = None
        if teller.held_by_ceiling or (self._finishing and not durability.settled):
            durability.hurry()
        if teller.settled and durability.settled and not self._line and not self._writing:
            self._settled.set()

    def _look(self) -> None:
        """Twice a second, while something waits: what has waited for too long has failed. What is not stored
        passes, whatever the disk does."""
        expired = self._line.expired()
        if expired:
            self._note_trouble("the disk does not answer in time")
            self._line.done(expired)
            self._teller.add(expired, False)
            self._tell()
        if not self._line:
            self._tick.stop()

    # -- pages ---------------------------------------------------------------------------------------

    def read(self, conversation: Conversation, span: Span, then: Callable[[Page | None], None]) -> bool:
        if self._pages >= self._limits.pages_asked:
            return False
        self._pages += 1
        end = self.last_id + 1

        def read_it(page: Page | None, error: Exception | None) -> None:
            self._pages -= 1
            if error is not None:
                log.error("a page of the log could not be read: %s", error)
            then(page)

        self._page_reader.start(lambda: read_page(self._files.reader, conversation, span, end), read_it)
        return True

    guests: Sequence[StoredGuest] = ()

    def keep_guest(self, guest: StoredGuest) -> None: ...

    def forget_guest(self, token: str) -> None: ...

    def read_missed(self, missed: Missed, then: Callable[[MissedPage | None], None]) -> bool:
        then(MissedPage([], False))
        return True

    # -- the end -------------------------------------------------------------------------------------

    def finish(self, seconds: float) -> None:
        self._finishing = True
        self._settled.clear()
        self._tell()
        if not self._settled.wait(seconds):
            items = self._line.take()
            self._line.done(items)
            self._teller.add(items, False)
            self._tell()

    def close(self) -> None:
        """Where a thread does not come back from the disk, the files stay open until the process ends."""
        self._tick.close()
        self._teller.close()
        self._durability.close()
        if self._settled.is_set() and not self._trouble:
            exact = WriteJob([], list(self._gone), IdCeiling(self._clock.id, self._clock.at))
            self._committer.start(lambda: self._files.writer.commit(exact), lambda _, error: None)
        deadline = monotonic() + _ENDING
        ended = [thread.stop(max(0.0, deadline - monotonic())) for thread in self._threads]
        sys.setswitchinterval(self._switch_interval)
        if all(ended):
            self._files.close()
