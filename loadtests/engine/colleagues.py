"""One client of the `mixed` scenario, over chatd's JSON lines, and the log of all room messages.

A room message is one line with the same bytes for everyone but its speaker. So the log keeps each of them
once, in the order of their ids, as the first reader got it. For every other reader the next room message must
be the next line of the log, its own messages left out. A LoadRoom compares with a reference log in the same
way; here it is done line by line, since direct messages and notices come in between.

A stream alone cannot show that its last messages are missing, or that nobody got a message. So at the end the
log is compared with what was said, and everyone's counts with what they should have received.
"""

import re
import socket
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Sequence
from time import monotonic_ns
from typing import Final, NamedTuple

from loadtests.measure.errors import Fault
from loadtests.measure.latency import Histogram

_SAID: Final = re.compile(rb'\{"type":"said","room":"lobby","id":(\d+),"from":"(\w+)","text":"(\d+) (\d+) ')
_WRITTEN: Final = re.compile(
    rb'\{"type":"dm","id":\d+,"from":"(\w+)","to":"(\w+)","text":"((\d+) (\d+) x*)","at":\d+\}'
)
_CAME: Final = re.compile(rb'\{"type":"joined","names":\[[^]]*\],"count":(\d+)')
_WENT: Final = re.compile(rb'\{"type":"(?:left|lost)","names":\[[^]]*\],"count":(\d+)')
_ACK: Final = b'{"type":"ack"'
_WELCOME: Final = b'{"type":"welcome"'
_BYE: Final = b'{"type":"bye"'
_PONG: Final = b'{"type":"pong"'


def text(size: int, due: int, number: int) -> bytes:
    """The text of a message: the time when it was due, and its number."""
    return (b"%d %d " % (due, number)).ljust(size, b"x")


class RoomMessage(NamedTuple):
    """A message that was sent to the room; its number is its index among all of them."""

    speaker: bytes
    text: bytes


class Log:
    """All room messages, once, in the order of their ids. A message may be inserted late: its speaker, who
    does not receive it, may be ahead of all others."""

    def __init__(self) -> None:
        self.lines: list[bytes] = []
        self.ids: list[int] = []
        self.speakers: list[bytes] = []
        self.numbers: list[int] = []
        self.histogram = Histogram()

    def take(self, line: bytes, last: int | None, me: bytes) -> int:
        """Check the next message of a reader whose last one had the id `last` (None: it is the first).
        Returns its id, raises Fault."""
        match = _SAID.match(line)
        if match is None or match[2] == me:
            raise Fault(f"{me.decode()} got {line[:120]!r}")
        id, ids = int(match[1]), self.ids
        at = bisect_left(ids, id) if last is None else bisect_right(ids, last)
        while at < len(ids) and ids[at] < id and self.speakers[at] == me:
            at += 1
        known = at < len(ids) and ids[at] == id
        if (known and self.lines[at] != line) or (at < len(ids) and ids[at] < id) or (last or 0) >= id:
            raise Fault(f"{me.decode()} got {line[:120]!r}, which is not what the others got")
        if not known:
            self.lines.insert(at, line)
            ids.insert(at, id)
            self.speakers.insert(at, match[2])
            self.numbers.insert(at, int(match[4]))
        self.histogram.add((int(match[3]),), monotonic_ns())
        return id

    def verify(self, said: Sequence[RoomMessage]) -> None:
        """At the end: the log has exactly the messages that were sent, unchanged, each speaker's in order."""
        last: dict[bytes, int] = {}
        for line, speaker, number in zip(self.lines, self.speakers, self.numbers, strict=True):
            message = said[number] if number < len(said) else None
            if message is None or message.speaker != speaker or b'"text":"%b"' % message.text not in line:
                raise Fault(f"nobody said {line[:120]!r}")
            if number <= last.get(speaker, -1):
                raise Fault(f"{speaker.decode()}: message {number} came after {last[speaker]}")
            last[speaker] = number
        if len(self.lines) != len(said):
            raise Fault(f"{len(self.lines)} of {len(said)} room messages came")

    def lacks(self, visit: "Visit") -> str:
        """What a visitor missed, or received twice, of the complete log; empty when nothing."""
        due = [
            id
            for id, number in zip(self.ids, self.numbers, strict=True)
            if number >= visit.since and id <= visit.until
        ]
        first, last = visit.first or 0, visit.last or 0
        between = bisect_right(self.ids, last) - bisect_left(self.ids, first) if visit.heard else 0
        if visit.heard == between and (not due or first <= due[0] <= due[-1] <= last):
            return ""
        return (
            f"{visit.name} got {visit.heard} room messages, of the {between} with ids {first} to {last}; "
            f"{len(due)} were due while they were here"
        )


class Visit(NamedTuple):
    """The stay of someone who joined and left. They must have received every message from number `since` (the
    first after their welcome) to id `until` (the last that anyone had received when they sent their last
    ping)."""

    name: str
    since: int
    until: int
    first: int | None
    last: int | None
    heard: int


class Colleague:
    """One connection. A visitor's stream begins with the first message that it receives."""

    def __init__(self, sock: socket.socket, name: str, log: Log, direct: Histogram, size: int) -> None:
        self.sock = sock
        self.name = name.encode()
        self.welcomed = False
        #: How many it received …
        self.heard = self.acked = self.came = self.went = self.pongs = 0
        #: … of direct messages, by sender …
        self.written: Counter[bytes] = Counter()
        #: … and what it sent.
        self.said = self.sent = 0
        #: Ids of the first and the last room message received; who is here from the start begins with `last`
        #: 0.
        self.first: int | None = None
        self.last: int | None = None
        self._log = log
        self._direct = direct
        self._size = size
        self._tail = b""
        self.send(b'{"type":"hello","nick":"%b"}\n' % self.name)

    def send(self, line: bytes) -> None:
        """Lines are few and short: where the socket does not take one whole, the server does not read."""
        try:
            if self.sock.send(line) < len(line):
                raise Fault(f"the server has not read what {self.name.decode()} said")
        except OSError as error:
            raise Fault(f"{self.name.decode()} lost its connection: {error}") from error

    def ping(self) -> None:
        """The pong comes after everything that the server sent before it read this."""
        self.send(b'{"type":"ping"}\n')

    def read(self) -> None:
        try:
            data = self.sock.recv(65536)
        except OSError as error:
            raise Fault(f"{self.name.decode()} lost its connection: {error}") from error
        if not data:
            raise Fault(f"{self.name.decode()} was closed by the server")
        *lines, self._tail = (self._tail + data).split(b"\n")
        for line in lines:
            self.take(line)

    def take(self, line: bytes) -> None:
        """Check one received line."""
        if line.startswith(b'{"type":"said"'):
            self.last = self._log.take(line, self.last, self.name)
            self.first = self.last if self.first is None else self.first
            self.heard += 1
        elif match := _WRITTEN.fullmatch(line):
            self._get(match)
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
        else:
            raise Fault(f"{self.name.decode()} got {line[:120]!r}")

    def _get(self, match: re.Match[bytes]) -> None:
        """Check a direct message: each pair of sender and receiver has a sequence of its own."""
        sender, to, whole, due, number = match.groups()
        if to != self.name:
            raise Fault(f"{self.name.decode()} got what was written to {to.decode()}")
        if int(number) != self.written[sender] or whole != text(self._size, int(due), int(number)):
            raise Fault(
                f"{self.name.decode()} got {whole[:60]!r} from {sender.decode()}, and message "
                f"{self.written[sender]} was next"
            )
        self.written[sender] += 1
        self._direct.add((int(due),), monotonic_ns())
