"""The talkers of a room, one class for each kind of feedback that a server gives them.

A talker counts its `acked` messages, and those of others that were `delivered` to it, and knows how much is
`missing`: 0 when all messages of the room, and all answers to its own, have arrived.

Where it receives the readers' stream without its own messages, it is compared with the log byte for byte. All
records have one size, and the log knows the sender of each. So one comparison covers all records between two
of the talker's own; since talkers send in bursts, these stretches are long.
"""

import socket
from typing import Final

from loadtests.engine.members import RoomMember
from loadtests.engine.sieve import Sieve, Sifted
from loadtests.engine.strangers import Odd
from loadtests.engine.stream import SHOWN, StreamLog, disorder
from loadtests.engine.wire import Handshake, Hears, MessageTemplate
from loadtests.measure.errors import Fault


class RoomTalker(RoomMember):
    """Its message counts as acknowledged when the first reader has received it, so that it is in the log."""

    def __init__(self, sock: socket.socket, name: str, handshake: Handshake, log: StreamLog) -> None:
        super().__init__(sock, name, handshake, log)
        self.templates = (log.message.template(name, log.message_size),)
        self._index = int(name[1:])

    @property
    def acked(self) -> int:  # type: ignore[override]  # it is told by the log
        return self._log.numbers[self._index]


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
            end = log.senders.index(self._index, index) if self._own < self.acked else len(log.senders)
            place, count = index * size, min(end - index, (len(data) - at) // size)
            self.position = log.base + place + count * size
            if not count:
                break
            if not log.log.startswith(data[at : at + count * size], place):
                raise log.difference(place, bytes(data[at:]), self.name)
            at += count * size
        self._tail = bytes(data[at:])
        self.delivered = self.position // size - self._own

    def missing(self, total: int) -> int:
        """How many of `total` messages are missing: the others' here, its own at the readers. Bytes beyond
        the last of them are a Fault."""
        self.hear(memoryview(b""))
        log = self._log
        missing = total - self.delivered - self.acked
        if self._tail and not missing and log.end == total * log.size:
            self.judge(log.difference(self.position - log.base, self._tail, self.name))
        return missing


class ToldTalker(RoomTalker):
    """Is told when a message of its own has its place. What it hears of others is in another form than that
    of readers, so each talker's numbers are checked."""

    acked = 0

    def __init__(
        self, sock: socket.socket, name: str, handshake: Handshake, log: StreamLog, message: MessageTemplate
    ) -> None:
        super().__init__(sock, name, handshake, log)
        self.templates = (message.template(name, log.message_size),)
        self._sieve = Sieve(message, log.message_size)
        self._numbers = {b"%03d" % talker: 0 for talker in log.numbers if talker != self._index}

    def take(self, chunk: memoryview) -> None:
        data, expected = self._tail + chunk, self._numbers
        got = self._sieve.sift(self.name, data)
        self._tail = got.tail
        for talker, digits in zip(got.name, got.number, strict=True):
            if talker is None:
                self.acked += 1
            elif expected.get(talker) == (number := int(digits)):
                expected[talker] = number + 1
                self.delivered += 1
            else:
                raise self._disorder(talker, number, got)
        if self.acked > self.number:
            raise Odd(f"{self.name} was told {self.acked} times of {self.number} messages: doubled", data)
        self.position = self._log.end  # it keeps nothing in the log

    def _disorder(self, talker: bytes, number: int, got: Sifted) -> Fault:
        who = f"{self.name}, from t{talker.decode()}"
        if talker not in self._numbers:
            return Fault(f"{who}: message {number} came back, which is answered only: doubled")
        behind = {int(n) for one, n in zip(got.name, got.number, strict=True) if one == talker}
        return disorder(who, number, self._numbers[talker], behind)

    def missing(self, total: int) -> int:
        """How many of the others' messages did not come, and of its own were not answered."""
        others = total - self.number - self.delivered
        return abs(others) + abs(self.number - self.acked) + len(self._tail)


class Publisher(RoomTalker):
    """Receives no messages; at most a reply to each of its own, with the number of receivers."""

    _replies = 0

    @property
    def _reply(self) -> bytes:
        return self._log.message.reply % {b"count": self._log.audience}

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


TALKERS: Final[dict[Hears, type[RoomTalker]]] = {
    Hears.ALL: EchoTalker,
    Hears.OTHERS: OthersTalker,
    Hears.REPLIES: Publisher,
}
