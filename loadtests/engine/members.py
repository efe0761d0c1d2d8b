"""The connections of the load generator: how they log in, and how readers read.

Until START a member only follows its handshake and looks for START itself. Notices of joining, which depend
on timing, come before START and are not compared. From then on a `RoomReader` compares everything it receives
with the shared reference log.
"""

import re
import socket
from collections.abc import Sequence
from contextlib import suppress
from time import monotonic_ns
from typing import Final, NoReturn

from loadtests.engine.connection import LoadConnection
from loadtests.engine.strangers import Odd, check_company, words
from loadtests.engine.stream import StreamLog
from loadtests.engine.wire import Handshake
from loadtests.measure.errors import Fault

#: Seconds for the rest of a line that must not be there.
_REST: Final = 1.0

_SKIPPED: Final = re.compile(rb"\* (\d+) messages? skipped\n")
#: The same to who speaks JSON.
_SKIPPED_JSON: Final = re.compile(rb'\{"type":"skipped","room":"[^"]*","count":(\d+)')


class Member(LoadConnection):
    """One connection. Until START it is `welcomed` when it has taken all `steps` of the handshake, `settled`
    when the server will send nothing more by itself, and `started` when it has received START. What it sends
    is made from the next of its `templates`: `number` is the next sequence number, `acked` how many of its
    messages are acknowledged."""

    templates: Sequence[bytes] = ()
    number = acked = steps = 0
    welcomed = settled = started = False

    def __init__(self, sock: socket.socket, name: str, handshake: Handshake) -> None:
        super().__init__(sock, name)
        self._handshake = handshake.of(name)
        self._later = handshake.later

    # -- until START -----------------------------------------------------------------------------------

    def enter(self) -> None:
        """Send the first line of the handshake."""
        self.write(self._handshake.hello)

    def arrive(self) -> None:
        """Before START: read, follow the handshake, look for START; pass on what follows START."""
        self.unread += self.receive()
        while not self.settled and (end := self.unread.find(self._handshake.ends) + 1):
            line, self.unread = self.unread[:end], self.unread[end:]
            self._look(line)
        if self.settled:
            self._find_start()

    def _look(self, line: bytes) -> None:
        if self._later is not None and self._later.seen in line:
            self.write(self._later.then)
            self._later = None
        elif not self.welcomed:
            steps = self._handshake.steps
            if steps[self.steps].seen in line:
                self.write(steps[self.steps].then)
                self.steps += 1
                self.welcomed = self.steps == len(steps)
            elif self._handshake.refused.match(line):
                raise Fault(f"{self.name} was not welcomed: {words(line)}")
        self.settled = self.welcomed and self._later is None

    def _find_start(self) -> None:
        """The whole line that contains START is START; what came before it is dropped."""
        start = self._handshake.start
        at = self.unread.find(start)
        end = self.unread.find(self._handshake.ends, at) + 1 if start and at >= 0 else 0
        if end or not start:
            self.started = True
            rest, self.unread = self.unread[end:], b""
            if rest:
                self.hear(memoryview(rest))
        else:
            self.unread = self.unread[self.unread.rfind(self._handshake.ends) + 1 :]

    # -- receiving -------------------------------------------------------------------------------------

    def read(self, most: int = 0) -> None:
        """After START: read, `most` bytes where that is given, and handle what was read."""
        self.hear(self.receive(most))

    def hear(self, chunk: memoryview) -> None:
        """The same with what was read before."""
        try:
            self.take(chunk)
        except Odd as odd:
            self.judge(odd)

    def judge(self, odd: Odd) -> NoReturn:
        """Raises it, or what it really is: Unusable where somebody else is on the server, or that this client
        read too slowly, so that messages were skipped."""
        check_company(odd.others)
        lines = odd.lines if b"\n" in odd.lines else odd.lines + self._rest_of_line()
        check_company(lines)
        if gap := _SKIPPED.search(lines) or _SKIPPED_JSON.search(lines):
            raise Fault(f"{self.name} read too slowly: {int(gap[1])} messages were skipped") from odd
        raise odd

    def take(self, chunk: memoryview) -> None:
        """Handle bytes that were received after START. Raises Fault."""
        raise NotImplementedError

    # -- sending ---------------------------------------------------------------------------------------

    def say(self, count: int, time: int) -> None:
        """Send `count` messages in one write."""
        first, self.number = self.number, self.number + count
        templates, kinds = self.templates, len(self.templates)
        self.write(b"".join([templates[k % kinds] % (k, time) for k in range(first, self.number)]))

    def missing(self, total: int) -> int:
        """How many of `total` messages, and of answers to its own, are missing."""
        raise NotImplementedError

    def lacks(self, total: int) -> str:
        """The same in words."""
        return f"{self.name} {self.missing(total)}"

    def _rest_of_line(self) -> bytes:
        rest = b""
        self.sock.settimeout(_REST)
        with suppress(OSError):
            while b"\n" not in rest and (more := self.sock.recv(4096)):
                rest += more
        return rest


class RoomMember(Member):
    """Of the log it has received what comes before `position`, and `delivered` messages of others."""

    _tail = b""

    def __init__(self, sock: socket.socket, name: str, handshake: Handshake, log: StreamLog) -> None:
        super().__init__(sock, name, handshake)
        self.position = self.delivered = 0
        self._log = log


class RoomReader(RoomMember):
    """Compares its stream with the reference log."""

    #: Whether its latencies are counted.
    sampled = False

    def take(self, chunk: memoryview) -> None:
        log = self._log
        self.position = position = log.take(self.position, chunk)
        done = position // log.size
        if done > self.delivered:
            if self.sampled and log.counting:
                times = log.times[self.delivered - log.first : done - log.first]
                log.histogram.add(times, monotonic_ns())
            self.delivered = done

    def missing(self, total: int) -> int:
        return total - self.delivered


class FrozenReader(RoomMember):
    """Who may be kept from reading: every message must be accounted for, delivered in its place or counted by
    a `skipped` line in that place."""

    skipped = 0

    def take(self, chunk: memoryview) -> None:
        log, size = self._log, self._log.size
        data, at = self._tail + chunk, 0
        while at < len(data):
            self.position = (self.delivered + self.skipped) * size
            record, place = data[at : at + size], self.position - log.base
            if gap := _SKIPPED.match(data, at):
                self.skipped += int(gap[1])
                at = gap.end()
            elif len(record) < size or place + size > len(log.log):
                # Incomplete; or ahead of all readers, and compared once they have received it.
                break
            elif log.log.startswith(record, place):
                self.delivered += 1
                at += size
            else:
                expected = bytes(log.log[place : place + 30])
                raise Odd(f"{self.name}, frozen: {record[:120]!r} in place of {expected!r}", data[at:])
        self._tail = data[at:]

    def missing(self, total: int) -> int:
        """How many are not accounted for. Raises Fault where it accounts for more than there were."""
        self.hear(memoryview(b""))  # it may have been ahead of the log
        missing = total - self.delivered - self.skipped
        if missing < 0:
            raise Fault(f"{self.lacks(total)}: more than there were")
        return missing

    def lacks(self, total: int) -> str:
        return (
            f"{self.delivered} delivered + {self.skipped} skipped of {total} for {self.name}, a slow reader"
        )
