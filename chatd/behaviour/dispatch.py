"""What a request does.

The table says for each request who handles it, in which states it may come, and which room it is about. That
is checked here, once: handlers do their work or raise ChatError, and only this module answers.

A handler may return what it added to, where that can exert backpressure (a room, an outbox): the client's
next message waits while it is crowded, and other requests do not. The waiting itself is done in `net/`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Protocol

from chatd.behaviour.accounts import change_password, list_devices, register, revoke, unregister
from chatd.behaviour.away import go_away
from chatd.behaviour.fanout import post, tell
from chatd.behaviour.history import show_history
from chatd.behaviour.logging_in import ask_again, join, skip_password, take_password
from chatd.behaviour.messages import direct, say
from chatd.behaviour.moderation.bans import ban, mute, unban, unmute
from chatd.behaviour.moderation.deleting import delete
from chatd.behaviour.moderation.entering import check_may_act
from chatd.behaviour.moderation.records import show_audit, show_bans
from chatd.behaviour.moderation.roles import check_role
from chatd.behaviour.moderation.room_acts import ROOM_ACTS, set_keep
from chatd.behaviour.moderation.server_acts import announce, grant, kill, lock_down
from chatd.behaviour.moderation.speaking import check_heard, check_lockdown, may_be_heard
from chatd.behaviour.presence import close, quit
from chatd.behaviour.queries import show_help, show_identity, show_pong, show_rooms, show_users
from chatd.behaviour.reading_marks import catch_up, read
from chatd.behaviour.renaming import rename
from chatd.behaviour.rooms import enter, find, leave, topic
from chatd.behaviour.searching import search
from chatd.protocol.errors import ChatError, Code, Refused
from chatd.protocol.events import Error
from chatd.protocol.moderation_requests import (
    Announce,
    Audit,
    Ban,
    Bans,
    Delete,
    Grant,
    Kill,
    Lockdown,
    Mute,
    SetKeep,
    Unban,
    Unmute,
)
from chatd.protocol.people_requests import (
    Away,
    CatchUp,
    ChangePassword,
    Devices,
    Password,
    Read,
    Register,
    Rename,
    Revoke,
    Unregister,
    Whois,
)
from chatd.protocol.requests import (
    Direct,
    Hello,
    Help,
    History,
    Ignored,
    Join,
    Leave,
    Negotiate,
    Ping,
    Quit,
    Request,
    Rooms,
    Say,
    Search,
    Topic,
    Users,
)
from chatd.protocol.roles import Role
from chatd.state.rooms import Room
from chatd.state.server_state import ServerState
from chatd.state.sessions import Session, SessionState


class Backpressured(Protocol):
    """A room or an outbox: who added to it waits while it is crowded."""

    @property
    def crowded(self) -> bool: ...


@dataclass(frozen=True, slots=True)
class Command:
    """`costs`: whether it counts against the line rate, or against that of what is free. `in_room`: the
    request names a room, in which the session must be, and which the handler gets. `talks`: it adds to what
    others read, so it waits while that is crowded. `role`: the least that one needs, in that room, or where
    none is named on the server. Without `in_lobby` it is for all rooms but the lobby. What is not
    `quiet` others are told: no guest does it while the server is locked down. What is told to `everyone` on
    the server is not for who is muted in the lobby either."""

    handler: Callable[..., Backpressured | None]
    states: frozenset[SessionState]
    costs: bool = True
    in_room: bool = False
    talks: bool = False
    role: Role = Role.EVERYONE
    in_lobby: bool = True
    quiet: bool = True
    everyone: bool = False


_NAMED: Final = frozenset((SessionState.PRESENT,))
_NAMELESS: Final = frozenset((SessionState.NAMELESS,))
_ANY: Final = _NAMED | _NAMELESS


def _quit(state: ServerState, session: Session, request: Quit) -> None:
    """Why somebody leaves is told to everyone, as what it says."""
    quit(state, session, request.reason if may_be_heard(state, session) else "")


def _in_room(handler: Callable[..., None]) -> Command:
    """Of an operator, in a room that people made."""
    return Command(handler, _NAMED, in_room=True, role=Role.OPERATOR, in_lobby=False)


def _anywhere(handler: Callable[..., None]) -> Command:
    """Of an operator; in the lobby, of an admin, and for the whole server."""
    return Command(handler, _NAMED, in_room=True, role=Role.OPERATOR)


TABLE: Final[dict[type[Request], Command]] = {
    Ignored: Command(lambda state, session, request: skip_password(state, session), _ANY),
    Negotiate: Command(
        lambda state, session, request: post(state, session, request.answer), _ANY | {SessionState.NEW}
    ),
    Hello: Command(join, _NAMELESS),
    Password: Command(take_password, _NAMELESS),
    Say: Command(say, _NAMED, in_room=True, talks=True, quiet=False),
    Direct: Command(direct, _NAMED, talks=True, quiet=False),
    Users: Command(show_users, _NAMED, in_room=True),
    Join: Command(enter, _NAMED),
    Leave: Command(leave, _NAMED, in_room=True),
    Rooms: Command(show_rooms, _NAMED),
    History: Command(show_history, _NAMED),
    Search: Command(search, _NAMED),
    Topic: Command(topic, _NAMED, in_room=True, talks=True),
    Rename: Command(rename, _NAMED, everyone=True),
    Away: Command(go_away, _NAMED, everyone=True),
    Whois: Command(show_identity, _NAMED),
    CatchUp: Command(catch_up, _NAMED),
    Read: Command(read, _NAMED),
    Register: Command(register, _NAMED, quiet=False),
    ChangePassword: Command(change_password, _NAMED),
    Unregister: Command(unregister, _NAMED),
    Devices: Command(list_devices, _NAMED),
    Revoke: Command(revoke, _NAMED),
    Delete: Command(delete, _NAMED, in_room=True),
    **{request: _in_room(handler) for request, handler in ROOM_ACTS.items()},
    # What it removes does not come back.
    SetKeep: Command(set_keep, _NAMED, in_room=True, role=Role.ROOM_OWNER, in_lobby=False),
    Ban: _anywhere(ban),
    Unban: _anywhere(unban),
    Mute: _anywhere(mute),
    Unmute: _anywhere(unmute),
    Bans: _anywhere(show_bans),
    Audit: _anywhere(show_audit),
    Announce: Command(announce, _NAMED, role=Role.ADMIN),
    Kill: Command(kill, _NAMED, role=Role.ADMIN),
    Lockdown: Command(lock_down, _NAMED, role=Role.ADMIN),
    Grant: Command(grant, _NAMED, role=Role.OWNER),
    Help: Command(show_help, _ANY),
    Ping: Command(show_pong, _ANY, costs=False),
    Quit: Command(_quit, _ANY, costs=False),
}


def costs(request: Request | ChatError) -> bool:
    """Whether this counts against the line rate; what was not understood does."""
    return isinstance(request, ChatError) or TABLE[type(request)].costs


def lines(request: Request | ChatError) -> int:
    """How many lines it counts as, against the line rate: a message of several as so many."""
    return request.text.count("\n") + 1 if isinstance(request, Say | Direct) else 1


def talks(request: Request | ChatError) -> bool:
    """Whether this adds to what others read; to ask for a topic does not."""
    if isinstance(request, Topic):
        return request.text is not None
    return not isinstance(request, ChatError) and TABLE[type(request)].talks


def dispatch(state: ServerState, session: Session, request: Request | ChatError) -> Backpressured | None:
    """Do what is asked and answer; what could not be understood arrives as its error, and is answered. (It is
    not raised again: its traceback would then keep this frame, and the frame the error, until garbage is
    collected.)"""
    if isinstance(request, ChatError):
        _answer(state, session, request, request.ref)
        ask_again(state, session)
        return None
    if session.dialect.typed:
        session.marked = state.log.last_id
    try:
        command = TABLE[type(request)]
        if session.state not in command.states:
            raise _out_of_place(session)
        if not command.quiet:
            check_lockdown(state, session.person)
        if command.everyone:
            check_heard(state, session)
        if command.in_room:
            room = find(state, session, request.room)  # type: ignore[attr-defined]  # the table says so
            _check_place(state, session, command, room)
            return command.handler(state, session, request, room)
        if command.role:
            check_role(state, session.person, state.rooms.lobby, command.role)
            check_may_act(state, session, state.rooms.lobby)
        return command.handler(state, session, request)
    except ChatError as error:
        _answer(state, session, error, getattr(request, "ref", None))
        ask_again(state, session)
        return None


def _check_place(state: ServerState, session: Session, command: Command, room: Room) -> None:
    """Whether this may be done in the room, by who asks."""
    if not command.role:
        return
    if not command.in_lobby and room is state.rooms.lobby:
        raise ChatError(
            Code.BAD_ROOM, "that is not for the lobby, where everyone is; please do it in another room"
        )
    check_role(state, session.person, room, command.role)
    check_may_act(state, session, room)


def _answer(state: ServerState, session: Session, error: ChatError, ref: str | None) -> None:
    tell(state, session, Error(code=error.code, text=error.text, ref=ref))
    if isinstance(error, Refused):
        close(state, session)


def _out_of_place(session: Session) -> ChatError:
    if session.state is SessionState.PRESENT:
        return ChatError(Code.HAS_NICK, f"you are {session.nick} already; /nick NAME takes another name")
    return ChatError(Code.NO_NICK, 'please give a name first: {"type":"hello","nick":"NAME"}')
