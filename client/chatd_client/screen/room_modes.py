"""How the user's rooms are set, for the status line: private, moderated, slowed down, with a key; and whether
the server is locked down.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from chatd.protocol.durations import shown_duration
from chatd.protocol.errors import Code
from chatd.protocol.events import Error, Event, RoomInfo, Welcome
from chatd.protocol.moderation_events import Acted
from chatd.protocol.requests import LOBBY
from chatd_client.screen.cells import shown

#: In this order, with the words for each; that of `slow` is followed by its value.
_WORDS: Final = {"lockdown": "locked down", "private": "private", "moderated": "moderated", "key": "key"}
_SLOW: Final = "slow"
_NONE: Final[Mapping[str, str]] = MappingProxyType({})
#: Rooms of which it is known: many more than a server lets one be in.
_MOST: Final = 1000
#: Characters of a value that are shown.
_LONGEST: Final = 12


class RoomModes:
    """By room, and of each by the name of the act that sets it."""

    def __init__(self) -> None:
        self._by_room: dict[str, dict[str, str]] = {}

    def text(self, room: str) -> str:
        """What is set in a room, the server's lockdown included; empty: nothing."""
        modes = {**self._by_room.get(room, _NONE)}
        if "lockdown" in self._by_room.get(LOBBY, _NONE):
            modes["lockdown"] = "on"
        words = [word for act, word in _WORDS.items() if act in modes]
        if _SLOW in modes:
            words.append(f"{_SLOW} {modes[_SLOW]}")
        return ", ".join(words)

    def happened(self, event: Event) -> None:
        """Take note of what the server says."""
        match event:
            case Welcome():
                self._by_room.clear()
            case RoomInfo(room=room):
                self._set(room, "private", event.private)
                self._set(room, "moderated", event.moderated)
                self._set(room, "key", event.key)
                self._set(room, "lockdown", event.lockdown)
                self._set(room, _SLOW, event.slow > 0, shown_duration(event.slow))
            case Error(code=Code.LOCKED_DOWN):  # who comes in meanwhile is told by that
                self._set(LOBBY, "lockdown", True)
            case Acted(act=act, room=room, value=str(value)) if act in _WORDS or act == _SLOW:
                self._set(room, act, value != "off", value)

    def _set(self, room: str, mode: str, on: bool, value: str = "on") -> None:
        if room not in self._by_room and len(self._by_room) >= _MOST:
            return
        modes = self._by_room.setdefault(room, {})
        modes.pop(mode, None)
        if on:
            modes[mode] = shown(value.replace(" ", ""))[:_LONGEST]
