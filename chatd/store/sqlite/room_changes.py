"""Rooms that are new, have another topic, or are gone: what is not written yet."""

from collections.abc import Iterable

from chatd.state.message_log import Entry, RoomEntry, TopicEntry
from chatd.state.stored_entries import StoredRoom


class RoomChanges:
    """A room is stored with its first entry. `stored` are those of before."""

    __slots__ = ("_gone", "_known")

    def __init__(self, stored: Iterable[StoredRoom]) -> None:
        self._known = {room.number for room in stored if room.name is not None}
        self._gone: list[StoredRoom] = []

    def forget(self, number: int) -> None:
        self._gone.append(StoredRoom(number, None))
        self._known.discard(number)

    def of(self, entries: list[Entry]) -> list[StoredRoom]:
        """What is to be written with these."""
        changed = {room.number: room for room in self._gone}
        gone = frozenset(changed)
        for entry in entries:
            if isinstance(entry, RoomEntry) and entry.room.number not in gone:
                room = entry.room
                if isinstance(entry, TopicEntry):
                    changed[room.number] = StoredRoom(room.number, room.name, entry.text)
                elif room.number not in self._known and room.number not in changed:
                    changed[room.number] = StoredRoom(room.number, room.name)
        return list(changed.values())

    def written(self, rooms: list[StoredRoom]) -> None:
        for room in rooms:
            if room.name is not None:
                self._known.add(room.number)
        self._gone = [room for room in self._gone if room not in rooms]
