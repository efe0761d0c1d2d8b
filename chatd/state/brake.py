"""Whom the talkers of a room wait for.

Talkers are held while too many members are behind, yet taking bytes: so that overload slows them down, and
messages are skipped for a slow minority only. A few must not be able to hold the others for long, though, by
reading slowly on purpose. So two kinds of readers are *excused*, which means that nobody waits for them:

1. Whoever waits for what it asked for itself: replies and direct messages past a bound.
2. Whoever was behind for a while and takes less than a small part of the room's median rate.

The rate of those who keep up is that of the room while its talkers are not held. Where most are behind, the
median is the rate of one of them, so talkers wait.
"""

from collections.abc import Iterable
from typing import Final

from chatd.protocol.limits import Limits

#: What remains of the best rate of a room after one sample without talk: in some 3 s it is halved.
_DECAY: Final = 0.9
#: Shorter than this a room was not open for long enough to tell its rate.
_LEAST_OPEN: Final = 0.05


class ReaderPace:
    """How fast a client that is behind takes what its rooms say. `rate` is in bytes a second, over the last
    whole window; None before that."""

    __slots__ = ("_at", "_taken", "excused", "rate")

    def __init__(self, now: float) -> None:
        self.rate: float | None = None
        self.excused = False
        self._at = now
        self._taken = 0

    def measure(self, taken: int, now: float, window: float) -> None:
        """`taken` is how many bytes of rooms it took since it fell behind."""
        if now - self._at >= window:
            self.rate = (taken - self._taken) / (now - self._at)
            self._at, self._taken = now, taken

    def forgive(self, seconds: float) -> None:
        """The server stood still for so long: that is no time of the reader's."""
        self._at += seconds

    def judge(self, private: int, medians: Iterable[float], limits: Limits) -> None:
        """Note whether it is excused: `private` bytes wait for it, and the median rates of its rooms are
        these."""
        slow = self.rate is not None and self.rate < limits.slow_rate * max(medians, default=0.0)
        self.excused = slow or private > limits.slow_private


class RoomPace:
    """How fast a room talks while its talkers are not held: `rate`, in bytes a second."""

    __slots__ = ("_at", "_delivered", "_held", "_held_at", "rate")

    def __init__(self) -> None:
        self.rate = 0.0
        self._at = self._held = 0.0
        self._delivered = 0
        self._held_at: float | None = None

    def hold(self, held: bool, now: float) -> None:
        """Whether the talkers are held from now on."""
        if self._held_at is not None:
            self._held += now - self._held_at
        self._held_at = now if held else None

    def sample(self, delivered: int, now: float) -> None:
        """`delivered` is how many bytes the room has said to each member so far."""
        self.hold(self._held_at is not None, now)
        time = now - self._at - self._held
        rate = (delivered - self._delivered) / time if time > _LEAST_OPEN else 0.0
        self.rate = max(rate, _DECAY * self.rate)
        self._at, self._delivered, self._held = now, delivered, 0.0

    def median(self, members: int, behind: list[float]) -> float:
        """The median rate of its members, where those who are behind take these rates."""
        middle = members // 2
        return sorted(behind)[middle] if middle < len(behind) else self.rate
