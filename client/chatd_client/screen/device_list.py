"""The devices that come back as the user without a password, a list that covers the messages: one walks it,
and Delete takes the password from the one that is chosen, after a question.
"""

from collections.abc import Callable, Sequence
from typing import Final

from chatd.protocol.people_events import DeviceInfo
from chatd_client.screen.cells import shown
from chatd_client.screen.wrapping import TextRow, wrap
from chatd_client.times import local_time, seconds_of

_DAY: Final = "%Y-%m-%d"


class DevicePage:
    """`revoke` is called with the device that is to need the password from now on."""

    def __init__(self, devices: Sequence[DeviceInfo], revoke: Callable[[DeviceInfo], None]) -> None:
        self._devices, self._revoke = devices, revoke
        self._chosen = self._top = 0
        self._asked: DeviceInfo | None = None

    def replace(self, devices: Sequence[DeviceInfo]) -> None:
        """The list is this by now."""
        self._devices = devices
        self._asked = None
        self._choose(self._chosen)

    def view(self, columns: int, height: int) -> list[TextRow]:
        rows = [wrap([("class:question", self._heading())], columns)[0]]
        place = max(1, height - 1)
        self._top = max(min(self._top, self._chosen), self._chosen - place + 1)
        for at in range(self._top, min(len(self._devices), self._top + place)):
            mark, style = ("> ", "class:chosen") if at == self._chosen else ("  ", "")
            rows.append(wrap([(style, f"{mark}{_line(self._devices[at])}")], columns)[0])
        return rows[:height]

    def _heading(self) -> str:
        if self._asked is not None:
            return f"shall {_name(self._asked)} need the password from now on? y/n"
        if not self._devices:
            return "no device comes back without a password; any key closes this"
        count = len(self._devices)
        return f"{count} device{'s' * (count > 1)} - Delete has one need the password, Escape goes back"

    def press(self, key: str) -> bool:
        asked, self._asked = self._asked, None
        if asked is not None:
            if key in ("y", "Y"):
                self._revoke(asked)
            return True
        if key == "delete" and self._devices:
            self._asked = self._devices[self._chosen]
            return True
        steps = {"up": -1, "down": 1, "pageup": -10, "pagedown": 10, "home": -1000, "end": 1000}
        self._choose(self._chosen + steps.get(key, 0))
        return bool(self._devices) and key not in ("enter", "escape", "c-c", "c-d")

    def scroll(self, up: int) -> None:
        self._choose(self._chosen - (up > 0) + (up < 0))

    def _choose(self, at: int) -> None:
        self._chosen = max(0, min(at, len(self._devices) - 1))


def _name(device: DeviceInfo) -> str:
    return shown(device.name) or "a program without a name"


def _line(device: DeviceInfo) -> str:
    where = " - this one" if device.this else " - here now" if device.here else ""
    since, used = (local_time(seconds_of(at), _DAY) for at in (device.created, device.used))
    return f"{device.number}: {_name(device)}{where} - since {since} - last used {used}"
