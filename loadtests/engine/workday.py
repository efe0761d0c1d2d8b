"""The people of the `mixed` scenario: those who stay all day, and visitors. Besides all messages, those who
stay must get a notice of everyone who came and of everyone who went."""

from collections.abc import Callable
from itertools import chain
from time import monotonic
from typing import Final

from loadtests.engine.gathering import Gathering
from loadtests.engine.ledger import Ledger
from loadtests.engine.participant import Participant
from loadtests.engine.sockets import connect
from loadtests.engine.stamps import LENGTH
from loadtests.measure.errors import Fault

#: Seconds within which everything that was sent must be delivered.
_GRACE: Final = 30.0
#: Those who log in at the same time, well below the listener's backlog.
_ARRIVING: Final = 1000
#: Seconds between two checks of what has arrived until then.
_INTERVAL: Final = 1.0


class Workday(Gathering):
    """Raises Fault for whatever is wrong."""

    def __init__(self, address: tuple[str, int], people: int, size: int) -> None:
        super().__init__(failed=self._refused)
        self.said = self.written = self.came = self._gone = 0
        self._address = address
        self._people: list[Participant] = []
        self._visitors: dict[int, Participant] = {}
        self._count = people
        self._text = "x" * max(size - LENGTH, 0)
        self._ledger = Ledger()
        self._check_at = monotonic() + _INTERVAL

    def turn(self, wait: float) -> None:
        super().turn(wait)
        if monotonic() >= self._check_at:
            self._check_at = monotonic() + _INTERVAL
            self._ledger.take(self.settle())
        if self.faults:
            raise Fault("; ".join(self.faults[:3]))

    def join(self) -> None:
        """Log in those who stay, and wait until all notices about them are delivered: those of the day are
        counted from here."""
        for number in range(1, self._count + 1):
            self._people.append(self._enter())
            if not number % _ARRIVING or number == self._count:
                self._until(lambda: len(self.present) == len(self._people), "all are in")
        first = self._people[0]  # who is told of everyone else
        self._until(lambda: first.joined >= self._count - 1, "the notices of joining came")
        self._fence()
        for one in self._people:
            one.joined = one.left = 0

    def say(self, who: int, due: int) -> None:
        self.said += 1
        self._people[who].say(self._text, due=due)

    def write(self, who: int, whom: int, due: int) -> None:
        self.written += 1
        self._people[who].direct(self._people[whom].name, self._text, due=due)

    def come(self, visitor: int, due: int) -> None:
        self.came += 1
        self._visitors[visitor] = self._enter()

    def go(self, visitor: int, due: int) -> None:
        """Every other visitor says /quit, the rest just close the connection."""
        self._gone += 1
        self._visitors.pop(visitor).leave(silently=visitor % 2 == 0)

    def finish(self) -> None:
        """Everybody leaves when everything has arrived. Raises Fault where something has not, or too much."""
        self._until(lambda: not self._untold(), "all are told of who came and went")
        self._fence()
        if self._untold():
            raise Fault(self._untold())
        for one in chain(self._people, self._visitors.values()):
            one.leave()
        self._until(lambda: not self.everyone, "everybody has left")
        self._ledger.take(self.settle(last=True))
        self._ledger.close()
        if self._ledger.faults:
            raise Fault("; ".join(self._ledger.faults[:3]))

    def _enter(self) -> Participant:
        one = self.add(connect(self._address, self.count))
        one.enter()
        return one

    def _fence(self) -> None:
        """With the pong everything that the server sent before has arrived."""
        pongs = 0

        def count(answer: object) -> None:
            nonlocal pongs
            pongs += 1

        for one in self._people:
            one.ping(count)
        self._until(lambda: pongs == len(self._people), "all pings are answered")

    def _until(self, done: Callable[[], bool], what: str) -> None:
        self.until(done, _GRACE, lambda: f"it is not so that {what}; {self._untold()}")

    def _untold(self) -> str:
        """Who of those who stayed was told of too few, or too many; empty when all is right."""
        for one in self._people:
            if (one.joined, one.left) != (self.came, self._gone):
                return (
                    f"{one.name} got {one.joined} of {self.came} notices of joining, and {one.left} of "
                    f"{self._gone} of leaving"
                )
        return ""

    def _refused(self, kind: str, why: str) -> None:
        raise Fault(f"{kind}: {why}")
