"""How an act of moderation begins: what follows from it holds at once, and it goes into the log. What it does
to people happens when the log has it (see effects.py)."""

from collections.abc import Iterable

from msgspec.structs import replace

from chatd.protocol.errors import ChatError, Code
from chatd.state.message_log import ActEntry
from chatd.state.rooms import Room
from chatd.state.rulings import by_person
from chatd.state.server_state import ServerState
from chatd.state.sessions import Session
from chatd.state.stored_entries import StoredEntry
from chatd.state.stored_rulings import Act, Ruling, RulingKind, as_text


def act(
    state: ServerState,
    session: Session,
    room: Room,
    what: Act,
    rulings: Iterable[Ruling] = (),
    ref: str | None = None,
    removes: StoredEntry | None = None,
) -> None:
    """Do it. Raises ChatError where there is no place for what is to hold."""
    made = tuple(rulings)
    for ruling in made:
        _check_place(state, ruling)
    for ruling in made:
        state.rulings.apply(ruling)
    state.log.append(
        ActEntry(session, as_text(what), ref, room=room, act=what, rulings=made, removes=removes)
    )


def undo(state: ServerState, entry: ActEntry) -> None:
    """The log could not take it: what held before holds again, also in lists that were made meanwhile."""
    renew_lists_of(state, entry.room)
    for ruling in entry.rulings:
        state.rulings.undo(ruling)


def renew_lists_of(state: ServerState, room: Room) -> None:
    """Roles are shown in them; one on the server in those of all rooms."""
    if room is state.rooms.lobby:
        state.listings.clear()
    else:
        state.listings.pop(room.name, None)


def _check_place(state: ServerState, ruling: Ruling) -> None:
    """One that takes the place of another, or lifts it, always has one."""
    room, kind, subject = ruling.key
    rulings, limits = state.rulings, state.limits
    if not ruling.value or rulings.get(room, kind, subject) is not None:
        return
    most = limits.server_rulings if room == state.rooms.lobby.number else limits.room_rulings
    if rulings.count(room, kind) < most:
        return
    for over in rulings.over(room, kind):
        state.log.keep_ruling(over)
    if kind is RulingKind.MEMBER:
        _forget_gone_guests(state, room)
    if rulings.count(room, kind) >= most:
        raise ChatError(
            Code.TOO_MANY, f"there are {most} of those already; please lift some, or ban a range of addresses"
        )


def _forget_gone_guests(state: ServerState, room: int) -> None:
    """Members of a private room who will not come back."""
    for member in state.rulings.of(room, RulingKind.MEMBER):
        number = int(member.subject)
        here = state.roster.numbered(number) is not None or state.guests.knows(number)
        if not here and state.accounts.of_person(number) is None:
            lifted = replace(member, value="")
            state.rulings.keep(lifted)
            state.log.keep_ruling(lifted)


def setting(room: Room, name: str, value: str, by: str) -> Ruling:
    """That a room has a setting; without a value, that it has not."""
    return Ruling(room.number, RulingKind.SETTING, name, value, name, by=by)


def role(room: Room, person: int, nick: str, value: str, by: str, until: int = 0) -> Ruling:
    """That somebody has a role in a room; without a value, that it has none."""
    return Ruling(room.number, RulingKind.ROLE, by_person(person), value, nick, until, by)
