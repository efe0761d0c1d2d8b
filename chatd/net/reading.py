"""From a client's bytes to its requests.

The first line decides which dialect is spoken (see sniffing.py). Until the name is given a line may be
shorter than after it. A bad line yields its ChatError in place of a request, so that it is paced and answered
in order.
"""

from typing import Final

from chatd.net.sniffing import sniff
from chatd.net.transports import Transport
from chatd.net.yielding import TimeSlice
from chatd.protocol.errors import ChatError, Refused
from chatd.protocol.framing import LineBuffer, LineTooLong
from chatd.protocol.limits import Limits
from chatd.protocol.requests import Ignored, Request
from chatd.state.sessions import Session, SessionState

#: What one read brings at most. Before the name, and while someone waits for the rate, it is a line.
RECEIVE: Final = 16 * 1024

_IGNORED: Final = Ignored()


class RequestReader:
    """`receive` bytes, then take `next_request` until it is None. `ended`: the client closed its side.
    `time_slice` is that of the greenlet that reads: a fresh one begins after each wait."""

    __slots__ = ("_buffer", "_emptied", "_limits", "_session", "_slice", "_transport", "ended")

    def __init__(self, session: Session, transport: Transport, time_slice: TimeSlice, limits: Limits) -> None:
        self._session = session
        self._transport = transport
        self._slice = time_slice
        self._limits = limits
        self._buffer = LineBuffer(limits.line_before_name, limits.line)
        self._emptied = False  # the last read left nothing in the socket
        self.ended = False

    @property
    def lines_ahead(self) -> int:
        """How many complete lines wait."""
        return len(self._buffer)

    def receive(self, patience: float | None, size: int) -> bool:
        """Take what comes, up to `size` bytes. False when nothing came in `patience` seconds."""
        came = True
        while True:
            if self._emptied:  # skip a read that would only raise BlockingIOError
                came = self._transport.wait_readable(patience)
                self._slice.begin()
            try:
                data = self._transport.receive(size)
                break
            except BlockingIOError:
                # On a busy loop the timer may come first, so the socket is read once more in any case.
                if not came:
                    return False
                self._emptied = True
        self._emptied = len(data) < size
        if data:
            self.feed(data)
        else:
            self.ended = True
            self._buffer.finish()
        return True

    def feed(self, data: bytes) -> None:
        """Bytes of the client."""
        self._buffer.feed(data)

    def next_request(self) -> Request | ChatError | None:
        """The client's next line as what it asks for, or as what is wrong with it; None when more bytes are
        needed."""
        session = self._session
        if session.state is not SessionState.PRESENT:
            return self._nameless_request()
        self._buffer.limit = self._limits.line
        try:
            line = self._buffer.pop()
            return None if line is None else session.dialect.parse(line) or _IGNORED
        except ChatError as error:
            return error

    def _nameless_request(self) -> Request | ChatError | None:
        session, buffer = self._session, self._buffer
        try:
            if session.state is SessionState.NEW and not self._begin():
                return None
            line = buffer.pop()
            return None if line is None else session.dialect.parse_first(line) or _IGNORED
        except LineTooLong as error:
            return Refused(error.code, error.text)
        except ChatError as error:
            return error

    def _begin(self) -> bool:
        """Find out what the client speaks; False while more bytes are needed for that."""
        buffer = self._buffer
        start = buffer.peek()
        if start is None:
            return False
        try:
            dialect = sniff(start, whole=len(buffer) > 0)
        except ChatError:
            buffer.drop()
            raise
        if dialect is None:
            return False
        self._session.dialect = dialect
        self._session.state = SessionState.NAMELESS
        return True
