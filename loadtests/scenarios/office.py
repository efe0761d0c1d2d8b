"""The people of a working day, over chatd's JSON lines, and what they must get.

A room message is one line with the same bytes for everyone but its speaker. So all of them are kept once, in
the order of their ids, as the first reader got them; every other reader's next line must be the next one of
those, its own left out. That is the same comparison with a common reference as in a Room, line by line, since
direct messages and notices stand between them.
"""

import re
import socket
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator
from time import monotonic_ns
from typing import Final

from loadtests.engine.members import connect
from loadtests.engine.rooms import Loop
from loadtests.engine.stream import Fault
from loadtests.latency import Histogram

_SAID: Final = re.compile(rb'\{"type":"said","room":"lobby","id":(\d+),"from":"(\w+)","text":"(\d+) ')
_WRITTEN: Final = re.compile(rb'\{"type":"dm","id":\d+,"from":"\w+","to":"(\w+)","text":"(\d+) ')
_CAME: Final = re.compile(rb'\{"type":"joined","names":\[[^]]*\],"count":(\d+)')
_WENT: Final = re.compile(rb'\{"type":"(?:left|lost)","names":\[[^]]*\],"count":(\d+)')
_ACK: Final = b'{"type":"ack"'
_WELCOME: Final = b'{"type":"welcome"'
_BYE: Final = b'{"type":"bye"'
_PONG: Final = b'{"type":"pong"'
#: Seconds within which all that was sent must have come.
_GRACE: Final = 30.0
#: Those who come and go bind to addresses of their own, counted in connections.
_VISITORS: Final = 100_000


class Log:
    """All room messages, once, in the order of their ids. One may come in late: its speaker, who does not get
    it, may be ahead of all the others."""

    def __init__(self) -> None:
        self.lines: list[bytes] = []
        self.ids: list[int] = []
        self.speakers: list[bytes] = []
        self.histogram = Histogram()

    def take(self, line: bytes, last: int | None, me: bytes) -> int:
        """A reader whose last message had that id (None: it begins here) got this one; its id, or a Fault."""
        match = _SAID.match(line)
        if match is None:
            raise Fault(f"{me.decode()} got {line[:120]!r}")
        id, ids = int(match[1]), self.ids
        at = bisect_left(ids, id) if last is None else bisect_right(ids, last)
        while at < len(ids) and self.speakers[at] == me:
            at += 1
        known = at < len(ids) and ids[at] == id
        if (known and self.lines[at] != line) or (at < len(ids) and ids[at] < id) or (last or 0) >= id:
            raise Fault(f"{me.decode()} got {line[:120]!r}, which is not what the others got")
        if not known:
            self.lines.insert(at, line)
            ids.insert(at, id)
            self.speakers.insert(at, match[2])
        self.histogram.add((int(match[3]),), monotonic_ns())
        return id


class Colleague:
    """One connection. Who came later begins with the first message that it gets."""

    def __init__(self, sock: socket.socket, name: str, log: Log, *, from_the_start: bool) -> None:
        self.sock = sock
        self.name = name.encode()
        self.welcomed = self.left = False
        #: What it got …
        self.heard = self.written = self.acked = self.came = self.went = self.pongs = 0
        #: … and what it sent.
        self.said = self.sent = 0
        self.last: int | None = 0 if from_the_start else None
        self._log = log
        self._tail = b""
        self.send(b'{"type":"hello","nick":"%b"}\n' % self.name)

    def send(self, line: bytes) -> None:
        """Few and short: a socket that does not take one whole is a server that does not read."""
        try:
            if self.sock.send(line) < len(line):
                raise Fault(f"the server has not read what {self.name.decode()} said")
        except OSError as error:
            raise Fault(f"{self.name.decode()} lost its connection: {error}") from error

    def read(self) -> None:
        try:
            data = self.sock.recv(65536)
        except OSError as error:
            raise Fault(f"{self.name.decode()} lost its connection: {error}") from error
        if not data:
            raise Fault(f"{self.name.decode()} was closed by the server")
        *lines, self._tail = (self._tail + data).split(b"\n")
        for line in lines:
            self._take(line)

    def _take(self, line: bytes) -> None:
        if line.startswith(b'{"type":"said"'):
            self.last = self._log.take(line, self.last, self.name)
            self.heard += 1
        elif match := _WRITTEN.match(line):
            if match[1] != self.name:
                raise Fault(f"{self.name.decode()} got what was written to {match[1].decode()}")
            self.written += 1
        elif line.startswith(_ACK):
            self.acked += 1
        elif match := _CAME.match(line):
            self.came += int(match[1])
        elif match := _WENT.match(line):
            self.went += int(match[1])
        elif line.startswith(_PONG):
            self.pongs += 1
        elif line.startswith(_WELCOME):
            self.welcomed = True
        elif line.startswith(_BYE) and self.left:
            return
        else:
            raise Fault(f"{self.name.decode()} got {line[:120]!r}")


