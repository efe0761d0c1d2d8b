"""The connection: events out of it, requests into it, in JSON lines through the shared dialect.

What it keeps:

1. Only reading tells that the link is broken, and only when all that the server said before was read. A
   failed send says nothing: the server's last words, like `! the server is full`, still wait to be read.
2. Nothing that a server sends is an exception here. A line that is no event we know, or longer than the
   bound, becomes NOT_UNDERSTOOD at its place.
3. Memory is bounded: one unfinished line and what one read brought.
"""

import socket as options
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Final, Self

import gevent
from gevent import socket

from chatd.dialects import JSONL
from chatd.errors import ChatError, Code
from chatd.events import Error, Event, Welcome
from chatd.framing import LineBuffer, LineTooLong
from chatd.limits import DEFAULT
from chatd.requests import Hello, Request
from chatd.texts import clean

#: Seconds for looking up the host and connecting to one of its addresses. TCP alone would try for minutes.
CONNECT_TIME: Final = 10.0
READ_SIZE: Final = 64 * 1024

NOT_UNDERSTOOD: Final = Error(code=Code.BAD_LINE, text="the server said something I do not understand")

_OF_THE_NAME: Final = (Code.BAD_NICK, Code.RESERVED_NICK, Code.TAKEN_NICK)

#: A silent server is found in the time in which it would find a silent client.
_KEEPALIVE: Final = tuple(
    (getattr(options, name), value)
    for name, value in (
        ("TCP_KEEPIDLE", DEFAULT.keepalive_idle),
        ("TCP_KEEPINTVL", DEFAULT.keepalive_interval),
        ("TCP_KEEPCNT", DEFAULT.keepalive_probes),
        ("TCP_USER_TIMEOUT", DEFAULT.user_timeout * 1000),
    )
    if hasattr(options, name)  # not every system has them all
)

Line = bytes | LineTooLong


class LinkError(Exception):
    """There is no link, or no longer: one sentence that says why."""


class NameRefused(LinkError):
    """The server does not take the name; with another it might be a link."""


def batches(read: Callable[[], bytes], limit: int) -> Iterator[list[Line]]:
    """The lines that each `read` completed, until it returns b""; what then stands without LF is one too."""
    buffer = LineBuffer(limit)
    while data := read():
        buffer.feed(data)
        yield list(_pop_all(buffer))
    buffer.finish()
    yield list(_pop_all(buffer))


def _pop_all(buffer: LineBuffer) -> Iterator[Line]:
    while True:
        try:
            line = buffer.pop()
        except LineTooLong as error:
            yield error
            continue
        if line is None:
            return
        yield line


def connect(host: str, port: int, nick: str, *others: str, token: str | None = None) -> "Link":
    """A link on which `nick` is welcome, or the first of the others that is; raises LinkError.

    `token` takes `nick` over from an earlier link.
    """
    try:
        host.encode("idna")  # the resolver would do it in gevent's pool, which prints a traceback
        with gevent.Timeout(CONNECT_TIME, TimeoutError):
            sock = socket.create_connection((host, port))
    except (OSError, UnicodeError) as error:
        raise LinkError(f"cannot connect to {clean(host)} port {port}: {_reason(error)}") from None
    sock.setsockopt(options.SOL_SOCKET, options.SO_KEEPALIVE, 1)
    # A line must not wait until the one before it was acknowledged.
    sock.setsockopt(options.IPPROTO_TCP, options.TCP_NODELAY, 1)
    for option, value in _KEEPALIVE:
        sock.setsockopt(options.IPPROTO_TCP, option, value)
    try:
        return Link(sock, nick, *others, token=token)
    except BaseException:
        sock.close()
        raise


def _reason(error: Exception) -> str:
    match error:
        case options.gaierror() | UnicodeError():
            return "unknown host"
        case TimeoutError():
            return "timed out"
        case OSError(strerror=str(text)):
            return text.lower()
    return clean(str(error))


class Link:
    """A connection with a name: iterate over it for batches of events, the welcome first.

    `end` says why there are no more.
    """

    def __init__(self, sock: socket.socket, nick: str, *others: str, token: str | None = None) -> None:
        self.end = "the server closed the connection"
        self._socket = sock
        self._lines = batches(self._read, DEFAULT.line_to_client)
        self._first: list[Line] = []
        self.send(self.encode(Hello(nick=nick, token=token)))
        self.welcome = self._greeted(iter(others))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._socket.close()

    def __iter__(self) -> Iterator[list[Event]]:
        for lines in self.lines():
            yield [event_of(line) for line in lines]

    def lines(self) -> Iterator[list[Line]]:
        """The same as the server wrote it."""
        yield self._first
        yield from self._lines

    def encode(self, request: Request) -> bytes:
        """The line that asks for it; raises LineTooLong where the server would not take it."""
        line = JSONL.encode_request(request)
        if not isinstance(request, Hello) and len(line) > self.limit + 1:
            raise LineTooLong(self.limit)
        return line

    @property
    def limit(self) -> int:
        """The longest line to the server, its newline not counted. No server may ask us to hoard more."""
        return min(self.welcome.limits.line, DEFAULT.line_to_client)

    def send(self, line: bytes) -> None:
        """Write, as fast as the server takes it; see rule 1."""
        with suppress(OSError):
            self._socket.sendall(line)

    def _read(self) -> bytes:
        try:
            return self._socket.recv(READ_SIZE)
        except OSError as error:
            self.end = f"the connection to the server broke: {_reason(error)}"
            return b""

    def _greeted(self, others: Iterator[str]) -> Welcome:
        """Read up to the welcome. Who has no room for us may say so in plain text: its last line counts."""
        said = ""
        for lines in self._lines:
            for place, line in enumerate(lines):
                if isinstance(line, bytes) and not line.startswith(b"{"):
                    said = line.decode(errors="replace").removeprefix("! ") or said
                    continue
                event = event_of(line)
                if isinstance(event, Welcome):
                    self._first = lines[place:]
                    return event
                if isinstance(event, Error) and event is not NOT_UNDERSTOOD:
                    self._try_next(event, others)
        raise LinkError(said or self.end)

    def _try_next(self, refused: Error, others: Iterator[str]) -> None:
        if refused.code not in _OF_THE_NAME:
            raise LinkError(refused.text)
        nick = next(others, None)
        if nick is None:
            raise NameRefused(refused.text)
        self.send(self.encode(Hello(nick=nick)))


def event_of(line: Line) -> Event:
    """What the server said with it, NOT_UNDERSTOOD where that is nothing we know."""
    if isinstance(line, LineTooLong):
        return NOT_UNDERSTOOD
    try:
        return JSONL.parse_event(line)
    except ChatError:
        return NOT_UNDERSTOOD
