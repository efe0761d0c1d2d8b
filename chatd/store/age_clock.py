"""By which time it is told what is too old: a clock that jumps ahead must not make everything old at once."""

import logging
import time
from collections.abc import Callable
from typing import Final

log: Final = logging.getLogger("chatd")

#: Milliseconds that the time of day may be put right by without a question: one that is slow, or was
#: local time.
_MOST: Final = 3_600_000
#: For so long a time of day that jumped ahead is not believed. Where a machine has no clock of its own, and
#: learns the time late, it stays there; a wrong one is seen by somebody in a day.
_DOUBT: Final = 24 * _MOST


def time_running() -> int:
    """Milliseconds since the machine was started. It goes on while the machine is suspended."""
    return time.clock_gettime_ns(time.CLOCK_BOOTTIME) // 1_000_000


class AgeClock:
    """The time of day, or 0, by which nothing is old, while it is in doubt. `now` is the time of day;
    `running` goes on by itself, whatever that is set to. Both in milliseconds."""

    __slots__ = ("_ahead", "_now", "_right", "_running", "_since")

    def __init__(self, now: Callable[[], int], running: Callable[[], int] = time_running) -> None:
        self._now: Final = now
        self._running: Final = running
        self._right = now() - running()  # the time of day less `running`, as it was when it was believed
        self._ahead = 0  # by so much the time of day jumped; less than 0: it was set back
        self._since = 0  # since when

    def __call__(self) -> int:
        now, running = self._now(), self._running()
        ahead = now - running - self._right
        if abs(ahead) <= _MOST:
            if self._ahead > 0:
                log.info("the time of day is right again")
            self._ahead = 0
            return now
        if abs(ahead - self._ahead) > _MOST:
            self._ahead, self._since = ahead, running
            if ahead > 0:
                log.warning(
                    "the time of day has jumped ahead by %d h; nothing is removed by its age until it is "
                    "right again, or has stayed so for a day",
                    ahead // _MOST,
                )
        elif running - self._since >= _DOUBT:
            if ahead > 0:
                log.warning("the time of day has stayed ahead for a day: it is believed")
            self._right, self._ahead = now - running, 0
            return now
        return now if ahead < 0 else 0
