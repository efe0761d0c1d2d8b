"""All waiting between two requests of a client: for its rates, for a crowded room or outbox, and for the
client to take its replies. While it lasts the client is not read on, so in the end TCP slows it down.

Whoever waits long is told so, by a line that also finds out whether anyone is there: a program that has sent
all it had and goes on listening looks like one that is gone, until it is written to.
"""

from collections.abc import Callable
from typing import Final

import gevent
from gevent.event import Event

from chatd.behaviour.dispatch import Backpressured, costs, talks
from chatd.behaviour.dispatch import lines as count_lines
from chatd.behaviour.fanout import tell
from chatd.behaviour.login_waits import login_wait
from chatd.behaviour.moderation.roles import may_pass
from chatd.net.flusher import Flusher
from chatd.net.receiving import InputReader
from chatd.net.transports import Transport
from chatd.net.yielding import TimeSlice, give_way
from chatd.protocol.errors import ChatError
from chatd.protocol.events import Waiting
from chatd.protocol.limits import Limits
from chatd.protocol.requests import Request
from chatd.state.admission import Share
from chatd.state.outbox import Flow
from chatd.state.server_state import ServerState
from chatd.state.sessions import NAMED, OVER, Session, SessionState
from chatd.state.token_bucket import TokenBucket

#: While someone waits for the rate with nothing more to be read, how often the socket is asked for an error.
ALIVE_INTERVAL: Final = 1.0
#: The same for those who wait to give a password, who may be many.
_DEAF: Final = 5.0


