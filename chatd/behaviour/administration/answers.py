"""What each request of the shell does: a table by its type. What is not in it is an act of moderation."""

from collections.abc import Callable
from typing import Any, Final

from chatd.behaviour.administration.acting import act
from chatd.behaviour.administration.erasing import erase
from chatd.behaviour.administration.exporting import export
from chatd.behaviour.administration.listings import rooms, sessions, user_named, users
from chatd.behaviour.administration.parts import Answering, as_error, at_once, in_pages
from chatd.protocol.admin_requests import (
    ErasePerson,
    ExportPerson,
    FindUser,
    ListRooms,
    ListSessions,
    ListUsers,
)
from chatd.protocol.errors import ChatError
from chatd.protocol.requests import Request
from chatd.state.server_state import ServerState

_TABLE: Final[dict[type[Request], Callable[[ServerState, Any], Answering]]] = {
    ListUsers: lambda state, request: in_pages(users(state, request.here)),
    ListRooms: lambda state, request: in_pages(rooms(state)),
    ListSessions: lambda state, request: in_pages(sessions(state)),
    FindUser: lambda state, request: at_once(user_named(state, request.nick)),
    ExportPerson: lambda state, request: export(state, request.nick),
    ErasePerson: erase,
}


def administer(state: ServerState, request: Request) -> Answering:
    """Do it, or begin to. What is wrong with it is the answer."""
    try:
        return _TABLE.get(type(request), act)(state, request)
    except ChatError as error:
        return at_once(as_error(error))
