"""What a client speaks, told from its first bytes.

One port serves all, so the first bytes decide, before they are split into lines. The table is read from top
to bottom, and the first row that fits counts. Some beginnings are no language of ours: they are answered with
an error, and the connection is closed, so that nothing behind them is taken for a name or a message.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from chatd.protocol.dialects import JSONL, TEXT, Dialect
from chatd.protocol.errors import Code, Refused

#: Whether a beginning is of a kind; None where more of it may still tell.
Test = Callable[[bytes], bool | None]

#: The mark that some programs put before UTF-8: at the very beginning it is skipped.
BOM: Final = b"\xef\xbb\xbf"


def _begins(*prefixes: bytes) -> Test:
    """Begins with one of these."""

    def test(start: bytes) -> bool | None:
        if start.startswith(prefixes):
            return True
        return None if any(prefix.startswith(start) for prefix in prefixes) else False

    return test


#: A method of HTTP and a space; or, of whatever else is asked for, a line with its version, also in the
#: protocols that are shaped like it. (A method is made of what RFC 9110 calls token; no name holds a space.)
_TOKEN: Final = rb"[!#$%&'*+.^_`|~0-9A-Za-z-]"
_METHOD: Final = rb"CONNECT|DELETE|GET|HEAD|OPTIONS|PATCH|POST|PRI|PUT|TRACE"
_REQUEST: Final = re.compile(rb"(?:" + _METHOD + rb") |" + _TOKEN + rb"+ [^\n]* (?i:HTTP|RTSP|SIP)/")
_PART_OF_ONE: Final = re.compile(_TOKEN + rb"+(?: [^\n]*)?")


def _asks_http(start: bytes) -> bool | None:
    if _REQUEST.match(start):
        return True
    return None if _PART_OF_ONE.fullmatch(start) else False


@dataclass(frozen=True, slots=True)
class Unwanted:
    """Answered with this."""

    text: str


TABLE: Final[tuple[tuple[Test, Dialect | Unwanted], ...]] = (
    # A TLS record. No newline may ever come.
    (_begins(b"\x16"), Unwanted("this port speaks plain text, not TLS; please connect without it")),
    # The PROXY protocol of HAProxy and load balancers, versions 1 and 2.
    (
        _begins(b"PROXY ", b"\r\n\r\n\0\r\nQUIT\n"),
        Unwanted(
            "this server takes the PROXY protocol only from addresses that --proxy names; please do without"
        ),
    ),
    (_asks_http, Unwanted("this is a chat server; please connect with nc, telnet or chat, or by HTTP/1.1")),
    (_begins(b"{"), JSONL),
    (_begins(b""), TEXT),
)


def sniff(start: bytes, settled: bool) -> Dialect | None:
    """The dialect of a connection that begins like this; Refused for what is unwanted. None while more may
    still tell, unless it is `settled`: nothing more is coming for now."""
    if not settled and len(start) < len(BOM) and BOM.startswith(start):
        return None
    start = start.removeprefix(BOM)
    for test, found in TABLE:
        fits = test(start)
        if fits is None and not settled:
            return None
        if fits:
            if isinstance(found, Unwanted):
                raise Refused(Code.BAD_LINE, found.text)
            return found
    raise AssertionError("the last row takes everything")
