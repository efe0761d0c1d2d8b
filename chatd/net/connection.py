"""One client's greenlet: it reads requests, hands them to the dispatcher, and waits where it must.

The parts are modules of their own: reading (bytes to requests), pacing (all waits between two requests) and
closing (the end). The contract with the others:

MUST 1. One client's requests are handled in order, one at a time, each answered before the next; only
    messages may follow one another before the log has answered them.
MUST 3. Whoever ends a session (this greenlet, the flusher, a take-over, the server going down) changes its
    state through `presence`; only this greenlet closes the transport.
MUST 4. No exception leaves `run`.
Time slices. Whatever a client sends, after a few milliseconds everyone else has a turn (see yielding.py).
"""

import logging
from enum import Enum

from gevent import GreenletExit, get_hub, getcurrent

from chatd.behaviour import presence
from chatd.behaviour.dispatch import dispatch, talks
from chatd.behaviour.fanout import tell
from chatd.behaviour.resuming import ask_on
from chatd.net import closing
from chatd.net.flusher import Flusher
from chatd.net.frame_reading import FrameReader
from chatd.net.logs import log
from chatd.net.os_errors import cause_of
from chatd.net.pacing import Pacer
from chatd.net.reading import RequestReader
from chatd.net.receiving import RECEIVE, InputReader
from chatd.net.refusals import RefusalCheck
from chatd.net.transports import Transport
from chatd.net.yielding import TimeSlice
from chatd.protocol.errors import ChatError
from chatd.protocol.events import Cause, Greeting
from chatd.protocol.requests import Quit, Request
from chatd.protocol.version import SERVER
from chatd.state.server_state import ServerState
from chatd.state.sessions import NAMED, OVER, PRESENT, NoConnection, Session, SessionState


class Phase(Enum):
    """Which half of `run` is running. Whoever ends the session may interrupt READING; ENDING (flush, close)
    only who knows that the peer is gone."""

    READING = 1
    ENDING = 2


