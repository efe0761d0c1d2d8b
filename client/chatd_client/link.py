"""A connection to the server: events are read from it, requests written to it, as JSON lines.

The rules:

1. Only reading reports that the link is broken, and only after everything that the server sent before. A
   failed write is not reported: the server's last line, like `! the server is full`, is still to be read.
2. Nothing that a server sends raises an exception (see `incoming`).
3. Memory is bounded: one incomplete line, and the data of one read.
4. Any byte counts as a sign of life. If the server sends nothing for PING_AFTER seconds while a greenlet
   reads, it is sent a ping; if it sends nothing for ANSWER_WITHIN seconds more, the link is dead, even if TCP
   still has it open. Time during which nobody reads does not count.
5. Lines are written whole and one at a time, from any greenlet.
"""

from collections.abc import Iterator
from typing import Final, Self

import gevent
from gevent.lock import Semaphore
from msgspec.structs import replace

from chatd.protocol.dialects import JSONL
from chatd.protocol.errors import Code
from chatd.protocol.events import Bye, Error, Event, Welcome
from chatd.protocol.framing import LineTooLong
from chatd.protocol.limits import DEFAULT
from chatd.protocol.requests import Hello, Ping, Request
from chatd_client.incoming import NOT_UNDERSTOOD, LineReader, RawLine, event_of, to_show
from chatd_client.link_errors import (
    Banned,
    LinkError,
    NameRefused,
    PasswordNeeded,
    PasswordNotTaken,
    UnknownHost,
)
from chatd_client.wire import PLAIN_TEXT, Security, Wire, failure_reason, unreachable

__all__ = [
    "Banned",
    "Link",
    "LinkError",
    "NameRefused",
    "PasswordNeeded",
    "PasswordNotTaken",
    "UnknownHost",
    "connect",
]

#: Seconds until the welcome: what accepts a connection and sends nothing is no chat server.
GREETING_TIME: Final = 10.0
#: The same where a password is given: after wrong ones a server waits before it looks at the next.
PASSWORD_TIME: Final = 60.0
#: Seconds. Their sum is the time in which a dead link is noticed.
PING_AFTER: Final = 3.0
ANSWER_WITHIN: Final = 5.0
READ_SIZE: Final = 64 * 1024
#: Seconds to sleep before each read, or a socket that always has data would starve the other greenlets. Above
#: 0, since only a timer makes gevent's event loop poll for I/O and for other timers.
YIELD_TIME: Final = 1e-6

_NAME_ERRORS: Final = (Code.BAD_NICK, Code.RESERVED_NICK, Code.TAKEN_NICK)
_PASSWORD_ERRORS: Final = (Code.PASSWORD_NEEDED, Code.WRONG_PASSWORD, Code.BAD_PASSWORD)


def connect(
    host: str,
    port: int,
    hello: Hello,
    *others: str,
    own: bool = True,
    security: Security = PLAIN_TEXT,
) -> "Link":
    """Open a link as `hello` says, or under the first of `others` that the server accepts; raises LinkError.
    `own`: the name is the user's, so none of the others is tried where it is registered.
    """
    try:
        wire = security.open(host, port)
    except (OSError, UnicodeError) as error:
        raise unreachable(host, port, error) from None
    try:
        patience = GREETING_TIME if hello.password is None else PASSWORD_TIME
        with gevent.Timeout(patience, LinkError("the server does not answer")):
            return Link(wire, hello, *others, own=own)
    except BaseException:
        wire.close()
        raise


