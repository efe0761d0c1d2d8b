"""The event loop's pace.

A look for what has come (epoll, and the loop's bookkeeping around it) costs more than to read, handle and
pass on one message. Where messages come one by one and quickly, it would be paid for each. So two looks are
at least a quarter of a millisecond apart: whoever comes to an idle loop is served at once, but under load
one look finds several. A turn that took longer than that is followed by the next at once, so nothing is
slower when there is much to do.

The loop itself waits, just before it looks (libev's "prepare"), behind all that is still to be run.
"""

import time
from collections.abc import Callable
from typing import Final

from gevent import get_hub

#: Seconds between two looks. Nobody notices them; at 10,000 direct messages a second they save a third of
#: the processor time, and more would hardly save more.
APART: Final = 0.00025


class Pace:
    """From `start` to `stop`. `now` is a monotonic clock in seconds; `sleep` stops the whole thread."""

    def __init__(
        self, now: Callable[[], float] = time.monotonic, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self._now = now
        self._sleep = sleep
        self._looked_at = now() - APART
        # Lower than gevent's own watcher, which runs what was put off until now.
        self._watcher = get_hub().loop.prepare(ref=False, priority=-1)

    def start(self) -> None:
        self._watcher.start(self._before_look)

    def stop(self) -> None:
        self._watcher.stop()
        self._watcher.close()

    def _before_look(self) -> None:
        left = self._looked_at + APART - self._now()
        if left > 0:
            self._sleep(left)
        self._looked_at = self._now()
