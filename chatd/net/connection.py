"""The left half of the server: one greenlet a client reads, and hands lines to the dispatcher.

All waiting for one client is done here: for its bytes, for the line rate, for a crowded room, for the
client to take its replies, and at its end for the last bytes to be written. The contract with the others:

MUST 1. One client's requests are handled in order, one at a time, each answered before the next.
MUST 3. Whoever ends a session (this greenlet, the flusher, a take-over, the server going down) changes its
    state through `presence`; only this greenlet closes the socket.
MUST 4. No exception leaves `run`.
Turns. Whatever a client sends, after a few milliseconds everyone else has a turn (see turns.py).
"""

import logging
import os
from enum import Enum
from typing import Final

import gevent
from gevent import GreenletExit, Timeout, get_hub, getcurrent
from gevent.socket import SHUT_WR, SO_ERROR, SOL_SOCKET, socket

from chatd.behaviour import presence
from chatd.behaviour.dispatch import Backpressured, costs, dispatch, next_request
from chatd.behaviour.fanout import tell
from chatd.net.flusher import Flusher
from chatd.net.listeners import raw, unacknowledged, wait_readable
from chatd.net.logs import log
from chatd.net.os_errors import cause_of
from chatd.net.yielding import Turn, give_way
from chatd.protocol.errors import ChatError, Code, Refused
from chatd.protocol.events import Cause, Greeting
from chatd.protocol.requests import Request
from chatd.protocol.version import SERVER
from chatd.state.outbox import Flow
from chatd.state.roster import ServerState
from chatd.state.sessions import OVER, NoConnection, Session, SessionState
from chatd.state.token_bucket import TokenBucket

#: What one read brings at most. Before the name, and while someone waits for the rate, it is a line.
_RECEIVE: Final = 16 * 1024
#: While someone waits for the rate with nothing more to be read, how often a reset is looked for.
_ALIVE_INTERVAL: Final = 1.0
#: How often it is looked whether a client has taken its last words, when the server goes down.
_HURRY_INTERVAL: Final = 0.02


class Phase(Enum):
    """What the greenlet is at. Who has nothing more to hear from the client may interrupt its reading, but
    only who knows that nobody is there may interrupt the end."""

    READING = 1
    ENDING = 2


