"""When the index is brought up to date, and when it is made anew.

* Something was published: a step comes soon, and the next one a second after it. While there is more to
  do, step follows step. To make the index anew takes a while, with a rest after each step.
* What the disk does not take is tried again every few seconds. Until then nothing is found, as what is new
  would be missing.
* A damaged index is thrown away and made anew, once a minute at most.
"""

import logging
from collections.abc import Callable, Sequence
from typing import Final

from chatd.state.stored_entries import SearchFailure, StoredEntry
from chatd.store.later import Later
from chatd.store.sqlite.search.index_file import is_damage
from chatd.store.sqlite.search.index_writer import IndexProgress, IndexWriter
from chatd.store.sqlite.search.searcher import IndexSearcher
from chatd.store.sqlite.trouble import Trouble
from chatd.store.sqlite.worker import StoreError, StoreThread

log: Final = logging.getLogger("chatd")

#: Seconds from something new to a step, and from one step to the next: each costs 0.3 ms beside its entries.
_SOON: Final = 0.02
_NEXT: Final = 1.0
#: Seconds between two tries, and between two times in which the index is made anew.
_AGAIN: Final = 5.0
_REMADE: Final = 60.0
#: While it is made anew it rests for so much of the time that it works, for those who chat.
_REST: Final = 0.5
#: Entries that may be new without the index being taken for unfinished: those of some seconds.
_NEW: Final = 5000


class IndexUpkeep:
    """In the loop. `thread` is that of the index, `lanes` are those that search; `last_id` is that of the
    last entry that was published: nothing above it gets into the index. `clock` is a monotonic one, in
    seconds; `forgotten` is called with what was deleted, and has no words in the index any more."""

    def __init__(
        self,
        writer: IndexWriter,
        thread: StoreThread,
        lanes: Sequence[tuple[StoreThread, IndexSearcher]],
        last_id: Callable[[], int],
        clock: Callable[[], float],
        forgotten: Callable[[Sequence[int]], None],
    ) -> None:
        self._writer: Final = writer
        self._thread: Final = thread
        self._lanes: Final = lanes
        self._last_id: Final = last_id
        self._clock: Final = clock
        self._forgotten: Final = forgotten
        self._later: Final = Later()
        self._coming = False  # a step, or what leads to one
        self._next_at = 0.0
        self._begun = 0.0
        self._ready = False  # it had everything, at one time
        self._remaking = False
        self._remade_at = float("-inf")
        self._trouble = Trouble("the search index", "nothing is found")
        self._indexed, self._total = 0, 0

    def begin(self) -> None:
        """Before the server listens."""
        try:
            why = self._writer.open()
            self._ready = not self._writer.is_behind(_NEW)
        except StoreError as error:
            self._trouble.note(str(error))
        else:
            if why and not self._ready:
                log.warning("the search index is made anew: %s", why)
        self._go_on()

    @property
    def why_not(self) -> SearchFailure | None:
        """Why it cannot be searched now."""
        if self._trouble.why:
            return SearchFailure.UNREADABLE
        return None if self._ready else SearchFailure.NOT_READY

    @property
    def indexed(self) -> float:
        """The share of the log that it has."""
        return min(1.0, self._indexed / self._total) if self._total else 0.0

    def published(self) -> None:
        """Something was, perhaps."""
        if not self._coming:
            self._coming = True
            self._later.start(max(_SOON, self._next_at - self._clock()), self._step)

    def unindex(self, entries: list[StoredEntry], then: Callable[[], None]) -> None:
        """Take them out of the index; `then` is called when it does not have them any more. Where it cannot
        be written it is called all the same: what the log does not have is not found."""

        def done(_: None, error: Exception | None) -> None:
            if error is not None and is_damage(error):
                self.damaged(error)
            elif error is not None:
                self._trouble.note(str(error))
                self.published()
            then()

        self._thread.start(lambda: self._writer.remove(entries), done)

    def purge(self, then: Callable[[bool], None]) -> None:
        """A step of IndexWriter.purge_step; `then` gets whether there is more to do. Where the index cannot
        be written there is not."""

        def done(more: bool | None, error: Exception | None) -> None:
            if error is not None and is_damage(error):
                self.damaged(error)
            elif error is not None:
                self._trouble.note(str(error))
                self.published()
            then(bool(more))

        self._thread.start(self._writer.purge_step, done)

    def close(self) -> None:
        self._later.stop()
        self._coming = True

    def _go_on(self) -> None:
        """With a step; and where there are many to come, with how many."""
        self._coming = True
        if not self._ready:
            self._thread.start(self._writer.count, self._counted)
        self._step()

    def _counted(self, counts: tuple[int, int] | None, error: Exception | None) -> None:
        if counts is not None:
            self._indexed, self._total = counts

    def _step(self) -> None:
        self._begun, end = self._clock(), self._last_id()
        self._thread.start(
            lambda: self._writer.step(end), lambda done, error: self._stepped(end, done, error)
        )

    def _stepped(self, end: int, done: IndexProgress | None, error: Exception | None) -> None:
        if self._remaking:
            return
        if done is None:
            self._failed(error or RuntimeError())
            return
        self._trouble.note("")
        self._indexed += done.entries
        if done.forgotten:
            self._forgotten(done.forgotten)
        now = self._clock()
        if not done.complete:
            self._later.start(0.0 if self._ready else (now - self._begun) * _REST, self._step)
            return
        self._ready, self._coming = True, False
        self._next_at = self._begun + _NEXT
        if self._last_id() > end:
            self.published()

    def _failed(self, error: Exception) -> None:
        if is_damage(error):
            self.damaged(error)
        else:
            self._trouble.note(str(error))
            self._coming = True
            self._ready = False  # much may be missing by the time that it can be written again
            self._later.start(_AGAIN, self._go_on)

    def damaged(self, error: Exception) -> None:
        """Throw it away, and make it anew."""
        if self._remaking:
            return
        self._ready, self._remaking, self._coming = False, True, True
        self._indexed = 0
        log.warning("the search index is damaged (%s); it is made anew", error)
        now = self._clock()
        self._later.start(max(0.0, self._remade_at + _REMADE - now), self._remake)

    def _remake(self) -> None:
        """When nobody has it open any more."""
        self._remade_at = self._clock()
        open_still = [searcher for _, searcher in self._lanes]

        def closed(_: None, error: Exception | None) -> None:
            open_still.pop()
            if not open_still:
                self._thread.start(self._writer.make, self._remade)

        for thread, searcher in self._lanes:
            thread.start(searcher.close, closed)

    def _remade(self, _: None, error: Exception | None) -> None:
        self._remaking = False
        if error is not None:
            self._failed(error)
        else:
            self._go_on()
