"""What the next round has to write."""

from typing import cast

from chatd.state.pending import PendingWrites
from chatd.state.rooms import Room


class CountingReader:
    """Counts how often it is caught up."""

    def __init__(self) -> None:
        self.count = 0

    def catch_up(self) -> None:
        self.count += 1


class ListedRoom:
    """No more of a room than who is in it."""

    def __init__(self, *members: CountingReader) -> None:
        self.members = members


def test_who_is_in_many_rooms_is_caught_up_once() -> None:
    """Each time looks at all of its rooms, so a hundred times a hundred would be quadratic."""
    pending, alice, bob = PendingWrites(), CountingReader(), CountingReader()
    rooms = [ListedRoom(alice), ListedRoom(alice, bob), ListedRoom(alice, bob)]
    for room in rooms:
        pending.add_room(cast(Room, room))
    pending.catch_up_but(cast(Room, rooms[-1]))
    assert (alice.count, bob.count) == (1, 1)
