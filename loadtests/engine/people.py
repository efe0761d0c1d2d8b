"""Direct messages: a thousand people who write to each other, each with a window of unacknowledged messages.

Each person writes to eight others in turn. Counted exactly, at the end and for everyone: what was sent was
acknowledged, and what was addressed to someone came. Of one person in ten every message is read: each
sender's numbers must follow one another, with none missing.
"""

import re
from time import monotonic
from typing import Final

from loadtests.engine.members import Member, Voice, connect
from loadtests.engine.rooms import Loop
from loadtests.engine.stream import Fault

#: How many others each person writes to.
PARTNERS: Final = 8
_CHECKED_EVERY: Final = 10

_ACK: Final = b'{"type":"ack","ref":"m",'
_DM: Final = b'{"type":"dm",'
#: The notices of those who came later; they may still be on their way when the first one writes.
_JOINED: Final = b'{"type":"joined",'
_CONTENT: Final = re.compile(rb'"from":"p(\d{5})","to":"(p\d{5})","text":"(\d{8}) ')


def template(partner: int) -> bytes:
    """A direct message to `partner`, to be completed with `% number`; its text has 93 bytes."""
    return b'{"type":"dm","ref":"m","to":"p%05d","text":"%%08d %b"}\n' % (partner, b"x" * 84)


class Person(Member):
    """One client; `expected` is how many messages the others have addressed to it."""

    def __init__(self, number: int, address: tuple[str, int], partners: list[int], window: int) -> None:
        # No START here: after its welcome a person counts.
        super().__init__(connect(address, number), f"p{number:05d}", (b'{"type":"welcome"', b""))
        self.sock.send(b'{"type":"hello","nick":"%b"}\n' % self.name.encode())
        self.sent = self.acked = self.received = 0
        self.partners = partners
        self._voice = Voice(self.sock, b"")
        self._templates = [template(partner) for partner in partners]
        self._window = window
        self._tail = b""
        self._numbers: dict[bytes, int] | None = {} if number % _CHECKED_EVERY == 0 else None

    def talk(self) -> None:
        """Write as many messages as the window allows, in one go."""
        first, self.sent = self.sent, self.acked + self._window
        templates = self._templates
        self._voice.write(b"".join([templates[k % PARTNERS] % k for k in range(first, self.sent)]))

    def free(self) -> bool:
        """Whether the window allows another message."""
        return self.acked + self._window > self.sent

    def push(self) -> bool:
        """Write what the socket did not take; False where something still waits."""
        return self._voice.push()

    def take(self, chunk: memoryview) -> None:
        data = self._tail + chunk
        cut = data.rfind(b"\n") + 1
        whole, self._tail = data[:cut], data[cut:]
        acked, received = whole.count(_ACK), whole.count(_DM)
        if acked + received != whole.count(b"\n"):
            self._notices(whole)
        self.acked += acked
        self.received += received
        if self._numbers is not None:
            self._check(self._numbers, whole, received)

    def _notices(self, lines: bytes) -> None:
        for line in lines.splitlines():
            if not line.startswith((_ACK, _DM, _JOINED)):
                raise Fault(f"{self.name} got {line[:120]!r}")

    def _check(self, numbers: dict[bytes, int], lines: bytes, received: int) -> None:
        found = _CONTENT.findall(lines)
        if len(found) != received:
            raise Fault(f"{self.name} got a direct message that nobody wrote")
        for sender, to, number in found:
            before = numbers.get(sender)
            if to != self.name.encode() or (before is not None and int(number) != before + PARTNERS):
                raise Fault(f"{self.name} got {int(number)} from p{sender.decode()} after {before}")
            numbers[sender] = int(number)


class People(Loop):
    """All of them."""

    def __init__(self, address: tuple[str, int], count: int, window: int) -> None:
        super().__init__()
        self.people: list[Person] = []
        step = max(count // PARTNERS, 1)
        for number in range(count):
            partners = [(number + 1 + place * step) % count for place in range(PARTNERS)]
            person = Person(number, address, partners, window)
            self.people.append(person)
            self.watch(person.sock, lambda person=person: self._arrive(person))  # type: ignore[misc]
        self._welcomed = 0
        self._waiting: set[Person] = set()

    def join(self, seconds: float = 60) -> None:
        """Wait until all are in."""
        count = len(self.people)
        self.until(
            lambda: self._welcomed == count, seconds, lambda: f"{self._welcomed} of {count} were welcomed"
        )

    def talk(self, seconds: float, grace: float = 30) -> int:
        """Write for so many seconds, wait until everyone has everything; return the number of messages."""
        deadline = monotonic() + seconds
        for person in self.people:
            self.watch(person.sock, lambda person=person: self._read_and_talk(person))  # type: ignore[misc]
            person.talk()
        while (left := deadline - monotonic()) > 0:
            self.turn(min(left, 0.05))
        for person in self.people:
            self.watch(person.sock, person.read)
        expected = self._expected()
        self.until(
            lambda: (
                all(person.acked == person.sent for person in self.people)
                and all(person.received == expected[number] for number, person in enumerate(self.people))
            ),
            grace,
            lambda: (
                f"{sum(person.sent for person in self.people)} sent, "
                f"{sum(person.acked for person in self.people)} acknowledged, "
                f"{sum(person.received for person in self.people)} delivered"
            ),
        )
        return sum(person.sent for person in self.people)

    def turn(self, wait: float) -> None:
        super().turn(min(wait, 0.001) if self._waiting else wait)
        self._waiting = {person for person in self._waiting if not person.push()}

    def close(self) -> None:
        for person in self.people:
            self.forget(person.sock)
            person.sock.close()
        super().close()

    def _arrive(self, person: Person) -> None:
        person.arrive()
        if person.started:
            self._welcomed += 1
            self.watch(person.sock, person.read)

    def _read_and_talk(self, person: Person) -> None:
        person.read()
        if person.free():
            person.talk()
            if not person.push():
                self._waiting.add(person)

    def _expected(self) -> list[int]:
        """How many messages were addressed to each."""
        expected = [0] * len(self.people)
        for person in self.people:
            rounds, extra = divmod(person.sent, PARTNERS)
            for place, partner in enumerate(person.partners):
                expected[partner] += rounds + (place < extra)
        return expected
