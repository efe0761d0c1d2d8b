"""All waiting between two requests of a client: for the line rate, for a crowded room or outbox, and for the
client to take its replies. While it lasts the client is not read on, so in the end TCP slows it down.
"""

from typing import Final

import gevent

from chatd.behaviour.dispatch import Backpressured, costs
from chatd.net.flusher import Flusher
from chatd.net.reading import RequestReader
from chatd.net.transports import Transport
from chatd.net.yielding import TimeSlice
from chatd.protocol.errors import ChatError
from chatd.protocol.limits import Limits
from chatd.protocol.requests import Request
from chatd.state.outbox import Flow
from chatd.state.server_state import ServerState
from chatd.state.sessions import OVER, Session, SessionState
from chatd.state.token_bucket import TokenBucket

#: While someone waits for the rate with nothing more to be read, how often the socket is asked for an error.
ALIVE_INTERVAL: Final = 1.0


class Pacer:
    """Every wait raises OSError when the connection broke meanwhile."""

    __slots__ = ("_bucket", "_flusher", "_name_by", "_reader", "_session", "_slice", "_state", "_transport")

    def __init__(
        self,
        session: Session,
        transport: Transport,
        reader: RequestReader,
        time_slice: TimeSlice,
        state: ServerState,
        flusher: Flusher,
    ) -> None:
        self._session = session
        self._transport = transport
        self._reader = reader
        self._slice = time_slice
        self._state = state
        self._flusher = flusher
        limits = state.limits
        self._bucket = TokenBucket(limits.line_burst, limits.line_rate) if limits.line_rate else None
        self._name_by = state.now() + limits.name_time

    @property
    def _limits(self) -> Limits:
        return self._state.limits

    @property
    def time_for_name(self) -> float:
        """Seconds that are left to give one, which may be negative."""
        return self._name_by - self._state.now()

    @property
    def overdue(self) -> bool:
        """Whether the time to give a name is over, whatever was sent instead."""
        return self._session.state is not SessionState.PRESENT and self.time_for_name <= 0

    def restore(self) -> None:
        """The whole burst of lines may pass again: lines spent on choosing a name do not count."""
        if self._bucket is not None:
            self._bucket.restore()

    def admit(self, request: Request | ChatError) -> bool:
        """Wait until the line rate lets this request pass; False when the time to give a name ran out
        meanwhile. While it waits a few lines are read ahead, so that a reset or the end of input is
        noticed."""
        bucket = self._bucket
        if bucket is None or not costs(request):
            return True
        now, reader = self._state.now, self._reader
        while (wait := bucket.wait(now())) > 0 and not self.overdue:
            if reader.ended or reader.lines_ahead >= self._limits.read_ahead:
                gevent.sleep(min(wait, ALIVE_INTERVAL))
                self._transport.raise_error()
            else:
                reader.receive(wait, self._limits.line)
                self._slice.check()
        bucket.take(now())
        return not self.overdue

    def wait_while_crowded(self, target: Backpressured) -> None:
        """Until backpressure lifts. After it the reader gets a fresh time slice, in which it can handle all
        the lines that waited; else each of them would queue behind those of everyone else."""
        while target.crowded:
            self._flusher.wait_for_round()
            self._after_wait()

    def wait_until_taken(self) -> bool:
        """Until the client's unsent replies are within their bound. False for a client without a name that is
        behind: it is to be closed."""
        limits, session, outbox = self._limits, self._session, self._session.outbox
        named = session.state is SessionState.PRESENT
        bound = limits.private_waiting if named else limits.nameless_waiting
        while outbox.private > bound and session.state not in OVER:
            if not named and outbox.flow is not Flow.KEEPING_UP:
                return False
            self._flusher.wait(session)
            self._after_wait()
        return True

    def _after_wait(self) -> None:
        """Begin a fresh time slice; raise the socket's pending error, which no read has reported."""
        self._slice.begin()
        self._transport.raise_error()
