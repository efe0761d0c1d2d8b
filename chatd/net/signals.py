"""Signals: three take the server down, some are ignored until they mean something.

The event loop hears of a signal when all that was ready before has had its turn, which under a flood takes a
second and longer. So Python's handlers are used as well, which run at once, wherever the program is: they
only note the time. What a signal does is done when the loop has read its number from a pipe, to which
Python's handler in C writes it (`set_wakeup_fd`); so none is missed, either, when the loop just begins to
sleep.
"""

import os
import signal
import time
from collections.abc import Callable
from types import FrameType
from typing import Final

from gevent import get_hub
from gevent.event import Event
from gevent.hub import Waiter

from chatd.net import libev
from chatd.net.logs import log

#: A terminal that closes takes the server down, too, unless there is something that SIGHUP has it read anew.
_ENDING: Final = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
#: Their default is to end the process without a word.
_IGNORED: Final = (signal.SIGUSR1, signal.SIGUSR2, signal.SIGALRM, signal.SIGVTALRM, signal.SIGIO)
#: Within so many seconds a second signal counts as the first one: a terminal sends it to a parent process,
#: too, which passes it on.
SAME: Final = 0.5


class Signals:
    """`reload` is called on SIGHUP; None: there is nothing to read anew. `wait` until the server is to end.
    `asked_at` is when a signal came that says so, by time.monotonic; a second one ends the process at once,
    with exit code 1. To be used in the main thread."""

    def __init__(self, reload: Callable[[], None] | None = None) -> None:
        self._reload = reload
        self.asked_at: float | None = None
        self._waiter: Waiter[object] = Waiter()
        self._numbers, written_to = os.pipe()
        for end in (self._numbers, written_to):
            os.set_blocking(end, False)
        signal.set_wakeup_fd(written_to, warn_on_full_buffer=False)
        self._watcher = get_hub().loop.io(self._numbers, libev.READ, priority=libev.FIRST)
        self._watcher.start(self._heard)
        for number in _ENDING:
            # A SIGHUP that is ignored, as by nohup, stays ignored. A SIGINT does not: a shell ignores it for
            # whatever a script starts in the background.
            if number != signal.SIGHUP:
                signal.signal(number, self._end)
            elif reload is not None:
                signal.signal(number, _nothing)
            elif signal.getsignal(number) is not signal.SIG_IGN:
                signal.signal(number, self._end)
        for number in _IGNORED:
            if signal.getsignal(number) is signal.SIG_DFL:
                signal.signal(number, _nothing)

    def wait(self, failed: Event) -> None:
        """Until a signal came that takes the server down, or it failed."""
        failed.rawlink(self._waiter.switch)
        self._waiter.get()

    def _end(self, number: int, frame: FrameType | None) -> None:
        now = time.monotonic()
        if self.asked_at is None:
            self.asked_at = now
        elif now >= self.asked_at + SAME:
            os._exit(1)

    def _heard(self) -> None:
        for number in os.read(self._numbers, 4096):
            if number == signal.SIGHUP and self._reload is not None:
                self._reload()
            elif number in _IGNORED:
                log.info("%s is ignored: it means nothing yet", signal.Signals(number).name)
        if self.asked_at is not None:
            self._watcher.stop()
            self._waiter.switch(None)


def _nothing(number: int, frame: FrameType | None) -> None:
    """The handler of what does not end the server: it only takes the place of the default."""
