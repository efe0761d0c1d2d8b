"""The people of the `mixed` scenario: those who stay all day, and visitors. Besides all messages, those who
stay must get a notice of everyone who came and of everyone who went."""

from collections.abc import Callable
from itertools import chain
from typing import Final

from loadtests.engine.gathering import Gathering
from loadtests.engine.ledger import Ledger
from loadtests.engine.loads import LoadGroup
from loadtests.engine.participant import Participant
from loadtests.engine.sockets import connect
from loadtests.engine.stamps import LENGTH
from loadtests.measure.errors import Fault

#: Seconds within which those who stay must be in, and know of each other.
_GRACE: Final = 30.0
#: Those who log in at the same time, well below the listener's backlog.
_ARRIVING: Final = 1000


class Workday(Gathering, LoadGroup):
    """Those who stay say something in turn. Raises Fault for whatever is wrong."""

    def __init__(self, address: tuple[str, int], people: int, size: int) -> None:
        super().__init__(failed=self._refused)
        self.histogram = self.times["deliver"]
        self.said = self.written = self.came = self._gone = 0
        self.senders: list[Participant] = []
        self._address = address
        self._visitors: dict[int, Participant] = {}
        self._count = people
        self._text = "x" * max(size - LENGTH, 0)

    def turn(self, wait: float) -> None:
        super().turn(wait)
        if self.faults:
            raise Fault("; ".join(self.faults[:3]))

    def join(self) -> None:
        """Log in those who stay, and wait until all notices about them are delivered: those of the day are
        counted from here."""
        for number in range(1, self._count + 1):
            self.senders.append(self._enter())
            if not number % _ARRIVING or number == self._count:
                self._until(lambda: len(self.present) == len(self.senders), "all are in")
        first = self.senders[0]  # who is told of everyone else
        self._until(lambda: first.joined >= self._count - 1, "the notices of joining came")
        self._ping()
        for one in self.senders:
            one.joined = one.left = 0

    # -- what they do --------------------------------------------------------------------------------------

    def say(self, sender: Participant, count: int, due: int) -> None:
        self.said += count
        for _ in range(count):
            sender.say(self._text, due=due)

    def direct(self, who: int, whom: int, due: int) -> None:
        """One of those who stay writes to another."""
        self.written += 1
        self.senders[who].direct(self.senders[whom].name, self._text, due=due)

    def come(self, visitor: int, due: int) -> None:
        """A visitor joins."""
        self.came += 1
        self._visitors[visitor] = self._enter()

    def go(self, visitor: int, due: int) -> None:
        """Every other visitor says /quit, the rest just close the connection."""
        self._gone += 1
        self._visitors.pop(visitor).leave(silently=visitor % 2 == 0)

    def sent(self) -> int:
        return self.said + self.written

    # -- whether everything came -----------------------------------------------------------------------------

    def fence(self, grace: float) -> None:
        """Everybody leaves when everything has arrived. Raises Fault where something has not, or too much."""
        self._until(lambda: not self._untold(), "all are told of who came and went", grace)
        self._ping()
        if self._untold():
            raise Fault(self._untold())
        for one in chain(self.senders, self._visitors.values()):
            one.leave()
        self._until(lambda: not self.everyone, "everybody has left", grace)
        ledger = Ledger()
        ledger.take(self.settle(last=True))
        ledger.close()
        if ledger.faults:
            raise Fault("; ".join(ledger.faults[:3]))

    def _enter(self) -> Participant:
        one = self.add(connect(self._address, self.count))
        one.enter()
        return one

    def _ping(self) -> None:
        """With the pong everything that the server sent before has arrived."""
        pongs: list[object] = []
        for one in self.senders:
            one.ping(pongs.append)
        self._until(lambda: len(pongs) == len(self.senders), "all pings are answered")

    def _until(self, done: Callable[[], bool], what: str, grace: float = _GRACE) -> None:
        self.until(done, grace, lambda: f"it is not so that {what}; {self._untold()}")

    def _untold(self) -> str:
        """Who of those who stayed was told of too few, or too many; empty when all is right."""
        for one in self.senders:
            if (one.joined, one.left) != (self.came, self._gone):
                return (
                    f"{one.name} got {one.joined} of {self.came} notices of joining, and {one.left} of "
                    f"{self._gone} of leaving"
                )
        return ""

    def _refused(self, kind: str, why: str) -> None:
        raise Fault(f"{kind}: {why}")
