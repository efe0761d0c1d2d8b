"""Redraws each second, as long as the status line counts seconds."""

import asyncio
from collections.abc import Callable


class CountDown:
    """Construct it inside the running loop."""

    def __init__(self, counts: Callable[[], bool], redraw: Callable[[], None]) -> None:
        self._counts, self._redraw = counts, redraw
        self._timer: asyncio.TimerHandle | None = None

    def update(self) -> None:
        """Each batch of updates calls this: a timer that is running is cancelled."""
        if self._timer is not None:
            self._timer.cancel()
        if self._counts():
            self._redraw()
            self._timer = asyncio.get_running_loop().call_later(1.0, self.update)
