"""Who may do what, and to whom."""

from chatd.protocol.errors import ChatError, Code
from chatd.protocol.roles import ROOM_ROLES, SERVER_ROLES, Role
from chatd.state.rooms import Room
from chatd.state.rulings import by_person
from chatd.state.server_state import ServerState
from chatd.state.sessions import CONSOLE, Person
from chatd.state.stored_rulings import RulingKind


def role_of(state: ServerState, person: Person, room: Room) -> Role:
    """What it may do in a room; in the lobby, what its role on the server is. As long as the log has not
    taken the last change, it is the lower one: what is taken is gone at once, what is given is there then."""
    return min(_roles(state, person, room))


def _roles(state: ServerState, person: Person, room: Room) -> set[Role]:
    """All that it may be."""
    if person is CONSOLE:
        return {Role.OWNER}
    lobby, subject = state.rooms.lobby.number, by_person(person.number)
    found = _of(SERVER_ROLES, state.rulings.possible(lobby, RulingKind.ROLE, subject))
    if room.number == lobby or Role.EVERYONE not in found:
        return found
    return (found - {Role.EVERYONE}) | _of(
        ROOM_ROLES, state.rulings.possible(room.number, RulingKind.ROLE, subject)
    )


def _of(roles: dict[str, Role], values: set[str]) -> set[Role]:
    return {roles.get(value, Role.EVERYONE) for value in values}


def check_role(state: ServerState, person: Person, room: Room, needed: Role) -> None:
    """Raises ChatError where it has a lower one."""
    if not needed or role_of(state, person, room) >= needed:
        return
    on_server = needed >= Role.ADMIN or room is state.rooms.lobby
    who = f"the server's {'owner' if needed is Role.OWNER else 'admins'}"
    if not on_server:
        who = f"{'operators' if needed <= Role.OPERATOR else 'the owner'} of #{room.name}"
    raise ChatError(Code.NOT_ALLOWED, f"only {who} can do that; /users shows who has a role")


def check_target(state: ServerState, actor: Person, target: Person, room: Room) -> None:
    """Raises ChatError where that is oneself, or has a higher role than oneself."""
    if target is actor or target.number == actor.number:
        raise ChatError(Code.NOT_ALLOWED, "you cannot do that to yourself; please give another name")
    theirs = max(_roles(state, target, room))
    if theirs > role_of(state, actor, room):
        where = "the server" if theirs >= Role.ADMIN else f"#{room.name}"
        raise ChatError(
            Code.NOT_ALLOWED,
            f"{target.nick} is {theirs.word} of {where}, so please ask somebody above them",
        )


def roles_in(state: ServerState, room: Room) -> dict[int, str]:
    """The words of those who have a role in a room, by their numbers."""
    lobby = state.rooms.lobby.number
    numbers = (lobby,) if room.number == lobby else (room.number, lobby)
    return {
        int(ruling.subject): ruling.value
        for number in numbers
        for ruling in state.rulings.of(number, RulingKind.ROLE)
    }


def may_pass(state: ServerState, person: Person, crowd: object) -> bool:
    """Whether somebody does not wait though others do: an operator has to be heard above the crowd."""
    return isinstance(crowd, Room) and role_of(state, person, crowd) >= Role.OPERATOR
