"""Questions about the server."""

from chatd.behaviour.fanout import tell
from chatd.protocol.events import CommandHelp, HelpList, Pong, UserList
from chatd.protocol.requests import COMMANDS, Help, Ping, Users
from chatd.state.server_state import ServerState
from chatd.state.sessions import Session

_HELP = [CommandHelp(syntax=request.syntax, help=request.help) for request in COMMANDS]


def show_users(state: ServerState, session: Session, request: Users) -> None:
    members = state.rooms[request.room].members
    names = [session.nick for session in state.roster if session in members]  # in the roster's order
    tell(state, session, UserList(names=names, count=len(names), ref=request.ref))


def show_help(state: ServerState, session: Session, request: Help) -> None:
    tell(state, session, HelpList(commands=_HELP, ref=request.ref))


def show_pong(state: ServerState, session: Session, request: Ping) -> None:
    tell(state, session, Pong(ref=request.ref))
