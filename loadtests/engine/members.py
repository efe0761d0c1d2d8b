"""The generator's connections: how they arrive, read, and say.

Until START a member only looks for its welcome and for START itself, so that the notices of joining, which
depend on the moment, are no part of what is compared. From then on a `Reader` compares all it gets with the
shared log, and a `JsonTalker` counts: its acknowledgements must equal what it sent, the messages all that the
others sent, and each kind's ids must grow.
"""

import re
import socket
from collections.abc import Callable
from itertools import pairwise
from time import monotonic_ns
from typing import Final

from loadtests.engine.histogram import Histogram
from loadtests.engine.stream import Fault, StreamLog

#: A read takes at most this much: what a saturated server can send in one go, and more.
_buffer: Final = bytearray(512 * 1024)
_view: Final = memoryview(_buffer)

#: Linux's option by its number; Python has the name from 3.12 on.
_IP_BIND_ADDRESS_NO_PORT: Final = 24
#: A source address has 28,000 ports to one target.
_PER_ADDRESS: Final = 10_000

_ACK: Final = re.compile(rb'\{"type":"ack","ref":"m","id":(\d+)\}\n')
_SKIPPED: Final = re.compile(rb"\* (\d+) messages? skipped")
_SAID: Final = re.compile(rb'\{"type":"said","room":"lobby","id":(\d+),')


def connect(address: tuple[str, int], index: int, receive: int | None = None) -> socket.socket:
    """Connection number `index`, non-blocking; `receive` is its receive buffer, bytes, if not the usual."""
    sock = socket.socket()
    try:
        if receive is not None:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive)
        sock.setsockopt(socket.IPPROTO_IP, _IP_BIND_ADDRESS_NO_PORT, 1)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock.bind((f"127.0.0.{2 + index // _PER_ADDRESS}", 0))
        sock.settimeout(10)
        sock.connect(address)
        sock.setblocking(False)
    except OSError as error:
        sock.close()
        raise Fault(f"connection {index} failed: {error}") from error
    return sock


#: What the welcome holds, and what START holds as this member sees it (empty: the welcome is START).
Marks = tuple[bytes, bytes]


class Member:
    """A connection and what came over it before START."""

    def __init__(self, sock: socket.socket, name: str, marks: Marks) -> None:
        self.sock = sock
        self.name = name
        self.welcomed = False
        self.started = False
        self.head = b""
        self._welcome, self._start = marks
        self._recv_into: Callable[[bytearray], int] = sock.recv_into

    def arrive(self) -> None:
        """Before START: read, look for the welcome and for START; what follows START is taken."""
        self.head += self._received()
        if not self.welcomed and not self._find_welcome():
            return
        start = self._find_start()
        if start is not None:
            self.started = True
            with memoryview(self.head[start:]) as rest:
                self.take(rest)
            self.head = b""

    def _find_welcome(self) -> bool:
        line, newline, rest = self.head.partition(b"\n")
        if newline:
            if self._welcome not in line + newline:
                raise Fault(f"{self.name} was not welcomed: {line[:120]!r}")
            self.welcomed, self.head = True, rest
        return self.welcomed

    def _find_start(self) -> int | None:
        """Where the line after START begins."""
        if not self._start:
            return 0
        at = self.head.find(self._start)
        return (self.head.find(b"\n", at) + 1 or None) if at >= 0 else None

    def read(self) -> None:
        """After START."""
        self.take(self._received())

    def take(self, chunk: memoryview) -> None:
        """What came after START."""
        raise NotImplementedError

    def _received(self) -> memoryview:
        try:
            got = self._recv_into(_buffer)
        except OSError as error:
            raise Fault(f"{self.name} lost its connection: {error}") from error
        if not got:
            raise Fault(f"{self.name} was closed by the server")
        return _view[:got]


