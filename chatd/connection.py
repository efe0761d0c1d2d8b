"""Row 4: the left half of the server: one greenlet a client reads, and hands lines to the dispatcher.

All waiting for one client is done here: for its bytes, for the line rate, for a crowded room, for the
client to take its replies, and at its end for the last bytes to be written. The contract with the others:

MUST 1. One client's requests are handled in order, one at a time, each answered before the next.
MUST 3. Whoever ends a session (this greenlet, the flusher, a take-over, the server going down) changes its
    state through `presence`; only this greenlet closes the socket.
MUST 4. No exception leaves `run`.
"""

import errno
import logging
import os
from enum import Enum
from typing import Final

import gevent
from gevent import GreenletExit, Timeout, getcurrent
from gevent.socket import SHUT_WR, SO_ERROR, SOL_SOCKET, socket

from chatd import SERVER, presence
from chatd.commands import Sink, costs, dispatch, next_request
from chatd.errors import Code, Refused
from chatd.events import Cause, Greeting
from chatd.fanout import tell
from chatd.flusher import Flusher
from chatd.listeners import raw
from chatd.log import log
from chatd.oserrors import cause_of
from chatd.outbox import Flow
from chatd.rate import Allowance
from chatd.roster import Chat
from chatd.session import OVER, Session, State

_RECEIVE: Final = 16 * 1024
#: While someone waits for the rate with nothing more to be read, how often a reset is looked for.
_ALIVE_INTERVAL: Final = 1.0


class Phase(Enum):
    """What the greenlet is at: who wants to end it may interrupt some of that, not all."""

    READING = 1
    WRITING = 2  # the last bytes
    LINGERING = 3  # until the client closes its side too


