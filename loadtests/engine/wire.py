"""The protocol of a server as data: how a client logs in, what a talker sends, what a reader receives.

The text of a message is the same for every server: NUMBER TIME xxx…, after the talker's name where the
protocol does not tell who sent it. TIME is `time.monotonic_ns()` at the moment when the message was due; all
processes of one machine share that clock. A reader receives a message as a record, and all records of a
server have the same size, so the position of a message in the stream follows from its sequence number.

Templates are filled in with `%` and the names below. The size of a record and the pattern that parses it are
both made from its template, so they cannot disagree.

| name | stands for |
|---|---|
| `name` | the sender, or the client that logs in: `t001`, `r00001`, `p00001` |
| `to` | the receiver of a direct message |
| `host` | the address that the sender connects from |
| `text` `length` | the message, and its size in bytes |
| `count` `digits` | the number of readers; any number that the server chooses |
| `id` `at` | the id and the time of a message in JSON, which have 16 and 13 digits until the year 2124 |
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from enum import Enum, auto
from typing import Final

from chatd.protocol.frames import text_head
from loadtests.servers.transports import TCP

#: The name of talker 0, which joins last and sends START.
LEAD: Final = "t000"
#: The first of those who are numbered in five digits.
PERSON: Final = "p00000"
START: Final = b"START"

#: `size` is the length of a message's line on the floor server; its text is shorter by this.
_AROUND: Final = len(b"<t000> \n")
_BODY: Final = b"%08d %019d "
_HOST: Final = b"127.0.0.2"

#: What the placeholders of a record match.
_PATTERNS: Final = {
    b"@name@": rb"[tp](?P<name>\d+)",
    b"@to@": rb"(?P<to>p\d{5})",
    b"@host@": rb"127\.0\.0\.\d+",
    b"@text@": rb"(?P<number>\d{8}) (?P<time>\d{19}) x{%d}",
    b"@digits@": rb"\d+",
    b"@id@": rb"\d{16}",
    b"@at@": rb"\d{13}",
}
#: What stands for each placeholder in a pattern, before it becomes what it matches.
_PLACES: Final = {name.strip(b"@"): name for name in _PATTERNS}


class Hears(Enum):
    """What a talker receives after START."""

    #: Everything that readers receive, its own messages too.
    ALL = auto()
    #: The others' messages, in the same records as readers.
    OTHERS = auto()
    #: No messages; at most a reply to each of its own.
    REPLIES = auto()


@dataclass(frozen=True, slots=True)
class Step:
    """When a received line contains `seen`, send `then`."""

    seen: bytes
    then: bytes = b""


@dataclass(frozen=True, slots=True)
class Handshake:
    """How a client logs in: it sends `hello` and follows the steps; after the last one it is welcomed. The
    step `later` may come at any time before START, and START waits for it. This client has received START
    with the line that contains `start`; where that is empty the server does not send it START, and its
    measurement begins right after the handshake. A line that matches `refused` before the welcome is a
    Fault."""

    hello: bytes
    steps: tuple[Step, ...]
    start: bytes = b""
    later: Step | None = None
    #: What the server ends a line with.
    ends: bytes = b"\n"
    refused: re.Pattern[bytes] = re.compile(rb"")

    def of(self, name: str) -> "Handshake":
        """With the client's name filled in."""
        names = {b"name": name.encode()}
        return replace(
            self,
            hello=self.hello % names,
            steps=tuple(Step(step.seen % names, step.then % names) for step in self.steps),
        )


