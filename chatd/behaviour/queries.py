"""Questions about the server, and who is on it."""

from chatd.behaviour.fanout import post, tell
from chatd.behaviour.holders import person_named
from chatd.behaviour.moderation.entering import is_private
from chatd.behaviour.moderation.roles import roles_in
from chatd.protocol.events import CommandHelp, HelpList, Pong
from chatd.protocol.people_events import Identity
from chatd.protocol.people_requests import Whois
from chatd.protocol.requests import Help, Ping, Rooms, Users
from chatd.protocol.vocabulary import COMMANDS
from chatd.state.listings import Listing
from chatd.state.rooms import Room
from chatd.state.server_state import ServerState
from chatd.state.sessions import Session

_HELP = [CommandHelp(syntax=request.syntax, help=request.help) for request in COMMANDS]


def show_users(state: ServerState, session: Session, request: Users, room: Room) -> None:
    listing = state.listings.get(room.name)
    if listing is None or not listing.serves(room, session, state.limits.shared_list):
        listing = state.listings[room.name] = _list(state, room)
    _answer(state, session, listing.encoded(room.members[session].feed.variant), request.ref)


def _list(state: ServerState, room: Room) -> Listing:
    """Who is in the room, in the roster's order: also who is about to be there again by another connection,
    since nobody will be told of it."""
    members = room.members
    people, changing = [], []
    for person in state.roster:
        if any(one in members for one in person.sessions):
            people.append(person)
            continue
        known = [one for one in person.sessions if one.returning and one.returning.is_known_in(room.name)]
        if known:
            people.append(person)
            changing += known
    return Listing(room, people, changing, roles_in(state, room))


def show_rooms(state: ServerState, session: Session, request: Rooms) -> None:
    variant = session.dialect.variant(session)
    most = state.limits.rooms_listed
    shared = state.room_listing.encoded(variant, lambda: _listed(state), most, state.now())
    _answer(state, session, shared, request.ref)


def _listed(state: ServerState) -> list[Room]:
    """All but those that are private."""
    return [room for room in state.rooms if not is_private(state, room)]


def _answer(state: ServerState, session: Session, shared: bytes, ref: str | None) -> None:
    for piece in session.dialect.address(session, shared, ref):
        post(state, session, piece)


def show_identity(state: ServerState, session: Session, request: Whois) -> None:
    """Of who is here, owns the name, or was here a moment ago."""
    person = person_named(state, request.nick)
    account, here = person.account, bool(person.sessions)
    rooms = person.rooms if here or account is None else {*account.rooms}
    identity = Identity(
        person.nick,
        account is not None,
        here,
        person.came if account is None else account.created,
        sorted(session.person.rooms & rooms),
        away=person.away,
        left=account.left if account is not None and not here else None,
        ref=request.ref,
    )
    tell(state, session, identity)


def show_help(state: ServerState, session: Session, request: Help) -> None:
    tell(state, session, HelpList(commands=_HELP, ref=request.ref))


def show_pong(state: ServerState, session: Session, request: Ping) -> None:
    tell(state, session, Pong(ref=request.ref))
