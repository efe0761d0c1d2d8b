"""Readers of a server that keeps the order of each talker's messages, but no total order: NATS.

The reference is still one log, in the order in which the first reader received each message. As long as
another reader receives the same order, comparing is a memcmp. Where the order differs, records are compared
one by one: each must be in the log byte for byte, must come once, and after all earlier ones of its talker.
Records that come earlier than in the log are kept in `ahead`; once the gaps before them are filled, the
reader is back to comparing whole chunks.
"""

import socket
from collections.abc import Iterable
from itertools import islice
from time import monotonic_ns

from loadtests.engine.members import RoomReader
from loadtests.engine.stream import SHOWN, StreamLog
from loadtests.engine.wire import Handshake, MessageTemplate
from loadtests.measure.errors import Fault


class LooseLog(StreamLog):
    """Has an index of the log: `places[record]` is a message's index since START, and `before[k]`, for
    message `first + k`, the index of the previous message of the same talker, -1 for none."""

    def __init__(
        self, message: MessageTemplate, size: int, talkers: Iterable[int] = (0,), audience: int = 1
    ) -> None:
        super().__init__(message, size, talkers, audience)
        self.places: dict[bytes, int] = {}
        self.before: list[int] = []
        self._last = dict.fromkeys(self.numbers, -1)

    def trim(self, slowest: int) -> None:
        gone = slowest // self.size - self.first
        super().trim(slowest)
        del self.before[:gone]
        for record in [*islice(self.places, gone)]:
            del self.places[record]

    def _note(self, talker: int, record: bytes) -> None:
        index = self.first + len(self.times)
        self.places[record] = index
        self.before.append(self._last[talker])
        self._last[talker] = index


class LooseReader(RoomReader):
    """`position` is that of the first record that was not yet received."""

    _log: LooseLog

    def __init__(self, sock: socket.socket, name: str, handshake: Handshake, log: LooseLog) -> None:
        super().__init__(sock, name, handshake, log)
        self._ahead: set[int] = set()

    def take(self, chunk: memoryview) -> None:
        log, size, data = self._log, self._log.size, self._tail + chunk
        whole = len(data) - len(data) % size
        records, self._tail = data[:whole], data[whole:]
        place, done = self.position - log.base, self.position // size
        known = len(log.log) - place
        if not self._ahead and log.log.startswith(records[:known], place):
            log.extend(records[known:])
            self.position += whole
            times = log.times[done - log.first : self.position // size - log.first]
        else:
            times = [self._apart(records[at : at + size]) for at in range(0, whole, size)]
        self.delivered = self.position // size + len(self._ahead)
        if self.sampled and log.counting:
            log.histogram.add(times, monotonic_ns())

    def _apart(self, record: bytes) -> int:
        """Take a record that may have another place in the log; return its time."""
        log, ahead, first = self._log, self._ahead, self.position // self._log.size
        if record not in log.places:
            log.extend(record)
        index = log.places[record]
        if index < first or index in ahead:
            raise Fault(f"{self.name} got {record[:SHOWN]!r} twice")
        if (before := log.before[index - log.first]) >= first and before not in ahead:
            raise Fault(f"{self.name} got {record[:SHOWN]!r} before an earlier one of the same talker")
        ahead.add(index)
        while first in ahead:
            ahead.remove(first)
            first += 1
        self.position = first * log.size
        return log.times[index - log.first]
