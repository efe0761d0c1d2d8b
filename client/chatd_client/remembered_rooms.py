"""The rooms in which one was at a server, kept for the next start: a small file a server, for guests, too.

`$XDG_STATE_HOME/chatd/rooms/HOST:PORT.json` holds the names in the order in which they were current, the
current one last; the lobby is among them. The rules:

1. The file is replaced as a whole, so that it is never half of anything; of two programs at one server
   the last one that changes its rooms is remembered.
2. What is no such file is told once, as a sentence, and replaced with the next change. An error in
   writing it is told once, too: the conversation matters more.
3. It is bounded: MOST names, LARGEST bytes. Only what may be the name of a room is taken from it.
"""

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

import msgspec

from chatd.protocol.errors import ChatError
from chatd.protocol.limits import DEFAULT
from chatd.protocol.names import check_room
from chatd.protocol.requests import LOBBY
from chatd_client.settings import Settings
from chatd_client.state_files import read_bounded, reason, server_path, write_private
from chatd_client.target import Target

#: Rooms: those that a server lets one be in, and the lobby.
MOST: Final = DEFAULT.rooms_a_person + 1
#: Bytes of the file: more than the longest names take.
LARGEST: Final = 8 * 1024


class _File(msgspec.Struct):
    rooms: list[str]


def rooms_file(host: str, port: int, environ: Mapping[str, str] = os.environ) -> Path | None:
    """The path for a server; None where there is no home to keep it in."""
    path = server_path("rooms", host, port, environ)
    return None if path is None else path.with_name(f"{path.name}.json")


def remembered_rooms(settings: Settings, target: Target) -> "RememberedRooms":
    """Those of a server, as the user wants them."""
    path = rooms_file(target.host, target.port) if settings.remember_rooms else None
    return RememberedRooms(path, settings.rooms)


class RememberedRooms:
    """`path` is that of the file, None where nothing is to be remembered; `always` are rooms in which the
    user wants to be at each start.
    """

    def __init__(self, path: Path | None, always: Iterable[str] = ()) -> None:
        self._path = path
        self._always = list(dict.fromkeys(always))
        self._kept: list[str] | None = None  # what the file holds, where that is known
        self._told = False

    def load(self, *, account: bool = False) -> tuple[list[str], str]:
        """The rooms to be in from the start, the current one last, and a sentence where they could not be
        read. What is always joined comes before what is remembered, so it does not change where one is. Of
        an `account` the server knows the rooms: here only the current one counts.
        """
        try:
            self._kept = self._read()
            why = ""
        except (OSError, ValueError) as error:
            why = f"the rooms of last time are not known: {reason(error)}"
        rooms = [*(self._kept or [LOBBY])]
        if account:
            rooms = list(dict.fromkeys((LOBBY, rooms[-1])))
        return [*(room for room in self._always if room not in rooms), *rooms], why

    def note(self, rooms: Iterable[str]) -> str:
        """These are the user's rooms now, the current one last. Returns a sentence where that cannot be
        kept, the first time. Call it as often as you like: the file is written when they have changed.
        """
        rooms = list(rooms)[-MOST:]
        if self._path is None or rooms == self._kept:
            return ""
        try:
            write_private(self._path, msgspec.json.encode(_File(rooms)))
        except OSError as error:
            told, self._told = self._told, True
            return "" if told else f"your rooms cannot be remembered: {reason(error)}"
        self._kept = rooms
        return ""

    def _read(self) -> list[str] | None:
        """None where there is no file. Raises OSError and ValueError."""
        if self._path is None:
            return None
        data = read_bounded(self._path, LARGEST + 1)
        if data is None:
            return None
        try:
            rooms = [check_room(room) for room in msgspec.json.decode(data, type=_File).rooms[-MOST:]]
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError, ChatError):
            raise ValueError(f"{self._path} holds something else") from None
        return list(dict.fromkeys(rooms if LOBBY in rooms else [LOBBY, *rooms]))
