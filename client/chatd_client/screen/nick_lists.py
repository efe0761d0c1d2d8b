"""Who is in which of the user's rooms, and which rooms there are, as far as the server has told.

Everyone is in the lobby: who leaves that is in no room any more, of which nothing else is told. Who comes in
is told by name only. Its role is in the next list, which is asked for now and then while the user looks.
"""

import time
from collections.abc import Callable, Iterable
from itertools import islice
from math import inf
from typing import Any, Final

from chatd.protocol.errors import ChatError
from chatd.protocol.events import (
    Back,
    Event,
    Joined,
    Left,
    Lost,
    RoomInfo,
    RoomList,
    Said,
    UserList,
    Welcome,
)
from chatd.protocol.moderation_events import Acted
from chatd.protocol.names import check_room, fold
from chatd.protocol.people_events import Gone, Renamed
from chatd.protocol.requests import LOBBY
from chatd_client.my_rooms import MyRooms
from chatd_client.screen.cells import shown
from chatd_client.screen.nick_list import MAX_NAMES, NickList
from chatd_client.screen.roles import Roles

#: Rooms that are kept for completion: as many as a chatd server lists.
MAX_ROOMS: Final = 500
#: Seconds between two lists of a room, and people up to which there is a second one.
_RENEWED_AFTER: Final = 30.0
_FEW: Final = 1000


