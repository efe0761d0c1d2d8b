"""Those who talk, and what each kind of server lets them hear.

A talker has a `voice`, knows how many of its messages are `acked`, how many of the others' were `delivered`
to it, and what is `missing`: 0 when the room's `total` of messages, and the answers to its own, have come.
"""

import re
import socket
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from loadtests.engine.members import Member, Reader, Voice
from loadtests.engine.stream import Fault, StreamLog, disorder
from loadtests.engine.wire import Form, Hears, Way, padding

#: So many talkers have all they hear read; the others count.
_CHECKED: Final = 2

_ACK: Final = re.compile(rb'\{"type":"ack","ref":"m","id":(\d+)\}\n')
#: To be completed with the padding: id, sender, number.
_SAID: Final = (
    rb'\{"type":"said","room":"lobby","id":(\d+),"from":"t(\d{3})",'
    rb'"text":"(\d{8}) \d{19} x{%d}","at":\d+\}\n'
)


@dataclass(frozen=True, slots=True)
class Place:
    """A room, as a talker sees it: `size` is that of a message, `audience` how many readers there are."""

    log: StreamLog
    form: Form
    size: int
    audience: int


class EchoTalker(Reader):
    """A reader whose own messages come back as their acknowledgement."""

    def __init__(self, sock: socket.socket, name: str, way: Way, place: Place) -> None:
        super().__init__(sock, name, way, place.log, None)
        self.voice = Voice(sock, place.form.template(name, place.size))
        self.acked = 0
        self._number = int(name[1:])

    def take(self, chunk: memoryview) -> None:
        log = self._log
        self.position = position = log.take(self.position, chunk)
        done = position // log.size
        self.acked += log.senders[self.done - log.first : done - log.first].count(self._number)
        self.done = done

    @property
    def delivered(self) -> int:
        return self.done - self.acked

    def missing(self, total: int) -> int:
        return total - self.done


class JsonTalker(Member):
    """Counts: its acknowledgements must equal what it sent, the messages all that the others sent, and each
    kind's ids must grow; what each of the others says is read, its numbers follow one another."""

    def __init__(self, sock: socket.socket, name: str, way: Way, place: Place) -> None:
        super().__init__(sock, name, way)
        self.voice = Voice(sock, place.form.template(name, place.size))
        self.acked = 0
        self.delivered = 0
        self._checked = int(name[1:]) < _CHECKED
        self._acked_id = self._said_id = 0
        self._find_said = re.compile(_SAID % padding(place.size)).findall
        self._numbers = [0] * len(place.log.numbers)
        self._tail = b""

    def take(self, chunk: memoryview) -> None:
        data = self._tail + chunk
        cut = data.rfind(b"\n") + 1
        whole, self._tail = data[:cut], data[cut:]
        acked, heard = whole.count(b'{"type":"ack","ref":"m",'), whole.count(b'{"type":"said",')
        if acked + heard != whole.count(b"\n"):
            known = (b'{"type":"ack","ref":"m",', b'{"type":"said",')
            odd = next(line for line in whole.split(b"\n") if not line.startswith(known))
            raise Fault(f"{self.name} got {odd[:120]!r}")
        self.acked += acked
        self.delivered += heard
        if self._checked:
            self._acked_id = self._grown(self._acked_id, list(map(int, _ACK.findall(whole))), acked)
            said = self._find_said(whole)
            if len(said) != heard:
                raise Fault(f"{self.name}: not a message: {self._odd(whole)[:120]!r}")
            self._said_id = self._grown(self._said_id, [int(found[0]) for found in said], heard)
            self._check_numbers(said)

    def missing(self, total: int) -> int:
        """How many of the others' of `total` messages, and acknowledgements of its own, have not come, or
        came once too often: one kind never makes up for the other."""
        sent = self.voice.sent
        return abs(total - sent - self.delivered) + abs(sent - self.acked)

    def _grown(self, last: int, found: list[int], count: int) -> int:
        ids = [last, *found]
        if len(found) != count or any(one >= other for one, other in pairwise(ids)):
            raise Fault(f"{self.name}: ids out of order: {ids[:20]}")
        return ids[-1]

    def _check_numbers(self, said: list[tuple[bytes, ...]]) -> None:
        numbers = self._numbers
        for _, sender, number in said:
            talker = int(sender)
            if int(number) != numbers[talker]:
                # Any of the chunk: what came before it cannot be the one that is expected.
                behind = {(int(one), int(other)) for _, one, other in said}
                raise Fault(f"{self.name}: {disorder(talker, int(number), numbers[talker], behind)}")
            numbers[talker] += 1

    def _odd(self, lines: bytes) -> bytes:
        """The first message that is none."""
        said = (line for line in lines.splitlines(True) if line.startswith(b'{"type":"said",'))
        return next(line for line in said if not self._find_said(line))


