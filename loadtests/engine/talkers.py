"""The clients that send messages, one class for each kind of feedback that a server gives them.

A talker has a `sender` to send with, counts its `acked` messages and those of others that were `delivered` to
it, and knows how much is `missing`: 0 when all messages of the room, and all answers to its own, have
arrived.

A talker receives the readers' stream without its own messages, and is compared with the log byte for byte.
All records have one size, and the log knows the sender of each. So one comparison covers all records between
two of the talker's own; since talkers send in bursts, these stretches are long.
"""

import re
import socket
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from loadtests.engine.members import Member, Reader, Sender
from loadtests.engine.stream import StreamLog
from loadtests.engine.wire import Handshake, Hears, MessageTemplate
from loadtests.measure.errors import Fault

#: A line that a JSON talker receives, to be completed with the padding. Groups: an acknowledgement's id; or a
#: message's id, and the part of it that is in the readers' record too.
_LINE: Final = (
    rb'\{"type":"(?:ack","ref":"m","id":(\d+)|said","room":"lobby","id":(\d+),'
    rb'"from":"(t\d{3}","text":"\d{8} \d{19} x{%d})","at":\d+)\}\n'
)


@dataclass(frozen=True, slots=True)
class TalkerContext:
    """What all talkers of one room share: `size` is that of a message, `audience` the number of readers."""

    log: StreamLog
    message: MessageTemplate
    size: int
    audience: int


class EchoTalker(Reader):
    """A reader that receives its own messages too: the echo is the acknowledgement."""

    def __init__(self, sock: socket.socket, name: str, handshake: Handshake, context: TalkerContext) -> None:
        super().__init__(sock, name, handshake, context.log, None)
        self.sender = Sender(sock, name, context.message.template(name, context.size))
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
    """The server does not acknowledge messages: one counts as acknowledged when the first reader has received
    it."""

    def __init__(self, sock: socket.socket, name: str, handshake: Handshake, context: TalkerContext) -> None:
        super().__init__(sock, name, handshake)
        self.sender = Sender(sock, name, context.message.template(name, context.size))
        self._context = context
        self._number = int(name[1:])

    @property
    def acked(self) -> int:
        """How many of its messages count as acknowledged."""
        return self.logged

    @property
    def logged(self) -> int:
        """How many of its messages are in the log, so that some reader has received them."""
        return self._context.log.numbers[self._number]


class OthersTalker(_Unanswered):
    """Receives the others' messages. Everything in the log before `position` was received, or is its own."""

    def __init__(self, sock: socket.socket, name: str, handshake: Handshake, context: TalkerContext) -> None:
        super().__init__(sock, name, handshake, context)
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
        """Compare the bytes that were ahead of all readers with what the log has by now."""
        self.take(memoryview(b""))

    def missing(self, total: int) -> int:
        """How many of `total` messages are missing: the others' here, its own at the readers. Bytes that are
        still ahead when the readers have received everything are a Fault."""
        self.follow()
        log = self._context.log
        if self._ahead and log.end == total * log.size:
            raise self._fault(self._ahead)
        return total - self.delivered - self.logged

    def _compare(self, data: memoryview) -> int:
        """Compare `data` with the log, as far as that goes; return how many bytes that was."""
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
        """How many of its own messages follow each other in the log from `index` on."""
        senders, end = self._context.log.senders, index
        while end < len(senders) and senders[end] == self._number:
            end += 1
        return end - index

    def _next_own(self, index: int) -> int:
        """The index of its next own message, or the end of the log's whole records."""
        senders = self._context.log.senders
        return senders.index(self._number, index) if self._passed < self.logged else len(senders)

    def _fault(self, chunk: bytes | memoryview) -> Fault:
        log = self._context.log
        return Fault(f"{self.name}: {log.difference(self.position - log.base, bytes(chunk), self._number)}")


class JsonTalker(OthersTalker):
    """The same in JSON lines. Messages are converted to the readers' records and compared; acknowledgements
    are counted. The ids of both must increase."""

    def __init__(self, sock: socket.socket, name: str, handshake: Handshake, context: TalkerContext) -> None:
        super().__init__(sock, name, handshake, context)
        self._split = re.compile(_LINE % context.message.padding(context.size)).split
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
        """Differences are added up without their sign: an extra acknowledgement must not hide a missing
        message."""
        return abs(super().missing(total)) + abs(self.sender.number - self._answered) + bool(self._tail)

    def _grown(self, last: int, found: list[int]) -> int:
        ids = [last, *found]
        for place, (one, other) in enumerate(pairwise(ids), 1):
            if other <= one:
                why = "doubled" if other in ids[:place] else "out of order"
                raise Fault(f"{self.name}: id {other} came behind {one}: {why}")
        return ids[-1]


class Publisher(_Unanswered):
    """Receives no messages; at most a reply to each of its own, with the number of receivers."""

    #: No messages are delivered to it.
    delivered: Final = 0

    def __init__(self, sock: socket.socket, name: str, handshake: Handshake, context: TalkerContext) -> None:
        super().__init__(sock, name, handshake, context)
        reply = context.message.reply
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
        """How many of its own messages did not reach the readers, or were not answered."""
        answered = self._replies if self._reply else self.sender.number
        return abs(self.sender.number - self.acked) + abs(self.sender.number - answered)


Talker = EchoTalker | OthersTalker | Publisher

TALKERS: Final[dict[Hears, Callable[[socket.socket, str, Handshake, TalkerContext], Talker]]] = {
    Hears.ALL: EchoTalker,
    Hears.JSON: JsonTalker,
    Hears.OTHERS: OthersTalker,
    Hears.REPLIES: Publisher,
}
