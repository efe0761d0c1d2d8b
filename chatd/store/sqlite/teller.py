"""What the database has is published and acknowledged, in order, a few milliseconds at a time.

Each entry is tried by itself: an error in one harms no other. Between the steps of one entry nothing else
runs.
"""

import logging
from collections import deque
from collections.abc import Callable
from typing import Any, Final

from gevent import get_hub

from chatd.state.message_log import ActEntry, Entry, MessageLog
from chatd.store.sqlite.line import LineItem

log: Final = logging.getLogger("chatd")

#: Seconds, after which everyone else has a turn.
_SLICE: Final = 0.005


class Teller:
    """`note` is called with each entry before it is published, with an act `acted`, too, and `more` when it
    is to `run` again. `durable` is the highest id that the disk has: entries up to it are acknowledged; None:
    all are, at once. `ceiling` is the highest id that may be told to anyone. `last_id` is that of the last
    entry that was published. Times are seconds of the server's monotonic clock."""

    def __init__(
        self,
        told: MessageLog,
        note: Callable[[Entry], None],
        acted: Callable[[ActEntry], None],
        more: Callable[[], None],
        now: Callable[[], float],
    ) -> None:
        self._log: Final = told
        self._note: Final = note
        self._acted: Final = acted
        self._more: Final = more
        self._now: Final = now
        self._ready: deque[tuple[bool, LineItem]] = deque()  # with whether it is to be published
        self._unanswered: deque[Entry] = deque()  # published, but not acknowledged
        self._timer: Any = get_hub().loop.timer(1e-6, priority=-1)  # when all that can be read was read
        self.durable: int | None = None
        self.ceiling = 0
        self.last_id = 0

    def begin(self, last_id: int, ceiling: int, waits: bool) -> None:
        """These are those of before; `waits`: an entry is acknowledged when the disk has it."""
        self.last_id, self.ceiling = last_id, ceiling
        self.durable = last_id if waits else None

    @property
    def idle(self) -> bool:
        """Whether nothing is to be done that could be done."""
        return not self._ready

    @property
    def settled(self) -> bool:
        """Whether everything is told and answered."""
        return not self._ready and not self._unanswered

    @property
    def held_by_ceiling(self) -> bool:
        """Whether the next entry waits for a higher ceiling."""
        if not self._ready:
            return False
        stored, item = self._ready[0]
        return stored and isinstance(item, Entry) and item.id > self.ceiling

    def add(self, items: list[LineItem], stored: bool) -> None:
        """These are in the database now, or have failed."""
        self._ready.extend((stored, item) for item in items)

    def run(self) -> None:
        """Tell what is ready, and go on soon where there is more than fits into a slice."""
        ends = self._now() + _SLICE
        told = False
        while self._ready and not self.held_by_ceiling:
            self._settle(*self._ready.popleft())
            told = True
            if self._now() > ends:
                break
        while (
            self._unanswered
            and (self.durable is None or self._unanswered[0].id <= self.durable)
            and self._now() <= ends
        ):
            self._acknowledge(self._unanswered.popleft())
            told = True
        if told:
            self._log.moved()
        if self._now() > ends and not self._timer.active:
            self._timer.start(self._more)

    def _settle(self, stored: bool, item: LineItem) -> None:
        if not isinstance(item, Entry):
            self._try(item)
        elif stored:
            self.last_id = item.id
            self._note(item)
            if type(item) is ActEntry:
                self._acted(item)
            self._try(lambda: self._log.published[type(item)](item))
            if item.ref is None:
                item.author.take_answer()
            if item.ref is not None or item.key is not None:
                self._unanswered.append(item)
        else:
            item.author.take_answer()
            self._try(lambda: self._log.failed(item))

    def _acknowledge(self, entry: Entry) -> None:
        if entry.ref is not None:
            entry.author.take_answer()
        self._try(lambda: self._log.acknowledged(entry))

    def _try(self, act: Callable[[], None]) -> None:
        try:
            act()
        except Exception:
            log.exception("an error while something of the log was told")

    def close(self) -> None:
        self._timer.close()
