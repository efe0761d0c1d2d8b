"""When what waits is handed to the thread that commits.

A visit to the thread costs some 0.2 ms of processor time, and each entry 0.01. So where entries come quickly
they are handed over together.
"""

from collections.abc import Callable
from typing import Final

from gevent import get_hub

from chatd.store.later import Later

#: Seconds from one hand-over to the next, where the last one had several entries. About half of it is added
#: to the time until an entry is told: 4 ms would save another 4 % of the server's processor time at 1,000
#: entries a second, and cost 1 ms.
GATHERING: Final = 0.002


class HandOvers:
    """`soon` calls `hand_over` in the loop: when all had a turn that have something to say now, or a little
    later. `handed` tells of each that happened how much it took. `now` is a monotonic clock in seconds."""

    __slots__ = ("_coming", "_hand_over", "_later", "_next_at", "_now")

    def __init__(self, now: Callable[[], float], hand_over: Callable[[], None]) -> None:
        self._now: Final = now
        self._hand_over: Final = hand_over
        self._later: Final = Later()
        self._coming = False
        self._next_at = 0.0

    def soon(self) -> None:
        if self._coming:
            return
        self._coming = True
        rest = self._next_at - self._now()
        if rest > 0:
            self._later.start(rest, self._come)
        else:
            get_hub().loop.run_callback(self._come)

    def _come(self) -> None:
        self._coming = False
        self._hand_over()

    def handed(self, count: int) -> None:
        """Who waits for the answer to each entry is not held up: then there is only one at a time."""
        self._next_at = self._now() + GATHERING if count > 1 else 0.0

    def close(self) -> None:
        self._later.stop()
