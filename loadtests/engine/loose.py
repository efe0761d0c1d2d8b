"""Readers of a server that keeps the order of each talker's messages, but no total order: NATS.

The reference is still one log, in the order in which the first reader received each message. As long as
another reader receives the same order, comparing is a memcmp. Where the order differs, records are compared
one by one: each must be in the log byte for byte, must come once, and after all earlier ones of its talker.
Records that come earlier than in the log are kept in `ahead`; once the gaps before them are filled, the
reader is back to comparing whole chunks.
"""

import socket
from itertools import islice
from time import monotonic_ns

from loadtests.engine.members import Reader
from loadtests.engine.stream import StreamLog
from loadtests.engine.wire import Handshake, Parse
from loadtests.measure.errors import Fault
from loadtests.measure.latency import Histogram


class LooseLog(StreamLog):
    """Has an index of the log: `places[record]` is a message's index since START, and `before[k]`, for
    message `first + k`, the index of the previous message of the same talker, -1 for none."""

    def __init__(self, size: int, talkers: int, parse: Parse) -> None:
        super().__init__(size, talkers, parse)
        self.places: dict[bytes, int] = {}
        self.before: list[int] = []
        self._last = [-1] * talkers

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


class LooseReader(Reader):
    """`position` is that of the first record that was not yet received."""

    def __init__(
        self, sock: socket.socket, name: str, handshake: Handshake, log: LooseLog, histogram: Histogram | None
    ) -> None:
        super().__init__(sock, name, handshake, log, histogram)
        self._loose = log
        self._ahead: set[int] = set()
        self._tail = b""

    @property
    def delivered(self) -> int:
        return self.position // self._loose.size + len(self._ahead)

    def missing(self, total: int) -> int:
        return total - self.delivered

    def take(self, chunk: memoryview) -> None:
        data, size = self._tail + chunk, self._loose.size
        whole, at = len(data) - len(data) % size, 0
        self._tail = data[whole:]
        times: list[int] = []
        with memoryview(data) as view:
            while at < whole:
                if not self._ahead:
                    at += self._together(view[at:whole], times)
                if at < whole:
                    at += self._apart(data[at:whole], times)
        if self._histogram is not None and self._loose.counting:
            self._histogram.add(times, monotonic_ns())

    def _together(self, records: memoryview, times: list[int]) -> int:
        """Take what is in the log's order, or new to the log; return its bytes, and add its times."""
        log, size, place = self._loose, self._loose.size, self.position - self._loose.base
        known = len(log.log) - place
        if log.log.startswith(records[:known], place):
            if known < len(records):
                log.extend(bytes(records[known:]))
            agreed = len(records)
        else:
            low, high = 0, min(known, len(records)) // size
            while low + 1 < high:
                middle = (low + high) // 2
                agrees = log.log.startswith(records[: middle * size], place)
                low, high = (middle, high) if agrees else (low, middle)
            agreed = low * size
        done, self.position = self.position // size, self.position + agreed
        times += log.times[done - log.first : self.position // size - log.first]
        return agreed

    def _apart(self, records: bytes, times: list[int]) -> int:
        """The same for records in another order than the log's, until no gap is left."""
        log, ahead, size = self._loose, self._ahead, self._loose.size
        first, at = self.position // size, 0
        while at < len(records):
            record = records[at : at + size]
            index = log.places.get(record)
            if index is None:
                log.extend(record)
                index = log.places[record]
            if index < first or index in ahead:
                raise Fault(f"{self.name} got {record[:120]!r} twice")
            if log.before[index - log.first] >= first and log.before[index - log.first] not in ahead:
                raise Fault(f"{self.name} got {record[:120]!r} before an earlier one of the same talker")
            ahead.add(index)
            times.append(log.times[index - log.first])
            at += size
            if index == first:
                while first in ahead:
                    ahead.remove(first)
                    first += 1
                if not ahead:
                    break
        self.position = first * size
        return at