@dataclass(frozen=True, slots=True)
class MessageTemplate:
    """One kind of message: `say` is what its sender writes, `heard` what a receiver reads, `reply` what the
    sender gets back, if anything. Where it is `signed`, the text begins with the sender's name. `sender` is
    any of those who say it: all have names of that length, on which the size of a record depends."""

    say: bytes
    heard: bytes
    signed: bool = False
    reply: bytes = b""
    sender: str = LEAD
    #: It is received in a WebSocket frame, of which the head is a part of the record.
    framed: bool = False

    def template(self, name: str, size: int, to: str = "") -> bytes:
        """The bytes that are sent for a message of `size` bytes, to be completed with `% (number, time)`."""
        return self._filled(self.say, name, self._text(name, size), to)

    def record(self, name: str, size: int, to: str = "") -> bytes:
        """The bytes that are received for it, to be completed in the same way."""
        said = self._filled(self.heard, name, self._text(name, size), to)
        return self._head(said).replace(b"%", b"%%") + said

    def _head(self, said: bytes) -> bytes:
        return text_head(len(said % (0, 0))) if self.framed else b""

    def size(self, size: int, to: str = "") -> int:
        """Of a received record, in bytes."""
        return len(self.record(self.sender, size, to) % (0, 0))

    def longest(self, size: int, to: str = "") -> int:
        """Bytes of the sent or of the received form, whichever is longer."""
        return max(len(self.template(self.sender, size, to) % (0, 0)), self.size(size, to))

    def padding(self, size: int) -> int:
        """How many `x` end a message of `size` bytes; less than 1 where it is too short to be one."""
        return size - _AROUND - len(self._text(self.sender, 0) % (0, 0))

    def pattern(self, size: int, *, replies: bool = False) -> re.Pattern[bytes]:
        """Matches a received record, or with `replies` a reply to one's own message, too. The groups are
        `name` (its digits), `to`, `number` and `time`; they are None for a reply."""
        length = len(self._text(self.sender, size) % (0, 0))
        text = b"@name@ @text@" if self.signed else b"@text@"
        head = self._head(self._filled(self.heard, self.sender, self._text(self.sender, size), PERSON))
        pattern = re.escape(head + self.heard % {**_PLACES, b"length": length, b"text": text})
        if replies and self.reply:
            pattern += b"|" + re.escape(self.reply % {**_PLACES, b"count": 1})
        for place, meaning in _PATTERNS.items():
            pattern = pattern.replace(place, meaning)
        return re.compile(pattern % self.padding(size))

    def _text(self, name: str, size: int) -> bytes:
        text = (name.encode() + b" " if self.signed else b"") + _BODY
        return text + b"x" * (size - _AROUND - len(text % (0, 0)))

    def _filled(self, template: bytes, name: str, text: bytes, to: str) -> bytes:
        values = {b"name": name.encode(), b"to": to.encode(), b"host": _HOST, b"text": text}
        numbers = {b"length": len(text % (0, 0)), b"digits": b"1", b"id": b"1" * 16, b"at": b"1" * 13}
        return template % {**values, **numbers}


@dataclass(frozen=True, slots=True)
class DirectCodec:
    """Direct messages. One counts as acknowledged when it is delivered. Where the handshake has a `start`,
    the person who joined last sends `opening` first, and when that one has started all others send it.
    `fence` is sent when everything has been delivered: the next line that the server sends must be its
    answer."""

    handshake: Handshake
    message: MessageTemplate
    fence: Step
    opening: bytes = b""


@dataclass(frozen=True, slots=True)
class NoticeFormat:
    """How a server tells a client that logged in with `handshake` of guests that join and leave. The group of
    a pattern is the number of guests that one notice names; without a group it is one. The answer to the
    fence of direct messages comes after all notices that were due when the server read it."""

    handshake: Handshake
    came: re.Pattern[bytes]
    went: re.Pattern[bytes]


@dataclass(frozen=True, slots=True)
class ToldCodec:
    """Talkers that are told when a message of theirs has its place: they log in by `handshake`, the lead by
    `lead`, and what they say and hear is `message`, with the server's word for it as its reply."""

    handshake: Handshake
    lead: Handshake
    message: MessageTemplate
    opening: bytes


