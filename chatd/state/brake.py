"""Whom the talkers of a room wait for.

Talkers are held while too many members are behind, yet taking bytes: so that overload slows them down, and
messages are skipped for a slow minority only. A few must not be able to hold the others for long, though, by
reading slowly on purpose. So three kinds of readers are *excused*, which means that nobody waits for them:

1. Whoever waits for what it asked for itself: replies and direct messages past a bound.
2. Whoever was behind for a while and takes less than a small part of the room's median rate.
3. Whoever did not keep up once though talkers were held for it for as long: it is kept behind by something
   else. Not where most are behind.

The rate of those who keep up is that of the room while its talkers are not held. Where most are behind, the
median is the rate of one of them, so talkers wait.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from chatd.protocol.limits import Limits

#: A room's best rate halves in so many seconds without talk.
_HALF_LIFE: Final = 3.0
#: Shorter than this a room was not open for long enough to tell its rate.
_LEAST_OPEN: Final = 0.05


class ReaderPace:
    """How fast a client that is behind takes what its rooms say. `rate` is in bytes a second, over the last
    whole window; None before that. `held` is for how many seconds talkers were held since it is behind."""

    __slots__ = ("_at", "_taken", "excused", "held", "rate")

    def __init__(self, now: float) -> None:
        self.rate: float | None = None
        self.excused = False
        self.held = 0.0
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

    def judge(self, private: int, rooms: Iterable["RoomSample"], limits: Limits) -> None:
        """Note whether it is excused: `private` bytes wait for it, and its rooms were like this."""
        rooms = list(rooms)
        median = max((room.median for room in rooms), default=0.0)
        self.held += max((room.held for room in rooms), default=0.0)
        slow = self.rate is not None and self.rate < limits.slow_rate * median
        in_vain = self.held > limits.slow_window and not any(room.most_behind for room in rooms)
        self.excused = slow or in_vain or private > limits.slow_private


@dataclass(frozen=True, slots=True)
class RoomSample:
    """A room since the sample before: the `median` rate of its members, for how many seconds its talkers were
    `held`, and whether most members were behind."""

    median: float
    held: float
    most_behind: bool


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

    def sample(self, delivered: int, members: int, behind: list[float], now: float) -> RoomSample:
        """`delivered` is how many bytes the room has said to each member so far; of its `members` those who
        are `behind` take these rates."""
        self.hold(self._held_at is not None, now)
        held = self._held
        time = now - self._at - held
        rate = (delivered - self._delivered) / time if time > _LEAST_OPEN else 0.0
        self.rate = max(rate, self.rate * 0.5 ** ((now - self._at) / _HALF_LIFE))
        self._at, self._delivered, self._held = now, delivered, 0.0
        middle = members // 2
        most_behind = middle < len(behind)
        return RoomSample(sorted(behind)[middle] if most_behind else self.rate, held, most_behind)
