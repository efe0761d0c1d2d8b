"""Those who talk, and what each kind of server lets them hear.

A talker has a `voice`, knows how many of its messages are `acked`, how many of the others' were `delivered`
to it, and what is `missing`: 0 when the room's `total` of messages, and the answers to its own, have come.

What a talker hears is the readers' stream less its own messages, and is compared with that, byte for byte.
Records have one size and the log knows who said each, so between two messages of its own one comparison takes
all of the log that is there; and since talkers speak in bursts, that is much.
"""

import re
import socket
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from loadtests.engine.members import Member, Reader, Voice
from loadtests.engine.stream import Fault, StreamLog
from loadtests.engine.wire import Form, Hears, Way

#: A line to a JSON talker, to be completed with the padding: an acknowledgement's id; or a message's id, and
#: what of it is in a record too.
_LINE: Final = (
    rb'\{"type":"(?:ack","ref":"m","id":(\d+)|said","room":"lobby","id":(\d+),'
    rb'"from":"(t\d{3}","text":"\d{8} \d{19} x{%d})","at":\d+)\}\n'
)


@dataclass(frozen=True, slots=True)
class TalkerContext:
    """What all talkers of one room share: `size` is that of a message, `audience` the number of readers."""

    log: StreamLog
    form: Form
    size: int
    audience: int


class EchoTalker(Reader):
    """A reader whose own messages come back as their acknowledgement."""

    def __init__(self, sock: socket.socket, name: str, way: Way, context: TalkerContext) -> None:
        super().__init__(sock, name, way, context.log, None)
        self.voice = Voice(sock, name, context.form.template(name, context.size))
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


class _Unanswered(Member):
    """The server does not say that it has a message: it counts as acknowledged when the first reader has
    it."""

    def __init__(self, sock: socket.socket, name: str, way: Way, context: TalkerContext) -> None:
        super().__init__(sock, name, way)
        self.voice = Voice(sock, name, context.form.template(name, context.size))
        self._context = context
        self._number = int(name[1:])

    @property
    def acked(self) -> int:
        """How many of its messages some reader has."""
        return self.logged

    @property
    def logged(self) -> int:
        """The same, where they are acknowledged by other means too."""
        return self._context.log.numbers[self._number]


class OthersTalker(_Unanswered):
    """Gets what the others say. `position` is in the log: all up to there has come, or is its own."""

    def __init__(self, sock: socket.socket, name: str, way: Way, context: TalkerContext) -> None:
        super().__init__(sock, name, way, context)
        self.position = 0
        self._passed = 0
        self._ahead = b""

    @property
    def delivered(self) -> int:
        return self.position // self._context.log.size - self._passed

    def take(self, chunk: memoryview) -> None:
        data = memoryview(self._ahead + chunk) if self._ahead else chunk
        self._ahead = bytes(data[self._compare(data) :])

    def follow(self) -> None:
        """Compare what was ahead of all readers, as far as they have it by now."""
        self.take(memoryview(b""))

    def missing(self, total: int) -> int:
        """How many of `total` messages have not come, its own to the readers. What is still ahead when the
        readers have all will never be theirs."""
        self.follow()
        log = self._context.log
        if self._ahead and log.end == total * log.size:
            raise self._fault(self._ahead)
        return total - self.delivered - self.logged

    def _compare(self, data: memoryview) -> int:
        """Compare with the log what it has; return how many bytes that was."""
        log, size, at = self._context.log, self._context.log.size, 0
        while True:
            index, inside = divmod(self.position - log.base, size)
            if not inside:
                own = self._own(index)
                self.position += own * size
                self._passed += own
                index += own
            known = (self._next_own(index) - index) * size - inside
            piece = data[at : at + known]
            if not piece:
                return at
            if not log.log.startswith(piece, self.position - log.base):
                raise self._fault(data[at:])
            at += len(piece)
            self.position += len(piece)

    def _own(self, index: int) -> int:
        """How many messages of its own stand in the log from `index` on, one behind the other."""
        senders, end = self._context.log.senders, index
        while end < len(senders) and senders[end] == self._number:
            end += 1
        return end - index

    def _next_own(self, index: int) -> int:
        """Where its next message stands, or the end of the log's whole records."""
        senders = self._context.log.senders
        return senders.index(self._number, index) if self._passed < self.logged else len(senders)

    def _fault(self, chunk: bytes | memoryview) -> Fault:
        log = self._context.log
        return Fault(f"{self.name}: {log.difference(self.position - log.base, bytes(chunk), self._number)}")


class JsonTalker(OthersTalker):
    """The same in JSON lines, which are compared as the records that readers get for them, and with
    acknowledgements, which are counted. Each kind's ids must grow."""

    def __init__(self, sock: socket.socket, name: str, way: Way, context: TalkerContext) -> None:
        super().__init__(sock, name, way, context)
        self._split = re.compile(_LINE % context.form.padding(context.size)).split
        self._answered = self._acked_id = self._said_id = 0
        self._tail = b""

    @property
    def acked(self) -> int:
        return self._answered

    def take(self, chunk: memoryview) -> None:
        *parts, self._tail = self._split(self._tail + chunk)
        odd = b"".join(parts[::4]) or (self._tail if b"\n" in self._tail else b"")
        if odd:
            raise Fault(f"{self.name} got {odd[:120]!r}: changed, or no message")
        acked = [int(id) for id in parts[1::4] if id]
        self._answered += len(acked)
        self._acked_id = self._grown(self._acked_id, acked)
        said = [record for record in parts[3::4] if record]
        self._said_id = self._grown(self._said_id, [int(id) for id in parts[2::4] if id])
        records = b"<" + b"\n<".join(said).replace(b'","text":"', b"> ") + b"\n" if said else b""
        super().take(memoryview(records))

    def missing(self, total: int) -> int:
        """An acknowledgement too many never makes up for a message that is missing."""
        return abs(super().missing(total)) + abs(self.voice.number - self._answered) + bool(self._tail)

    def _grown(self, last: int, found: list[int]) -> int:
        ids = [last, *found]
        for place, (one, other) in enumerate(pairwise(ids), 1):
            if other <= one:
                why = "doubled" if other in ids[:place] else "out of order"
                raise Fault(f"{self.name}: id {other} came behind {one}: {why}")
        return ids[-1]


class Publisher(_Unanswered):
    """Hears nothing of what is said; at most a reply to each message, which tells how many got it."""

    #: Nobody's messages are delivered to it.
    delivered: Final = 0

    def __init__(self, sock: socket.socket, name: str, way: Way, context: TalkerContext) -> None:
        super().__init__(sock, name, way, context)
        reply = context.form.reply
        self._reply = reply % {b"count": context.audience} if reply else b""
        self._replies = 0
        self._tail = b""

    def take(self, chunk: memoryview) -> None:
        data, size = self._tail + chunk, max(len(self._reply), 1)
        count = len(data) // size
        if not (self._reply * (count + 1)).startswith(data):
            raise Fault(f"{self.name} got {data[:120]!r}")
        self._replies += count
        self._tail = data[count * size :]

    def missing(self, total: int) -> int:
        """How many of its own messages have not come to the readers, or are not answered."""
        answered = self._replies if self._reply else self.voice.number
        return abs(self.voice.number - self.acked) + abs(self.voice.number - answered)


Talker = EchoTalker | OthersTalker | Publisher

TALKERS: Final[dict[Hears, Callable[[socket.socket, str, Way, TalkerContext], Talker]]] = {
    Hears.ALL: EchoTalker,
    Hears.JSON: JsonTalker,
    Hears.OTHERS: OthersTalker,
    Hears.REPLIES: Publisher,
}
