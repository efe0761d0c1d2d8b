"""Where what somebody types did not become a name, or was no password: what came right behind it is dropped,
and after a few times the connection is closed. Programs are spared both: they read their answers."""

from chatd.behaviour.dispatch import dispatch
from chatd.net.pacing import Pacer
from chatd.net.receiving import RECEIVE, InputReader
from chatd.protocol.errors import ChatError, Code, Refused
from chatd.protocol.people_requests import Password
from chatd.protocol.requests import Hello, Request
from chatd.state.server_state import ServerState
from chatd.state.sessions import Session, SessionState


class RefusalCheck:
    """Of one session: `check` after each request that came before it had a name, `end` when the time for
    that is over."""

    __slots__ = ("_count", "_pacer", "_reader", "_session", "_state")

    def __init__(self, session: Session, reader: InputReader, pacer: Pacer, state: ServerState) -> None:
        self._session = session
        self._reader = reader
        self._pacer = pacer
        self._state = state
        self._count = 0

    def check(self, request: Request | ChatError) -> None:
        """Where it was refused: drop what came with it and close in the end. (A password that was wrong has
        cost its address already.)"""
        session, pacer, limits = self._session, self._pacer, self._state.limits
        if session.state is not SessionState.NAMELESS or not self._refused(request):
            return
        if isinstance(request, Hello) and request.password is None:
            self._state.admission.failed(session.address, limits.name_cost, self._state.now())
        if not session.dialect.typed:
            return
        self._count += 1
        if self._count == limits.names_refused:
            self._close(
                Code.TOO_MANY, f"{self._count} names were refused; please come back with one that is right"
            )
            return
        reader = self._reader
        dropped = reader.drop()
        while not reader.ended and not pacer.overdue:
            if not reader.receive(min(limits.refusal_silence, pacer.time_for_name), RECEIVE):
                break
            dropped += reader.drop()
            if dropped > limits.dropped or reader.lines_ahead > limits.telnet_commands:
                most = limits.dropped
                self._close(
                    Code.TOO_LONG, f"more than {most} bytes came in place of a name; please send one line"
                )
                return

    def _refused(self, request: Request | ChatError) -> bool:
        """Not where the name is right and its password is wanted: that may come right behind it."""
        if isinstance(request, Hello):
            return not self._session.password_of
        return isinstance(request, Password | ChatError)

    def end(self) -> None:
        """Nobody came by a name in time."""
        if self._pacer.held_by_logins:
            self._close(
                Code.TOO_MANY,
                "too many wrong passwords came from your address, or for this name; please come back later",
            )
        else:
            seconds = self._state.limits.name_time
            self._close(Code.TIMEOUT, f"no name was given in {seconds:g} seconds; please come back with one")

    def _close(self, code: Code, text: str) -> None:
        dispatch(self._state, self._session, Refused(code, text))
