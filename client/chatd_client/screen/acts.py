"""What those did who keep a room or the server civil, shown where it belongs.

1. An act is told in the window of its room; one on the server in the lobby.
2. What concerns all (an announcement, a lockdown), and what the user did, is told in the window that is
   shown, too.
3. An announcement, and what somebody else did to the user, is as a message that names the user: it is marked,
   counted where it was not seen, rings, and starts the command for that.
4. An invitation is shown where the user is, with how to get there.
5. A room out of which the user was put keeps its window, which says so.
6. A message that was deleted is changed wherever it is (`deletions`).
"""

from typing import Final

from chatd.protocol.errors import Code
from chatd.protocol.events import Error, Left, Said
from chatd.protocol.moderation_events import Acted
from chatd_client.kept_out import put_out
from chatd_client.my_rooms import MyRooms
from chatd_client.screen.arrivals import Arrivals
from chatd_client.screen.cells import shown
from chatd_client.screen.chat_window import ChatWindow
from chatd_client.screen.covering import Covering
from chatd_client.screen.line_kinds import MENTION, LogLine
from chatd_client.screen.lines import Composer, of_no_place
from chatd_client.screen.subject import Subject
from chatd_client.screen.windows import Windows

#: Rule 2.
_FOR_ALL: Final = ("announce", "lockdown")
#: Behind these comes that one is not in the room any more, which is what counts as new.
_PUT_OUT: Final = ("kick", "ban")


class ActsShown:
    """In the windows of one user."""

    def __init__(self, windows: Windows, composer: Composer, rooms: MyRooms, arrivals: Arrivals) -> None:
        self._windows, self._composer, self._rooms, self._arrivals = windows, composer, rooms, arrivals
        self._banned_from: ChatWindow | None = None  # the window in which the reason is told, when it comes

    def acted(self, event: Acted) -> None:
        """Somebody did something."""
        home = self._windows.of_room(event.room)
        if home is None and event.room in self._rooms:
            home = self._windows.open(Subject(room=event.room))
        if home is not None and home.has(event.id):  # a page has brought it
            return
        lines = self._composer.act_or_topic(event)
        marked = lines[0].mark == MENTION
        also_here = self._also_here(event, home)
        if home is not None:
            self._add(home, lines, marked and not also_here and event.act not in _PUT_OUT)
        if also_here:
            here = self._windows.current
            here.add(*map(of_no_place, self._composer.act_or_topic(event)))
            if self._is_invitation(event):
                here.notice(f"/join {shown(event.room)} goes there")
        if marked:
            self._arrivals.rang_for(self._as_message(event, lines))

    def _also_here(self, event: Acted, home: ChatWindow | None) -> bool:
        """Whether it is told in the window that is shown, which is not that of its room."""
        for_here = event.act in _FOR_ALL or self._composer.is_me(event.by) or self._is_invitation(event)
        return home is None or (for_here and home is not self._windows.current)

    def _is_invitation(self, event: Acted) -> bool:
        """Whether the user is asked to come to a room."""
        invited = event.act == "invite" and self._composer.is_me(event.whom)
        return invited and event.room not in self._rooms

    def _add(self, window: ChatWindow, lines: list[LogLine], new: bool) -> None:
        if new:
            window.message(lines, MENTION)
            self._windows.has_news(window)
        else:
            window.add(*lines)

    @staticmethod
    def _as_message(event: Acted, lines: list[LogLine]) -> Said:
        """For the command that is started."""
        text = "\n".join(line.text for line in lines)
        return Said(room=event.room, id=event.id, sender=event.by, text=text, at=event.at)

    def put_out(self, window: ChatWindow, event: Left) -> None:
        """The user is not in this room any more, and did not leave it."""
        text = put_out(shown(window.subject.room), shown(event.reason or ""))
        window.message([self._composer.error(text)], MENTION)
        self._windows.has_news(window)
        self._banned_from = window

    def banned(self, event: Error) -> bool:
        """Whether the error tells why the user was put out of a room, which is shown there."""
        window, self._banned_from = self._banned_from, None
        if event.code != Code.BANNED or event.ref is not None or window is None:
            return False
        window.error(event.text)
        return True

    def settle(self, covering: Covering) -> None:
        """Change what was deleted by now."""
        texts, erased = self._composer.deletions.take(), self._composer.deletions.take_erased()
        if texts:
            self._windows.deleted(texts)
        for window in self._windows.all if erased else ():
            window.erased(erased)
        if texts or erased:
            covering.changed()
