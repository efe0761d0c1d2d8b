"""How often the event loop calls epoll.

An epoll call, with the loop's bookkeeping and the flusher's round around it, costs more than to read, handle
and deliver one message. Where messages come one by one and quickly, it would be paid for each. So a turn of
the loop is followed by a rest, after which one call finds several readable sockets. Work is to be followed by
rests of a few times its length, and time in which the loop waited for something to do counts as rest: so
where there is little to do everyone is read at once. When a turn was long, the next call follows at once: so
nothing becomes slower where there is much to do.

The loop itself waits, just before it calls epoll (libev's "prepare"), after all callbacks that are due; a
turn begins just after that call ("check").
"""

import time
from collections.abc import Callable
from typing import Final

from gevent import get_hub

from chatd.net import libev

#: Seconds that a turn and the rest after it take together, at most. Nobody notices them; at 10,000 direct
#: messages a second they save a third of the processor time.
LONGEST: Final = 0.001
#: How many times as long as the work its rests are: none below a quarter of the processor.
REST_SHARE: Final = 3
#: Seconds of rest that an idle loop has taken in advance, at most.
SAVED: Final = 0.005


class PollInterval:
    """In force from `start` to `stop`. `now` is a monotonic clock in seconds; `sleep` stops the whole
    thread."""

    def __init__(
        self, now: Callable[[], float] = time.monotonic, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self._now = now
        self._sleep = sleep
        self._owed = -SAVED  # seconds of rest; less than nothing where more was taken
        self._began = self._stopped = now()  # the last turn
        loop = get_hub().loop
        self._after = loop.check(ref=False, priority=libev.FIRST)
        # Of lower priority than gevent's own watcher, which runs the callbacks that are due.
        self._before = loop.prepare(ref=False, priority=-1)

    def start(self) -> None:
        self._after.start(self._after_poll)
        self._before.start(self._before_poll)

    def stop(self) -> None:
        for watcher in (self._after, self._before):
            watcher.stop()
            watcher.close()

    def _before_poll(self) -> None:
        self._stopped = self._now()
        worked = self._stopped - self._began
        self._owed = min(self._owed + REST_SHARE * worked, LONGEST)
        rest = min(self._owed, LONGEST - worked)
        if rest > 0:
            self._sleep(rest)

    def _after_poll(self) -> None:
        self._began = self._now()
        self._owed = max(self._owed - (self._began - self._stopped), -SAVED)