class _Unanswered(Member):
    """The server does not say that it has a message: it counts as acknowledged when the first reader has
    it."""

    def __init__(self, sock: socket.socket, name: str, way: Way, place: Place) -> None:
        super().__init__(sock, name, way)
        self.voice = Voice(sock, place.form.template(name, place.size))
        self._place = place
        self._number = int(name[1:])
        self._tail = b""

    @property
    def acked(self) -> int:
        """How many of its messages some reader has."""
        return self._place.log.numbers[self._number]


class OthersTalker(_Unanswered):
    """Gets what the others say, in records: each sender's numbers must follow one another."""

    def __init__(self, sock: socket.socket, name: str, way: Way, place: Place) -> None:
        super().__init__(sock, name, way, place)
        self.delivered = 0
        pattern = place.form.pattern(place.size)
        self._find = pattern.findall if self._number < _CHECKED else None
        self._numbers = [0] * len(place.log.numbers)

    def take(self, chunk: memoryview) -> None:
        data, size = self._tail + chunk, self._place.log.size
        count = len(data) // size
        whole, self._tail = data[: count * size], data[count * size :]
        if whole.count(b"\n") != count or not whole.endswith(b"\n"[:count]):
            raise Fault(f"{self.name} got {self._odd(whole)[:120]!r}")
        self.delivered += count
        if self._find is not None:
            self._check(self._find(whole), count, whole)

    def missing(self, total: int) -> int:
        """How many of `total` messages have not come, its own to the readers; a part of one is one too
        many."""
        return total - self.delivered - self.acked - bool(self._tail)

    def _check(self, found: list[tuple[bytes, ...]], count: int, whole: bytes) -> None:
        if len(found) != count:
            raise Fault(f"{self.name} got {self._odd(whole)[:120]!r}")
        numbers = self._numbers
        for sender, number, _ in found:
            talker = int(sender)
            if int(number) != numbers[talker]:
                raise Fault(f"{self.name} got {int(number)} from talker {talker}, not {numbers[talker]}")
            numbers[talker] += 1

    def _odd(self, lines: bytes) -> bytes:
        size = self._place.log.size
        fits = self._place.form.pattern(self._place.size).fullmatch
        return next((line for line in lines.splitlines(True) if len(line) != size or not fits(line)), lines)


class Publisher(_Unanswered):
    """Hears nothing of what is said; at most a reply to each message, which tells how many got it."""

    #: Nobody's messages are delivered to it.
    delivered: Final = 0

    def __init__(self, sock: socket.socket, name: str, way: Way, place: Place) -> None:
        super().__init__(sock, name, way, place)
        reply = place.form.reply
        self._reply = reply % {b"count": place.audience} if reply else b""
        self._replies = 0

    def take(self, chunk: memoryview) -> None:
        data, size = self._tail + chunk, max(len(self._reply), 1)
        count = len(data) // size
        if not (self._reply * (count + 1)).startswith(data):
            raise Fault(f"{self.name} got {data[:120]!r}")
        self._replies += count
        self._tail = data[count * size :]

    def missing(self, total: int) -> int:
        """How many of its own messages have not come to the readers, or are not answered."""
        answered = self._replies if self._reply else self.voice.sent
        return abs(self.voice.sent - self.acked) + abs(self.voice.sent - answered)


Talker = EchoTalker | JsonTalker | OthersTalker | Publisher

TALKERS: Final[dict[Hears, Callable[[socket.socket, str, Way, Place], Talker]]] = {
    Hears.ALL: EchoTalker,
    Hears.JSON: JsonTalker,
    Hears.OTHERS: OthersTalker,
    Hears.REPLIES: Publisher,
}
