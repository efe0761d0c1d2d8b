"""The list of a room's members, made once for many who ask for it.

In a room of ten thousand it is a hundred thousand bytes for a question of seven, so the bytes are shared by
all who ask while nobody comes or goes. In a large room somebody always does: there a list serves for a
moment longer, for whoever will still be told all that has happened since.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from chatd.protocol.dialects.contract import Variant
from chatd.protocol.events import RoomEntrance, RoomList, UserList
from chatd.protocol.requests import LOBBY
from chatd.state.rooms import Room
from chatd.state.sessions import OVER, Person, Session


class Listing:
    """`people` are who was in the room when its `changes` and its notices stood as they do now. `changing`
    are those of them who are in no room while they change their connection, and may be lost meanwhile.
    `roles` are the words of those that people have there, by their numbers."""

    __slots__ = (
        "_away",
        "_changes",
        "_changing",
        "_encoded",
        "_names",
        "_notices_end",
        "_roles",
        "_room",
        "_withdrawn",
    )

    def __init__(
        self,
        room: Room,
        people: Sequence[Person],
        changing: Sequence[Session],
        roles: Mapping[int, str],
    ) -> None:
        self._names: Final = [person.nick for person in people]
        self._roles: Final = {one.nick: roles[one.number] for one in people if one.number in roles}
        self._away: Final = [person.nick for person in people if person.away is not None]
        self._changing: Final = changing
        self._room: Final = room.name
        self._changes: Final = room.changes
        self._notices_end: Final = room.notices.end
        self._withdrawn: Final = room.notices.withdrawn
        self._encoded: dict[Variant, bytes] = {}

    def serves(self, room: Room, session: Session, shared_from: int) -> bool:
        """Whether it is true for `session`, together with the notices that it is still to be told. A list
        that is not of this moment is for rooms of `shared_from` members and more."""
        if any(one.state in OVER for one in self._changing):
            return False
        if self._changes == room.changes:
            return True
        every_change_was_noted = room.changes - self._changes == room.notices.end - self._notices_end
        return (
            len(room) >= shared_from
            and every_change_was_noted
            and self._withdrawn == room.notices.withdrawn
            and room.notices.told_from(session) <= self._notices_end
        )

    def encoded(self, variant: Variant) -> bytes:
        """The list as bytes, without a `ref`."""
        data = self._encoded.get(variant)
        if data is None:
            room = None if self._room == LOBBY else self._room
            names, away, roles = self._names, self._away or None, self._roles or None
            listed = UserList(names=names, count=len(names), room=room, away=away, roles=roles)
            data = variant.encode(listed)
            self._encoded[variant] = data
        return data


class RoomListing:
    """The list of rooms, which may be a second old: a hundred clients that ask for ten thousand rooms cost
    one list. Times are seconds."""

    __slots__ = ("_encoded", "_made_at")

    def __init__(self) -> None:
        self._made_at = float("-inf")
        self._encoded: dict[Variant, bytes] = {}

    def encoded(self, variant: Variant, rooms: Callable[[], list[Room]], most: int, now: float) -> bytes:
        """It as bytes, without a `ref`, with `most` rooms at most of those that everyone may see."""
        if now - self._made_at >= 1:
            self._encoded.clear()
            self._made_at = now
        data = self._encoded.get(variant)
        if data is None:
            listed = rooms()
            largest = sorted(listed, key=len, reverse=True)[:most]
            named = [RoomEntrance(room=one.name, users=len(one), topic=one.topic) for one in largest]
            data = self._encoded[variant] = variant.encode(RoomList(rooms=named, count=len(listed)))
        return data
