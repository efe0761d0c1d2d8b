"""How often someone may send a line.

A token bucket, kept as one number: the time at which the bucket would be full again (the virtual scheduling
form of the leaky bucket in ITU-T I.371, annex A). Nothing is dropped: a client that is over the rate waits.
"""


class TokenBucket:
    """`burst` lines at once, then `rate` a second. Times are seconds of a monotonic clock."""

    __slots__ = ("_full_at", "_interval", "_tolerance")

    def __init__(self, burst: int, rate: float) -> None:
        self._interval = 1 / rate
        self._tolerance = (burst - 1) / rate
        self._full_at = 0.0

    @property
    def full_at(self) -> float:
        """When it is full again."""
        return self._full_at

    def wait(self, now: float) -> float:
        """Seconds until the next line may pass."""
        return max(0.0, self._full_at - self._tolerance - now)

    def restore(self) -> None:
        """Fill the bucket: the whole burst may pass again."""
        self._full_at = 0.0

    def take(self, now: float, count: float = 1) -> None:
        """So many lines pass, even if they have to be waited for afterwards."""
        self._full_at = max(self._full_at, now) + count * self._interval

    def wait_at_most(self, now: float, seconds: float) -> None:
        """What was taken above that is forgotten: the next line waits no longer than so long."""
        self._full_at = min(self._full_at, now + seconds + self._tolerance)

    def give_back(self) -> None:
        """One line that passed does not count."""
        self._full_at -= self._interval
