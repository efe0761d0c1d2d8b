"""The rooms that do not have the user back, told in one sentence: where they are gone, a server may refuse to
make so many anew, for the same reason each.
"""

from collections.abc import Callable
from typing import Final

from chatd.protocol.events import Error
from chatd.protocol.limits import DEFAULT
from chatd_client.my_rooms import room_kept_out_of

#: Rooms that are named when there are more of them.
_NAMED: Final = 3


class KeptOut:
    """`waits` tells whether any room has not answered yet."""

    def __init__(self, waits: Callable[[], bool]) -> None:
        self._waits = waits
        self._rooms: dict[str, str] = {}  # and why

    def takes(self, error: Error) -> bool:
        """Whether the error is one of those that are told together, later."""
        room = room_kept_out_of(error)
        if not room or len(self._rooms) > DEFAULT.rooms_a_person:
            return False
        self._rooms[room] = error.text
        return True

    def take(self) -> list[tuple[list[str], str]]:
        """What is to be told now: rooms, and why they refuse. Nothing before all of them have answered."""
        if not self._rooms or self._waits():
            return []
        by_reason: dict[str, list[str]] = {}
        for room, why in self._rooms.items():
            by_reason.setdefault(why, []).append(room)
        self._rooms.clear()
        return [(rooms, why) for why, rooms in by_reason.items()]


def kept_out(rooms: list[str], why: str) -> str:
    """A sentence for people."""
    *names, last = [f"#{room}" for room in rooms]
    if len(names) > _NAMED:
        names, last = names[:_NAMED], f"{len(rooms) - _NAMED} other rooms"
    named = f"{', '.join(names)} and {last}" if names else last
    return f"you are not in {named} any more: {why}"


def put_out(room: str, why: str) -> str:
    """The same for a room out of which the user was put."""
    hint = f"; /join {room} goes back" if why == "kicked" else ""
    return f"you are not in #{room} any more: {why}{hint}"
