"""What the screen does outside of its cells: the title of the terminal, a command that is started for what is
meant for the user, and the rooms that are remembered for the next start.
"""

import asyncio
from collections.abc import Callable

from prompt_toolkit.output import Output

from chatd.protocol.events import DirectMessage, Said
from chatd.protocol.names import fold
from chatd_client.notify import Notifier, split_command
from chatd_client.remembered_rooms import RememberedRooms
from chatd_client.screen.controller import Controller
from chatd_client.screen.title import TerminalTitle, takes_title
from chatd_client.settings import Settings


class Outside:
    """Construct it inside the running loop."""

    def __init__(
        self, controller: Controller, settings: Settings, remembered: RememberedRooms, output: Output
    ) -> None:
        loop = asyncio.get_running_loop()
        self._controller, self._remembered = controller, remembered
        self._noted = frozenset(controller.rooms.order)
        self._title = TerminalTitle(output, loop.call_later, settings.title and takes_title())
        self._notifier = Notifier(
            split_command(settings.notify or ""), lambda text: _call(loop, self._tell, text)
        )
        controller.arrivals.on_mention = self._notify
        controller.arrivals.on_own_name = lambda old, new: self._tell_of_settings(settings.name, old, new)

    def _tell(self, sentence: str) -> None:
        self._controller.windows.current.error(sentence)

    def _tell_of_settings(self, name: str | None, old: str, new: str) -> None:
        """They have the old name: with it one would be somebody else at the next start."""
        if name is not None and fold(name) == fold(old):
            self._controller.windows.current.notice(
                f'your settings have name = "{name}"; please write {new} there, to be that at the next start'
            )

    def _notify(self, event: Said | DirectMessage) -> None:
        room = event.room if isinstance(event, Said) else ""
        self._notifier.notify(room, event.sender, event.text)

    def drawn(self) -> None:
        """The screen has been drawn: the title is as new."""
        windows = self._controller.windows.all
        subject = self._controller.windows.current.subject
        where = f"@{subject.whom}" if subject.whom else subject.room
        unread = sum(window.unread for window in windows)
        self._title.show(where, unread, sum(window.mentions for window in windows))

    def note_rooms(self) -> None:
        """Remember in which rooms the user is, if they are others by now."""
        rooms = frozenset(self._controller.rooms.order)
        if rooms != self._noted:
            self._noted = rooms
            self._note()

    def _note(self) -> None:
        """The room that is shown is the last one."""
        rooms, here = self._controller.rooms.order, self._controller.windows.room
        if here in rooms:
            rooms = [*(room for room in rooms if room != here), here]
        if why := self._remembered.note(rooms):
            self._tell(why)

    def restore_title(self) -> None:
        """At the end, if the terminal is still there."""
        self._title.restore()

    def close(self) -> None:
        """At the end."""
        self._note()
        self._notifier.close()


def _call(loop: asyncio.AbstractEventLoop, tell: Callable[[str], None], text: str) -> None:
    """From another thread."""
    if not loop.is_closed():
        loop.call_soon_threadsafe(tell, text)
