"""Times in which the whole process stood still: stopped by a signal, or its machine suspended.

Afterwards every timer is overdue before any socket was read, so innocent people would be judged for time that
they did not have. A heartbeat notices: one that comes much too late says for how long nothing ran, and the
server takes that off what it holds against anyone.
"""

import time
from collections.abc import Callable
from typing import Final

from gevent import get_hub

from chatd.net import libev

#: Seconds between two beats, and how much later than that the next may come.
BEAT: Final = 1.0
TOLERANCE: Final = 1.0


class Heartbeat:
    """In force from `start` to `stop`. `stood_still` is called with the seconds, before any timer that is
    overdue has its turn. `now` is a monotonic clock in seconds."""

    def __init__(
        self, stood_still: Callable[[float], None], now: Callable[[], float] = time.monotonic
    ) -> None:
        self._stood_still = stood_still
        self._now = now
        self._last = now()
        self._timer = get_hub().loop.timer(BEAT, BEAT, ref=False, priority=libev.FIRST)

    def start(self) -> None:
        self._last = self._now()
        self._timer.start(self.beat)

    def stop(self) -> None:
        self._timer.stop()
        self._timer.close()

    def beat(self) -> None:
        now = self._now()
        late = now - self._last - BEAT
        self._last = now
        if late > TOLERANCE:
            self._stood_still(late)
