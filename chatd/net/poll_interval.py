"""How often the event loop calls epoll.

An epoll call, with the loop's bookkeeping around it, costs more than to read, handle and deliver one message.
Where messages come one by one and quickly, it would be paid for each. So two calls are at least a quarter of
a millisecond apart: into an idle loop a message is read at once, but under load one call finds several
readable sockets. When the loop was busy for longer than that, the next call follows at once, so nothing
becomes slower when there is much to do.

The loop itself waits, just before it calls epoll (libev's "prepare"), after all callbacks that are due.
"""

import time
from collections.abc import Callable
from typing import Final

from gevent import get_hub

#: Seconds between two epoll calls. Nobody notices them; at 10,000 direct messages a second they save a third
#: of the processor time, and more would hardly save more.
INTERVAL: Final = 0.00025


class PollInterval:
    """In force from `start` to `stop`. `now` is a monotonic clock in seconds; `sleep` stops the whole
    thread."""

    def __init__(
        self, now: Callable[[], float] = time.monotonic, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self._now = now
        self._sleep = sleep
        self._polled_at = now() - INTERVAL
        # Of lower priority than gevent's own watcher, which runs the callbacks that are due.
        self._watcher = get_hub().loop.prepare(ref=False, priority=-1)

    def start(self) -> None:
        self._watcher.start(self._before_poll)

    def stop(self) -> None:
        self._watcher.stop()
        self._watcher.close()

    def _before_poll(self) -> None:
        left = self._polled_at + INTERVAL - self._now()
        if left > 0:
            self._sleep(left)
        self._polled_at = self._now()
