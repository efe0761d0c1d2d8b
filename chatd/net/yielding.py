"""Yielding to the other greenlets, so that none keeps the processor for itself.

`gevent.sleep(0)` does not do it: gevent runs up to 50 callbacks before it calls epoll again, so a greenlet
that only queues itself anew comes back 50 times while readable sockets wait. A timer makes gevent call epoll;
but a timer of the usual priority fires before the sockets that were found readable in the same call.
"""

from collections.abc import Callable

from gevent import get_hub


def give_way() -> None:
    """Let every other greenlet run that can, those included whose sockets have become readable."""
    hub = get_hub()
    timer = hub.loop.timer(1e-6, priority=-1)
    try:
        hub.wait(timer)
    finally:
        timer.close()


class TimeSlice:
    """A greenlet's time slice of `length` seconds: `begin` one after each wait, `check` between two pieces of
    work."""

    __slots__ = ("_ends", "_length", "_now")

    def __init__(self, now: Callable[[], float], length: float) -> None:
        self._now = now
        self._length = length
        self.begin()

    def begin(self) -> None:
        """A fresh time slice."""
        self._ends = self._now() + self._length

    def check(self) -> None:
        """Yield to the others when the time slice is used up."""
        if self._now() > self._ends:
            give_way()
            self.begin()