class Office(Loop):
    """Those who stay, by number, and those who are here for a while."""

    def __init__(self, address: tuple[str, int], people: int, size: int) -> None:
        super().__init__()
        self.said = self.written = self.came = self.gone = 0
        self.log = Log()
        self.histogram = self.log.histogram
        self.lateness = Histogram()
        self._address = address
        self._people: list[Colleague] = []
        self._visitors: dict[int, Colleague] = {}
        self._addressed = [0] * people
        self._size = size
        self._past = 0

    @property
    def delivered(self) -> int:
        """So far, of room and direct messages."""
        return self._past + sum(one.heard + one.written for one in self._everyone())

    def join(self) -> None:
        """Bring those in who stay, and wait until nobody is told of them any more: the day's notices count
        from here."""
        for number in range(len(self._addressed)):
            self._people.append(self._enter(number, f"m{number:05d}", from_the_start=True))
        last = self._people[0]
        self.until(lambda: all(one.welcomed for one in self._people), _GRACE, lambda: "not all are welcome")
        # Notices keep their order: who came first hears of everyone else.
        self.until(
            lambda: last.came >= len(self._people) - 1, _GRACE, lambda: f"{last.came} notices of joining came"
        )
        # They go to all at once, but not all have read theirs: the answer to a ping comes after them.
        for one in self._people:
            one.send(b'{"type":"ping"}\n')
        self.until(
            lambda: all(one.pongs for one in self._people), _GRACE, lambda: "not all pings are answered"
        )
        for one in self._people:
            one.came = one.went = 0

    def say(self, who: int, due: int) -> None:
        one = self._people[who]
        self.said += 1
        one.said += 1
        one.sent += 1
        one.send(b'{"type":"say","ref":"m","text":"%b"}\n' % self._text(due))

    def write(self, who: int, whom: int, due: int) -> None:
        self.written += 1
        self._addressed[whom] += 1
        one, other = self._people[who], self._people[whom]
        one.sent += 1
        one.send(b'{"type":"dm","ref":"m","to":"%b","text":"%b"}\n' % (other.name, self._text(due)))

    def come(self, visitor: int) -> None:
        self.came += 1
        self._visitors[visitor] = self._enter(_VISITORS + visitor, f"v{visitor:05d}", from_the_start=False)

    def go(self, visitor: int) -> None:
        """Half of them say so, the others just break off."""
        one = self._visitors.pop(visitor)
        if not one.welcomed:
            raise Fault(f"{one.name.decode()} was not welcomed while they were here")
        self.gone += 1
        if visitor % 2:
            one.left = True
            one.send(b'{"type":"quit"}\n')
        self.forget(one.sock)
        one.sock.close()
        self._past += one.heard + one.written

    def settle(self, tick: Callable[[], None]) -> None:
        """Wait until everyone who stayed has everything, and check that it is not more."""

        def missing() -> list[str]:
            tick()
            return [text for number, one in enumerate(self._people) if (text := self._missing(number, one))]

        self.until(lambda: not missing(), _GRACE, lambda: "; ".join(missing()[:3]))

    def close(self) -> None:
        for one in self._everyone():
            self.forget(one.sock)
            one.sock.close()
        super().close()

    def _enter(self, number: int, name: str, *, from_the_start: bool) -> Colleague:
        one = Colleague(connect(self._address, number), name, self.log, from_the_start=from_the_start)
        self.watch(one.sock, one.read)
        return one

    def _text(self, due: int) -> bytes:
        return (b"%d " % due).ljust(self._size, b"x")

    def _everyone(self) -> Iterator[Colleague]:
        yield from self._people
        yield from self._visitors.values()

    def _missing(self, number: int, one: Colleague) -> str:
        """What someone who stayed has not got, or got too often; empty when all is right."""
        counts = (
            ("room messages", one.heard, self.said - one.said),
            ("direct messages", one.written, self._addressed[number]),
            ("acknowledgements", one.acked, one.sent),
            ("notices of joining", one.came, self.came),
            ("notices of leaving", one.went, self.gone),
        )
        wrong = [f"{got} of {due} {what}" for what, got, due in counts if got != due]
        return f"{one.name.decode()} got {', '.join(wrong)}" if wrong else ""
