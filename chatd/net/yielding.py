"""Giving way, so that no greenlet keeps the processor from the others.

`gevent.sleep(0)` does not do it: gevent runs up to 50 callbacks before it polls for I/O again, so whoever
only queues itself anew comes back 50 times while readable sockets wait. A timer lets it poll; but one of the
usual priority comes back before the sockets that were found readable together with it.
"""

from collections.abc import Callable

from gevent import get_hub


def give_way() -> None:
    """Let everyone else have a turn, those included for whom bytes have come."""
    hub = get_hub()
    timer = hub.loop.timer(1e-6, priority=-1)
    try:
        hub.wait(timer)
    finally:
        timer.close()


class Turn:
    """How long a greenlet may go on: `begin` one after each wait, `check` between two pieces of work."""

    __slots__ = ("_ends", "_length", "_now")

    def __init__(self, now: Callable[[], float], length: float) -> None:
        self._now = now
        self._length = length
        self.begin()

    def begin(self) -> None:
        self._ends = self._now() + self._length

    def check(self) -> None:
        """Give way when the turn is over."""
        if self._now() > self._ends:
            give_way()
            self.begin()
