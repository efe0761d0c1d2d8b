"""The head of an HTTP request (RFC 9112), from bytes to what it asks for.

Two programs that read the same bytes differently are how requests are smuggled, so nothing is forgiven that
the RFC lets a server forgive: lines that end in LF alone, CR within one, lines that are folded, a space
before a colon, two lengths. Nothing here has a body, so where one is announced the rest of the connection
means nothing, and it is closed.

Our own code: h11, which forgives some of these, takes three times as long for the head of a browser (28 us,
this one 9), and a head is what anyone can send. What this takes, h11 takes, too, and finds the same in it:
the tests try that.

What comes out does not depend on how the bytes were split.
"""

import re
from dataclasses import dataclass
from typing import Final

from chatd.protocol.limits import Limits

_LINE: Final = b"\r\n"
_END: Final = b"\r\n\r\n"
#: All but the control characters that no head has.
_ALLOWED: Final = bytes((*b"\t\r\n", *range(0x20, 0x7F), *range(0x80, 0x100)))
_TOKEN: Final = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
_ASKS: Final = re.compile(rf"({_TOKEN}) ([\x21-\x7e]+) HTTP/([0-9])\.([0-9])\r\n")
#: A line, as all are that `_check` lets pass.
_FIELD: Final = re.compile(rf"({_TOKEN}):([^\r]*)\r\n")
#: What a line has beside its name and value.
_MARKS: Final = len(":\r\n")
_NUMBER: Final = re.compile(r"[0-9]{1,18}")

_NOT_HTTP: Final = "this is not HTTP/1.1 as RFC 9112 has it"


class BadHead(Exception):
    """Answered with this status and a sentence, and closed."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status
        self.text = text


@dataclass(frozen=True, slots=True)
class WebRequest:
    """What is asked for. `headers` by their names in lower case, each with all its values; `modern`: it is of
    HTTP/1.1."""

    method: str
    target: str
    headers: dict[str, tuple[str, ...]]
    modern: bool

    @property
    def path(self) -> str:
        return self.target.partition("?")[0]

    @property
    def keeps(self) -> bool:
        """Whether more may be asked for on the same connection."""
        return self.modern and "close" not in self.words("connection")

    def one(self, name: str) -> str | None:
        """The only value of a header; None where there is none, or more than one."""
        values = self.headers.get(name, ())
        return values[0] if len(values) == 1 else None

    def words(self, name: str) -> list[str]:
        """A header that is a list, as words in lower case."""
        return [word.strip().lower() for value in self.headers.get(name, ()) for word in value.split(",")]


class HeadBuffer:
    """`feed` bytes, then `pop` until it returns None. Raises BadHead, after which it is not to be asked any
    more. Whoever feeds it does not read on while a head waits, which bounds what is kept."""

    __slots__ = ("_data", "_limits")

    def __init__(self, limits: Limits) -> None:
        self._limits: Final = limits
        self._data = b""

    @property
    def begun(self) -> bool:
        return bool(self._data)

    def feed(self, data: bytes) -> None:
        self._data += data

    def take(self) -> bytes:
        """What came behind the last head."""
        data, self._data = self._data, b""
        return data

    def pop(self) -> WebRequest | None:
        data, limits = self._data, self._limits
        end = data.find(_END)
        head = data if end < 0 else data[: end + len(_END)]
        line = head.find(_LINE)
        if (len(head) - 1 if line < 0 else line) > limits.request_line:
            _check(head[: limits.request_line])
            raise BadHead(414, f"an address has at most {limits.request_line} bytes here")
        _check(head[: limits.head_bytes])
        if len(head) > limits.head_bytes:
            raise BadHead(431, f"the headers have at most {limits.head_bytes} bytes here")
        if end < 0:
            return None
        self._data = data[len(head) :]
        return _parsed(head[: -len(_LINE)].decode("latin-1"))


def _check(head: bytes) -> None:
    """Its control characters: CR and LF only together; no line that goes on in the next one, and no empty one
    before the first."""
    ends = head.count(_LINE)
    if (
        head.translate(None, _ALLOWED)
        or head.count(b"\n") != ends
        or head.count(b"\r") != ends + head.endswith(b"\r")
        or b"\n " in head
        or b"\n\t" in head
        or head.startswith(_LINE)
    ):
        raise BadHead(400, _NOT_HTTP)


def _parsed(head: str) -> WebRequest:
    asks = _ASKS.match(head)
    if asks is None:
        raise BadHead(400, _NOT_HTTP)
    if asks[3] != "1":
        raise BadHead(505, "HTTP/1.1 is what is spoken here")
    headers: dict[str, tuple[str, ...]] = {}
    at = asks.end()
    for name, value in _FIELD.findall(head, at):
        at += len(name) + len(value) + _MARKS
        key = name.lower()
        headers[key] = (*headers.get(key, ()), value.strip(" \t"))
    if at != len(head):  # a line was skipped, which was none
        raise BadHead(400, _NOT_HTTP)
    modern = asks[4] != "0"
    hosts = len(headers.get("host", ()))
    if hosts > 1 or (modern and not hosts):
        raise BadHead(400, "it is not said once, and only once, which host is meant (Host)")
    _check_body(headers.get("content-length", ()), "transfer-encoding" in headers)
    return WebRequest(asks[1], asks[2], headers, modern)


def _check_body(lengths: tuple[str, ...], coded: bool) -> None:
    """There is none; and what others may read differently is refused."""
    if len(lengths) + coded > 1 or not all(map(_NUMBER.fullmatch, lengths)):
        raise BadHead(400, "it is not clear how long this request is")
    if coded or any(map(int, lengths)):
        raise BadHead(413, "nothing is taken here that has a body")
