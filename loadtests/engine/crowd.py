"""Thousands of clients that join, stay and leave, and send nothing: the parts of `storm` and `idle`.

A guest follows the handshake of its server's codec until it is welcomed; what it receives after that is read
and dropped. A witness is a guest that stays and counts the notices of joining and leaving.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from time import monotonic, monotonic_ns
from typing import Final

from loadtests.engine.codecs import CODECS
from loadtests.engine.loop import Loop
from loadtests.engine.members import connect
from loadtests.engine.wire import Handshake, Step
from loadtests.measure.errors import Fault
from loadtests.measure.latency import Histogram
from loadtests.servers.target import ServerUnderTest

#: Seconds without any received byte after which all pending notices have been delivered.
_QUIET: Final = 0.5
_RECEIVE: Final = 256 * 1024


@dataclass(frozen=True, slots=True)
class NoticeFormat:
    """How a server announces guests that join and leave to a client that logged in with `handshake`. The
    group of a pattern is the number of guests that one notice names; without a group it is one. The answer to
    `ping`, a line that matches `pong`, comes after all notices that were due when the server read the
    ping."""

    handshake: Handshake
    came: re.Pattern[bytes]
    went: re.Pattern[bytes]
    ping: bytes
    pong: re.Pattern[bytes]


_CHATD: Final = NoticeFormat(
    Handshake(hello=b'{"type":"hello","nick":"%(name)b"}\n', steps=(Step(b'{"type":"welcome"'),)),
    re.compile(rb'"type":"joined","names":\[[^]]*\],"count":(\d+)'),
    re.compile(rb'"type":"(?:lost|left)","names":\[[^]]*\],"count":(\d+)'),
    b'{"type":"ping"}\n',
    re.compile(rb'\{"type":"pong"'),
)
_IRC: Final = NoticeFormat(
    CODECS["inspircd"].talker,
    re.compile(rb":s\d{5}!\S+ JOIN "),
    re.compile(rb":s\d{5}!\S+ QUIT "),
    b"PING FENCE\r\n",
    re.compile(rb" PONG .*FENCE"),
)
#: The servers that announce to everyone who joins and leaves.
NOTICE_FORMATS: Final = {"chatd": _CHATD, "chatd-json": _CHATD, "inspircd": _IRC, "ngircd": _IRC}


class Guest:
    """One connection; `handshake` has its name filled in."""

    __slots__ = ("_head", "_step", "began", "handshake", "name", "sock")

    def __init__(self, target: ServerUnderTest, index: int, name: str, handshake: Handshake) -> None:
        self.name = name
        self.handshake = handshake
        self.began = monotonic_ns()
        self.sock = connect(target.address, index)
        self._head = b""
        self._step = 0
        self.send(handshake.hello)

    def send(self, data: bytes) -> None:
        """A line or two, for which a fresh socket has room."""
        try:
            if data and self.sock.send(data) < len(data):
                raise Fault(f"{self.name}: the server takes no line from one who has just come")
        except OSError as error:
            raise Fault(f"{self.name} lost its connection: {error}") from error

    def receive(self) -> bytes:
        """Read what has arrived, at least one byte."""
        try:
            data = self.sock.recv(_RECEIVE)
        except OSError as error:
            raise Fault(f"{self.name} lost its connection: {error}") from error
        if not data:
            raise Fault(
                f"{self.name} was closed by the server{': ' if self._head else ''}{self._head[:120]!r}"
            )
        return data

    def arrive(self) -> bool:
        """Read, and follow the handshake; returns whether the guest is welcomed now."""
        *lines, self._head = (self._head + self.receive()).split(b"\n")
        for at, line in enumerate(lines):
            step = self.handshake.steps[self._step]
            if step.seen in line + b"\n":
                self.send(step.then)
                self._step += 1
                if self._step == len(self.handshake.steps):
                    self._head = b"\n".join((*lines[at + 1 :], self._head))
                    return True
            elif self.handshake.refused.match(line):
                raise Fault(f"{self.name} was not welcomed: {line[:120]!r}")
        return False

    def skip(self) -> None:
        """Drop what came together with the welcome."""
        self._head = b""

    def stay(self) -> bytes:
        """Read, and answer the server's keepalive ping. Returns what was read."""
        data = self._head + self.receive()
        self._head = b""
        later = self.handshake.later
        if later is not None and later.then and later.seen in data:
            self.send(later.then)
        return data


