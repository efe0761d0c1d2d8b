"""Something that is to be done once, a while later."""

from collections.abc import Callable
from typing import Any

from gevent import get_hub


class Later:
    """`start` does an act in the loop, so many seconds from then, unless `stop` comes first. Each start has a
    timer of its own: one that has fired already has no time left, and would fire at once."""

    __slots__ = ("_timer",)

    def __init__(self) -> None:
        self._timer: Any = None

    @property
    def active(self) -> bool:
        """Whether it is still to come."""
        return self._timer is not None and bool(self._timer.active)

    def start(self, seconds: float, act: Callable[[], None]) -> None:
        """In place of what was started before."""
        self.stop()
        self._timer = get_hub().loop.timer(seconds)
        self._timer.start(act, update=True)

    def stop(self) -> None:
        if self._timer is not None:
            self._timer.close()
            self._timer = None
