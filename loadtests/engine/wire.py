"""How a server is spoken to, as data: how a member comes in, what a talker says, what a reader gets.

The text of a message has the same bytes everywhere: NUMBER TIME xxx…, and before them the talker's name where
the protocol does not tell the sender. TIME is `time.monotonic_ns()` when the message was due, the same clock
in every process of one machine. What a reader gets for it is a record of one fixed size for each server, so
that the place of a message in the stream follows from its number alone.

Templates are for `%` with the names below; from a record's template come its size and the pattern that reads
it, so what is expected and what is parsed cannot differ.

| name | stands for |
|---|---|
| `name` | who says it, or who comes in: `t001`, `r00001`, `p00001` |
| `to` | to whom, where it is one |
| `host` | the address that the speaker connects from |
| `text` `length` | the message, and its size in bytes |
| `count` `digits` | how many hear it; any number that the server makes up |
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import Enum, auto
from typing import Final

#: The name of talker 0, who comes last and opens the measurement.
HERALD: Final = "t000"
START: Final = b"START"

#: A message of `size` bytes is one whose line at the floor has so many; its text has these less.
_AROUND: Final = len(b"<t000> \n")
_BODY: Final = b"%08d %019d "
_BODY_SIZE: Final = len(_BODY % (0, 0))
_HOST: Final = b"127.0.0.2"

#: What the placeholders of a record match.
_PATTERNS: Final = {
    b"@name@": rb"[tp](?P<name>\d+)",
    b"@to@": rb"(?P<to>p\d{5})",
    b"@host@": rb"127\.0\.0\.\d+",
    b"@text@": rb"(?P<number>\d{8}) (?P<time>\d{19}) x{%d}",
    b"@digits@": rb"\d+",
}
#: What stands for each placeholder in a pattern, before it becomes what it matches.
_PLACES: Final = {name.strip(b"@"): name for name in _PATTERNS}


class Hears(Enum):
    """What a talker gets after START."""

    #: All that readers get: its own messages too are part of the common stream.
    ALL = auto()
    #: JSON lines: acknowledgements, and what the others say.
    JSON = auto()
    #: What the others say, in records like the readers'.
    OTHERS = auto()
    #: Nothing of what is said; at most a reply to each of its messages.
    REPLIES = auto()


@dataclass(frozen=True, slots=True)
class Step:
    """When a line holds `seen`, `then` is sent."""

    seen: bytes
    then: bytes = b""


@dataclass(frozen=True, slots=True)
class Way:
    """How a member comes in: it says `hello` and takes the steps; with the last it is welcome. What `later`
    sees may come at any time before START, which waits for it. `start` is held by the line in which this
    member sees START; where it is empty START is not told, and all counts that comes after its own way in.
    A line that matches `refused` before the welcome ends it all."""

    hello: bytes
    steps: tuple[Step, ...]
    start: bytes = b""
    later: Step | None = None
    refused: re.Pattern[bytes] = re.compile(rb"")

    def of(self, name: str) -> "Way":
        """With the name of this member filled in."""
        names = {b"name": name.encode()}
        return replace(
            self,
            hello=self.hello % names,
            steps=tuple(Step(step.seen % names, step.then % names) for step in self.steps),
        )


@dataclass(frozen=True, slots=True)
class Form:
    """One kind of message: what its sender writes, and what arrives for it. `reply` is what the sender itself
    gets for it, if anything. Where `signed`, the text begins with the sender's name."""

    say: bytes
    heard: bytes
    signed: bool = False
    reply: bytes = b""

    def template(self, name: str, size: int, to: str = "") -> bytes:
        """What is written for a message of `size` bytes, to be completed with `% (number, time)`."""
        return self._filled(self.say, name, self._text(name, size), to)

    def record(self, name: str, size: int, to: str = "") -> bytes:
        """What arrives, to be completed in the same way."""
        return self._filled(self.heard, name, self._text(name, size), to)

    def size(self, size: int, to: str = "") -> int:
        """Of what arrives, bytes."""
        return len(self.record("p00000" if to else HERALD, size, to) % (0, 0))

    def padding(self, size: int, to: str = "") -> int:
        """How many `x` end a message of `size` bytes; less than 1 where it is too short to be one."""
        return size - _AROUND - _BODY_SIZE - len(self._signature("p00000" if to else HERALD))

    def longest(self, size: int, to: str = "") -> int:
        """Bytes of what is written or of what arrives, whichever is more."""
        name = "p00000" if to else HERALD
        return max(len(self.template(name, size, to) % (0, 0)), self.size(size, to))

    def pattern(self, size: int, to: str = "") -> re.Pattern[bytes]:
        """Of what arrives. The groups are `name` (its digits), `to`, `number` and `time`."""
        return re.compile(self._pattern(size, to))

    def stream(self, size: int, to: str) -> re.Pattern[bytes]:
        """Of one thing in a stream of such messages and of replies to one's own: the groups are those of
        `pattern`, and match nothing where it is a reply."""
        message = self._pattern(size, to)
        reply = re.escape(self.reply % {**_PLACES, b"count": 1}).replace(b"@digits@", _PATTERNS[b"@digits@"])
        return re.compile(message + b"|" + reply if reply else message)

    def opening(self) -> bytes:
        """What the herald writes for START."""
        return self._filled(self.say, HERALD, START, "")

    def _pattern(self, size: int, to: str) -> bytes:
        length = len(self._text("p00000" if to else HERALD, size) % (0, 0))
        text = b"@name@ @text@" if self.signed else b"@text@"
        pattern = re.escape(self.heard % {**_PLACES, b"length": length, b"text": text})
        for place, meaning in _PATTERNS.items():
            pattern = pattern.replace(place, meaning)
        return pattern % self.padding(size, to)

    def _signature(self, name: str) -> bytes:
        return name.encode() + b" " if self.signed else b""

    def _text(self, name: str, size: int) -> bytes:
        signature = self._signature(name)
        return signature + _BODY + b"x" * (size - _AROUND - _BODY_SIZE - len(signature))

    def _filled(self, template: bytes, name: str, text: bytes, to: str) -> bytes:
        length = len(text % (0, 0)) if b"%" in text else len(text)
        values = {b"name": name.encode(), b"to": to.encode(), b"host": _HOST, b"text": text}
        return template % {**values, b"length": length, b"digits": b"1"}


