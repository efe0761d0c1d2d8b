"""What the server refuses, told in the window where it was asked for, and in that which it is about."""

from chatd.protocol.events import Error
from chatd_client.kept_out import KeptOut, kept_out
from chatd_client.my_rooms import MyRooms, answered_by
from chatd_client.screen.answers import Answers
from chatd_client.screen.chat_window import ChatWindow
from chatd_client.screen.own_messages import OwnMessages
from chatd_client.screen.windows import Windows


class RefusalsShown:
    """Errors, and the rooms that do not have the user back."""

    def __init__(self, windows: Windows, rooms: MyRooms, answers: Answers, messages: OwnMessages) -> None:
        self._windows, self._rooms, self._answers, self._messages = windows, rooms, answers, messages
        self._kept_out = KeptOut(lambda: rooms.coming_back)

    def show(self, event: Error) -> None:
        """Show an error."""
        refused = self._refused_room(event)
        if self._kept_out.takes(event):
            return
        typed_in = self._answers.window_of(event) or self._messages.window_of(event)
        here = typed_in or self._windows.current
        for window in dict.fromkeys((refused or here, here)):
            window.error(event.text)

    def tell_kept_out(self) -> None:
        """Which rooms do not have the user back: here, and in the windows of these that stay."""
        here = self._windows.current
        for rooms, why in self._kept_out.take():
            for room in rooms:
                if window := self._windows.of_room(room):
                    window.error(kept_out([room], why))
            if rooms != [here.subject.room]:
                here.error(kept_out(rooms, why))

    def _refused_room(self, event: Error) -> ChatWindow | None:
        """The window of the room that the user may not join, which stays if anything was ever in it."""
        what, _, room = answered_by(event).partition(" ")
        window = self._windows.of_room(room) if what == "join" and room not in self._rooms else None
        if window is not None and window.joining:
            window.joining = False
            if not self._windows.holds_words(window):
                self._windows.close(window)
                return None
        return window
