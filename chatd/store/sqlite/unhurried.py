"""What takes long and nobody waits for: in small steps, beside all else that the threads do.

Each step is a question to the thread that reads, and a change for the one that commits, when that has nothing
else to do; then there is a pause. A greenlet does it, which waits in every method.
"""

from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic
from typing import Any, Final, TypeVar

import gevent
from gevent.event import AsyncResult, Event

from chatd.state.stored_entries import StoredEntry
from chatd.store.sqlite.durability import CommittedChange, Durability
from chatd.store.sqlite.files import LogFiles
from chatd.store.sqlite.schema import Statements
from chatd.store.sqlite.worker import StoreThread

T = TypeVar("T")

#: Seconds between two steps, at least; else as many as the step took, which is more where there is much to do
#: beside it.
PAUSE: Final = 0.01
#: A step waits for a moment in which nothing else is to be written, which is looked for so often; but not for
#: longer than that: on a server that always writes it would never be done.
_AGAIN: Final = 0.005
_PATIENCE: Final = 1.0


@dataclass(frozen=True, slots=True)
class UnhurriedHost:
    """What the engine tells: whether the thread that commits is idle, and whether nothing may be committed
    now (`held`); and is told: which entries the search has to forget (then it calls back), and to write some
    of its index anew (see IndexUpkeep.purge)."""

    idle: Callable[[], bool]
    held: Callable[[], bool]
    durability: Durability
    unindex: Callable[[list[StoredEntry], Callable[[], None]], None]
    purge: Callable[[Callable[[bool], None]], None]


class Unhurried:
    """`threads` are the one that commits and the one that reads. Everything raises StoreError."""

    def __init__(
        self, files: LogFiles, threads: tuple[StoreThread, StoreThread], host: UnhurriedHost
    ) -> None:
        self._files: Final = files
        self._committer, self._reader = threads
        self._host = host

    def read(self, question: Callable[..., T], *values: Any) -> T:
        """The answer of a question that is put to the database."""
        return _done_by(self._reader, lambda: question(self._files.reader, *values))

    def unindex(self, entries: list[StoredEntry]) -> None:
        """The search has forgotten them when this returns."""
        forgotten = Event()
        self._host.unindex(entries, forgotten.set)
        forgotten.wait()

    def purge(self) -> None:
        """Nothing of what the search has forgotten is in its file any more when this returns."""
        more: Any = True
        while more:
            begun = monotonic()
            step: Any = AsyncResult()
            self._host.purge(step.set)
            more = step.get()
            self.rest(begun)

    def await_turn(self) -> None:
        """Until nothing else is to be written."""
        patience = monotonic() + _PATIENCE
        while self._host.held() or (not self._host.idle() and monotonic() < patience):
            gevent.sleep(_AGAIN)

    def write(self, statements: Statements) -> None:
        """Something that is done again where it is lost."""
        self.await_turn()
        self.write_now(statements)

    def write_now(self, statements: Statements) -> None:
        """`write`, in the turn that was awaited."""
        self._commit(statements)
        self._host.durability.changed()

    def write_for_good(self, statements: Statements, done: Callable[[], None] = lambda: None) -> None:
        """Something that must not be lost; `done` is called when it cannot be any more."""
        self.await_turn()
        self._commit(statements)
        self._host.durability.committed_change(CommittedChange(statements, done), urgent=False)

    def wait_for_the_disk(self) -> None:
        """Until all that was written so far cannot be lost any more."""
        safe = Event()
        self._host.durability.committed_change(CommittedChange([], safe.set), urgent=True)
        safe.wait()

    def rest(self, begun: float) -> None:
        """After a step that began at that time of the monotonic clock."""
        gevent.sleep(max(PAUSE, monotonic() - begun))

    def _commit(self, statements: Statements) -> None:
        _done_by(self._committer, lambda: self._files.writer.change(statements))


def _done_by(thread: StoreThread, job: Callable[[], T]) -> T:
    """What the job returns, or raises."""
    result: Any = AsyncResult()

    def take(value: Any, error: Exception | None) -> None:
        if error is None:
            result.set(value)
        else:
            result.set_exception(error)

    thread.start(job, take)
    answer: T = result.get()
    return answer
