"""Who and what is on the server, a row each."""

from collections.abc import Iterator

from chatd.behaviour.holders import owner_here, person_named
from chatd.protocol.admin_events import RoomRow, SessionRow, UserRow
from chatd.protocol.requests import LOBBY
from chatd.protocol.roles import SERVER_ROLES
from chatd.state.accounts import Account
from chatd.state.rooms import Room
from chatd.state.rulings import by_person
from chatd.state.server_state import ServerState
from chatd.state.sessions import Person, Session
from chatd.state.stored_rulings import RulingKind


def users(state: ServerState, here: bool) -> Iterator[UserRow]:
    """Accounts first. Who goes meanwhile is left out."""
    for account in list(state.accounts):
        if state.accounts.of_person(account.person) is account:
            row = of_account(state, account)
            if row.here or not here:
                yield row
    for person in list(state.roster):
        if person.account is None and person.sessions:
            yield of_guest(person)


def user_named(state: ServerState, name: str) -> UserRow:
    """Who has this name, or had it a moment ago. Raises ChatError."""
    person = person_named(state, name)
    return of_guest(person) if person.account is None else of_account(state, person.account)


def of_account(state: ServerState, account: Account) -> UserRow:
    person = owner_here(state, account)
    sessions = () if person is None else person.sessions
    role = state.rulings.value(state.rooms.lobby.number, RulingKind.ROLE, by_person(account.person))
    return UserRow(
        name=account.name,
        person=account.person,
        account=True,
        here=bool(sessions),
        role=role if role in SERVER_ROLES else None,
        since=account.created,
        left=None if sessions else account.left,
        devices=len(account.devices),
        sessions=len(sessions),
        addresses=_addresses(sessions),
        rooms=tuple(sorted(account.rooms if person is None else person.rooms)),
    )


def of_guest(person: Person) -> UserRow:
    sessions = person.sessions
    return UserRow(
        name=person.nick,
        person=person.number,
        here=bool(sessions),
        since=person.came,
        left=None if sessions else person.came,  # as it is kept of who dropped
        sessions=len(sessions),
        addresses=_addresses(sessions),
        rooms=tuple(sorted(person.rooms)),
    )


def _addresses(sessions: tuple[Session, ...]) -> tuple[str, ...]:
    return tuple(sorted({_plain(session.address) for session in sessions}))


def _plain(address: str) -> str:
    """Of IPv6, without the brackets that stand before a port."""
    return address.strip("[]")


def rooms(state: ServerState) -> Iterator[RoomRow]:
    """In the order of their making; those that were silent for longest first."""
    for room in list(state.rooms):
        if state.rooms.get(room.name) is room:
            yield _of_room(state, room)


def _of_room(state: ServerState, room: Room) -> RoomRow:
    rulings, number = state.rulings, room.number
    slow = rulings.setting(number, "slow")
    roles = () if room.name == LOBBY else rulings.of(number, RulingKind.ROLE)
    owners = (state.accounts.of_person(int(role.subject)) for role in roles if role.value == "owner")
    return RoomRow(
        name=room.name,
        people=len(room),
        owner=next((owner.name for owner in owners if owner is not None), None),
        private=bool(rulings.setting(number, "private")),
        key=bool(rulings.setting(number, "key")),
        moderated=bool(rulings.setting(number, "moderated")),
        slow=int(slow) if slow else None,
        keep=rulings.setting(number, "keep") or None,
        topic=room.topic,
    )


def sessions(state: ServerState) -> Iterator[SessionRow]:
    """In the order in which their people came."""
    for person in list(state.roster):
        for session in person.sessions:
            yield of_session(session)


def of_session(session: Session) -> SessionRow:
    person, connection = session.person, session.connection
    port = session.peer.rpartition(":")[2]
    return SessionRow(
        name=person.nick,
        account=person.account is not None,
        address=_plain(session.address),
        port=int(port) if port.isdigit() else 0,
        since=connection.since,
        transport=connection.transport,
        speaks="text" if session.dialect.typed else "json",
        waiting=session.outbox.size,
    )
