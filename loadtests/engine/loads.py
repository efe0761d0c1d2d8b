"""What clients do: acts at their times, as at a fixed rate (open loop), or as much as a window allows (closed
loop); and how such a load is run to its end.

Each load ends with a fence: something that is sent once everything is delivered. Whatever the server wrongly
sends after the last message (an unexpected line, a duplicate, the end of the connection) arrives before the
fence and is noticed. Fences are in no figure.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from time import monotonic_ns
from typing import Any, NamedTuple, Protocol

from loadtests.engine.loop import Loop
from loadtests.engine.members import Member
from loadtests.measure.latency import Histogram


class Load(Protocol):
    """`pump` sends what is due and returns the seconds until the next message is, or None when the load is
    over."""

    def pump(self, group: "LoadGroup") -> float | None: ...


class LoadGroup(Loop):
    """The clients of a run, in the load generator's process. `senders` send in turn; `histogram` has the
    latencies, `lateness` how late the generator itself was with its messages. A group may run one load after
    another."""

    senders: Sequence[Any]

    def __init__(self) -> None:
        super().__init__()
        self.histogram = Histogram()
        self.lateness = Histogram()

    def ready(self) -> Iterable[Member]:
        """In a closed loop: those whose window may have room for more messages."""
        return self.senders

    def owed(self) -> list[tuple[Member, int]]:
        """How many messages each must have received by now, where only that tells that all have arrived."""
        return []

    def fence(self, grace: float) -> None:
        """Everything is delivered: see that nothing follows."""
        raise NotImplementedError

    def delivered(self) -> int:
        """Deliveries so far: messages received by anyone but their sender."""
        raise NotImplementedError

    def sent(self) -> int:
        """Messages sent so far."""
        return sum(sender.number for sender in self.senders)

    def say(self, sender: Any, count: int, due: int) -> None:
        """Let it send so many messages, which were due then."""
        sender.say(count, due)
        if sender.waiting:
            self.unsent.add(sender)

    def say_next(self, number: int, due: int) -> None:
        """Let them send in turn: message `number`, which was due then."""
        senders = self.senders
        self.say(senders[number % len(senders)], 1, due)

    def run(self, load: Load, grace: float = 30) -> int:
        """Let them send, and wait until everything is delivered, which must be within `grace` seconds; return
        the number of messages."""
        before = self.sent()
        while (wait := load.pump(self)) is not None:
            self.turn(min(wait, 0.05))
        self.await_all(grace)
        self.fence(grace)
        return self.sent() - before

    def await_all(self, grace: float) -> None:
        """Wait until everyone has received all that was sent."""
        left = self.owed()
        self.until_all(
            left,
            lambda one: not one[0].missing(one[1]),
            grace,
            lambda: f"{len(left)} still miss some: {', '.join(one.lacks(due) for one, due in left[:5])}",
        )


class TimedAct(NamedTuple):
    """`due` nanoseconds after the load began, `deed` is called: with the group, `whom`, and the time at which
    it was due."""

    due: int
    deed: Callable[..., None]
    whom: tuple[int, ...]


def evenly(rate: float, seconds: float, deed: Callable[..., None]) -> Iterator[TimedAct]:
    """So many acts a second, each called with its number."""
    return (TimedAct(int(k * 1e9 / rate), deed, (k,)) for k in range(int(rate * seconds)))


class Schedule:
    """Open loop: each of these acts, in order, is done when it is due, however slow the server is, and its
    latency counts from then. How late the generator itself was is counted in the group's `lateness`."""

    def __init__(self, acts: Iterable[TimedAct]) -> None:
        self._acts = iter(acts)
        self._next = next(self._acts, None)
        self._began = 0

    def pump(self, group: LoadGroup) -> float | None:
        now = monotonic_ns()
        self._began = self._began or now
        # What becomes due meanwhile waits for the next call: between two of them the group reads.
        while self._next is not None:
            due = self._began + self._next.due
            if due > now:
                return max(0, due - monotonic_ns()) / 1e9
            group.lateness.add((due,), monotonic_ns())
            self._next.deed(group, *self._next.whom, due)
            self._next = next(self._acts, None)
        return None


class Paced(Schedule):
    """Messages at a fixed rate: number k is due at k / rate."""

    def __init__(self, rate: float, seconds: float) -> None:
        super().__init__(evenly(rate, seconds, LoadGroup.say_next))


class Windowed:
    """Closed loop, for so many seconds: each keeps `window` unacknowledged messages in flight. It sends when
    at least `batch` of them are free, so that they go in one write."""

    def __init__(self, window: int, seconds: float, batch: int = 1) -> None:
        self._window = window
        self._seconds = seconds
        self._batch = batch
        self._until = 0

    def pump(self, group: LoadGroup) -> float | None:
        now = monotonic_ns()
        self._until = self._until or now + int(self._seconds * 1e9)
        if now >= self._until:
            return None
        for sender in group.ready():
            free = self._window - sender.number + sender.acked
            if free >= self._batch:
                group.say(sender, free, now)
        return (self._until - now) / 1e9
