"""Who has which role, in the user's rooms and on the server, as far as the server has told.

A list of people has the roles, and each act that gives or takes one changes them. Who leaves keeps its role:
it belongs to an account. In a room a role is the higher one of that there and that on the server, so who has
none in a room any more may still have that of the server.
"""

from collections.abc import Callable
from itertools import islice
from typing import Any, Final

from chatd.protocol.events import Event, RoomInfo, UserList, Welcome
from chatd.protocol.moderation_events import Acted
from chatd.protocol.names import fold
from chatd.protocol.people_events import Renamed
from chatd.protocol.requests import LOBBY
from chatd_client.screen.cells import shown
from chatd_client.screen.nick_list import MAX_NAMES

#: Before a name, as IRC writes it; an owner of the lobby is the server's.
_PREFIXES: Final = {"voice": "+", "operator": "@", "owner": "@", "admin": "&"}
_SERVER_OWNER: Final = "~"
#: From the least to the most.
_ORDER: Final = ("", "voice", "operator", "owner", "admin")


class Roles:
    """Names are as the screen shows them, in any case."""

    def __init__(self) -> None:
        self._by_room: dict[str, dict[str, str]] = {}
        self._me = ""

    def of(self, name: str, room: str) -> str:
        """The role of somebody in a room, in a word; empty: none."""
        return self._by_room.get(room, {}).get(fold(name), "")

    def mine(self, room: str) -> str:
        """The user's own."""
        return self.of(self._me, room)

    def prefix(self, name: str, room: str) -> str:
        """What stands before the name; empty: nothing."""
        role = self.of(name, room)
        return _SERVER_OWNER if (role, room) == ("owner", LOBBY) else _PREFIXES.get(role, "")

    def any_in(self, room: str) -> bool:
        """Whether anybody has one there."""
        return bool(self._by_room.get(room))

    def happened(self, event: Event) -> None:
        """Take note of what the server says."""
        handle = _HANDLERS.get(type(event))
        if handle is not None:
            handle(self, event)

    def _welcome(self, event: Welcome) -> None:
        self._by_room.clear()
        self._me = fold(shown(event.nick))

    def _users(self, event: UserList) -> None:
        roles = ((fold(shown(name)), role) for name, role in (event.roles or {}).items() if role in _PREFIXES)
        self._by_room[event.room or LOBBY] = dict(islice(roles, MAX_NAMES))

    def _room(self, event: RoomInfo) -> None:
        self._set(event.room, self._me, event.role if event.role in _PREFIXES else None)

    def _renamed(self, event: Renamed) -> None:
        old, new = fold(shown(event.old)), fold(shown(event.new))
        self._me = new if old == self._me else self._me
        for roles in self._by_room.values():
            if old in roles:
                roles[new] = roles.pop(old)

    def _acted(self, event: Acted) -> None:
        change = _CHANGES.get(event.act)
        if change is not None and (who := event.by if event.act == "own" else event.whom):
            name = fold(shown(who))
            change(self, event, name, self.of(name, event.room))

    def _raise(self, event: Acted, name: str, now: str, role: str) -> None:
        self._set(event.room, name, max(now, role, key=_ORDER.index))

    def _take(self, event: Acted, name: str, now: str, taken: tuple[str, ...]) -> None:
        if now in taken:
            self._set(event.room, name, self.of(name, LOBBY))

    def _grant(self, event: Acted, name: str, now: str) -> None:
        """What somebody has in a room, where that is less, a list of its people tells."""
        role = event.value if event.value in _PREFIXES else None
        self._set(LOBBY, name, role)
        for room in self._by_room:
            if role is not None:
                self._set(room, name, role)
            elif self.of(name, room) == now:
                self._set(room, name, None)

    def _set(self, room: str, name: str, role: str | None) -> None:
        roles = self._by_room.setdefault(room, {})
        if not role:
            roles.pop(name, None)
        elif name in roles or len(roles) < MAX_NAMES:
            roles[name] = role


#: What an act does to a role: of whom, and which it is now.
_CHANGES: Final[dict[str, Callable[[Roles, Acted, str, str], None]]] = {
    "own": lambda roles, event, name, now: roles._raise(event, name, now, "owner"),
    "op": lambda roles, event, name, now: roles._raise(event, name, now, "operator"),
    "voice": lambda roles, event, name, now: roles._raise(event, name, now, "voice"),
    "deop": lambda roles, event, name, now: roles._take(event, name, now, ("operator",)),
    "devoice": lambda roles, event, name, now: roles._take(event, name, now, ("voice",)),
    "grant": Roles._grant,
}
_HANDLERS: Final[dict[type[Event], Callable[[Roles, Any], None]]] = {
    Welcome: Roles._welcome,
    UserList: Roles._users,
    RoomInfo: Roles._room,
    Renamed: Roles._renamed,
    Acted: Roles._acted,
}