class Connection:
    """`run` is the reader greenlet's body; it returns when the socket is closed."""

    __slots__ = (
        "_allowance",
        "_chat",
        "_ended",
        "_flusher",
        "_greenlet",
        "_linger",
        "_phase",
        "_sock",
        "session",
    )

    def __init__(self, sock: socket, peer: str, chat: Chat, flusher: Flusher, line_rate: float) -> None:
        limits = chat.limits
        self._sock = sock
        self._chat = chat
        self._flusher = flusher
        self._allowance = Allowance(limits.line_burst, line_rate) if line_rate else None
        self._greenlet = getcurrent()
        self._ended = False  # the client closed its side
        self._linger = True
        self._phase = Phase.READING
        # The raw socket's send: gevent's would wait for room, and costs a switch.
        self.session = Session(limits, self, raw(sock).send, peer)

    # -- what others may do to it (session.Link) -----------------------------------------------------

    def fileno(self) -> int:
        return self._sock.fileno()

    def hang_up(self) -> None:
        if self._phase is Phase.READING:
            self._interrupt()

    def hang_up_at_once(self) -> None:
        """`hang_up`, without waiting for the client to close its side too."""
        self._linger = False
        if self._phase is not Phase.WRITING:
            self._interrupt()

    def broken(self, cause: Cause) -> None:
        session = self.session
        if session.state not in OVER:
            self._log_end(cause)
        presence.lose(self._chat, session, cause)
        self._flusher.forget(session)
        self._interrupt()

    def _interrupt(self) -> None:
        if getcurrent() is not self._greenlet:
            gevent.kill(self._greenlet)

    # -- the greenlet --------------------------------------------------------------------------------

    def run(self) -> None:
        try:
            try:
                self._read()
            except GreenletExit:
                pass  # hung up on: what waits is still written
            except OSError as error:
                self.broken(cause_of(error, self.session.outbox.waiting))
            except Exception:
                log.exception("an error in a request of %s; the connection is closed", self._who())
                self.broken(Cause.ERROR)
            self._finish()
        except (OSError, GreenletExit) as error:
            log.debug("%s went while it was written to: %r", self._who(), error)
        finally:
            self._flusher.forget(self.session)
            self.session.outbox.close()
            self._sock.close()

    def _read(self) -> None:
        """Until the session is over, or the client closed its side."""
        session, limits = self.session, self._chat.limits
        name_by = self._chat.now() + limits.name_time
        data = self._receive(limits.greet_after)
        if data is None:
            tell(self._chat, session, Greeting(server=SERVER))
            data = self._receive(name_by - self._chat.now())
        while data:
            self.session.buffer.feed(data)
            self._handle_lines()
            if session.state in OVER:
                return
            if self._ended:
                break
            named = session.state is State.PRESENT
            data = self._receive(None if named else name_by - self._chat.now())
        if data is None:
            no_name = f"no name was given in {limits.name_time:.0f} seconds; please come back with one"
            dispatch(self._chat, session, Refused(Code.TIMEOUT, no_name))
        else:
            self._log_end(Cause.CLOSED)
            presence.end_of_input(self._chat, session)

    def _receive(self, patience: float | None) -> bytes | None:
        """What came; b"" at the end of input, None when nothing came in `patience` seconds."""
        self._sock.settimeout(None if patience is None else max(0.001, patience))
        try:
            return self._sock.recv(_RECEIVE)
        except TimeoutError as error:
            if error.errno == errno.ETIMEDOUT:
                raise
        try:  # on a busy loop the timer may come first: look into the socket before saying that nothing came
            return raw(self._sock).recv(_RECEIVE)
        except BlockingIOError:
            return None

    def _handle_lines(self) -> None:
        """Every line that is there, in order."""
        session, now, pause = self.session, self._chat.now, self._chat.limits.slice
        yield_at = now() + pause
        while session.state not in OVER:
            request = next_request(session)
            if request is None:
                return
            if self._allowance is not None and costs(request):
                self._keep_pace(self._allowance)
            named = session.state is State.PRESENT
            sink = dispatch(self._chat, session, request)
            if session.state is State.PRESENT and not named:
                log.info("%s joined from %s", session.nick, session.peer)
            elif session.state is State.LEAVING and named:
                log.info("%s left", session.nick)
            if self._hold(sink):
                yield_at = now() + pause
            elif now() > yield_at:
                gevent.sleep(0)
                yield_at = now() + pause

    # -- waiting -------------------------------------------------------------------------------------

    def _keep_pace(self, allowance: Allowance) -> None:
        """Wait until the line rate lets one more line pass. Meanwhile a little is read ahead, so that a
        reset or the end of input is noticed."""
        now, limits = self._chat.now, self._chat.limits
        while (wait := allowance.wait(now())) > 0:
            if self._ended or len(self.session.buffer) >= limits.read_ahead:
                gevent.sleep(min(wait, _ALIVE_INTERVAL))
                self._check_alive()
            elif (data := self._receive(wait)) is not None:
                self.session.buffer.feed(data)
                self._ended = not data
        allowance.take(now())

    def _hold(self, sink: Sink | None) -> bool:
        """Wait while what the client just put something into is crowded, and until it takes its replies.
        Returns whether there was a wait: who was let go has a whole slice again, and can say all that it was
        held with; else its later lines would queue behind those of everyone else, one turn for each."""
        limits, outbox = self._chat.limits, self.session.outbox
        waited = False
        while sink is not None and sink.crowded:
            self._flusher.wait_beat()
            self._check_alive()
            waited = True
        named = self.session.state is State.PRESENT
        bound = limits.private_waiting if named else limits.nameless_waiting
        while outbox.private > bound and self.session.state not in OVER:
            if not named and outbox.flow is not Flow.KEEPING_UP:
                self.broken(Cause.CLOSED)
                break
            self._flusher.wait(self.session)
            self._check_alive()
            waited = True
        return waited

    def _check_alive(self) -> None:
        """Raise what the socket has to say, if it broke while nobody read it."""
        error = self._sock.getsockopt(SOL_SOCKET, SO_ERROR)
        if error:
            raise OSError(error, os.strerror(error))

    # -- the end -------------------------------------------------------------------------------------

    def _finish(self) -> None:
        """Write what waits, then close as TCP wants it: our side first, then what the client still sends is
        read and dropped, since unread input would turn the close into a reset, and cost it our last words."""
        self._phase = Phase.WRITING
        with Timeout(self._chat.limits.leave_time, False):  # type: ignore[arg-type]  # as documented
            while self.session.outbox.waiting:
                self._flusher.wait(self.session)
            if self.session.state is State.LEAVING:
                self._phase = Phase.LINGERING
                self._sock.shutdown(SHUT_WR)
                self._sock.settimeout(None)
                while self._linger and self._sock.recv(_RECEIVE):
                    pass

    def _who(self) -> str:
        return self.session.nick or self.session.peer

    def _log_end(self, cause: Cause) -> None:
        level = logging.INFO if self.session.state is State.PRESENT else logging.DEBUG
        log.log(level, "%s lost connection (%s)", self._who(), cause)
