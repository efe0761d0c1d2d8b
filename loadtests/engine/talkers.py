"""The talkers of a room, one class for each kind of feedback that a server gives them.

A talker counts its `acked` messages, and those of others that were `delivered` to it, and knows how much is
`missing`: 0 when all messages of the room, and all answers to its own, have arrived.

Where it receives the readers' stream without its own messages, it is compared with the log byte for byte. All
records have one size, and the log knows the sender of each. So one comparison covers all records between two
of the talker's own; since talkers send in bursts, these stretches are long.
"""

import re
import socket
from itertools import pairwise
from typing import Final

from loadtests.engine.members import RoomContext, RoomMember
from loadtests.engine.strangers import Odd
from loadtests.engine.stream import SHOWN, ItemStream
from loadtests.engine.wire import Handshake, Hears
from loadtests.measure.errors import Fault

#: A line that a JSON talker receives, to be completed with the padding. Groups: an acknowledgement's id; or a
#: message's id, and the part of it that is in the readers' record too.
_LINE: Final = (
    rb'\{"type":"(?:ack","ref":"m","id":(\d+)|said","room":"lobby","id":(\d+),'
    rb'"from":"(t\d{3}","text":"\d{8} \d{19} x{%d})","at":\d+)\}\n'
)


class RoomTalker(RoomMember):
    """Its message counts as acknowledged when the first reader has received it, so that it is in the log."""

    def __init__(self, sock: socket.socket, name: str, handshake: Handshake, context: RoomContext) -> None:
        super().__init__(sock, name, handshake, context)
        self.templates = (context.message.template(name, context.size),)
        self._index = int(name[1:])

    @property
    def logged(self) -> int:
        """How many of its messages some reader has received."""
        return self._log.numbers[self._index]

    @property
    def acked(self) -> int:  # type: ignore[override]  # it is told by the log
        return self.logged


class EchoTalker(RoomTalker):
    """Receives what readers receive, its own messages too: the echo is the acknowledgement."""

    acked = 0

    def take(self, chunk: memoryview) -> None:
        log, done = self._log, self.delivered + self.acked
        self.position = log.take(self.position, chunk)
        senders = log.senders[done - log.first : self.position // log.size - log.first]
        echoes = senders.count(self._index)
        self.acked += echoes
        self.delivered += len(senders) - echoes

    def missing(self, total: int) -> int:
        return total - self.delivered - self.acked


class OthersTalker(RoomTalker):
    """Receives the others' messages. What the log has before `position` was received, or is its own."""

    _own = 0

    def take(self, chunk: memoryview) -> None:
        """Compare the whole records that the log has by now; keep the rest."""
        log, size, data, at = self._log, self._log.size, memoryview(self._tail + chunk), 0
        while True:
            index = self.position // size - log.first
            while index < len(log.senders) and log.senders[index] == self._index:
                index += 1
                self._own += 1
            end = log.senders.index(self._index, index) if self._own < self.logged else len(log.senders)
            place, count = index * size, min(end - index, (len(data) - at) // size)
            self.position = log.base + place + count * size
            if not count:
                break
            if not log.log.startswith(data[at : at + count * size], place):
                raise log.difference(place, bytes(data[at:]), self._index)
            at += count * size
        self._tail = bytes(data[at:])
        self.delivered = self.position // size - self._own

    def missing(self, total: int) -> int:
        """How many of `total` messages are missing: the others' here, its own at the readers. Bytes that are
        still ahead when the readers have received everything are a Fault."""
        self.hear(memoryview(b""))
        log = self._log
        if self._tail and log.end == total * log.size:
            self.judge(odd := log.difference(self.position - log.base, self._tail, self._index))
            raise odd
        return total - self.delivered - self.logged


class JsonTalker(OthersTalker):
    """The same in JSON lines. Messages are converted to the readers' records and compared; acknowledgements
    are counted. The ids of both must increase."""

    acked = _acked_id = _said_id = 0

    def __init__(self, sock: socket.socket, name: str, handshake: Handshake, context: RoomContext) -> None:
        super().__init__(sock, name, handshake, context)
        self._lines = ItemStream(name, re.compile(_LINE % context.message.padding(context.size)))

    def take(self, chunk: memoryview) -> None:
        parts = self._lines.take(chunk)
        acked, said, records = (list(filter(None, parts[k :: self._lines.step])) for k in (1, 2, 3))
        self.acked += len(acked)
        self._acked_id = self._last_id(self._acked_id, acked)
        self._said_id = self._last_id(self._said_id, said)
        lines = b"<" + b"\n<".join(records).replace(b'","text":"', b"> ") + b"\n" if records else b""
        super().take(memoryview(lines))

    def missing(self, total: int) -> int:
        """Differences are added up without their sign: an extra acknowledgement must not hide a missing
        message."""
        return abs(super().missing(total)) + abs(self.number - self.acked) + bool(self._lines.tail)

    def _last_id(self, last: int, found: list[bytes]) -> int:
        ids = [last, *map(int, found)]
        for one, other in pairwise(ids):
            if other <= one:
                why = "doubled" if other == one else "out of order"
                raise Fault(f"{self.name}: id {other} came behind {one}: {why}")
        return ids[-1]


class Publisher(RoomTalker):
    """Receives no messages; at most a reply to each of its own, with the number of receivers."""

    _replies = 0

    def take(self, chunk: memoryview) -> None:
        reply, data = self._reply, self._tail + chunk
        count = len(data) // max(len(reply), 1)
        if not (reply * (count + 1)).startswith(data):
            raise Odd(f"{self.name} got {data[:SHOWN]!r}", data)
        self._replies += count
        self._tail = data[count * len(reply) :]
        self.position = self._log.end  # it keeps nothing in the log

    def missing(self, total: int) -> int:
        """How many of its own messages did not reach the readers, or were not answered."""
        answered = self._replies if self._reply else self.number
        return abs(self.number - self.acked) + abs(self.number - answered)

    @property
    def _reply(self) -> bytes:
        reply = self._context.message.reply
        return reply % {b"count": self._context.audience} if reply else b""


TALKERS: Final[dict[Hears, type[RoomTalker]]] = {
    Hears.ALL: EchoTalker,
    Hears.JSON: JsonTalker,
    Hears.OTHERS: OthersTalker,
    Hears.REPLIES: Publisher,
}
