"""Direct messages: a thousand people who write to each other, each with a window of unacknowledged
messages, or all together at a fixed rate.

Each writes to eight others in turn. So the sequence numbers that a receiver gets from one sender begin at the
receiver's index among the sender's eight partners, and increase by eight. Every byte is checked: there may be
nothing but messages and replies, and each message must be addressed to the receiver, with the next sequence
number of its sender. Every message that was sent must be acknowledged and delivered exactly once. Latencies
are taken of one person in ten. The fence after each load is a ping from everyone, whose answer must be the
next thing that arrives.
"""

import socket
from collections.abc import Iterable, Sequence
from time import monotonic_ns
from typing import Final

from loadtests.engine.codecs import PARTNERS
from loadtests.engine.connector import Connector
from loadtests.engine.loads import Load, LoadGroup
from loadtests.engine.members import Member
from loadtests.engine.sieve import Sieve
from loadtests.engine.strangers import Odd
from loadtests.engine.stream import SHOWN, disorder
from loadtests.engine.wire import DirectCodec
from loadtests.measure.errors import Fault

#: Latencies are taken of one person in so many.
_SAMPLED_EVERY: Final = 10


def _name(number: int) -> str:
    return f"p{number:05d}"


class People(Connector, LoadGroup):
    """All people on one server. `size` is that of a message, as in a LoadRoom."""

    def __init__(
        self, address: tuple[str, int], count: int, *, server: str = "chatd", size: int = 100
    ) -> None:
        super().__init__(server, address)
        assert self.codec.direct is not None
        self.direct: DirectCodec = self.codec.direct
        self.size = size
        self.people = self.senders = list[Correspondent]()
        #: Those of whose messages one was delivered since they were asked last.
        self.touched: set[Member] = set()
        self.sieve = Sieve(self.direct.message, size)
        apart = [1 + place * max(count // PARTNERS, 1) for place in range(PARTNERS)]
        #: Of each person: the receivers, in the order in which it writes to them; and its senders: it is the
        #: first partner of the first, the second of the second, …
        self.partners = [[(number + one) % count for one in apart] for number in range(count)]
        self.writers = [[(number - one) % count for one in apart] for number in range(count)]

    def join(self, seconds: float = 60) -> None:
        """Log everyone in, and wait until the server sends nothing more by itself."""
        self.open(seconds)
        for number in range(len(self.partners)):
            self.people.append(self.enter(Correspondent, number, number, self))
        self.await_welcomes()
        if self.direct.opening:
            # All receive the notice about the last one before that one speaks; then the others' answers
            # come after all notices.
            *others, last = self.people
            last.open()
            self.await_started(1, seconds)
            for person in others:
                person.open()
        self.await_started(len(self.people), seconds)

    def ready(self) -> Iterable[Member]:
        touched, self.touched = self.touched, set()
        return touched

    def run(self, load: Load, grace: float = 30) -> int:
        self.touched.update(self.people)
        return super().run(load, grace)

    def owed(self) -> list[tuple[Member, int]]:
        expected = [0] * len(self.people)
        for person, partners in zip(self.people, self.partners, strict=True):
            rounds, extra = divmod(person.number, PARTNERS)
            for place, partner in enumerate(partners):
                expected[partner] += rounds + (place < extra)
        return [*zip(self.people, expected, strict=True)]

    def fence(self, grace: float) -> None:
        for person in self.people:
            person.fenced = False
            person.write(self.direct.fence.then)
            self.watch(person.sock, person.read_fence)
        self.push_later(self.people)
        left = list(self.people)
        self.until_all(
            left,
            lambda person: person.fenced,
            grace,
            lambda: f"{len(left)} get no answer to a ping: {', '.join(one.name for one in left[:5])}",
        )
        for person in self.people:
            self.begin(person)

    def delivered(self) -> int:
        return sum(person.received for person in self.people)


class Correspondent(Member):
    """One client. `received` counts the messages delivered to it."""

    fenced = False

    def __init__(self, sock: socket.socket, number: int, people: People) -> None:
        name, message = _name(number), people.direct.message
        super().__init__(sock, name, people.direct.handshake)
        self.received = self._replies = 0
        self.templates = [message.template(name, people.size, _name(one)) for one in people.partners[number]]
        self._me = name.encode()
        self._people = people
        self._tail = b""
        self._sampled = number % _SAMPLED_EVERY == 0
        #: The next sequence number expected from each sender.
        self._numbers = {b"%05d" % writer: at for at, writer in enumerate(people.writers[number])}

    def open(self) -> None:
        """Send the message to itself after whose arrival the server sends nothing more by itself."""
        self.write(self._people.direct.opening % {b"name": self._me})

    def take(self, chunk: memoryview) -> None:
        people = self._people
        got = people.sieve.sift(self.name, self._tail + chunk)
        self._tail = got.tail
        replies = self._check(got.name, got.to, got.number)
        self._replies += replies
        self.received += len(got.name) - replies
        for number in map(int, filter(None, got.name)):
            sender = people.people[number]
            sender.acked += 1
            people.touched.add(sender)
        if self._sampled:
            people.histogram.add(map(int, filter(None, got.time)), monotonic_ns())

    def _check(self, senders: Sequence[bytes], to: Sequence[bytes], numbers: Sequence[bytes]) -> int:
        """Each message must be the next of its sender; return how many items are replies."""
        me, expected, replies = self._me, self._numbers, 0
        for sender, addressee, digits in zip(senders, to, numbers, strict=True):
            if sender is None:
                replies += 1
                continue
            number = int(digits)
            if expected.get(sender) != number or addressee != me:
                behind = {int(n) for one, n in zip(senders, numbers, strict=True) if one == sender}
                raise self._fault(sender.decode(), addressee.decode(), number, behind)
            expected[sender] = number + PARTNERS
        return replies

    def _fault(self, sender: str, to: str, number: int, behind: set[int]) -> Fault:
        expected = self._numbers.get(sender.encode())
        if to != self.name or expected is None:
            return Fault(
                f"{self.name} got what p{sender} did not write to them, but to {to}: changed, or sent to "
                "somebody else"
            )
        return disorder(f"{self.name}, from p{sender}", number, expected, behind)

    def missing(self, total: int) -> int:
        """Differences are added up without their sign: one message too many must not hide another's loss."""
        return (
            abs(total - self.received)
            + len(self._tail)
            + abs(self.number - self.acked)
            + abs(self.number - self._answered)
        )

    def lacks(self, total: int) -> str:
        return (
            f"{self.name} got {self.received} of {total} messages, and {len(self._tail)} bytes; of "
            f"{self.number} that it sent {self.acked} are acknowledged, {self._answered} answered"
        )

    @property
    def _answered(self) -> int:
        return self._replies if self._people.direct.message.reply else self.number

    def read_fence(self) -> None:
        """Read the answer to the ping, which must be the next line."""
        line = self._tail = self._tail + self.receive()
        if b"\n" in line:
            self._tail = b""
            if line.count(b"\n") > 1 or self._people.direct.fence.seen not in line:
                said = f"{self.name} got {line[:SHOWN]!r} after its last message"
                self.judge(Odd(f"{said}: doubled, or no message", line))
            self.fenced = True
