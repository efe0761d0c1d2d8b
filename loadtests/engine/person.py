"""One of the people who write to each other: what it sends, and how it checks what it receives.

Each writes to eight others in turn. So the sequence numbers that a receiver gets from one sender begin at the
receiver's index among the sender's eight partners, and increase by eight. Every byte is checked: there may be
nothing but messages and replies, and each message must be addressed to the receiver, with the next sequence
number of its sender.

Checking costs 0.6-0.8 µs a message with its reply: one `split` of the chunk by a pattern of everything that
is allowed, which must leave nothing over, and a comparison for each number. Counting alone costs 0.25 µs.
Tried and left: slices at fixed offsets, line by line (a third slower), and iterators over the expected
numbers, compared in bulk (no faster than the loop).
"""

import re
from time import monotonic_ns
from typing import Final

from loadtests.engine.codecs import CODECS, PARTNERS
from loadtests.engine.members import Member, Sender, connect
from loadtests.engine.stream import disorder
from loadtests.engine.wire import DirectCodec
from loadtests.measure.errors import Fault
from loadtests.measure.latency import Histogram

#: Latencies are taken of one person in so many.
_SAMPLED_EVERY: Final = 10
#: Any name: all have the same length, on which the size of records depends.
_SOMEBODY: Final = "p00000"


def _name(number: int) -> str:
    return f"p{number:05d}"


class PeopleContext:
    """What all `count` people on one server share; `histogram` counts the latencies of those who are
    sampled."""

    def __init__(self, server: str, address: tuple[str, int], size: int, window: int, count: int) -> None:
        direct = CODECS[server].direct
        assert direct is not None
        self.direct: DirectCodec = direct
        self.address = address
        self.size = size
        self.window = window
        self.count = count
        self.histogram = Histogram()
        self.stream: re.Pattern[bytes] = direct.message.stream(size, _SOMEBODY)
        #: Parts that a split yields for each item: the text before it, and the groups.
        self.step = self.stream.groups + 1
        #: Newlines in one message.
        self.ends = direct.message.heard.count(b"\n")

    def partners(self, number: int) -> list[int]:
        """The receivers of person `number`, in the order in which it writes to them."""
        return [(number + apart) % self.count for apart in self._apart()]

    def writers(self, number: int) -> list[int]:
        """The senders to person `number`: it is the first partner of the first, the second of the second,
        …"""
        return [(number - apart) % self.count for apart in self._apart()]

    def _apart(self) -> list[int]:
        return [1 + place * max(self.count // PARTNERS, 1) for place in range(PARTNERS)]


class Person(Member):
    """One client. `received` counts the messages delivered to it. Where delivery is what acknowledges a
    message, `heard` collects the senders until they are told."""

    def __init__(self, number: int, context: PeopleContext) -> None:
        name = _name(number)
        super().__init__(connect(context.address, number), name, context.direct.handshake.of(name))
        self.sent = self.acked = self.received = 0
        self.heard: list[int] = []
        self.fenced = False
        self.partners = context.partners(number)
        self._me = name.encode()
        self._context = context
        self._sender = Sender(self.sock, name, b"")
        message = context.direct.message
        self._templates = [message.template(name, context.size, _name(partner)) for partner in self.partners]
        self._sampled = number % _SAMPLED_EVERY == 0
        self._tail = b""
        self._replies = 0
        #: The next sequence number expected from each sender.
        self._numbers = {b"%05d" % writer: at for at, writer in enumerate(context.writers(number))}

    def open(self) -> None:
        """Send the message to itself after whose arrival the server sends nothing more by itself."""
        self._sender.write(self._context.direct.opening % {b"name": self._me})

    def say(self, count: int, time: int) -> bool:
        """Send `count` messages in one write; False where the socket did not take all."""
        first, self.sent = self.sent, self.sent + count
        templates = self._templates
        self._sender.write(b"".join([templates[k % PARTNERS] % (k, time) for k in range(first, self.sent)]))
        return not self._sender.waiting

    def free(self) -> int:
        """How many messages the window allows; 0 until half of it is free, so that they go in one write."""
        free = self._context.window - self.sent + self.acked
        return free if 2 * free >= self._context.window else 0

    def push(self) -> bool:
        """Send what the socket did not take; False where something still waits."""
        return self._sender.push()

    def take(self, chunk: memoryview) -> None:
        context = self._context
        step, groups = context.step, context.stream.groupindex
        *parts, self._tail = context.stream.split(self._tail + chunk)
        odd = b"".join(parts[::step])
        if odd or self._tail.count(b"\n") >= context.ends:
            raise Fault(f"{self.name} got {(odd or self._tail)[:120]!r}: changed, or no message")
        senders, numbers = parts[groups["name"] :: step], parts[groups["number"] :: step]
        replies = self._check(senders, parts[groups["to"] :: step], numbers)
        self._replies += replies
        self.received += len(senders) - replies
        if context.direct.acks:
            self.acked += replies
        else:
            self.heard += map(int, filter(None, senders))
        if self._sampled:
            context.histogram.add(map(int, filter(None, parts[groups["time"] :: step])), monotonic_ns())

    def _check(self, senders: list[bytes | None], to: list[bytes], numbers: list[bytes]) -> int:
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
        return Fault(disorder(f"{self.name}, from p{sender}", number, expected, behind))

    def missing(self, expected: int) -> str:
        """What was not delivered, acknowledged or answered as it must be; empty when all was."""
        if self.received != expected or self._tail:
            return f"{self.name} got {self.received} of {expected} messages, and {len(self._tail)} bytes"
        replies = self._replies if self._context.direct.message.reply else self.sent
        if self.acked != self.sent or replies != self.sent:
            return f"of {self.sent} that {self.name} sent {self.acked} are acknowledged, {replies} answered"
        return ""

    def fence(self) -> None:
        """Everything is delivered: send the ping whose answer must be the next line."""
        self.fenced = False
        self._sender.write(self._context.direct.fence.then)

    def read_fence(self) -> None:
        """Read that answer."""
        self._tail += self._received()
        if b"\n" in self._tail:
            line, self._tail = self._tail, b""
            if line.count(b"\n") > 1 or self._context.direct.fence.seen not in line:
                raise Fault(f"{self.name} got {line[:120]!r} after its last message: doubled, or no message")
            self.fenced = True
