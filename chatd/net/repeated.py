"""A warning about what may happen hundreds of times a second: at most a line a minute, with a count."""

from typing import Any, Final

from gevent import get_hub

from chatd.net.logs import log

#: Seconds between two lines about the same thing.
INTERVAL: Final = 60.0


class RepeatedWarning:
    """The first `warn` is logged at once; those that follow are counted, and told together when the interval
    is over, with the words of the last one. `stop` tells what has not been told."""

    def __init__(self, interval: float = INTERVAL) -> None:
        self._interval = interval
        self._timer: Any = None  # runs while further lines are held back
        self._held_back = 0
        self._last = ""

    def warn(self, message: str, *arguments: object) -> None:
        if self._timer is not None:
            self._held_back += 1
            self._last = message % arguments
            return
        log.warning(message, *arguments)
        self._hold_back()

    def stop(self) -> None:
        if self._timer is not None:
            self._timer.close()
            self._timer = None
        if self._held_back:
            log.warning("%s (%d more times since the last such line)", self._last, self._held_back)
            self._held_back = 0

    def _hold_back(self) -> None:
        self._timer = get_hub().loop.timer(self._interval, ref=False)
        self._timer.start(self._over)

    def _over(self) -> None:
        happened = self._held_back > 0
        self.stop()
        if happened:
            self._hold_back()