class Witness:
    """Counts the notices that a guest receives."""

    def __init__(self, guest: Guest, notices: NoticeFormat) -> None:
        self.came = self.went = self.pongs = 0
        self._guest = guest
        self._notices = notices
        self._tail = b""

    def ping(self) -> None:
        """The pong comes after everything that the server sent before it read this."""
        self._guest.send(self._notices.ping)

    def read(self) -> None:
        data = self._tail + self._guest.stay()
        cut = data.rfind(b"\n") + 1
        lines, self._tail = data[:cut], data[cut:]
        self.came += _count(self._notices.came, lines)
        self.went += _count(self._notices.went, lines)
        self.pongs += _count(self._notices.pong, lines)


def _count(pattern: re.Pattern[bytes], lines: bytes) -> int:
    found = pattern.findall(lines)
    return sum(map(int, found)) if pattern.groups else len(found)


class Crowd(Loop):
    """All guests, in one event loop that calls `tick` every turn. `joins` has the latencies from connecting
    to the welcome."""

    def __init__(
        self, target: ServerUnderTest, tick: Callable[[], None] = lambda: None, seconds: float = 60
    ) -> None:
        super().__init__()
        self.codec = CODECS[target.codec]
        self.guests: list[Guest] = []
        self.welcomed = 0
        self.joins = Histogram()
        self.tick = tick
        self._target = target
        self._patience = seconds
        self._news = monotonic()

    def turn(self, wait: float) -> None:
        super().turn(wait)
        self.tick()

    def enter(self, numbers: Iterable[int], prefix: str, handshake: Handshake | None = None) -> list[Guest]:
        """Log in guests with these numbers, as many at a time as the server's listen backlog holds; returns
        when all are welcomed. `handshake` is a reader's if none is given."""
        entered: list[Guest] = []
        goal = self.welcomed
        for number in numbers:
            name = f"{prefix}{number:05d}"
            guest = Guest(self._target, number, name, (handshake or self.codec.reader).of(name))
            entered.append(guest)
            self.guests.append(guest)
            self.watch(guest.sock, lambda guest=guest: self._arrive(guest))  # type: ignore[misc]
            goal += 1
            if goal - self.welcomed >= self.codec.arriving:
                self._await(goal - self.codec.arriving // 2)
        self._await(goal)
        return entered

    def leave(self, guests: Iterable[Guest]) -> None:
        """Close these connections without a /quit."""
        gone = set(guests)
        for guest in gone:
            self.forget(guest.sock)
            guest.sock.close()
        self.guests = [guest for guest in self.guests if guest not in gone]
        self.welcomed -= len(gone)

    def quieten(self) -> None:
        """Wait until nobody has received anything for a while: all notices of joining are delivered."""
        self.until(
            lambda: monotonic() - self._news > _QUIET,
            self._patience,
            lambda: "the server still sends to people to whom nobody speaks",
        )
        for guest in self.guests:
            guest.skip()

    def close(self) -> None:
        self.leave(list(self.guests))
        super().close()

    def _await(self, goal: int) -> None:
        self.until(
            lambda: self.welcomed >= goal,
            self._patience,
            lambda: f"{self.welcomed} of {len(self.guests)} were welcomed",
        )

    def _arrive(self, guest: Guest) -> None:
        if guest.arrive():
            self.joins.add((guest.began,), monotonic_ns())
            self.welcomed += 1
            self.watch(guest.sock, lambda: self._stay(guest))

    def _stay(self, guest: Guest) -> None:
        guest.stay()
        self._news = monotonic()