@dataclass(frozen=True, slots=True)
class DeviceCodec:
    """Programs that come with a token: each hears all that others say in the lobby, in records of one size.
    Who has an account is `counted`: it is told last how much it has not read. Who sends `register` gets one,
    and is told that it is `registered`. The lead sends `opening`, and waits for `lead_start`."""

    handshake: Handshake
    counted: Step
    register: bytes
    registered: Step
    message: MessageTemplate
    opening: bytes
    lead_start: bytes

    def entering(self, token: str, *, leads: bool = False) -> Handshake:
        """The handshake of a guest, or of a device with this token."""
        handshake, start = self.handshake, self.lead_start if leads else self.handshake.start
        if token:
            handshake = replace(self.returning(token), steps=(*handshake.steps, self.counted))
        return replace(handshake, start=start)

    def returning(self, token: str) -> Handshake:
        """The same of a device to which everything counts from its welcome on."""
        hello = self.handshake.hello.replace(b"}\n", b',"token":"%b"}\n' % token.encode())
        return replace(self.handshake, hello=hello, start=b"")

    def registering(self) -> Handshake:
        """The same of a guest who registers."""
        (welcomed,) = self.handshake.steps
        steps = (replace(welcomed, then=self.register), self.registered)
        return replace(self.handshake, steps=steps, start=b"")


@dataclass(frozen=True, slots=True)
class RoomCodec:
    """Rooms that one has to go to. Who has entered says `join` for each, and gets a line that contains
    `joined` for it; `%(room)b` stands for its name. `message` is said in such a room, `lobby` in the one that
    everyone is in. What the lead sends for START, `opening`, goes to everyone."""

    handshake: Handshake
    join: bytes
    joined: bytes
    message: MessageTemplate
    lobby: MessageTemplate
    opening: bytes
    lead_start: bytes

    def inside(self, rooms: Sequence[str], *, leads: bool = False) -> Handshake:
        """The handshake of a client that goes to these rooms, in the last of which it talks; of the lead, who
        waits for what it sends to itself, where it `leads`."""
        join = b"".join(self.join % {b"room": room.encode()} for room in rooms)
        entered, *others = self.handshake.steps
        joined = Step(self.joined % {b"room": rooms[-1].encode()})
        start = self.lead_start if leads else self.handshake.start
        return replace(self.handshake, steps=(replace(entered, then=join), *others, joined), start=start)

    def of(self, room: str) -> MessageTemplate:
        """What is said in that room."""
        return replace(self.message, heard=self.message.heard.replace(b"%(room)b", room.encode()))


@dataclass(frozen=True, slots=True)
class Codec:
    """The protocol of one server."""

    reader: Handshake
    talker: Handshake
    lead: Handshake
    #: What the lead sends for START.
    opening: bytes
    message: MessageTemplate
    hears: Hears
    #: The server keeps the order of each talker's messages only: readers may see different total orders.
    loose: bool = False
    direct: DirectCodec | None = None
    #: Where it tells everyone of who joins and leaves.
    notices: NoticeFormat | None = None
    #: The longest message that the protocol allows, in bytes, sent or received.
    longest: int = 4096
    #: What it is carried over, a key of the engine's OPENINGS.
    transport: str = TCP
    #: How many clients log in at the same time, well below the listener's backlog.
    arriving: int = 1000
    #: Where it can tell a talker that a message is stored.
    told: "ToldCodec | None" = None
    #: Where it has rooms besides the one that everyone is in.
    rooms: "RoomCodec | None" = None
    #: Where it knows a client by a token.
    devices: "DeviceCodec | None" = None


def parser(message: MessageTemplate, size: int) -> Callable[[bytes], tuple[int, int, int] | None]:
    """What parses a record of a message of `size` bytes: its talker, sequence number and time; None for
    anything else."""
    fullmatch = message.pattern(size).fullmatch

    def parse(record: bytes) -> tuple[int, int, int] | None:
        match = fullmatch(record)
        return match and (int(match["name"]), int(match["number"]), int(match["time"]))

    return parse