class Link:
    """An open connection, logged in. Iteration yields batches of events, the welcome first.

    After the iteration `end` says why it ended.
    """

    def __init__(self, wire: Wire, hello: Hello, *others: str, own: bool = True) -> None:
        self.end = "the server closed the connection"
        self._wire = wire
        self._writing = Semaphore()
        self._ping_after: float | None = None  # no pings before the welcome
        self._incoming = LineReader(self._read, DEFAULT.line_to_client)
        self._first_lines: list[RawLine] = []  # the welcome and what came with it, until it is read
        self._own = own
        self.send(self.encode(hello))
        self.welcome = self._log_in(hello, (replace(hello, nick=name) for name in others))
        self._ping_after = PING_AFTER

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._wire.close()

    def __iter__(self) -> Iterator[list[Event]]:
        for lines in self.lines():
            yield list(to_show(map(event_of, lines)))

    def lines(self) -> Iterator[list[RawLine]]:
        """The same, as lines in the server's own bytes."""
        while (lines := self.next_lines()) is not None:
            yield lines

    def next_lines(self) -> list[RawLine] | None:
        """The next batch of lines; None at the end."""
        first, self._first_lines = self._first_lines, []
        return first or self._incoming.next_batch()

    def encode(self, request: Request) -> bytes:
        """The request as a line; raises LineTooLong past the server's limit."""
        line = JSONL.encode_request(request)
        if not isinstance(request, Hello) and len(line) > self.limit + 1:
            raise LineTooLong(self.limit)
        return line

    @property
    def limit(self) -> int:
        """The longest line to the server in bytes, without its newline: the server's limit, but bounded."""
        return max(0, min(self.welcome.limits.line, DEFAULT.line_to_client))

    def send(self, line: bytes) -> bool:
        """Write a line; blocks while the socket's buffer is full. False if no byte was written (rule 1)."""
        with self._writing:
            return self._wire.send(line)

    def _read(self) -> bytes:
        gevent.sleep(YIELD_TIME)
        try:
            data = self._receive(self._ping_after)
            if data is None and self._ping():
                data = self._receive(ANSWER_WITHIN)
        except OSError as error:
            self.end = f"the connection to the server broke: {failure_reason(error)}"
            return b""
        if data is None:
            self.end = "the server went silent"
        return data or b""

    def _receive(self, within: float | None) -> bytes | None:
        with gevent.Timeout(within, False):  # type: ignore[arg-type]  # False: no exception
            return self._wire.recv(READ_SIZE)
        # If the process was stopped for a while (Ctrl-Z), the time-out fires first, though there is data.
        return self._wire.recv_now(READ_SIZE)

    def _ping(self) -> bool:
        """Send a ping, unless a line is being written, whose answer does as well. False on a time-out."""
        with gevent.Timeout(ANSWER_WITHIN, False):  # type: ignore[arg-type]
            if not self._writing.locked():
                self.send(self.encode(Ping()))
            return True
        return False

    def _log_in(self, hello: Hello, others: Iterator[Hello]) -> Welcome:
        """Read up to the welcome. A refusal may be in plain text: then its last line is the reason. Any other
        text is not chatd's, but that of a web server or the like.

        Who has an account is in its rooms whenever it comes; without `seen` nothing is told again, so that is
        not called resumed here.
        """
        said = ""
        for lines in self._incoming:
            for place, line in enumerate(lines):
                if isinstance(line, bytes) and line and not line.startswith(b"{"):
                    if not line.startswith((b"! ", b"* ")):
                        raise LinkError("what answers there is no chat server; is the port right?")
                    said = line.decode(errors="replace")[2:]
                    continue
                event = event_of(line)
                if isinstance(event, Welcome):
                    self._first_lines = lines[place:]
                    return self._as_new(event) if hello.seen is None and event.account else event
                if isinstance(event, Bye):
                    raise LinkError(event.reason)
                if isinstance(event, Error) and event is not NOT_UNDERSTOOD:
                    self._try_next(event, others)
        raise LinkError(said or self.end)

    def _as_new(self, welcome: Welcome) -> Welcome:
        """The welcome of someone who is told nothing again, here and in what comes."""
        welcome = replace(welcome, resumed=False)
        self._first_lines[0] = JSONL.encode(welcome)[:-1]
        return welcome

    def _try_next(self, refused: Error, others: Iterator[Hello]) -> None:
        if refused.code == Code.NOT_PRIVATE:
            raise PasswordNotTaken(refused.text)
        if refused.code == Code.BANNED:
            raise Banned(refused.text)
        registered = refused.code in _PASSWORD_ERRORS
        if not registered and refused.code not in _NAME_ERRORS:
            raise LinkError(refused.text)
        hello = None if registered and self._own else next(others, None)
        if hello is None:
            raise (PasswordNeeded if registered else NameRefused)(refused.text)
        self.send(self.encode(hello))