class Voice:
    """What a member says: numbered messages, and what the socket did not take yet."""

    def __init__(self, sock: socket.socket, template: bytes) -> None:
        self.sent = 0
        self.waiting = b""
        self._template = template
        self._send = sock.send

    def say(self, count: int, time: int) -> None:
        """Say `count` messages in one write."""
        first, self.sent = self.sent, self.sent + count
        self.write(b"".join([self._template % (number, time) for number in range(first, self.sent)]))

    def write(self, data: bytes) -> None:
        """Write after what waits."""
        self.waiting += data
        self.push()

    def push(self) -> bool:
        """Write what waits; False where something still waits."""
        try:
            taken = self._send(self.waiting)
        except BlockingIOError:
            return False
        except OSError as error:
            raise Fault(f"a talker lost its connection: {error}") from error
        self.waiting = self.waiting[taken:]
        return not self.waiting


class Reader(Member):
    """Compares its stream with the log; `histogram` is None where its latencies are not sampled."""

    def __init__(
        self, sock: socket.socket, name: str, marks: Marks, log: StreamLog, histogram: Histogram | None
    ) -> None:
        super().__init__(sock, name, marks)
        self.position = 0
        self.done = 0
        self._log = log
        self._histogram = histogram

    def take(self, chunk: memoryview) -> None:
        log = self._log
        self.position = position = log.take(self.position, chunk)
        if self._histogram is not None:
            done = position // log.size
            if done > self.done:
                self._histogram.add(log.times[self.done - log.first : done - log.first], monotonic_ns())
                self.done = done

    def missing(self, total: int) -> int:
        """How many of `total` messages have not come."""
        return total - self.position // self._log.size


class FrozenReader(Member):
    """Takes nothing after START until it is thawed; then it accounts for every message: delivered in its
    place, or counted by a `skipped` line that stands there. The log must not be trimmed before."""

    def __init__(self, sock: socket.socket, name: str, marks: Marks, log: StreamLog) -> None:
        super().__init__(sock, name, marks)
        self.delivered = self.skipped = 0
        self._log = log
        self._tail = b""

    def take(self, chunk: memoryview) -> None:
        *lines, self._tail = (self._tail + chunk).split(b"\n")
        for line in lines:
            gap = _SKIPPED.fullmatch(line)
            at = (self.delivered + self.skipped) * self._log.size
            if gap:
                self.skipped += int(gap[1])
            elif self._log.log.startswith(line + b"\n", at):
                self.delivered += 1
            else:
                raise Fault(
                    f"{self.name}, frozen: {line[:120]!r} in place of {self._log.log[at : at + 30]!r}"
                )


class EchoTalker(Reader):
    """A talker at the floor: a reader whose own messages come back as their acknowledgement."""

    def __init__(self, sock: socket.socket, name: str, marks: Marks, log: StreamLog, voice: Voice) -> None:
        super().__init__(sock, name, marks, log, None)
        self.voice = voice
        self.acked = 0
        self._number = int(name[1:])

    def take(self, chunk: memoryview) -> None:
        log = self._log
        self.position = position = log.take(self.position, chunk)
        done = position // log.size
        self.acked += log.senders[self.done - log.first : done - log.first].count(self._number)
        self.done = done


class JsonTalker(Member):
    """A talker at chatd; `checked` ones read their ids too, the others count."""

    def __init__(self, sock: socket.socket, name: str, marks: Marks, voice: Voice, checked: bool) -> None:
        super().__init__(sock, name, marks)
        self.voice = voice
        self.acked = 0
        self._heard = 0
        self._checked = checked
        self._last = {_ACK: 0, _SAID: 0}
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
        self._heard += heard
        if self._checked:
            self._check_order(_ACK, whole, acked)
            self._check_order(_SAID, whole, heard)

    def missing(self, total: int) -> int:
        """How many of `total` messages, or acknowledgements of its own, have not come."""
        return total - self._heard - self.acked if self.acked <= self.voice.sent else -1

    def _check_order(self, kind: re.Pattern[bytes], lines: bytes, count: int) -> None:
        ids = [self._last[kind], *map(int, kind.findall(lines))]
        if len(ids) != count + 1 or any(one >= other for one, other in pairwise(ids)):
            raise Fault(f"{self.name}: ids out of order: {ids[:20]}")
        self._last[kind] = ids[-1]


Talker = EchoTalker | JsonTalker