class NickLists:
    """A nick list for each room that the user is in, beside `mine`. Names are as the screen shows them.
    `here` gives the room that is shown, `clock` seconds.
    """

    def __init__(
        self, mine: MyRooms, here: Callable[[], str], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._mine, self._here, self._clock = mine, here, clock
        self._lobby = NickList()
        self._lists = {LOBBY: self._lobby}
        self._unlisted: set[str] = set()  # rooms whose list was not asked for yet
        self._away: set[str] = set()  # folded names
        self._heard_of: dict[str, None] = {LOBBY: None}
        self.roles = Roles()
        self._newcomers: dict[str, float] = {}  # rooms with people of unknown role, and when to ask for them
        #: Whether the list of the room that is shown is to be seen. Who knows, replaces it.
        self.watched: Callable[[], bool] = lambda: False

    def __contains__(self, name: str) -> bool:
        return name in self._lobby

    @property
    def count(self) -> int | None:
        """How many are in the room that is shown; None where that is not known."""
        nicks = self._lists.get(self._here())
        return None if nicks is None else nicks.count

    def is_away(self, name: str) -> bool:
        """Whether somebody has said to be away."""
        return fold(name) in self._away

    def prefix(self, name: str) -> str | None:
        """What stands before a name, for its role in the room that is shown; empty: nothing. None where
        nobody there has one.
        """
        here = self._here()
        return self.roles.prefix(name, here) if self.roles.any_in(here) else None

    def names(self) -> list[str]:
        """Those in the room that is shown, the most recent speaker first, then the others likewise."""
        nicks = self._lists.get(self._here(), self._lobby)
        return [*nicks.names(), *(name for name in self._lobby.names() if name not in nicks)]

    def people(self) -> tuple[list[str], int]:
        """Those in the room that is shown, likewise, and how many there are."""
        nicks = self._lists.get(self._here())
        return ([], 0) if nicks is None else (nicks.names(), nicks.count)

    def rooms(self) -> list[str]:
        """The rooms that were heard of."""
        return list(self._heard_of)

    def take_unlisted(self) -> str:
        """The room that is shown, if its list is still to be asked for, which is done then; else ""."""
        here = self._here()
        renewed = self.watched() and self._newcomers.get(here, inf) <= self._clock()
        if here not in self._unlisted and not renewed:
            return ""
        self._unlisted.discard(here)
        self._newcomers.pop(here, None)
        return here

    def spoke(self, name: str, room: str) -> None:
        """Somebody said something there."""
        if nicks := self._lists.get(room):
            nicks.spoke(name)

    def happened(self, event: Event) -> None:
        """Take note of what the server says."""
        self.roles.happened(event)
        handle = _HANDLERS.get(type(event))
        if handle is not None:
            handle(self, event)

    def _welcome(self, event: Welcome) -> None:
        """A new connection: the user is in the lobby only."""
        self._lobby.arrive(event.users)
        self._away.clear()
        self._lists = {LOBBY: self._lobby}
        self._unlisted.clear()
        self._newcomers.clear()

    def _room(self, event: RoomInfo) -> None:
        """Where the user was there already, the list is right, and notices are still to come."""
        self._hear_of([event.room])
        if event.room in self._mine and event.room not in self._lists:
            self._lists[event.room] = NickList()
            self._lists[event.room].arrive(event.users)
            self._unlisted.add(event.room)

    def _users(self, event: UserList) -> None:
        self._unlisted.discard(event.room or LOBBY)
        if nicks := self._lists.get(event.room or LOBBY):
            nicks.replace_all(map(shown, event.names), event.count)
            self._away.difference_update(map(fold, event.names))
            away = (fold(name) for name in event.away or () if name in nicks)
            self._away.update(islice(away, max(0, MAX_NAMES - len(self._away))))

    def _joined(self, event: Joined | Back) -> None:
        self._hear_of([event.room or LOBBY])
        room = event.room or LOBBY
        if nicks := self._lists.get(room):
            nicks.joined(map(shown, event.names), event.count)
            if isinstance(event, Joined) and nicks.count <= _FEW:
                self._newcomers.setdefault(room, self._clock() + _RENEWED_AFTER)

    def _left(self, event: Left | Lost) -> None:
        room = getattr(event, "room", None) or LOBBY
        names = [shown(name) for name in event.names]
        if room not in self._mine:  # it was the user who left
            self._lists.pop(room, None)
        if nicks := self._lists.get(room):
            nicks.left(names, event.count)
        if room == LOBBY:
            self._away.difference_update(map(fold, names))
            for nicks in self._lists.values():
                there = [name for name in names if name in nicks]  # of the lobby nobody is left
                nicks.left(there, len(there))

    def _renamed(self, event: Renamed) -> None:
        old, new = shown(event.old), shown(event.new)
        for nicks in self._lists.values():
            nicks.renamed(old, new)
        if fold(old) in self._away:
            self._away.remove(fold(old))
            self._away.update([fold(new)] if new in self._lobby else ())

    def _gone(self, event: Gone) -> None:
        """Away, or back; who is not here at all is in no list."""
        if event.away and not event.kept and event.nick in self._lobby:
            self._away.add(fold(event.nick))
        elif not event.away:
            self._away.discard(fold(event.nick))

    def _acted(self, event: Acted) -> None:
        """Who has a role on the server has it in all rooms, or whatever it has there."""
        if event.act == "grant":
            self._unlisted.update(room for room in self._lists if room != LOBBY)

    def _hear_of(self, rooms: Iterable[str]) -> None:
        for room in islice(rooms, MAX_ROOMS):
            if len(self._heard_of) < MAX_ROOMS and _is_room(room):
                self._heard_of[room] = None


def _is_room(name: str) -> bool:
    try:
        return check_room(name) == name
    except ChatError:
        return False


_HANDLERS: Final[dict[type[Event], Callable[[NickLists, Any], None]]] = {
    Welcome: NickLists._welcome,
    RoomInfo: NickLists._room,
    RoomList: lambda lists, event: lists._hear_of(each.room for each in event.rooms),
    Said: lambda lists, event: lists._hear_of([event.room]),
    UserList: NickLists._users,
    Joined: NickLists._joined,
    Back: NickLists._joined,
    Left: NickLists._left,
    Lost: NickLists._left,
    Renamed: NickLists._renamed,
    Gone: NickLists._gone,
    Acted: NickLists._acted,
}
