"""Questions about the server."""

from chatd.behaviour.fanout import tell
from chatd.behaviour.messages import find_room
from chatd.protocol.events import CommandHelp, HelpList, Pong, UserList
from chatd.protocol.requests import COMMANDS, Help, Ping, Users
from chatd.state.roster import Chat
from chatd.state.sessions import Session

_HELP = [CommandHelp(syntax=request.syntax, help=request.help) for request in COMMANDS]


def show_users(chat: Chat, session: Session, request: Users) -> None:
    room = find_room(chat, request.room)
    names = [member.nick for member in chat.roster if member.room is room]
    tell(chat, session, UserList(names=names, count=len(names), ref=request.ref))


def show_help(chat: Chat, session: Session, request: Help) -> None:
    tell(chat, session, HelpList(commands=_HELP, ref=request.ref))


def show_pong(chat: Chat, session: Session, request: Ping) -> None:
    tell(chat, session, Pong(ref=request.ref))
