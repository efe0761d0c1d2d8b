"""Yielding to the other greenlets, so that none keeps the processor for itself.

`gevent.sleep(0)` does not do it: gevent runs up to 50 callbacks before it calls epoll again, so a greenlet
that only queues itself anew comes back 50 times while readable sockets wait. A timer makes gevent call epoll;
but a timer of the usual priority fires before the sockets that were found readable in the same call.
"""

from collections.abc import Callable
from typing import Final

from gevent import get_hub

#: A slice is divided by so many others at most: to yield costs 40 us, a tenth of the shortest slice.
_MOST_SHARES: Final = 9


def give_way() -> None:
    """Let every other greenlet run that can, those included whose sockets have become readable."""
    hub = get_hub()
    timer = hub.loop.timer(1e-6, priority=-1)
    try:
        hub.wait(timer)
    finally:
        timer.close()


class Turns:
    """The greenlets that share the processor. `share` is how much of its slice each has: less, the more of
    them have more to do than fits into a slice."""

    __slots__ = ("_waiting", "share")

    def __init__(self) -> None:
        self._waiting = 0
        self.share = 1.0

    def wait(self, more: int) -> None:
        """So many `more` wait for their next slice."""
        self._waiting += more
        self.share = 1 / (1 + min(self._waiting, _MOST_SHARES))


class TimeSlice:
    """A greenlet's time slice of `length` seconds: `begin` one after each wait, `check` between two pieces of
    work. In a crowd slices are shorter, down to a tenth, so that the others' turns come soon."""

    __slots__ = ("_ends", "_length", "_now", "_turns")

    def __init__(self, now: Callable[[], float], length: float, turns: Turns) -> None:
        self._now = now
        self._length = length
        self._turns = turns
        self.begin()

    def begin(self) -> None:
        """A fresh time slice."""
        self._ends = self._now() + self._length * self._turns.share

    def check(self) -> None:
        """Yield to the others when the time slice is used up."""
        if self._now() > self._ends:
            self._turns.wait(1)
            try:
                give_way()
            finally:
                self._turns.wait(-1)
            self.begin()