class Pacer:
    """Every wait raises OSError when the connection broke meanwhile."""

    __slots__ = (
        "_crowd",
        "_flusher",
        "_free",
        "_lines",
        "_log",
        "_name_by",
        "_paid",
        "_reader",
        "_session",
        "_share",
        "_slice",
        "_state",
        "_stores",
        "_told_end",
        "_transport",
        "held_by_logins",
    )

    def __init__(
        self,
        session: Session,
        transport: Transport,
        reader: InputReader,
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
        self._log = state.log
        self._stores = state.log.stores
        limits = state.limits
        self._lines = TokenBucket(limits.line_burst, limits.line_rate) if limits.line_rate else None
        self._share = state.admission.share_of(session.address)
        self._paid = 0  # of what was received, what its address has paid for
        self._free: TokenBucket | None = None  # made when it is needed: most people never ping
        self._name_by = state.now() + limits.name_time
        # What the next message waits for: what the last one went to, if that was crowded; and the first one
        # for the lobby, or newcomers would keep it crowded with a message each.
        self._crowd: Backpressured | None = state.rooms.lobby
        self.held_by_logins = False  # the time to give a name went by while a password had to wait
        self._told_end = False  # the client was told that lines wait though it has closed its side

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
        return self._session.state not in NAMED and self.time_for_name <= 0

    def forgive(self, seconds: float) -> None:
        """The server stood still for so long: that is no time of the client's."""
        self._name_by += seconds

    def begin_rate(self) -> None:
        """The name is given. The whole burst of lines may pass again, as lines spent on choosing a name do
        not count; who comes back has the rate that it had before."""
        if self._session.person.lines is not None:
            self._lines = self._session.person.lines
        elif self._lines is not None:
            self._lines.restore()
            self._session.person.lines = self._lines

    def admit(self, request: Request | ChatError) -> bool:
        """Wait until this request may be handled; False when the time to give a name ran out meanwhile."""
        lines = self._lines
        if lines is not None:
            bucket = lines if costs(request) else self._free_bucket()
            if bucket.wait(self._state.now()) > 0:
                self._wait_for(bucket.wait)
            bucket.take(self._state.now(), count_lines(request))
        if self._share is not None:
            self._wait_for_share(self._share, request)
        if self._stores and (self._session.in_flight or self._log.crowded):
            self._wait_for_log(request)
        if self._crowd is not None and talks(request):
            if not may_pass(self._state, self._session.person, self._crowd):
                self._wait_while_crowded(self._crowd)
            self._crowd = None
        if self._session.state is SessionState.NAMELESS and not self._wait_for_login(request):
            return False
        return lines is None or not self.overdue

    def _free_bucket(self) -> TokenBucket:
        if self._free is None:
            self._free = TokenBucket(self._limits.free_burst, self._limits.free_rate)
        return self._free

    def _wait_for_share(self, share: Share, request: Request | ChatError) -> None:
        """What all of its address send together has a rate, too."""
        received = self._reader.received
        lines = (received - self._paid) / self._limits.address_line_bytes
        self._paid = received
        if costs(request):
            lines += count_lines(request)
        now = self._state.now()
        passes_at = now + share.take_lines(now, lines)
        if passes_at > now:
            self._wait_for(lambda now: passes_at - now)

    def _wait_for(self, wait_at: Callable[[float], float]) -> None:
        """Until the rate lets a request pass, which it does in `wait_at(now)` seconds. Meanwhile a few lines
        are read ahead, so that a reset or the end of input is noticed. What comes after a message of many
        lines waits for long, and is told so."""
        now, limits = self._state.now, self._limits
        tell_at = now() + limits.tell_waiting
        while (wait := wait_at(now())) > 0 and not self.overdue:
            wait = min(wait, ALIVE_INTERVAL, limits.tell_waiting)
            self._read_ahead(wait, wait, limits.line)
            if self._session.state in NAMED:
                tell_at = self._told_by(tell_at)

    def _read_ahead(self, seconds: float, deaf: float, size: int) -> None:
        """Wait for so long, or until something is read; `deaf` seconds at most where enough was."""
        if self._reader.ended or self._reader.lines_ahead >= self._limits.read_ahead:
            self._ask_who_is_there()
            gevent.sleep(min(seconds, deaf))
            self._transport.raise_error()
        else:
            self._reader.receive(seconds, size)

    def _wait_for_login(self, request: Request | ChatError) -> bool:
        """Until a password may be tried; False when the time to give a name ran out before. Thousands may
        wait, of one address: so each looks again when its time may have come, and not all in one moment."""
        state, logins = self._state, self._state.logins
        wait = login_wait(state, self._session, request)
        if wait <= 0:
            return True
        if wait > self._limits.tell_waiting:
            self._tell_waiting()
        turn = logins.begin_waiting()
        try:
            while wait > 0 and not self.overdue:
                seconds = min(max(wait, ALIVE_INTERVAL) + turn, max(0.0, self.time_for_name))
                self._read_ahead(seconds, _DEAF, self._limits.line_before_name)
                wait = login_wait(state, self._session, request)
        finally:
            logins.end_waiting()
        self.held_by_logins = wait > 0
        return not self.held_by_logins

    def wait_for_rate(self) -> None:
        """Until the rate of lines allows a long answer."""
        if self._lines is not None and self._lines.wait(self._state.now()) > 0:
            self._wait_for(self._lines.wait)

    def wait_for_round(self) -> None:
        """Until something has happened."""
        self._flusher.wait_for_round()
        self._after_wait()

    def charge(self, size: int) -> None:
        """The last answer had `size` bytes: a long one costs the rate of lines more."""
        if self._lines is not None and size >= self._limits.answer_bytes:
            self._lines.take(self._state.now(), size // self._limits.answer_bytes)

    def added_to(self, crowd: Backpressured) -> None:
        """The last message went where it is crowded: the next one waits."""
        self._crowd = crowd

    def _wait_for_log(self, request: Request | ChatError) -> None:
        """A message waits while too much is on its way into the log, anything else until all is answered
        that was said before it (so a pong tells that)."""
        if talks(request):
            most = self._limits.in_flight
            self._wait_while(lambda: self._log.crowded or self._session.in_flight >= most)
        else:
            self.wait_until_answered()

    def wait_until_answered(self) -> None:
        """Until nothing of the session is on its way into the log."""
        session = self._session
        if not session.in_flight:
            return
        answered, patience = Event(), ALIVE_INTERVAL
        tell_at = self._state.now() + self._limits.tell_waiting
        while session.in_flight:
            session.answered = answered.set
            answered.wait(patience)
            session.answered = None
            answered.clear()
            patience = min(2 * patience, self._limits.tell_waiting)
            self._after_wait()
            tell_at = self._told_by(tell_at)

    def _wait_while(self, held: Callable[[], bool]) -> None:
        tell_at = self._state.now() + self._limits.tell_waiting
        while held():
            self._flusher.log_moved.wait(ALIVE_INTERVAL)
            self._after_wait()
            tell_at = self._told_by(tell_at)

    def _wait_while_crowded(self, crowd: Backpressured) -> None:
        """Until backpressure lifts. After it the reader gets a fresh time slice, in which it can handle all
        the lines that waited; else each of them would queue behind those of everyone else."""
        tell_at = self._state.now() + self._limits.tell_waiting
        while crowd.crowded:
            self._flusher.wait_for_round()
            self._after_wait()
            tell_at = self._told_by(tell_at)

    def wait_until_taken(self) -> bool:
        """Until the client's unsent replies are within their bound. False for a client without a name that is
        behind: it is to be closed."""
        limits, session, outbox = self._limits, self._session, self._session.outbox
        named = session.state in NAMED
        bound = limits.private_waiting if named else limits.nameless_waiting
        while outbox.private > bound and session.state not in OVER:
            if not named and outbox.flow is not Flow.KEEPING_UP:
                return False
            self._flusher.wait(session)
            give_way()  # to the client first of all, which may have to read: the next round may come at once
            self._after_wait()
        return True

    def _after_wait(self) -> None:
        """Begin a fresh time slice; raise the socket's pending error, which no read has reported."""
        self._slice.begin()
        self._transport.raise_error()

    def _ask_who_is_there(self) -> None:
        """A client that has closed its side while lines of it wait is told so, once. From one that is gone
        the answer is a reset, which ends its session; else it would be spoken for until all is said."""
        if not self._told_end and (self._reader.ended or self._transport.input_ended()):
            self._told_end = True
            self._tell_waiting()

    def _told_by(self, tell_at: float) -> float:
        """Tell the client that its lines wait, when that time has come; when it is to be told next."""
        if self._state.now() <= tell_at:
            return tell_at
        self._tell_waiting()
        return self._state.now() + self._limits.tell_waiting

    def _tell_waiting(self) -> None:
        tell(self._state, self._session, Waiting(lines=self._reader.lines_ahead + 1))
