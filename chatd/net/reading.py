"""From a client's bytes to its requests.

The first bytes decide which dialect is spoken (see sniffing.py); until they have, they are kept as they came.
Telnet's commands are taken out of a dialect that people type. Until the name is given a line may be shorter
than after it. A bad line yields its ChatError in place of a request, so that it is paced and answered in
order.
"""

from typing import Final

from chatd.net.receiving import InputReader
from chatd.net.sniffing import BOM, sniff
from chatd.net.transports import Transport
from chatd.net.yielding import TimeSlice
from chatd.protocol.errors import ChatError, Refused
from chatd.protocol.framing import LineBuffer, LineTooLong
from chatd.protocol.limits import Limits
from chatd.protocol.requests import Ignored, Negotiate, Request
from chatd.protocol.telnet import IAC, TelnetFilter
from chatd.state.sessions import PRESENT, Session, SessionState

_IGNORED: Final = Ignored()


class RequestReader(InputReader):
    """Lines, of whichever dialect."""

    __slots__ = (
        "_buffer",
        "_limits",
        "_session",
        "_telnet",
    )

    def __init__(self, session: Session, transport: Transport, time_slice: TimeSlice, limits: Limits) -> None:
        super().__init__(transport, time_slice)
        self._session = session
        self._limits = limits
        self._buffer = LineBuffer(limits.line_before_name, limits.line)
        self._telnet: TelnetFilter | None = TelnetFilter(limits.telnet_commands)  # None: nobody types

    @property
    def lines_ahead(self) -> int:
        """How many complete lines wait; a command of Telnet counts as one."""
        return len(self._buffer) + (self._telnet.commands if self._telnet else 0)

    @property
    def begun(self) -> bool:
        """Whether anything was said, which Telnet's commands are not."""
        return self._session.state is not SessionState.NEW or self._buffer.peek() != b""

    @property
    def undecided(self) -> bool:
        """Whether a short silence would tell something: that what came is all, or that somebody waits."""
        return self._session.state is SessionState.NEW and not self._quiet

    def feed(self, data: bytes) -> None:
        """Bytes of the client."""
        telnet = self._telnet
        # A look for a byte or two, at nearly all that comes.
        if telnet is not None and (telnet.begun or data.endswith(b"\r") or IAC in data or 0 in data):
            if self._session.state is not SessionState.NEW:
                data = telnet.feed(data)
            elif not self.begun:
                data = telnet.skip(data)
        if data:
            self._quiet = False
            self._buffer.feed(data)

    def finish(self) -> None:
        self._buffer.finish()

    def drop(self) -> int:
        """Forget what came and was not handled, and the rest of a line that has begun; how many bytes that
        was. Telnet's commands are still to be answered (see `lines_ahead`)."""
        return self._buffer.clear()

    def next_request(self) -> Request | ChatError | None:
        """The client's next line as what it asks for, or as what is wrong with it; None when more bytes are
        needed."""
        session = self._session
        if session.state is not PRESENT:
            return self._nameless_request()
        self._buffer.limit = self._limits.line
        try:
            line = self._buffer.pop()
            if line is not None:
                return session.dialect.parse(line) or _IGNORED
            telnet = self._telnet
            return None if telnet is None or not telnet.commands else self._negotiation()
        except ChatError as error:
            return error

    def _negotiation(self) -> Request | None:
        """The answer to Telnet's commands, where some came."""
        telnet = self._telnet
        return Negotiate(telnet.take_answer()) if telnet is not None and telnet.commands else None

    def _nameless_request(self) -> Request | ChatError | None:
        session, buffer = self._session, self._buffer
        try:
            if session.state is SessionState.NEW:
                asked = self._negotiation()
                if asked or not self._begin():
                    return asked
            line = buffer.pop()
            if line is None:
                return self._negotiation()
            dialect = session.dialect
            parse = dialect.parse_password if session.password_of else dialect.parse_first
            return parse(line) or _IGNORED
        except LineTooLong as error:
            return Refused(error.code, error.text)
        except ChatError as error:
            return error

    def _begin(self) -> bool:
        """Find out what the client speaks; False while more bytes are needed for that."""
        start = self._buffer.peek()
        no_more = self.ended or (self._quiet and b"\n" in start) or len(start) > self._limits.line_before_name
        dialect = sniff(start, no_more) if start else None
        if dialect is None:
            return False
        self._session.dialect = dialect
        self._session.state = SessionState.NAMELESS
        if not dialect.typed:
            self._telnet = None
        self.feed(self._buffer.take().removeprefix(BOM))
        if self.ended:
            self._buffer.finish()
        return True
