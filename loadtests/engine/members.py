"""The connections of the load generator: how they log in, and how readers read.

Until START a member only follows its handshake and looks for START itself. Notices of joining, which depend
on timing, come before START and are not compared. From then on a `Reader` compares everything it receives
with the shared reference log.
"""

import re
import socket
from collections.abc import Callable
from time import monotonic_ns
from typing import Final

from loadtests.engine.stream import StreamLog
from loadtests.engine.system import original
from loadtests.engine.wire import Handshake
from loadtests.measure.errors import Fault
from loadtests.measure.latency import Histogram

#: One read takes at most this much: more than a saturated server sends in one write.
_buffer: Final = bytearray(512 * 1024)
_view: Final = memoryview(_buffer)

#: Linux's option by its number; Python has the name from 3.12 on.
_IP_BIND_ADDRESS_NO_PORT: Final = 24
#: Connections of one source address: it has 28,000 ephemeral ports to one target.
_PER_ADDRESS: Final = 10_000

_SKIPPED: Final = re.compile(rb"\* (\d+) messages? skipped\n")


def connect(address: tuple[str, int], index: int, receive: int | None = None) -> socket.socket:
    """Connection number `index`, non-blocking; `receive` is the size of its receive buffer, bytes, if not the
    system's default."""
    sock: socket.socket = original("socket", "socket")(
        socket.AF_INET6 if ":" in address[0] else socket.AF_INET
    )
    try:
        if receive is not None:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive)
        sock.setsockopt(socket.IPPROTO_IP, _IP_BIND_ADDRESS_NO_PORT, 1)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if address[0].startswith("127."):
            sock.bind((f"127.0.0.{2 + index // _PER_ADDRESS}", 0))
        sock.settimeout(10)
        sock.connect(address)
        sock.setblocking(False)
    except OSError as error:
        sock.close()
        raise Fault(f"connection {index} failed: {error}") from error
    return sock


class Member:
    """One connection, and its state until START: `welcomed` when it has taken all steps of the handshake,
    `settled` when the server will send nothing more by itself, and `started` when it has received START."""

    def __init__(self, sock: socket.socket, name: str, handshake: Handshake) -> None:
        self.sock = sock
        self.name = name
        self.welcomed = False
        self.settled = False
        self.started = False
        self._head = b""
        self._handshake = handshake
        #: Steps of the handshake taken so far.
        self.steps = 0
        self._later = handshake.later
        self._recv_into: Callable[[bytearray], int] = sock.recv_into

    def enter(self) -> None:
        """Send the first line of the handshake."""
        self._answer(self._handshake.hello)

    def arrive(self) -> None:
        """Before START: read, follow the handshake, look for START; pass on what follows START."""
        self._head += self._received()
        while not self.settled and (end := self._head.find(b"\n") + 1):
            line, self._head = self._head[:end], self._head[end:]
            self._look(line)
        if self.settled:
            self._find_start()

    def _look(self, line: bytes) -> None:
        if self._later is not None and self._later.seen in line:
            self._answer(self._later.then)
            self._later = None
        elif not self.welcomed:
            steps = self._handshake.steps
            if steps[self.steps].seen in line:
                self._answer(steps[self.steps].then)
                self.steps += 1
                self.welcomed = self.steps == len(steps)
            elif self._handshake.refused.match(line):
                raise Fault(f"{self.name} was not welcomed: {line[:120]!r}")
        self.settled = self.welcomed and self._later is None

    def _find_start(self) -> None:
        """The whole line that contains START is START; what came before it is dropped."""
        start = self._handshake.start
        at = self._head.find(start)
        end = self._head.find(b"\n", at) + 1 if start and at >= 0 else 0
        if end or not start:
            self.started = True
            rest, self._head = self._head[end:], b""
            if rest:
                with memoryview(rest) as view:
                    self.take(view)
        else:
            self._head = self._head[self._head.rfind(b"\n") + 1 :]

    def _answer(self, data: bytes) -> None:
        """A few bytes on a fresh connection: its send buffer always has room for them."""
        if data:
            try:
                self.sock.send(data)
            except OSError as error:
                raise Fault(f"{self.name} lost its connection on its way in: {error}") from error

    def read(self) -> None:
        """After START."""
        self.take(self._received())

    def take(self, chunk: memoryview) -> None:
        """Handle bytes that were received after START."""
        raise NotImplementedError

    def _received(self) -> memoryview:
        try:
            got = self._recv_into(_buffer)
        except OSError as error:
            raise Fault(f"{self.name} lost its connection: {error}") from error
        if not got:
            raise Fault(f"{self.name} was closed by the server")
        return _view[:got]


class Sender:
    """What a member sends: messages, `number` being the next sequence number, and in `waiting` the bytes that
    the socket did not take yet."""

    def __init__(self, sock: socket.socket, name: str, template: bytes) -> None:
        self.number = 0
        self.waiting = b""
        self._fences = 0
        self._name = name
        self._template = template
        self._send = sock.send

    @property
    def sent(self) -> int:
        """How many messages of the load were sent; fences are not counted."""
        return self.number - self._fences

    def say(self, count: int, time: int) -> None:
        """Send `count` messages in one write."""
        first, self.number = self.number, self.number + count
        self.write(b"".join([self._template % (number, time) for number in range(first, self.number)]))

    def fence(self, time: int) -> None:
        """Send one message that is no part of the load: nothing unexpected may come before it."""
        self._fences += 1
        self.say(1, time)

    def write(self, data: bytes) -> None:
        """Send, after what still waits."""
        self.waiting += data
        self.push()

    def push(self) -> bool:
        """Send what waits; False where something still waits."""
        try:
            taken = self._send(self.waiting)
        except BlockingIOError:
            return False
        except OSError as error:
            raise Fault(f"{self._name} lost its connection: {error}") from error
        self.waiting = self.waiting[taken:]
        return not self.waiting


class Reader(Member):
    """Compares its stream with the reference log; `histogram` is None where its latencies are not sampled."""

    def __init__(
        self,
        sock: socket.socket,
        name: str,
        handshake: Handshake,
        log: StreamLog,
        histogram: Histogram | None,
    ) -> None:
        super().__init__(sock, name, handshake)
        self.position = 0
        self.done = 0
        self._log = log
        self._histogram = histogram

    def take(self, chunk: memoryview) -> None:
        log = self._log
        self.position = position = log.take(self.position, chunk)
        done = position // log.size
        if done > self.done:
            if self._histogram is not None and log.counting:
                self._histogram.add(log.times[self.done - log.first : done - log.first], monotonic_ns())
            self.done = done

    @property
    def delivered(self) -> int:
        """How many messages it has received."""
        return self.position // self._log.size

    def missing(self, total: int) -> int:
        """How many of `total` messages it has not received."""
        return total - self.delivered


class FrozenReader(Member):
    """Does not read after START until it is thawed. Then every message must be accounted for: delivered in
    its place, or counted by a `skipped` line in that place."""

    def __init__(self, sock: socket.socket, name: str, handshake: Handshake, log: StreamLog) -> None:
        super().__init__(sock, name, handshake)
        self.delivered = self.skipped = 0
        self._log = log
        self._tail = b""

    @property
    def position(self) -> int:
        """Its position in the log, which must not be trimmed beyond it."""
        return (self.delivered + self.skipped) * self._log.size

    def take(self, chunk: memoryview) -> None:
        log, size = self._log, self._log.size
        data, at = self._tail + chunk, 0
        while at < len(data):
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
                raise Fault(f"{self.name}, frozen: {record[:120]!r} in place of {expected!r}")
        self._tail = data[at:]
