"""People of chatd who stay, and say something in turn: what a working day and a recovery have in common."""

from collections.abc import Callable
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
ARRIVING: Final = 1000


class Residents(Gathering, LoadGroup):
    """Raises Fault for whatever is wrong."""

    def __init__(self, address: tuple[str, int], people: int, size: int) -> None:
        super().__init__(failed=self._refused)
        self.histogram = self.times["deliver"]
        self.said = 0
        self.senders: list[Participant] = []
        self._address = address
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
            self.senders.append(self.arrive())
            if not number % ARRIVING or number == self._count:
                self.wait_until(lambda: len(self.present) == len(self.senders), "all are in")
        first = self.senders[0]  # who is told of everyone else
        self.wait_until(lambda: first.joined >= self._count - 1, "the notices of joining came")
        self.ping_all()
        for one in self.senders:
            one.joined = one.left = 0

    def arrive(self) -> Participant:
        """Somebody connects, and gives a name."""
        one = self.add(connect(self._address, self.count))
        one.enter()
        return one

    def say(self, sender: Participant, count: int, due: int) -> None:
        self.said += count
        for _ in range(count):
            sender.say(self._text, due=due)

    def sent(self) -> int:
        return self.said

    def fence(self, grace: float) -> None:
        """Everybody leaves when everything has arrived. Raises Fault where something has not."""
        for one in [one for one in self.everyone if one.until < 0]:
            one.leave()
        self.wait_until(lambda: not self.everyone, "everybody has left", grace)
        ledger = Ledger()
        ledger.take(self.settle(last=True))
        ledger.close()
        if ledger.faults:
            raise Fault("; ".join(ledger.faults[:3]))

    def ping_all(self) -> None:
        """With the pong everything that the server sent before has arrived."""
        pongs: list[object] = []
        for one in self.senders:
            one.ping(pongs.append)
        self.wait_until(lambda: len(pongs) == len(self.senders), "all pings are answered")

    def wait_until(self, done: Callable[[], bool], what: str, grace: float = _GRACE) -> None:
        """Raises Fault where it takes longer."""
        self.until(done, grace, lambda: f"it is not so that {what}{self.explanation()}")

    def explanation(self) -> str:
        """What else is to be said of what is missing."""
        return ""

    def _refused(self, kind: str, why: str) -> None:
        raise Fault(f"{kind}: {why}")
