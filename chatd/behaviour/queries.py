"""Questions about the server."""

from chatd.behaviour.fanout import post, tell
from chatd.protocol.events import CommandHelp, HelpList, Pong
from chatd.protocol.requests import COMMANDS, Help, Ping, Users
from chatd.state.listings import Listing
from chatd.state.server_state import ServerState
from chatd.state.sessions import Session

_HELP = [CommandHelp(syntax=request.syntax, help=request.help) for request in COMMANDS]


def show_users(state: ServerState, session: Session, request: Users) -> None:
    room = state.rooms[request.room]
    listing = state.listings.get(room.name)
    if listing is None or not listing.serves(room, session, state.limits.shared_list):
        members = room.members
        names = [session.nick for session in state.roster if session in members]  # in the roster's order
        listing = state.listings[room.name] = Listing(room, names)
    data = listing.encoded(room.members[session].feed.variant)
    for piece in session.dialect.address(session, data, request.ref):
        post(state, session, piece)


def show_help(state: ServerState, session: Session, request: Help) -> None:
    tell(state, session, HelpList(commands=_HELP, ref=request.ref))


def show_pong(state: ServerState, session: Session, request: Ping) -> None:
    tell(state, session, Pong(ref=request.ref))
