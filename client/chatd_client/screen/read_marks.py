"""How far the user has read, which the server keeps for who has an account: it tells, and is told.

1. What was shown is read: the last message of the window that is shown, where one is not scrolled up. That is
   told at most once a second for each window, and at once when one leaves it, or quits.
2. What the server counts takes the place of what was counted here; another device that reads lowers it.
3. Guests have none of that: what is new is counted here only.
"""

from collections.abc import Callable
from typing import Final

from chatd.protocol.people_events import Caught, ReadUpTo, UnreadCounts, UnreadMessages
from chatd.protocol.people_requests import Read
from chatd.protocol.requests import Request
from chatd_client.screen.arrivals import is_name
from chatd_client.screen.chat_window import ChatWindow
from chatd_client.screen.subject import Subject
from chatd_client.screen.windows import Windows

#: Seconds between two marks of a window.
INTERVAL: Final = 1.0
#: The `ref` of what is told: an error in it is of no interest to the user.
READ: Final = "read"


class ReadMarks:
    """`ask` sends a request, `clock` gives seconds."""

    def __init__(self, windows: Windows, ask: Callable[[Request], None], clock: Callable[[], float]) -> None:
        self._windows, self._ask, self._clock = windows, ask, clock
        self._told: dict[str, int] = {}  # by window, up to which message the server knows
        self._next: dict[str, float] = {}  # by window, when it may be told again
        self._shown = windows.current
        self._waits = self.online = False
        #: Call something in so many seconds. The screen replaces it.
        self.call_later: Callable[[float, Callable[[], None]], object] = lambda seconds, call: None

    def link(self, online: bool) -> None:
        """There is a link, as somebody who has an account; or there is none."""
        self.online = online

    # -- what the server tells --------------------------------------------------------------------------

    def counted(self, event: UnreadCounts) -> None:
        """How much is new, and since where."""
        for one in event.unread:
            window = self._window(one)
            if window is not None:
                self._told[window.subject.key] = one.id
                window.counted(one.count, one.count if one.whom else one.mentions, one.id)
                if one.count:
                    self._windows.has_news(window)

    def _window(self, one: UnreadMessages) -> ChatWindow | None:
        if one.room is not None:
            return self._windows.of_room(one.room)
        whom = one.whom or ""
        if one.count and is_name(whom):
            return self._windows.open_for(Subject(whom=whom))
        return self._windows.of_person(whom)

    def read_elsewhere(self, event: ReadUpTo) -> None:
        """Another device has shown it."""
        whom = self._windows.of_person(event.whom or "")
        window = whom if event.room is None else self._windows.of_room(event.room)
        if window is not None:
            self._told[window.subject.key] = max(event.id, self._told.get(window.subject.key, 0))
            window.read_up_to(event.id)
            if not window.unread:
                self._windows.has_no_news(window)

    def caught_up(self, _: Caught) -> None:
        """All that was new was shown at once."""
        for window in self._windows.all:
            window.read_up_to(None)
            self._windows.has_no_news(window)

    # -- what it is told --------------------------------------------------------------------------------

    def look(self) -> None:
        """Something may be shown that was not, or in another window."""
        before, self._shown = self._shown, self._windows.current
        if before is not self._shown:
            self._tell(before, at_once=True)
        self._tell(self._shown)

    def leave(self) -> None:
        """The user quits."""
        self._tell(self._shown, at_once=True)

    def _tell(self, window: ChatWindow, at_once: bool = False) -> None:
        key, back = window.subject.key, window.scrollback
        if window.current and not back.scrolled:
            window.shown_up_to = back.last_id()
        id = window.shown_up_to
        if not self.online or id <= self._told.get(key, 0):
            return
        wait = self._next.get(key, 0.0) - self._clock()
        if wait > 0 and not at_once:
            if not self._waits:
                self._waits = True
                self.call_later(wait, self._waited)
            return
        self._told[key], self._next[key] = id, self._clock() + INTERVAL
        room, whom = window.subject.room or None, window.subject.whom or None
        self._ask(Read(room=room, whom=whom, id=id, ref=READ))

    def _waited(self) -> None:
        self._waits = False
        self.look()
