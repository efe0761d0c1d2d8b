"""What `chat send` reads, as lines of text that can be said.

Lines are those of the input, counted from 1, also where a line is so long that it comes in several parts.
What was meant for a terminal is taken out: a BOM at the beginning of a line (files put together have one
each), escape sequences like those of colours, and what a carriage return overwrites, as progress bars do.
Invalid UTF-8 becomes U+FFFD.
"""

import re
from bisect import bisect_right
from codecs import getincrementaldecoder
from collections.abc import Callable, Iterator
from typing import Final, NamedTuple

import msgspec

from chatd.protocol.sanitize import clean

#: Characters of a line without its end: a longer one is cut, and its beginning sent.
LONGEST: Final = 64 * 1024
#: Bytes of the longest character in JSON, control characters apart.
SMALLEST: Final = 4

#: Escape sequences as ECMA-48 has them: CSI; OSC and the other strings, which end in ST or BEL; all others.
_ESCAPES: Final = re.compile(
    "(?:\x1b\\[|\x9b)[0-?]*[ -/]*[@-~]"
    "|(?:\x1b[\\]PX^_]|[\x90\x98\x9d-\x9f])[^\x07\x1b\x80-\x9f]*(?:\x07|\x1b\\\\|\x9c)"
    "|\x1b[ -/]*[0-~]?"
)


class NumberedLine(NamedTuple):
    """A line of the input, or a part of it."""

    number: int
    text: str


def numbered_lines(read: Callable[[], bytes]) -> Iterator[list[NumberedLine]]:
    """The lines that each `read` completed, until it returns b""."""
    decoder = getincrementaldecoder("utf-8")("replace")
    number, rest = 1, ""
    while data := read():
        *whole, rest = (rest + decoder.decode(data)).split("\n")
        lines = [NumberedLine(number + at, line) for at, line in enumerate(whole)]
        number += len(whole)
        if len(rest) > LONGEST:
            cut = rest.rfind(" ") + 1 or len(rest)
            lines.append(NumberedLine(number, rest[:cut]))
            rest = rest[cut:]
        yield lines
    yield [NumberedLine(number, rest + decoder.decode(b"", final=True))]


def plain(line: str) -> str:
    """The line as a terminal would show it, without spaces at its end and without anything unsafe."""
    if not line.isprintable():
        line = _ESCAPES.sub("", line.removeprefix("\ufeff")).rstrip("\r").rpartition("\r")[2]
    return clean(line).rstrip()


def pieces(text: str, limit: int) -> Iterator[str]:
    """Split the text, at spaces where it has them, into parts of at most `limit` bytes of JSON.

    `limit` is at least SMALLEST.
    """
    while json_size(text) > limit:
        # A character takes at least a byte, so no more than `limit` of them can fit.
        most = bisect_right(range(1, limit + 1), limit, key=lambda length: json_size(text[:length]))
        cut = max(text.rfind(" ", 0, most + 1), 0)
        if not text[:cut].strip():
            cut = most
        yield text[:cut]
        text = text[cut:].lstrip()
    yield text


def json_size(text: str) -> int:
    """Bytes of the text in JSON, without its quotes."""
    return len(msgspec.json.encode(text)) - 2