@dataclass(frozen=True, slots=True)
class DirectCodec:
    """Messages from one to one. Where `acks`, the reply tells the sender that the server has it; elsewhere a
    message counts as acknowledged when it has come. Where the way has a `start`, the last who came says
    `opening`, and when that one has started, all others do. `fence` is what is said when all has come, and
    what its answer holds: one line, and nothing comes before it."""

    way: Way
    form: Form
    fence: Step
    acks: bool = False
    opening: bytes = b""


@dataclass(frozen=True, slots=True)
class Codec:
    """One server's way of speaking."""

    reader: Way
    talker: Way
    herald: Way
    form: Form
    hears: Hears
    #: Whether only the order of each talker's messages is the same for all, not that of all messages.
    loose: bool = False
    direct: DirectCodec | None = None
    #: What the herald says for START, where it is not said like any other message.
    opening: bytes = b""
    #: What is said and what is heard may have so many bytes, for the protocol's sake.
    longest: int = 4096
    #: Clients on their way in at a time, well below the listener's backlog.
    arriving: int = 1000


#: Talker, number and time of a record; None where it is something else.
Parse = Callable[[bytes], tuple[int, int, int] | None]


def parser(form: Form, size: int) -> Parse:
    """For the records of a room with messages of `size` bytes."""
    fullmatch = form.pattern(size).fullmatch

    def parse(record: bytes) -> tuple[int, int, int] | None:
        match = fullmatch(record)
        return match and (int(match["name"]), int(match["number"]), int(match["time"]))

    return parse
