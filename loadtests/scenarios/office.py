"""The people of a working day, all together: what they do, and what each of them must get."""

from collections import Counter
from collections.abc import Callable, Iterator
from typing import Final

from loadtests.engine.loop import Loop
from loadtests.engine.members import connect
from loadtests.engine.stream import Fault
from loadtests.latency import Histogram
from loadtests.scenarios.colleagues import Colleague, Log, Message, Visit, text

#: Seconds within which all that was sent must have come.
_GRACE: Final = 30.0
#: Those who come and go bind to addresses of their own, counted in connections.
_VISITORS: Final = 100_000


class Office(Loop):
    """Those who stay, by number, and those who are here for a while. It ticks while it turns."""

    def __init__(self, address: tuple[str, int], people: int, size: int) -> None:
        super().__init__()
        self.written = self.came = 0
        self.tick: Callable[[], None] = lambda: None
        self.log = Log()
        self.histogram = self.log.histogram
        self.direct = Histogram()
        self.lateness = Histogram()
        self._address = address
        self._people: list[Colleague] = []
        self._visitors: dict[int, Colleague] = {}
        #: Of each visitor: the number of the first message that was said after their welcome, and the last id
        #: that somebody had when they asked for their last pong.
        self._since: dict[int, int] = {}
        self._until: dict[int, int] = {}
        self._visits: list[Visit] = []
        self._said: list[Message] = []
        #: How many direct messages were written to each, by whom.
        self._addressed: list[Counter[bytes]] = [Counter() for _ in range(people)]
        self._size = size
        self._past = 0

    @property
    def delivered(self) -> int:
        """So far, of room and direct messages."""
        return self._past + sum(one.heard + one.written.total() for one in self._everyone())

    @property
    def said(self) -> int:
        """So far, in the room."""
        return len(self._said)

    def turn(self, wait: float) -> None:
        super().turn(wait)
        self.tick()

    def join(self) -> None:
        """Bring those in who stay, and wait until nobody is told of them any more: the day's notices count
        from here."""
        for number in range(len(self._addressed)):
            one = self._enter(number, f"m{number:05d}")
            one.last = 0
            self.watch(one.sock, one.read)
            self._people.append(one)
        last = self._people[0]
        self.until(lambda: all(one.welcomed for one in self._people), _GRACE, lambda: "not all are welcome")
        # Notices keep their order: who came first hears of everyone else.
        self.until(
            lambda: last.came >= len(self._people) - 1, _GRACE, lambda: f"{last.came} notices of joining came"
        )
        # They go to all at once, but not all have read theirs.
        self._fence()
        for one in self._people:
            one.came = one.went = 0

    def say(self, who: int, due: int) -> None:
        one = self._people[who]
        message = Message(one.name, text(self._size, due, len(self._said)))
        self._said.append(message)
        one.said += 1
        one.sent += 1
        one.send(b'{"type":"say","ref":"m","text":"%b"}\n' % message.text)

    def write(self, who: int, whom: int, due: int) -> None:
        one, other, addressed = self._people[who], self._people[whom], self._addressed[whom]
        words = text(self._size, due, addressed[one.name])
        addressed[one.name] += 1
        self.written += 1
        one.sent += 1
        one.send(b'{"type":"dm","ref":"m","to":"%b","text":"%b"}\n' % (other.name, words))

    def come(self, visitor: int) -> None:
        self.came += 1
        one = self._visitors[visitor] = self._enter(_VISITORS + visitor, f"v{visitor:05d}")
        self.watch(one.sock, lambda: self._attend(visitor, one))

    def go(self, visitor: int) -> None:
        """They ask for a pong, and leave with it: all that somebody has by now must come before it."""
        self._until[visitor] = self.log.ids[-1] if self.log.ids else 0
        self._visitors[visitor].ping()

    def settle(self) -> None:
        """Wait until everyone who stayed has everything, and check that it is not more, also behind it, and
        that those who came and went missed nothing meanwhile."""
        self.until(lambda: not self._missing(), _GRACE, lambda: "; ".join(self._missing()[:3]))
        self._fence()
        wrong = self._missing()
        if not wrong:
            self.log.verify(self._said)
            wrong = [lack for visit in self._visits if (lack := self.log.lacks(visit))]
        if wrong:
            raise Fault("; ".join(wrong[:3]))

    def close(self) -> None:
        for one in self._everyone():
            self.forget(one.sock)
            one.sock.close()
        super().close()

    def _enter(self, number: int, name: str) -> Colleague:
        return Colleague(connect(self._address, number), name, self.log, self.direct, self._size)

    def _attend(self, visitor: int, one: Colleague) -> None:
        one.read()
        if one.welcomed:
            self._since.setdefault(visitor, len(self._said))
        if one.pongs:
            self._part(visitor, one)

    def _part(self, visitor: int, one: Colleague) -> None:
        """Half of them say so, the others just break off."""
        since, until = self._since.pop(visitor), self._until.pop(visitor)
        self._visits.append(Visit(one.name.decode(), since, until, one.first, one.last, one.heard))
        self._past += one.heard
        if visitor % 2:
            one.send(b'{"type":"quit"}\n')
        self.forget(one.sock)
        one.sock.close()
        del self._visitors[visitor]

    def _fence(self) -> None:
        """What was told before comes before the answer to a ping."""
        due = self._people[0].pongs + 1
        for one in self._people:
            one.ping()
        self.until(
            lambda: all(one.pongs >= due for one in self._people),
            _GRACE,
            lambda: "not all pings are answered",
        )

    def _everyone(self) -> Iterator[Colleague]:
        yield from self._people
        yield from self._visitors.values()

    def _missing(self) -> list[str]:
        """What those who stayed have not got, or got too often, and who has not gone yet; empty when all is
        right."""
        gone = len(self._visits)
        wrong = [f"{one.name.decode()} got no answer to their ping" for one in self._visitors.values()]
        for one, addressed in zip(self._people, self._addressed, strict=True):
            counts = (
                ("room messages", one.heard, self.said - one.said),
                ("direct messages", one.written.total(), addressed.total()),
                ("acknowledgements", one.acked, one.sent),
                ("notices of joining", one.came, self.came),
                ("notices of leaving", one.went, gone),
            )
            lacks = [f"{got} of {due} {what}" for what, got, due in counts if got != due]
            if not lacks and one.written != addressed:
                lacks = ["direct messages of others than those who wrote them"]
            wrong += [f"{one.name.decode()} got {', '.join(lacks)}"] if lacks else []
        return wrong
