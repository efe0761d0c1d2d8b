"""Questions about the server."""

from chatd.behaviour.fanout import tell
from chatd.behaviour.messages import find_room
from chatd.protocol.events import CommandHelp, HelpList, Pong, UserList
from chatd.protocol.requests import COMMANDS, Help, Ping, Users
from chatd.state.roster import ServerState
from chatd.state.sessions import Session

_HELP = [CommandHelp(syntax=request.syntax, help=request.help) for request in COMMANDS]


def show_users(state: ServerState, session: Session, request: Users) -> None:
    room = find_room(state, request.room)
    names = [member.nick for member in state.roster if member.room is room]
    tell(state, session, UserList(names=names, count=len(names), ref=request.ref))


def show_help(state: ServerState, session: Session, request: Help) -> None:
    tell(state, session, HelpList(commands=_HELP, ref=request.ref))


def show_pong(state: ServerState, session: Session, request: Ping) -> None:
    tell(state, session, Pong(ref=request.ref))
