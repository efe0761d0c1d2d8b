"""How long to wait before the next attempt: longer each time, and never in step with everyone else.

When a server comes back, all its people return at once. "Full jitter" (AWS Architecture Blog, "Exponential
Backoff And Jitter") spreads them best: any time between the least and a ceiling that doubles.
"""

import random
from collections.abc import Callable
from typing import Final

#: Seconds after which a link has proved itself. A server that welcomes and closes is not to be hammered.
STEADY: Final = 10.0
#: Seconds. Sooner would hammer a server that is coming up; later would leave someone waiting for no reason.
LEAST: Final = 1.0
MOST: Final = 30.0


class Backoff:
    """`random` returns a float in [0, 1)."""

    def __init__(self, random: Callable[[], float] = random.random) -> None:
        self._random = random
        self._ceiling = LEAST

    def next(self) -> float:
        """Seconds to wait now; the next time it will tend to be longer."""
        self._ceiling = min(2 * self._ceiling, MOST)
        return LEAST + (self._ceiling - LEAST) * self._random()

    def lasted(self, seconds: float) -> None:
        """A link ended that stood for so long: where it has proved itself, begin anew."""
        if seconds >= STEADY:
            self._ceiling = LEAST