class Connection:
    """`run` is the reader greenlet's body; it returns when the socket is closed."""

    __slots__ = (
        "_bucket",
        "_emptied",
        "_ended",
        "_flusher",
        "_greenlet",
        "_linger",
        "_name_by",
        "_phase",
        "_sock",
        "_state",
        "_turn",
        "session",
        "written",
    )

    def __init__(self, sock: socket, peer: str, state: ServerState, flusher: Flusher, rate: float) -> None:
        limits = state.limits
        self._sock = sock
        self._state = state
        self._flusher = flusher
        self._bucket = TokenBucket(limits.line_burst, rate) if rate else None
        self._greenlet = getcurrent()
        self._turn = Turn(state.now, limits.slice)
        self._name_by = state.now() + limits.name_time
        self._ended = False  # the client closed its side
        self._emptied = False  # the last look left nothing in the socket
        self._linger = True
        self._phase = Phase.READING
        self.written = False  # to the last byte, as far as the other side's acknowledgement tells
        # The raw socket's send: gevent's would wait for room, and costs a switch.
        self.session = Session(limits, self, raw(sock).send, peer)

    # -- what others may do to it (sessions.ConnectionHandle) ------------------------------------------

    def fileno(self) -> int:
        return self._sock.fileno()

    def hang_up(self) -> None:
        log.info("%s was taken over by a new connection", self._who())
        self._interrupt(Phase.READING)

    def hang_up_at_once(self) -> None:
        """`hang_up`, without waiting for the client to close its side too."""
        self._linger = False
        self._interrupt(Phase.READING)

    def broken(self, cause: Cause) -> None:
        session = self.session
        if session.state not in OVER:
            self._log_end(cause)
        presence.lose(self._state, session, cause)
        self._flusher.forget(session)
        if getcurrent() is not self._greenlet:
            self._interrupt(*Phase)

    def _interrupt(self, *phases: Phase) -> None:
        """End what the greenlet is at, if it is one of these by the time that the hub comes to it."""

        def throw() -> None:
            if self._phase in phases and not self._greenlet.dead:
                self._greenlet.throw(GreenletExit)

        get_hub().loop.run_callback(throw)

    # -- the greenlet --------------------------------------------------------------------------------

    def run(self) -> None:
        try:
            try:
                self._read()
            except GreenletExit:
                log.debug("%s was hung up on", self._who())  # what waits is still written
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
            self.session.connection = (
                NoConnection()
            )  # else the two would keep each other until garbage is collected
            self._sock.close()

    def _read(self) -> None:
        """Until the session is over."""
        session, limits = self.session, self._state.limits
        if not self._receive(limits.greet_after, limits.line_before_name):
            tell(self._state, session, Greeting(server=SERVER))
        while session.state not in OVER:
            request = next_request(session)
            named = session.state is SessionState.PRESENT
            if not named and self._overdue():
                dispatch(self._state, session, self._no_name())
            elif request is not None:
                self._handle(request)
            elif self._ended:
                self._log_end(Cause.CLOSED)
                presence.close(self._state, session)
            elif named:
                self._receive(None, _RECEIVE)
            else:
                self._receive(self._name_by - self._state.now(), limits.line_before_name)
            self._turn.check()

    def _receive(self, patience: float | None, size: int) -> bool:
        """Take what comes, up to `size` bytes. False when nothing came in `patience` seconds."""
        came = True
        while True:
            if self._emptied:  # to look first would find nothing, at every line of a quick talk
                came = wait_readable(self._sock, patience)
                self._turn.begin()
            try:
                data = raw(self._sock).recv(size)
                break
            except BlockingIOError:
                # On a busy loop the timer may come first: the socket is looked into once more in any case.
                if not came:
                    return False
                self._emptied = True
        self._emptied = len(data) < size
        if data:
            self.session.buffer.feed(data)
        else:
            self._ended = True
            self.session.buffer.finish()
        return True

    def _handle(self, request: Request | ChatError) -> None:
        """One line, in its turn."""
        session = self.session
        if self._bucket is not None and costs(request):
            self._keep_pace(self._bucket)
            if self._overdue():
                return
        before = session.state
        sink = dispatch(self._state, session, request)
        if session.state is not before:
            self._changed(before)
        if sink is not None and sink.crowded:
            self._hold(sink)
        if session.outbox.private > self._state.limits.nameless_waiting:  # the tighter of the two bounds
            self._await_taking()

    def _changed(self, before: SessionState) -> None:
        """A line made the client something else."""
        session = self.session
        if session.state is SessionState.PRESENT:
            if self._bucket is not None:
                self._bucket.restore()  # what it took to find a name is no talk
            log.info("%s joined from %s", session.nick, session.peer)
        elif session.state is SessionState.LEAVING and before is SessionState.PRESENT:
            log.info("%s left", session.nick)

    def _overdue(self) -> bool:
        """Whether the time to give a name is over, whatever was sent instead."""
        return self.session.state is not SessionState.PRESENT and self._state.now() >= self._name_by

    def _no_name(self) -> ChatError:
        seconds = self._state.limits.name_time
        return Refused(Code.TIMEOUT, f"no name was given in {seconds:g} seconds; please come back with one")

    # -- waiting -------------------------------------------------------------------------------------

    def _keep_pace(self, bucket: TokenBucket) -> None:
        """Wait until the line rate lets one more line pass. Meanwhile a little is read ahead, so that a
        reset or the end of input is noticed."""
        now, limits = self._state.now, self._state.limits
        while (wait := bucket.wait(now())) > 0 and not self._overdue():
            if self._ended or len(self.session.buffer) >= limits.read_ahead:
                gevent.sleep(min(wait, _ALIVE_INTERVAL))
                self._check_alive()
            else:
                self._receive(wait, limits.line)
                self._turn.check()
        bucket.take(now())

    def _hold(self, sink: Backpressured) -> None:
        """Wait while what the client just put something into is crowded. Who was let go has a whole turn
        again, and can say all that it was held with; else its later lines would queue behind those of
        everyone else, one turn for each."""
        while sink.crowded:
            self._flusher.wait_beat()
            self._go_on()

    def _await_taking(self) -> None:
        """Wait until the client has taken its replies, but for as much as may wait."""
        limits, outbox = self._state.limits, self.session.outbox
        named = self.session.state is SessionState.PRESENT
        bound = limits.private_waiting if named else limits.nameless_waiting
        while outbox.private > bound and self.session.state not in OVER:
            if not named and outbox.flow is not Flow.KEEPING_UP:
                self.broken(Cause.CLOSED)
                return
            self._flusher.wait(self.session)
            self._go_on()

    def _go_on(self) -> None:
        """After a wait in which nobody read the socket: raise what it has to say, if it broke."""
        self._turn.begin()
        self._check_alive()

    def _check_alive(self) -> None:
        error = self._sock.getsockopt(SOL_SOCKET, SO_ERROR)
        if error:
            raise OSError(error, os.strerror(error))

    # -- the end -------------------------------------------------------------------------------------

    def _finish(self) -> None:
        """Write what waits, then close as TCP wants it: our side first, then what the client still sends is
        read and dropped, since unread input would turn the close into a reset, and cost it our last words.
        In a hurry that goes on only until the client has taken them."""
        self._phase = Phase.ENDING
        with Timeout(self._state.limits.leave_time, False):  # type: ignore[arg-type]  # as documented
            while self.session.outbox.waiting:
                self._flusher.wait(self.session)
            if self.session.state is SessionState.LEAVING:
                self._sock.shutdown(SHUT_WR)
                while self._drop_input() and (self._linger or unacknowledged(self._sock)):
                    wait_readable(self._sock, _ALIVE_INTERVAL if self._linger else _HURRY_INTERVAL)
                self.written = True

    def _drop_input(self) -> bool:
        """Read and drop what there is; False when the client closed its side."""
        try:
            while raw(self._sock).recv(_RECEIVE):
                give_way()
        except BlockingIOError:
            return True
        return False

    def _who(self) -> str:
        return self.session.nick or self.session.peer

    def _log_end(self, cause: Cause) -> None:
        level = logging.INFO if self.session.state is SessionState.PRESENT else logging.DEBUG
        log.log(level, "%s lost connection (%s)", self._who(), cause)
