"""The connection: events out of it, requests into it, in JSON lines through the shared dialect.

What it keeps:

1. Only reading tells that the link is broken, and only when all that the server said before was read. A
   failed send says nothing: the server's last words, like `! the server is full`, still wait to be read.
2. Nothing that a server sends is an exception here. A line that is no event we know, or longer than the
   bound, becomes NOT_UNDERSTOOD at its place.
3. Memory is bounded: one unfinished line and what one read brought.
4. Any byte is life. A server that was silent for PING_AFTER while someone reads is asked; silent for
   ANSWER_WITHIN more, it is gone, whatever TCP still believes. Time in which nobody reads says nothing.
5. Whole lines are written, one at a time, whoever writes them.
"""

import select
import socket as options
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from typing import Final, Self

import gevent
from gevent import socket
from gevent.lock import Semaphore

from chatd.protocol.dialects import JSONL
from chatd.protocol.errors import ChatError, Code
from chatd.protocol.events import Bye, Error, Event, Welcome
from chatd.protocol.framing import LineBuffer, LineTooLong
from chatd.protocol.limits import DEFAULT
from chatd.protocol.requests import Hello, Ping, Request
from chatd.protocol.sanitize import clean

#: Seconds for looking up the host and connecting to one of its addresses, and for each of those: where the
#: first is dead, another may live. TCP alone would try for minutes.
CONNECT_TIME: Final = 10.0
ADDRESS_TIME: Final = 4.0
#: Seconds until the welcome: what accepts and says nothing at all is no server.
GREETING_TIME: Final = 10.0
#: Seconds. Together they are the time within which a dead link is noticed.
PING_AFTER: Final = 3.0
ANSWER_WITHIN: Final = 5.0
READ_SIZE: Final = 64 * 1024
#: A socket that always has something would be read for ever. Above 0, since only a timer lets gevent look for
#: what else has come in, and for timers that are due.
GIVE_WAY: Final = 1e-6

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

RawLine = bytes | LineTooLong


class LinkError(Exception):
    """There is no link, or no longer: one sentence that says why."""


class NameRefused(LinkError):
    """The server does not take the name; with another it might be a link."""


def batches(read: Callable[[], bytes], limit: int) -> Iterator[list[RawLine]]:
    """The lines that each `read` completed, until it returns b""; what then stands without LF is one too."""
    buffer = LineBuffer(limit)
    while data := read():
        buffer.feed(data)
        yield list(_pop_all(buffer))
    buffer.finish()
    yield list(_pop_all(buffer))


def _pop_all(buffer: LineBuffer) -> Iterator[RawLine]:
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
    failed = f"cannot connect to {clean(host)} port {port}"
    try:
        host.encode("idna")  # the resolver would do it in gevent's pool, which prints a traceback
        with gevent.Timeout(CONNECT_TIME, LinkError(f"{failed}: timed out")):
            sock = socket.create_connection((host, port), ADDRESS_TIME)
    except (OSError, UnicodeError) as error:
        raise LinkError(f"{failed}: {_reason(error)}") from None
    sock.settimeout(None)
    sock.setsockopt(options.SOL_SOCKET, options.SO_KEEPALIVE, 1)
    # A line must not wait until the one before it was acknowledged.
    sock.setsockopt(options.IPPROTO_TCP, options.TCP_NODELAY, 1)
    for option, value in _KEEPALIVE:
        sock.setsockopt(options.IPPROTO_TCP, option, value)
    try:
        with gevent.Timeout(GREETING_TIME, LinkError("the server does not answer")):
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
        self._writing = Semaphore()
        self._ping_after: float | None = None  # nobody is asked before the welcome
        self._lines = batches(self._read, DEFAULT.line_to_client)
        self._first: list[RawLine] = []
        self.send(self.encode(Hello(nick=nick, token=token)))
        self.welcome = self._greeted(iter(others))
        self._ping_after = PING_AFTER

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._socket.close()

    def __iter__(self) -> Iterator[list[Event]]:
        for lines in self.lines():
            yield list(_once(event_of(line) for line in lines))

    def lines(self) -> Iterator[list[RawLine]]:
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
        return max(0, min(self.welcome.limits.line, DEFAULT.line_to_client))

    def send(self, line: bytes) -> bool:
        """Write, as fast as the server takes it; see rule 1. False where nothing of it can have arrived."""
        with self._writing:
            try:
                taken = self._socket.send(line)
            except OSError:
                return False
            with suppress(OSError):
                self._socket.sendall(line[taken:])
            return True

    def _read(self) -> bytes:
        gevent.sleep(GIVE_WAY)
        try:
            data = self._received(self._ping_after)
            if data is None and self._ask():
                data = self._received(ANSWER_WITHIN)
        except OSError as error:
            self.end = f"the connection to the server broke: {_reason(error)}"
            return b""
        if data is None:
            self.end = "the server went silent"
        return data or b""

    def _received(self, within: float | None) -> bytes | None:
        with gevent.Timeout(within, False):  # type: ignore[arg-type]  # False: without an error
            return self._socket.recv(READ_SIZE)
        # A program that was stopped for a while (Ctrl-Z) finds its timer late, and what came in meanwhile.
        late = select.poll()
        late.register(self._socket.fileno(), select.POLLIN)
        return self._socket.recv(READ_SIZE) if late.poll(0) else None

    def _ask(self) -> bool:
        """Whether the server was asked. A line that is being written asks as well: it will be answered."""
        with gevent.Timeout(ANSWER_WITHIN, False):  # type: ignore[arg-type]
            if not self._writing.locked():
                self.send(self.encode(Ping()))
            return True
        return False

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
                if isinstance(event, Bye):
                    raise LinkError(event.reason)
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


def _once(events: Iterable[Event]) -> Iterator[Event]:
    """A thousand lines in a row that nobody understands are one complaint."""
    before: Event | None = None
    for event in events:
        if event is not NOT_UNDERSTOOD or event is not before:
            yield event
        before = event


def event_of(line: RawLine) -> Event:
    """What the server said with it, NOT_UNDERSTOOD where that is nothing we know."""
    if isinstance(line, LineTooLong):
        return NOT_UNDERSTOOD
    try:
        return JSONL.parse_event(line)
    except ChatError:
        return NOT_UNDERSTOOD
