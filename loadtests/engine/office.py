"""All clients of the `mixed` scenario: what they send, and what each of them must receive."""

from collections import Counter
from collections.abc import Callable, Iterator
from typing import Final

from loadtests.engine.colleagues import Colleague, Log, RoomMessage, Visit, text
from loadtests.engine.loop import Loop
from loadtests.engine.members import connect
from loadtests.measure.errors import Fault
from loadtests.measure.latency import Histogram

#: Seconds within which everything that was sent must be delivered.
_GRACE: Final = 30.0
#: Index of the first visitor's connection: visitors bind to source addresses of their own.
_VISITORS: Final = 100_000


class Office(Loop):
    """Those who stay, by number, and visitors. Calls `tick` every turn."""

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
        #: By visitor: the number of the first message that was sent after their welcome, and the last id that
        #: anyone had received when they sent their last ping.
        self._since: dict[int, int] = {}
        self._until: dict[int, int] = {}
        self._visits: list[Visit] = []
        self._said: list[RoomMessage] = []
        #: How many direct messages were sent to each person, by sender.
        self._addressed: list[Counter[bytes]] = [Counter() for _ in range(people)]
        self._size = size
        self._past = 0

    @property
    def delivered(self) -> int:
        """Deliveries of room and direct messages so far."""
        return self._past + sum(one.heard + one.written.total() for one in self._everyone())

    @property
    def said(self) -> int:
        """Messages sent to the room so far."""
        return len(self._said)

    def turn(self, wait: float) -> None:
        super().turn(wait)
        self.tick()

    def join(self) -> None:
        """Log in those who stay, and wait until all notices about them are delivered: the notices of the day
        are counted from here."""
        for number in range(len(self._addressed)):
            one = self._enter(number, f"m{number:05d}")
            one.last = 0
            self.watch(one.sock, one.read)
            self._people.append(one)
        last = self._people[0]
        self.until(lambda: all(one.welcomed for one in self._people), _GRACE, lambda: "not all are welcome")
        # Notices keep their order: the person who joined first is told of everyone else.
        self.until(
            lambda: last.came >= len(self._people) - 1, _GRACE, lambda: f"{last.came} notices of joining came"
        )
        # All are sent them at the same time, but not everyone has read theirs yet.
        self._fence()
        for one in self._people:
            one.came = one.went = 0

    def say(self, who: int, due: int) -> None:
        one = self._people[who]
        message = RoomMessage(one.name, text(self._size, due, len(self._said)))
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
        """They send a ping and leave when the pong arrives: everything that anyone has received by now must
        arrive before it."""
        self._until[visitor] = self.log.ids[-1] if self.log.ids else 0
        self._visitors[visitor].ping()

    def settle(self) -> None:
        """Wait until everyone who stayed has received everything, and check that nothing came twice, also
        after the last message, and that visitors missed nothing during their stay."""
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
        """Every other visitor says /quit, the rest just close the connection."""
        since, until = self._since.pop(visitor), self._until.pop(visitor)
        self._visits.append(Visit(one.name.decode(), since, until, one.first, one.last, one.heard))
        self._past += one.heard
        if visitor % 2:
            one.send(b'{"type":"quit"}\n')
        self.forget(one.sock)
        one.sock.close()
        del self._visitors[visitor]

    def _fence(self) -> None:
        """Everyone sends a ping: with the pong everything that the server sent before has arrived."""
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
        """What those who stayed did not receive, or received too often, and visitors who have not left yet;
        empty when all is right."""
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
