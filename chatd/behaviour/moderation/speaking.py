"""Who may speak where."""

from chatd.behaviour.moderation.bans import mute_of, sentence
from chatd.behaviour.moderation.roles import role_of
from chatd.protocol.errors import ChatError, Code
from chatd.protocol.roles import Role
from chatd.state.rooms import Room
from chatd.state.server_state import ServerState
from chatd.state.sessions import CONSOLE, Person, Session


def is_locked_down(state: ServerState) -> bool:
    return bool(state.rulings.setting(state.rooms.lobby.number, "lockdown"))


def check_lockdown(state: ServerState, person: Person) -> None:
    """Raises ChatError for a guest while the server is locked down."""
    if person.account is None and person is not CONSOLE and is_locked_down(state):
        raise ChatError(
            Code.LOCKED_DOWN, "the server is locked down: guests can read, but not speak; please wait"
        )


def check_speech(state: ServerState, session: Session, room: Room) -> None:
    """Raises ChatError for who may not speak in a room of `Rulings.restricted` now."""
    role = role_of(state, session.person, room)
    if role >= Role.OPERATOR:
        return
    found = mute_of(state, session, room)
    if found is not None:
        raise ChatError(Code.MUTED, sentence(found, f"#{room.name}"))
    if role < Role.VOICE and state.rulings.setting(room.number, "moderated"):
        raise ChatError(
            Code.MODERATED,
            f"#{room.name} is moderated; please ask one of its operators for a voice",
        )
    _check_pace(state, session.person, room)


def check_heard(state: ServerState, session: Session) -> None:
    """Raises ChatError for who may not be heard in the lobby, where everyone is told also of who takes
    another name, goes away, or says why it leaves."""
    check_lockdown(state, session.person)
    lobby = state.rooms.lobby
    if lobby.number in state.rulings.restricted:
        check_speech(state, session, lobby)


def may_be_heard(state: ServerState, session: Session) -> bool:
    try:
        check_heard(state, session)
    except ChatError:
        return False
    return True


def _check_pace(state: ServerState, person: Person, room: Room) -> None:
    """In slow mode each one speaks once in a while. (When it spoke is what is known of it: the time may be
    set to another one meanwhile.)"""
    pace = state.rulings.setting(room.number, "slow")
    if not pace:
        return
    now, key = state.now(), (room.number, person.number)
    spoken = state.spoken.get(key)
    wait = 0.0 if spoken is None else spoken + int(pace) - now
    if wait > 0:
        raise ChatError(
            Code.SLOW_MODE, f"#{room.name} is in slow mode; you can speak there again in {int(wait) + 1} s"
        )
    state.spoken.put(key, now, now + int(pace), now)
