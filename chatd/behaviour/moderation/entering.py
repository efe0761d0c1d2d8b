"""Who may come in: to the server, and to a room. Of a private room one reads what was said since one came."""

import hmac
from collections.abc import Callable, Iterable

from msgspec.structs import replace

from chatd.behaviour.moderation.bans import ban_of, sentence, where
from chatd.behaviour.moderation.roles import role_of
from chatd.protocol.errors import ChatError, Code, Refused
from chatd.protocol.roles import Role
from chatd.state.rooms import Room
from chatd.state.rulings import by_person
from chatd.state.server_state import ServerState
from chatd.state.sessions import Person, Session
from chatd.state.stored_rulings import Ruling, RulingKind

#: Of a member that is invited, and has not come yet.
INVITED = "invited"


def check_not_banned(state: ServerState, session: Session, person: Person) -> None:
    """Raises Refused for who is banned from the server."""
    lobby = state.rooms.lobby
    found = ban_of(state, session, person, lobby)
    if found is not None:
        raise Refused(Code.BANNED, sentence(found, where(state, lobby)))


def check_may_act(state: ServerState, session: Session, room: Room) -> None:
    """Raises ChatError for who is banned and still here, since the log has not taken that yet: it does
    nothing to others any more."""
    for place in (state.rooms.lobby, room):
        found = ban_of(state, session, session.person, place)
        if found is not None:
            raise ChatError(Code.BANNED, sentence(found, where(state, place)))


def check_entry(state: ServerState, session: Session, room: Room, key: str | None) -> None:
    """Raises ChatError for who may not come into the room now."""
    person = session.person
    found = ban_of(state, session, person, room) if room is not state.rooms.lobby else None
    if found is not None:
        raise ChatError(Code.BANNED, sentence(found, where(state, room)))
    if role_of(state, person, room) >= Role.OPERATOR or membership_of(state, person.number, room):
        return
    if is_private(state, room):
        raise ChatError(
            Code.PRIVATE_ROOM, f"#{room.name} is private; please ask one of its operators to invite you"
        )
    wanted = state.rulings.setting(room.number, "key")
    if wanted:
        _check_key(state, session, room, key, wanted)


def _check_key(state: ServerState, session: Session, room: Room, key: str | None, wanted: str) -> None:
    """One after the other would be guessed, so an address has a few tries only: after those the right one is
    wrong, too."""
    if key is not None:
        if state.wrong_keys.is_spent(session.address, state.now()):
            raise ChatError(Code.TOO_MANY, "your address gave too many wrong keys; please try again later")
        if hmac.compare_digest(state.hash_token(key), wanted):
            return
        state.wrong_keys.take(session.address, state.now())
    wrong = "needs a key" if key is None else "has another key"
    raise ChatError(Code.WRONG_KEY, f"#{room.name} {wrong}; please write /join {room.name} KEY")


def to_return_to(
    state: ServerState, session: Session, find: Callable[[str], Room | None], names: Iterable[str]
) -> list[Room]:
    """Of the rooms in which somebody was before, those that there are, and in which it may still be."""
    rooms = [room for room in map(find, names) if room is not None]
    lobby, person = state.rooms.lobby, session.person
    return [room for room in rooms if room is lobby or ban_of(state, session, person, room) is None]


def is_private(state: ServerState, room: Room) -> bool:
    return bool(state.rulings.setting(room.number, "private"))


def is_in(person: Person, room: Room) -> bool:
    """Whether somebody is in the room, or will be when it comes back."""
    account = person.account
    return (account is not None and room.name in account.rooms) or any(
        session in room.members or (session.returning is not None and room.name in session.returning.rooms)
        for session in person.sessions
    )


def membership_of(state: ServerState, person: int, room: Room) -> Ruling | None:
    """Of a member, or of who is invited."""
    return state.rulings.get(room.number, RulingKind.MEMBER, by_person(person))


def begin_membership(state: ServerState, person: Person, room: Room) -> None:
    """It has come in: an invitation is used up, and in a private room it reads from now on."""
    known = membership_of(state, person.number, room)
    if is_private(state, room):
        made = known or Ruling(room.number, RulingKind.MEMBER, by_person(person.number), "", person.nick)
        _keep(state, replace(made, value=str(state.log.last_id), until=0))
    elif known is not None:
        _keep(state, replace(known, value=""))


def end_membership(state: ServerState, person: int, room: Room) -> None:
    """It has left, or was put out: it needs another invitation."""
    known = membership_of(state, person, room)
    if known is not None:
        _keep(state, replace(known, value=""))


def forget_roles(state: ServerState, person: Person) -> None:
    """They go with its account; but in the rooms in which it is, it reads no more than before."""
    rooms = (state.rooms[name] for name in sorted(person.rooms))
    members = [membership_of(state, person.number, room) for room in rooms]
    for lifted in state.rulings.forget_person(person.number):
        state.log.keep_ruling(lifted)
    for member in filter(None, members):
        _keep(state, member)


def _keep(state: ServerState, ruling: Ruling) -> None:
    state.rulings.keep(ruling)
    state.log.keep_ruling(ruling)


def floor_of(state: ServerState, person: Person, room: Room) -> int:
    """The id up to which what was said in a room is not for this person. (Who was in it when it became
    private reads everything.)"""
    if not is_private(state, room):
        return 0
    known = membership_of(state, person.number, room)
    if known is None:
        return 0
    return known.id if known.value == INVITED else int(known.value)


def floors_of(state: ServerState, person: Person, rooms: list[Room]) -> tuple[tuple[int, int], ...]:
    """Those of several rooms, by their numbers, as the log is asked."""
    return tuple((room.number, floor) for room in rooms if (floor := floor_of(state, person, room)))
