"""What the server's admins do for all of it. Everyone is told, in the lobby."""

from chatd.behaviour.holders import person_named
from chatd.behaviour.moderation.acts import act, role, setting
from chatd.behaviour.moderation.roles import check_target, role_of
from chatd.behaviour.moderation.speaking import is_locked_down
from chatd.protocol.errors import ChatError, Code
from chatd.protocol.moderation_requests import Announce, Grant, Kill, Lockdown
from chatd.protocol.roles import SERVER_ROLES, Role
from chatd.state.server_state import ServerState
from chatd.state.sessions import CONSOLE, Session
from chatd.state.stored_rulings import Act


def announce(state: ServerState, session: Session, request: Announce) -> None:
    act(state, session, state.rooms.lobby, Act("announce", value=request.text), ref=request.ref)


def kill(state: ServerState, session: Session, request: Kill) -> None:
    """All connections of somebody end."""
    person = person_named(state, request.nick)
    if not person.sessions:
        raise ChatError(Code.NO_SUCH_NICK, f"{person.nick} is not here")
    check_target(state, session.person, person, state.rooms.lobby)
    done = Act("kill", person.nick, person.number, reason=request.reason)
    act(state, session, state.rooms.lobby, done, ref=request.ref)


def lock_down(state: ServerState, session: Session, request: Lockdown) -> None:
    """Guests are quiet from this moment on."""
    if is_locked_down(state) is request.on:
        raise ChatError(Code.USAGE, f"the server is {'' if request.on else 'not '}locked down already")
    word = "on" if request.on else ""
    made = setting(state.rooms.lobby, "lockdown", word, session.nick)
    done = Act("lockdown", value=word or "off")
    act(state, session, state.rooms.lobby, done, [made], request.ref)


def grant(state: ServerState, session: Session, request: Grant) -> None:
    """Only an account can have a role on the server, and only its owner gives one. Who owns it is said at its
    own machine."""
    lobby, person = state.rooms.lobby, person_named(state, request.nick)
    known = role_of(state, person, lobby)
    wanted = Role.EVERYONE if request.role is None else SERVER_ROLES[request.role]
    if person.account is None:
        raise ChatError(Code.NO_ACCOUNT, f"{person.nick} is a guest; a role on the server needs an account")
    if Role.OWNER in (known, wanted) and session.person is not CONSOLE:
        raise ChatError(
            Code.NOT_ALLOWED, "who owns the server is said at its own machine; please use chatd admin grant"
        )
    if known is wanted:
        raise ChatError(Code.USAGE, f"{person.nick} is {known.word if known else 'nothing of that'} already")
    made = role(lobby, person.number, person.nick, request.role or "", session.nick)
    done = Act("grant", person.nick, person.number, value=request.role)
    act(state, session, lobby, done, [made], request.ref)