class Connection:
    """`run` is the greenlet's body; it returns when the transport is closed. `written`: everything was sent,
    as far as the other side's acknowledgement tells; `since` is when it was accepted. `frames`: it is a
    WebSocket, of which so much came already."""

    __slots__ = (
        "_flusher",
        "_forgiven",
        "_greenlet",
        "_lingers",
        "_pacer",
        "_phase",
        "_reader",
        "_refusals",
        "_silent",
        "_slice",
        "_state",
        "_transport",
        "_waiting",
        "session",
        "since",
        "written",
    )

    def __init__(
        self,
        transport: Transport,
        state: ServerState,
        flusher: Flusher,
        *,
        silent: bool = False,
        frames: bytes | None = None,
    ) -> None:
        self._transport = transport
        self._state = state
        self._waiting = min(state.limits.nameless_waiting, state.limits.answer_bytes)
        self._flusher = flusher
        self._greenlet = getcurrent()
        self._phase = Phase.READING
        self._lingers = True
        self._silent = silent
        self._forgiven = False
        self.written = False
        self.since = state.today()
        self.session = session = Session(
            state.limits, self, transport.send, transport.peer, transport.private
        )
        self._slice = time_slice = TimeSlice(state.now, state.limits.slice, flusher.turns)
        self._reader: InputReader = (
            RequestReader(session, transport, time_slice, state.limits)
            if frames is None
            else FrameReader(session, transport, time_slice, state.limits, frames)
        )
        self._pacer = Pacer(session, transport, self._reader, time_slice, state, flusher)
        self._refusals = RefusalCheck(session, self._reader, self._pacer, state)

    # -- what others may do to it (sessions.ConnectionHandle) ------------------------------------------

    def fileno(self) -> int:
        return self._transport.fileno()

    @property
    def transport(self) -> str:
        return "websocket" if isinstance(self._reader, FrameReader) else self._transport.scheme

    @property
    def fingerprint(self) -> str:
        return self._transport.fingerprint

    @property
    def send_needs_input(self) -> bool:
        return self._transport.send_needs_input

    def hang_up(self) -> None:
        log.info("a connection of %s was ended", self._who())
        self._interrupt(Phase.READING)

    def write_now(self) -> None:
        try:
            self._flusher.write_now(self.session)
        except OSError as error:
            self.broken(cause_of(error, data_waits=False))

    def hang_up_at_once(self) -> None:
        """`hang_up`, without waiting for the client to close its side too."""
        self._lingers = False
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
        """Throw GreenletExit into the greenlet from the hub, unless it has left these phases by then."""

        def throw() -> None:
            if self._phase in phases and not self._greenlet.dead:
                self._greenlet.throw(GreenletExit)

        get_hub().loop.run_callback(throw)

    def forgive(self, seconds: float) -> None:
        """The server stood still for so long: that is no time of the client's."""
        self._forgiven = True
        self._pacer.forgive(seconds)

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
            # Else connection and session would keep each other until garbage is collected.
            self.session.connection = NoConnection()
            self._transport.close()

    def _read(self) -> None:
        """Until the session is over."""
        session, reader, pacer = self.session, self._reader, self._pacer
        while session.state not in OVER:
            request = reader.next_request()
            named = session.state is PRESENT
            if not named and pacer.overdue:
                self._refusals.end()
            elif request is not None:
                self._handle(request)
                if not named:
                    self._refusals.check(request)
            elif reader.ended:
                pacer.wait_until_answered()
                self._log_end(Cause.CLOSED)
                presence.close(self._state, session)
            elif named:
                reader.receive(None, RECEIVE)
                continue  # a time slice that is used up is noticed there
            else:
                self._await_name()
            self._slice.check()

    def _await_name(self) -> None:
        """Read on, for someone without a name; who says nothing for a while is greeted."""
        reader, limits = self._reader, self._state.limits
        patience, undecided = self._pacer.time_for_name, reader.undecided
        if undecided:
            patience = min(patience, 0.0 if self._silent else limits.greet_after)
            self._silent = False
        if not reader.receive(patience, limits.line_before_name) and undecided and not reader.begun:
            tell(self._state, self.session, Greeting(server=SERVER))

    def _handle(self, request: Request | ChatError) -> None:
        """One request, when the line rate lets it pass."""
        session, pacer = self.session, self._pacer
        if not pacer.admit(request):
            return
        outbox = session.outbox
        before, waited = session.state, outbox.private
        target = dispatch(self._state, session, request)
        if session.state is before and session.in_flight and not talks(request):
            self._await_answer()
            waited = outbox.private
            if before is PRESENT:  # whoever ended it meanwhile has told so
                before = session.state
        if session.state is not before:  # at once, or when the password was found to be right
            self._changed(before, request)
            waited = outbox.private
        # What is on its way into the log may make it crowded later.
        if target is not None and (target.crowded or session.in_flight):
            pacer.added_to(target)
        # The tightest of all bounds: who has a name may have more waiting.
        if outbox.private > self._waiting:
            pacer.charge(outbox.private - waited)
            self._write_long_answer(outbox.private - waited)
            if not pacer.wait_until_taken():
                self.broken(Cause.CLOSED)

    def _await_answer(self) -> None:
        """What the log was asked for comes later; a long answer costs the line rate."""
        session = self.session
        self._pacer.wait_until_answered()
        self._pacer.charge(session.unpaid)
        self._write_long_answer(session.unpaid)
        session.unpaid = 0

    def _write_long_answer(self, size: int) -> None:
        """Who asked waits for it, but not for a round of everyone's. (What others wrote to it may wait.)"""
        if size > self._waiting and self.session.state is PRESENT:
            self._flusher.write_now(self.session)

    def _resume(self) -> None:
        """Who comes back is told what it missed, a page at a time, as it takes them and its rate allows."""
        session, pacer = self.session, self._pacer
        self._await_answer()
        while session.state is SessionState.RESUMING:
            pacer.wait_for_rate()
            pacer.wait_until_taken()
            if not ask_on(self._state, session):
                pacer.wait_for_round()
            self._await_answer()

    def _changed(self, before: SessionState, request: Request | ChatError) -> None:
        """The request made the session something else."""
        session = self.session
        if session.state in NAMED:
            self._pacer.begin_rate()
            log.info("%s joined from %s", session.nick, session.peer)
            self._resume()
        elif session.state is SessionState.LEAVING and before is PRESENT:
            reason = request.reason if isinstance(request, Quit) else ""
            log.info("%s left%s", session.nick, f" ({reason})" if reason else "")

    def _finish(self) -> None:
        self._phase = Phase.ENDING
        session, limits = self.session, self._state.limits
        if session.state is SessionState.LEAVING and (farewell := self._reader.farewell(not self._lingers)):
            session.outbox.post(farewell)
        self._forgiven = True
        while self._forgiven and not self.written:  # once more, when the server stood still meanwhile
            self._forgiven = False
            self.written = closing.finish(
                session, self._transport, self._flusher, limits, lambda: self._lingers
            )

    def _who(self) -> str:
        return self.session.nick or self.session.peer

    def _log_end(self, cause: Cause) -> None:
        level = logging.INFO if self.session.state in NAMED else logging.DEBUG
        log.log(level, "%s lost connection (%s)", self._who(), cause)
