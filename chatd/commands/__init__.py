"""Row 3: what a request does.

The table says for each request who handles it and in which states it may come. It is checked here, once:
handlers do their work or raise ChatError, and only this module answers.

A handler may return a `Sink`: what it put something into. Whoever asked is not read on while that is
crowded; the waiting itself is row 4's.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, Protocol

from chatd.commands.info import show_help, show_pong, show_users
from chatd.commands.talk import direct, say
from chatd.dialects import check_opening, detect
from chatd.errors import ChatError, Code, Refused
from chatd.events import Error
from chatd.fanout import tell
from chatd.presence import join, quit, refuse
from chatd.requests import Direct, Hello, Help, Ping, Quit, Request, Say, Users
from chatd.roster import Chat
from chatd.session import Session, State


class Sink(Protocol):
    """A room or an outbox."""

    @property
    def crowded(self) -> bool: ...


@dataclass(frozen=True, slots=True)
class Command:
    """`costs`: whether it counts against the line rate."""

    handler: Callable[[Chat, Session, Any], Sink | None]
    states: frozenset[State]
    costs: bool = True


_NAMED: Final = frozenset((State.PRESENT,))
_NAMELESS: Final = frozenset((State.NAMELESS,))
_ANY: Final = _NAMED | _NAMELESS

TABLE: Final[dict[type[Request], Command]] = {
    Hello: Command(join, _NAMELESS),
    Say: Command(say, _NAMED),
    Direct: Command(direct, _NAMED),
    Users: Command(show_users, _NAMED),
    Help: Command(show_help, _ANY),
    Ping: Command(show_pong, _ANY, costs=False),
    Quit: Command(lambda chat, session, request: quit(chat, session, request.reason), _ANY, costs=False),
}


def begin(session: Session, start: bytes) -> None:
    """Look at how a connection begins: its first line decides what is spoken. Raises ChatError where no
    line can be expected."""
    check_opening(start)
    session.dialect = detect(start)
    session.state = State.NAMELESS


def parse(session: Session, line: bytes) -> Request | None:
    """What the client asks for with this line. Raises ChatError."""
    if session.state is State.PRESENT:
        return session.dialect.parse(line)
    return session.dialect.parse_first(line)


def costs(request: Request | ChatError) -> bool:
    """Whether this counts against the line rate; what was not understood does."""
    return isinstance(request, ChatError) or TABLE[type(request)].costs


def dispatch(chat: Chat, session: Session, request: Request | ChatError) -> Sink | None:
    """Do what is asked and answer; what could not be understood arrives as its error, and is answered."""
    try:
        if isinstance(request, ChatError):
            raise request
        command = TABLE[type(request)]
        if session.state not in command.states:
            raise _out_of_place(session)
        return command.handler(chat, session, request)
    except ChatError as error:
        ref = getattr(request, "ref", None)
        tell(chat, session, Error(code=error.code, text=error.text, ref=ref))
        if isinstance(error, Refused):
            refuse(chat, session)
        return None


def _out_of_place(session: Session) -> ChatError:
    if session.state is State.PRESENT:
        return ChatError(
            Code.HAS_NICK, f"you are {session.nick} already; leave and come back for another name"
        )
    return ChatError(Code.NO_NICK, 'please give a name first: {"type":"hello","nick":"NAME"}')
