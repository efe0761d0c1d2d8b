"""From the frames of a WebSocket to requests.

What a browser says is JSON from its first byte on: nothing is guessed, nobody is greeted. Pings and closes
are answered through the outbox, as everything is that the server writes. A close is the end of input; at the
end of a session the server closes in its turn, and says why.
"""

from chatd.net.receiving import InputReader
from chatd.net.transports import Transport
from chatd.net.yielding import TimeSlice
from chatd.protocol.dialects import FRAMES
from chatd.protocol.errors import ChatError, Refused
from chatd.protocol.frame_buffer import FrameBuffer
from chatd.protocol.frames import (
    CloseCode,
    CloseFrame,
    Control,
    FrameError,
    PingFrame,
    close_frame,
    pong_frame,
)
from chatd.protocol.framing import LineTooLong
from chatd.protocol.limits import Limits
from chatd.protocol.requests import Ignored, Negotiate, Request
from chatd.state.sessions import PRESENT, Session, SessionState


class FrameReader(InputReader):
    """`first` came behind the handshake already."""

    __slots__ = ("_buffer", "_close", "_limits", "_session", "_why")

    def __init__(
        self, session: Session, transport: Transport, time_slice: TimeSlice, limits: Limits, first: bytes
    ) -> None:
        super().__init__(transport, time_slice)
        session.dialect = FRAMES
        session.state = SessionState.NAMELESS
        self._session = session
        self._limits = limits
        self._buffer = FrameBuffer(limits.line_before_name, limits.dropped, limits.frames)
        self._buffer.feed(first)
        self._close, self._why = int(CloseCode.NORMAL), ""

    @property
    def lines_ahead(self) -> int:
        return len(self._buffer)

    def feed(self, data: bytes) -> None:
        self._buffer.feed(data)

    def next_request(self) -> Request | ChatError | None:
        session, buffer = self._session, self._buffer
        present = session.state is PRESENT
        buffer.limit = self._limits.line if present else self._limits.line_before_name
        try:
            found = buffer.pop()
            if isinstance(found, bytes):
                return session.dialect.parse(found) or Ignored()
            return None if found is None else self._control(found)
        except LineTooLong as error:
            return error if present else self._fail(CloseCode.TOO_BIG, Refused(error.code, error.text))
        except FrameError as error:
            return self._fail(error.close, error)
        except ChatError as error:
            return error

    def _control(self, frame: Control) -> Request | None:
        """What is to be done about it: each costs a line, so who sends many waits."""
        if isinstance(frame, PingFrame):
            return Negotiate(pong_frame(frame.payload))
        if isinstance(frame, CloseFrame):
            self._close, self.ended = frame.code, True
            return None
        return Ignored()

    def _fail(self, close: CloseCode, error: Refused) -> Refused:
        self._close, self._why = close, error.text
        return error

    def farewell(self, going_down: bool) -> bytes:
        return close_frame(CloseCode.GOING_AWAY if going_down else self._close, self._why)
