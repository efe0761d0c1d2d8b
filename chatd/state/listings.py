"""The list of a room's members, made once for many who ask for it.

In a room of ten thousand it is a hundred thousand bytes for a question of seven, so the bytes are shared by
all who ask while nobody comes or goes. In a large room somebody always does: there a list serves for a
moment longer, for whoever will still be told all that has happened since.
"""

from typing import Final

from chatd.protocol.dialects.contract import Variant
from chatd.protocol.events import UserList
from chatd.state.rooms import Room
from chatd.state.sessions import Session


class Listing:
    """`names` are who was in the room when its `version` and its notices stood as they do now."""

    __slots__ = ("_encoded", "_names", "_notices_end", "_version", "_withdrawn")

    def __init__(self, room: Room, names: list[str]) -> None:
        self._names: Final = names
        self._version: Final = room.version
        self._notices_end: Final = room.notices.end
        self._withdrawn: Final = room.notices.withdrawn
        self._encoded: dict[Variant, bytes] = {}

    def serves(self, room: Room, session: Session, shared_from: int) -> bool:
        """Whether it is true for `session`, together with the notices that it is still to be told. A list
        that is not of this moment is for rooms of `shared_from` members and more."""
        if self._version == room.version:
            return True
        every_change_was_noted = room.version - self._version == room.notices.end - self._notices_end
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
            data = variant.encode(UserList(names=self._names, count=len(self._names)))
            self._encoded[variant] = data
        return data
