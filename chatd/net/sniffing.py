"""What a client speaks, told from how its first line begins.

One port serves all, so the first bytes decide. The table is read from top to bottom, and the first row that
fits counts: the line begins with its bytes. Some beginnings are no language of ours, and are answered with an
error.
"""

from dataclasses import dataclass
from typing import Final

from chatd.protocol.dialects import JSONL, TEXT, Dialect
from chatd.protocol.errors import ChatError, Code


@dataclass(frozen=True, slots=True)
class Unwanted:
    """The line is dropped and answered with this; the client may begin anew."""

    code: Code
    text: str


#: A TLS record: no name and no JSON starts with it, and TLS sends no newline that one could wait for.
_TLS: Final = b"\x16"

TABLE: Final[tuple[tuple[bytes, Dialect | Unwanted], ...]] = (
    (_TLS, Unwanted(Code.BAD_LINE, "this port speaks plain text, not TLS; please connect without it")),
    (b"{", JSONL),
    (b"", TEXT),
)


def sniff(start: bytes, whole: bool) -> Dialect | None:
    """The dialect of a connection whose first line begins like this; ChatError for what is unwanted. None
    while the line is not `whole` and more of it may still tell."""
    for prefix, found in TABLE:
        if start.startswith(prefix):
            if isinstance(found, Unwanted):
                raise ChatError(found.code, found.text)
            return found
        if not whole and prefix.startswith(start):
            return None
    raise AssertionError("the last row takes everything")
