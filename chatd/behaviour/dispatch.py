"""What a request does.

The table says for each request who handles it and in which states it may come. It is checked here, once:
handlers do their work or raise ChatError, and only this module answers.

A handler may return a `Backpressured`: what it put something into. Whoever asked is not read on while that is
crowded; the waiting itself is done in `net/`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, Protocol

from chatd.behaviour.fanout import tell
from chatd.behaviour.messages import direct, say
from chatd.behaviour.presence import close, join, quit
from chatd.behaviour.queries import show_help, show_pong, show_users
from chatd.protocol.dialects import TLS_HANDSHAKE, detect
from chatd.protocol.errors import ChatError, Code, Refused
from chatd.protocol.events import Error
from chatd.protocol.framing import LineTooLong
from chatd.protocol.requests import Direct, Hello, Help, Ignored, Ping, Quit, Request, Say, Users
from chatd.state.roster import ServerState
from chatd.state.sessions import Session, SessionState


class Backpressured(Protocol):
    """A room or an outbox."""

    @property
    def crowded(self) -> bool: ...


@dataclass(frozen=True, slots=True)
class Command:
    """`costs`: whether it counts against the line rate."""

    handler: Callable[[ServerState, Session, Any], Backpressured | None]
    states: frozenset[SessionState]
    costs: bool = True


_IGNORED: Final = Ignored()
_NAMED: Final = frozenset((SessionState.PRESENT,))
_NAMELESS: Final = frozenset((SessionState.NAMELESS,))
_ANY: Final = _NAMED | _NAMELESS

TABLE: Final[dict[type[Request], Command]] = {
    Ignored: Command(lambda state, session, request: None, _ANY),
    Hello: Command(join, _NAMELESS),
    Say: Command(say, _NAMED),
    Direct: Command(direct, _NAMED),
    Users: Command(show_users, _NAMED),
    Help: Command(show_help, _ANY),
    Ping: Command(show_pong, _ANY, costs=False),
    Quit: Command(lambda state, session, request: quit(state, session, request.reason), _ANY, costs=False),
}


def next_request(session: Session) -> Request | ChatError | None:
    """The client's next line as what it asks for, or as what is wrong with it; None when more bytes are
    needed. What is wrong is not answered here: it waits its turn like any other line."""
    buffer = session.buffer
    try:
        if session.state is SessionState.NEW and (start := buffer.peek()) is not None:
            _begin(session, start)
        line = buffer.pop()
        if line is None:
            return None
        named = session.state is SessionState.PRESENT
        request = session.dialect.parse(line) if named else session.dialect.parse_first(line)
        return _IGNORED if request is None else request
    except LineTooLong as error:
        return error if session.state is SessionState.PRESENT else Refused(error.code, error.text)
    except ChatError as error:
        return error


def _begin(session: Session, start: bytes) -> None:
    """The first line of a connection decides what is spoken."""
    if start.startswith(TLS_HANDSHAKE):
        session.buffer.drop()
        raise ChatError(Code.BAD_LINE, "this port speaks plain text, not TLS; please connect without it")
    session.dialect = detect(start)
    session.state = SessionState.NAMELESS


def costs(request: Request | ChatError) -> bool:
    """Whether this counts against the line rate; what was not understood does."""
    return isinstance(request, ChatError) or TABLE[type(request)].costs


def dispatch(state: ServerState, session: Session, request: Request | ChatError) -> Backpressured | None:
    """Do what is asked and answer; what could not be understood arrives as its error, and is answered."""
    try:
        if isinstance(request, ChatError):
            raise request
        command = TABLE[type(request)]
        if session.state not in command.states:
            raise _out_of_place(session)
        return command.handler(state, session, request)
    except ChatError as error:
        ref = getattr(request, "ref", None)
        tell(state, session, Error(code=error.code, text=error.text, ref=ref))
        if isinstance(error, Refused):
            close(state, session)
        return None


def _out_of_place(session: Session) -> ChatError:
    if session.state is SessionState.PRESENT:
        return ChatError(
            Code.HAS_NICK, f"you are {session.nick} already; leave and come back for another name"
        )
    return ChatError(Code.NO_NICK, 'please give a name first: {"type":"hello","nick":"NAME"}')
