"""All rooms by name, and how many there may be.

A room is made by who joins it first, and stays while it has people, history or a topic. One address can make
a few in an hour only, and at the limit the room goes that has been empty for longest.
"""

from collections import OrderedDict
from collections.abc import Callable, Iterator
from typing import Final

from chatd.protocol.errors import ChatError, Code
from chatd.protocol.limits import Limits
from chatd.protocol.requests import LOBBY
from chatd.state.hourly_rates import HourlyRates
from chatd.state.rooms import Room
from chatd.state.stored_entries import StoredRoom


class RoomDirectory:
    """The lobby is there from the beginning, and for ever. `noticing` are rooms with notices that are still
    to be announced. `gone` is called with a room that goes though it had something to keep. Times are seconds
    of the server's monotonic clock."""

    __slots__ = (
        *("_empty", "_last_number", "_limits", "_made", "_rooms"),
        *("gone", "lobby", "noticing", "version"),
    )

    def __init__(self, limits: Limits) -> None:
        self._limits: Final = limits
        self.lobby: Final = Room(LOBBY, limits, 1)
        self._rooms: dict[str, Room] = {LOBBY: self.lobby}
        self._empty: OrderedDict[Room, None] = OrderedDict()  # that stay, by when they became empty
        self._made: Final = HourlyRates(limits.rooms_made, limits.addresses)
        self.noticing: set[Room] = set()
        self._last_number = self.lobby.number
        self.version = 0  # counts how often a room came or went
        self.gone: Callable[[Room], None] = lambda room: None

    def __len__(self) -> int:
        return len(self._rooms)

    def __iter__(self) -> Iterator[Room]:
        return iter(self._rooms.values())

    def __contains__(self, name: str) -> bool:
        return name in self._rooms

    def __getitem__(self, name: str) -> Room:
        return self._rooms[name]

    def get(self, name: str) -> Room | None:
        return self._rooms.get(name)

    def make(self, name: str, address: str, now: float) -> Room:
        """A new room, of a name that none has. Raises ChatError where there are too many."""
        if self._limits.line_rate and not self._made.take(address, now):
            raise ChatError(
                Code.TOO_MANY_ROOMS,
                f"you made {self._limits.rooms_made} rooms in an hour; please join one of those there are",
            )
        if len(self._rooms) >= self._limits.rooms:
            if not self._empty:
                raise ChatError(Code.TOO_MANY_ROOMS, "there are too many rooms; please join one of them")
            longest, _ = self._empty.popitem(last=False)
            del self._rooms[longest.name]
            self.gone(longest)
        return self._add(name)

    def _add(self, name: str) -> Room:
        self._last_number += 1
        room = self._rooms[name] = Room(name, self._limits, self._last_number)
        self.version += 1
        return room

    def reopen(self, name: str) -> Room | None:
        """The room of that name, for one who was in it before; None where there are too many rooms."""
        room = self._rooms.get(name)
        if room is None and len(self._rooms) < self._limits.rooms:
            room = self._add(name)
        return room

    def restore(self, kept: StoredRoom) -> None:
        """A room that the log knows from before, at the start. Those that were silent for longest come
        first."""
        self._last_number = max(self._last_number, kept.number)
        if kept.name is None:
            return
        if kept.number == self.lobby.number:
            room = self.lobby
        else:
            room = self._rooms[kept.name] = Room(kept.name, self._limits, kept.number)
            self._empty[room] = None
            self.version += 1
        room.topic = kept.topic
        room.has_history = True

    def entered(self, room: Room) -> None:
        """Somebody is in it."""
        self._empty.pop(room, None)

    def left(self, room: Room) -> None:
        """Somebody left it: it goes with the last one, unless it has something to keep."""
        if room.members or room is self.lobby:
            return
        if room.topic or room.has_history:
            self._empty[room] = None
        else:
            del self._rooms[room.name]
            self.noticing.discard(room)
            self.version += 1
