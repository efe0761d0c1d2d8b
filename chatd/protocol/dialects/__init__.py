"""The languages that clients speak.

A dialect turns lines into Requests and Events into bytes; it holds no I/O and no state. What every dialect
promises:

1. `parse` and `parse_first` (the line that gives the name) return a Request, or None where there is nothing
   to do, or raise ChatError with a sentence for the sender. No other exception leaves them.
2. The texts that others will read are clean and not empty, a ref is within its bound: nothing further in
   looks at them again. Names and rooms are looked up where they are known.
3. `encode` returns whole lines, or b"" where the dialect has nothing to say. The same event gives the same
   bytes to every reader, so that a broadcast is encoded once.

The first line of a connection decides which one is spoken: the table is read from top to bottom.
"""

from typing import Protocol

from chatd.protocol.dialects.jsonl import JsonLines
from chatd.protocol.dialects.text import TextLines
from chatd.protocol.events import Event
from chatd.protocol.requests import Request


class Dialect(Protocol):
    """See the module's promises."""

    def parse_first(self, line: bytes) -> Request | None: ...

    def parse(self, line: bytes) -> Request | None: ...

    def encode(self, event: Event) -> bytes: ...


TEXT = TextLines()
JSONL = JsonLines()

#: (what the first line starts with, who speaks so)
DETECTION: tuple[tuple[bytes, Dialect], ...] = ((b"{", JSONL), (b"", TEXT))

#: The first byte of a TLS record. No name and no JSON starts with it, and TLS sends no newline that one
#: could wait for.
TLS_HANDSHAKE = b"\x16"


def detect(line: bytes) -> Dialect:
    """The dialect of the connection that begins with this line."""
    return next(dialect for prefix, dialect in DETECTION if line.startswith(prefix))
