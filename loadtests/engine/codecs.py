"""What the generator says and reads, over chatd and over the floor.

A delivered line has the same bytes over both: `<t001> SEQUENCE TIME xxx…`, of one fixed size, so that the
place of a message in the stream follows from its number alone. TIME is `time.monotonic_ns()` when the
message was due, the same clock in every process of one machine.

Talkers speak JSON lines to chatd and get an acknowledgement for each message, readers speak text. The floor
has no dialects: it echoes the line to everyone, and the talker's own echo stands for the acknowledgement.
"""

import re
from dataclasses import dataclass
from typing import Final

#: The name of talker 0, who opens the measurement once everyone is in.
HERALD: Final = "t000"
START: Final = b"START"
#: The `ref` of every message; acknowledgements are counted, not matched.
REF: Final = b"m"

#: `<t001> `, the number, a space, the time, a space.
_OVERHEAD: Final = len(b"<t001> 00000000 0000000000000000000 \n")
_LINE: Final = re.compile(rb"<t(\d{3})> (\d{8}) (\d{19}) x*\n")


@dataclass(frozen=True, slots=True)
class Codec:
    """One server's way of speaking; templates are for `%`."""

    #: How a name is given, by readers and by talkers; the floor asks for none.
    reader_hello: bytes
    talker_hello: bytes
    #: What the first line of the answer holds, for readers and for talkers.
    reader_welcome: bytes
    talker_welcome: bytes
    #: What a talker sends, around number, time and padding.
    say: bytes
    #: The opening message, and how readers, talkers and the herald see it.
    start: bytes
    reader_start: bytes
    talker_start: bytes
    herald_start: bytes
    #: Whether talkers get JSON lines of their own rather than the readers' stream, and joins are told.
    is_json: bool


CODECS: Final = {
    "chatd": Codec(
        reader_hello=b"%b\n",
        talker_hello=b'{"type":"hello","nick":"%b"}\n',
        reader_welcome=b"* you are ",
        talker_welcome=b'{"type":"welcome"',
        say=b'{"type":"say","ref":"m","text":"%b"}\n',
        start=b'{"type":"say","ref":"START","text":"START"}\n',
        reader_start=b"> START\n",
        talker_start=b'"text":"START"',
        herald_start=b'"ref":"START"',
        is_json=True,
    ),
    "floor": Codec(
        reader_hello=b"",
        talker_hello=b"",
        reader_welcome=b"* welcome to the floor\n",
        talker_welcome=b"* welcome to the floor\n",
        say=b"<%%b> %b\n",
        start=b"<t000> START\n",
        reader_start=b"> START\n",
        talker_start=b"> START\n",
        herald_start=b"> START\n",
        is_json=False,
    ),
}


def template(codec: Codec, name: str, size: int) -> bytes:
    """A talker's message, to be completed with `% (number, time)`; it is delivered as `size` bytes."""
    payload = b"%08d %019d " + b"x" * (size - _OVERHEAD)
    said = codec.say % payload
    return said.replace(b"%b", name.encode())


def parse_line(line: bytes) -> tuple[int, int, int] | None:
    """Talker, number and time of a delivered line; None where it is something else."""
    match = _LINE.fullmatch(line)
    if match is None:
        return None
    return int(match[1]), int(match[2]), int(match[3])
