"""What clients send: a fixed rate (open loop), or as much as a window allows (closed loop); and how such a
load is run to its end.

Each load ends with a fence: something that is sent once everything is delivered. Whatever the server wrongly
sends after the last message (an unexpected line, a duplicate, the end of the connection) arrives before the
fence and is noticed. Fences are in no figure.
"""

from collections.abc import Iterable, Sequence
from time import monotonic_ns
from typing import Protocol

from loadtests.engine.connector import Connector
from loadtests.engine.members import Member
from loadtests.measure.latency import Histogram


class Load(Protocol):
    """`pump` sends what is due and returns the seconds until the next message is, or None when the load is
    over."""

    def pump(self, group: "LoadGroup") -> float | None: ...


class LoadGroup(Connector):
    """The clients of a run, in the load generator's process. `histogram` has the latencies, `lateness` how
    late the generator itself was with its messages. A group may run one load after another."""

    def __init__(self, server: str, address: tuple[str, int]) -> None:
        super().__init__(server, address)
        self.histogram = Histogram()
        self.lateness = Histogram()

    @property
    def senders(self) -> Sequence[Member]:
        """Those who send, in turn."""
        raise NotImplementedError

    def ready(self) -> Iterable[Member]:
        """In a closed loop: those whose window may have room for more messages."""
        return self.senders

    def owed(self) -> list[tuple[Member, int]]:
        """How many messages each must have received by now."""
        raise NotImplementedError

    def fence(self, grace: float) -> None:
        """Everything is delivered: see that nothing follows."""
        raise NotImplementedError

    def delivered(self) -> int:
        """Deliveries so far: messages received by anyone but their sender."""
        raise NotImplementedError

    def sent(self) -> int:
        """Messages sent so far."""
        return sum(sender.sent for sender in self.senders)

    def say(self, sender: Member, count: int, due: int) -> None:
        """Let it send so many messages, which were due then."""
        sender.say(count, due)
        if sender.waiting:
            self.unsent.add(sender)

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


class Paced:
    """Open loop: message k is due at k / rate, however slow the server is, and its latency counts from then.
    How late the generator itself sent it is counted in the group's `lateness`."""

    def __init__(self, rate: float, seconds: float) -> None:
        self._interval = 1e9 / rate
        self._total = int(rate * seconds)
        self._next = 0
        self._began = 0

    def pump(self, group: LoadGroup) -> float | None:
        now = monotonic_ns()
        self._began = self._began or now
        senders = group.senders
        while self._next < self._total:
            due = self._began + int(self._next * self._interval)
            if due > now:
                return (due - now) / 1e9
            group.say(senders[self._next % len(senders)], 1, due)
            group.lateness.add((due,), now)
            self._next += 1
        return None


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
