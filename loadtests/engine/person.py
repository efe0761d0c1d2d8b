"""One of the people who write to each other: what it says, and what it makes of what comes.

Each writes to eight others in turn, so that the numbers that one gets from another follow one another.
"""

from collections.abc import Callable
from operator import itemgetter
from time import monotonic_ns
from typing import Final

from loadtests.engine.codecs import CODECS
from loadtests.engine.members import Member, Voice, connect
from loadtests.engine.stream import Fault
from loadtests.engine.wire import Direct
from loadtests.latency import Histogram

#: How many others each person writes to.
PARTNERS: Final = 8
_CHECKED_EVERY: Final = 10

_ACK: Final = b'{"type":"ack","ref":"m",'
_DM: Final = b'{"type":"dm",'
#: The notices of those who came later; they may still be on their way when the first one writes.
_JOINED: Final = b'{"type":"joined",'
#: A message ends in its padding, and nothing else ends so.
_END: Final = b"x\r\n"
#: Any name of somebody: the size of records depends on it no further.
_SOMEBODY: Final = "p00000"


def _name(number: int) -> str:
    return f"p{number:05d}"


class Place:
    """What all people of one server have in common; `histogram` takes the latencies of those who are
    checked."""

    def __init__(self, server: str, address: tuple[str, int], size: int, window: int) -> None:
        direct = CODECS[server].direct
        if direct is None:
            raise Fault(f"{server} knows no direct messages; please choose another server")
        self.direct: Direct = direct
        self.address = address
        self.size = size
        self.window = window
        self.histogram = Histogram()
        self.record = direct.form.size(size, _SOMEBODY)
        self.reply = direct.form.reply % {b"count": 1} if direct.form.reply else b""
        pattern = direct.form.pattern(size, _SOMEBODY)
        self.findall: Callable[[bytes], list[tuple[bytes, ...]]] = pattern.findall
        self.sender = pattern.groupindex["name"] - 1
        self.order = itemgetter(*(pattern.groupindex[name] - 1 for name in ("name", "to", "number", "time")))


class Person(Member):
    """One client; `received` is how many messages have come to it."""

    def __init__(self, number: int, place: Place, partners: list[int]) -> None:
        name = _name(number)
        # No START here: after its welcome a person counts.
        super().__init__(connect(place.address, number), name, place.direct.way.of(name))
        self.sent = self.acked = self.received = 0
        self.partners = partners
        self._place = place
        self._voice = Voice(self.sock, b"")
        form = place.direct.form
        self._templates = [form.template(name, place.size, _name(partner)) for partner in partners]
        self._tail = b""
        self._checked = number % _CHECKED_EVERY == 0
        self._numbers: dict[bytes, int] = {}

    def say(self, count: int, time: int) -> bool:
        """Write so many messages in one go; False where something waits."""
        first, self.sent = self.sent, self.sent + count
        templates = self._templates
        self._voice.write(b"".join([templates[k % PARTNERS] % (k, time) for k in range(first, self.sent)]))
        return not self._voice.waiting

    def free(self) -> int:
        """How many messages the window allows; 0 until that is half of it, so that they go in one write."""
        free = self._place.window - self.sent + self.acked
        return free if 2 * free >= self._place.window else 0

    def push(self) -> bool:
        """Write what the socket did not take; False where something still waits."""
        return self._voice.push()

    def missing(self, expected: int) -> bool:
        """Whether anything of what was sent, or addressed to it, is not as it must be."""
        return self.acked != self.sent or self.received != expected

    def _check(self, found: list[tuple[bytes, ...]]) -> None:
        order, numbers, me = self._place.order, self._numbers, self.name.encode()
        times = []
        for sender, to, number, time in map(order, found):
            before = numbers.get(sender)
            if to != me or (before is not None and int(number) != before + PARTNERS):
                raise Fault(f"{self.name} got {int(number)} from p{sender.decode()} after {before}")
            numbers[sender] = int(number)
            times.append(int(time))
        self._place.histogram.add(times, monotonic_ns())


class AckedPerson(Person):
    """At chatd, in JSON lines."""

    def take(self, chunk: memoryview) -> None:
        data = self._tail + chunk
        cut = data.rfind(b"\n") + 1
        whole, self._tail = data[:cut], data[cut:]
        acked, received = whole.count(_ACK), whole.count(_DM)
        if acked + received != whole.count(b"\n"):
            self._notices(whole)
        self.acked += acked
        self.received += received
        if self._checked:
            found = self._place.findall(whole)
            if len(found) != received:
                raise Fault(f"{self.name} got a direct message that nobody wrote")
            self._check(found)

    def _notices(self, lines: bytes) -> None:
        for line in lines.splitlines():
            if not line.startswith((_ACK, _DM, _JOINED)):
                raise Fault(f"{self.name} got {line[:120]!r}")


class SeenPerson(Person):
    """At a peer; `heard` holds the senders of what has come since somebody asked. What comes besides
    messages is the replies to its own: the number of bytes tells at the end that there was nothing else."""

    def __init__(self, number: int, place: Place, partners: list[int]) -> None:
        super().__init__(number, place, partners)
        self.heard: list[int] = []
        self._bytes = 0

    def take(self, chunk: memoryview) -> None:
        self._bytes += len(chunk)
        data = self._tail + chunk
        cut = data.rfind(_END) + len(_END) if _END in data else 0
        whole, self._tail = data[:cut], data[cut:]
        found = self._place.findall(whole)
        if len(found) != whole.count(_END):
            raise Fault(f"{self.name} got something else than messages: {data[:120]!r}")
        self.received += len(found)
        sender = self._place.sender
        self.heard += [int(message[sender]) for message in found]
        if self._checked:
            self._check(found)

    def missing(self, expected: int) -> bool:
        place = self._place
        exact = expected * place.record + self.sent * len(place.reply)
        return super().missing(expected) or self._bytes != exact
