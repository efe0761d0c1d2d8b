"""How long the flusher rests after work: not at all where there is processor time to spare.

Work is to be followed by a rest of `rest_share` of its time. Time in which nothing waited to be written pays
for `idle_worth` times as much rest, and up to `rest_saved` of it in advance: so where little is said each
message is written at once, and rests, which gather messages for the next round, begin where the flusher would
otherwise be busy nearly all of the time.
"""

from chatd.protocol.limits import Limits


class RestAccount:
    """Tell it what the flusher did, in seconds: it `worked`, it `rested`, or was `idle`. Within one round,
    from `begin_round` on, it is to rest for `rest_max` at most."""

    __slots__ = ("_left", "_limits", "_owed")

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._owed = 0.0  # seconds of rest; less than nothing where more was taken
        self._left = limits.rest_max  # of the round's rests

    def begin_round(self) -> None:
        self._left = self._limits.rest_max

    def worked(self, seconds: float) -> None:
        """Rest is owed for it. What would be too much for one round is forgotten."""
        self._owed = min(self._owed + self._limits.rest_share * seconds, max(0.0, self._left))

    @property
    def due(self) -> float:
        """How long to rest now; 0 where none is owed."""
        return max(0.0, self._owed)

    def rested(self, seconds: float) -> None:
        """It may be more than was owed (a timer may fire a millisecond late): that counts for the next."""
        self._left -= seconds
        self._pay(seconds)

    def idle(self, seconds: float) -> None:
        """Nothing waited to be written, whether it rested or not; or it had yielded to the others."""
        self._pay(seconds * self._limits.idle_worth)

    def _pay(self, seconds: float) -> None:
        self._owed = max(self._owed - seconds, -self._limits.rest_saved)
