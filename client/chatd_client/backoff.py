"""How long to wait before the next attempt to connect: longer each time, and at random.

When a server comes back, all its clients reconnect at once. "Full jitter" (AWS Architecture Blog,
"Exponential Backoff And Jitter") spreads them best: a random time between SHORTEST and a ceiling that doubles
with each attempt.
"""

import random
from collections.abc import Callable
from typing import Final

#: Seconds after which a link counts as stable. A server that accepts and closes at once must not be hammered.
STABLE_AFTER: Final = 10.0
#: Seconds. A shorter wait would hammer a server that is starting; a longer one gains nothing.
SHORTEST: Final = 1.0
LONGEST: Final = 30.0


class Backoff:
    """`random` returns a float in [0, 1)."""

    def __init__(self, random: Callable[[], float] = random.random) -> None:
        self._random = random
        self._ceiling = SHORTEST

    def next(self) -> float:
        """Seconds to wait now; doubles the ceiling for the next call."""
        self._ceiling = min(2 * self._ceiling, LONGEST)
        return SHORTEST + (self._ceiling - SHORTEST) * self._random()

    def link_lasted(self, seconds: float) -> None:
        """A link ended after `seconds`: where it was stable, start again with the shortest wait."""
        if seconds >= STABLE_AFTER:
            self._ceiling = SHORTEST
