"""The windows in their order, which of them is shown, and the ways from one to another.

1. The lobby is the first, and always there. The others are opened behind it.
2. There are at most MOST_WINDOWS. Strangers open at most MOST_OPENED of them by writing: when there are as
   many, that which nobody would miss and was written in least recently makes room; where there is none, no
   window is opened.
3. All windows together keep at most MOST_LINES lines and MOST_TEXT characters; past it the largest one
   forgets its oldest lines, so that a busy room costs the quiet ones nothing.
"""

from collections.abc import Callable, Mapping
from typing import Final

from chatd.protocol.errors import ChatError, Code
from chatd.protocol.names import fold_room
from chatd.protocol.requests import LOBBY
from chatd_client.screen.chat_window import ChatWindow
from chatd_client.screen.subject import LOBBY_ITSELF, Subject

#: Twice as many as the rooms that a person can be in.
MOST_WINDOWS: Final = 200
#: More people than anyone writes with in a day.
MOST_OPENED: Final = 50
#: Of all windows, in lines and in characters: what fits into 90 MiB together with the program.
MOST_LINES: Final = 100_000
MOST_TEXT: Final = 8_000_000
#: How much is forgotten at once, in shares of the bound, and lines of a window before another may be the
#: largest.
_SHARE: Final = 64
_AT_ONCE: Final = 100


class Windows:
    """`make` makes a window. `on_switch` is told the window that was left and the one that is shown."""

    def __init__(self, make: Callable[[Subject], ChatWindow]) -> None:
        self._make = make
        self.lobby = make(LOBBY_ITSELF)
        self._by_key = {LOBBY_ITSELF.key: self.lobby}  # in order
        self._visited = [self.lobby]  # the one that is shown is the last
        self._news: list[ChatWindow] = []  # those with something new, the oldest first
        self._opened: dict[ChatWindow, None] = {}  # by strangers, the one in which was written last is last
        self._before_news: ChatWindow | None = None
        self.on_switch: Callable[[ChatWindow, ChatWindow], None] = lambda before, now: None
        #: Whether something is in the input line.
        self.half_typed: Callable[[], bool] = lambda: False
        self.lobby.enter()

    # -- which there are --------------------------------------------------------------------------------

    @property
    def all(self) -> list[ChatWindow]:
        """In their order."""
        return list(self._by_key.values())

    def __len__(self) -> int:
        return len(self._by_key)

    def get(self, subject: Subject) -> ChatWindow | None:
        """The window of it."""
        return self._by_key.get(subject.key)

    def of_room(self, room: str) -> ChatWindow | None:
        """The window of a room."""
        return self._by_key.get(Subject(room=room).key)

    def of_person(self, name: str) -> ChatWindow | None:
        """The window of a person, in whatever case the name is. (A server may call somebody `#dev`.)"""
        window = self._by_key.get(Subject(whom=name).key)
        return window if window is not None and window.subject.whom else None

    def open(self, subject: Subject) -> ChatWindow | None:
        """The window of it, which is opened if there is none; None when there are too many."""
        window = self.get(subject)
        if window is None and len(self._by_key) < MOST_WINDOWS:
            window = self._by_key[subject.key] = self._make(subject)
        return window

    def want(self, subject: Subject) -> ChatWindow:
        """The same for the user, for whom it does not make room any more. Raises ChatError when there are
        too many.
        """
        window = self.open(subject)
        if window is None:
            raise ChatError(Code.USAGE, f"{MOST_WINDOWS} windows are open; please close one with /close")
        self._opened.pop(window, None)
        return window

    def open_for(self, subject: Subject) -> ChatWindow | None:
        """The same for a stranger who writes."""
        window = self.get(subject)
        if window is None and self._makes_room():
            window = self.open(subject)
            if window is not None:
                self._opened[window] = None
        elif window in self._opened:
            del self._opened[window]
            self._opened[window] = None
        return window

    def _makes_room(self) -> bool:
        if len(self._opened) >= MOST_OPENED:
            unmissed = next((window for window in self._opened if not window.worth_keeping), None)
            if unmissed is None:
                return False
            self.close(unmissed)
        return True

    def renamed(self, old: str, new: str) -> ChatWindow | None:
        """Somebody has another name: the window of it, which stays in its place. Where there is one of the
        new name, that is of who had it before.
        """
        window = self.of_person(old)
        subject = Subject(whom=new)
        if window is None or (self.get(subject) not in (None, window)):
            return window
        window.subject = subject
        self._by_key = {one.subject.key: one for one in self._by_key.values()}
        return window

    def close(self, window: ChatWindow) -> None:
        """Close it, and go to the one before if it was shown. The lobby stays."""
        if window is self.lobby or self._by_key.get(window.subject.key) is not window:
            return
        if window is self.current:
            self.go(self._visited[-2])
        del self._by_key[window.subject.key]
        for known in (self._visited, self._news):
            if window in known:
                known.remove(window)
        self._opened.pop(window, None)
        if window is self._before_news:
            self._before_news = None

    def holds_words(self, window: ChatWindow) -> bool:
        """Whether what the user has written would be lost if it were closed, or go somewhere else."""
        typing = window is self.current and self.half_typed()
        return bool(len(window.scrollback) or window.draft.text or window.question or typing)

    # -- which is shown ---------------------------------------------------------------------------------

    @property
    def current(self) -> ChatWindow:
        """The window that is shown."""
        return self._visited[-1]

    @property
    def room(self) -> str:
        """The room of the window that is shown; that of a person: the lobby."""
        return self.current.subject.room or LOBBY

    @property
    def before(self) -> ChatWindow:
        """The window that was shown before."""
        return self._visited[-2] if len(self._visited) > 1 else self.lobby

    def go(self, window: ChatWindow, *, to_news: bool = False) -> None:
        """Show this window."""
        if not to_news:
            self._before_news = None
        before = self.current
        if window is before:
            return
        before.leave()
        if window in self._visited:
            self._visited.remove(window)
        self._visited.append(window)
        if window in self._news:
            self._news.remove(window)
        window.enter()
        self.on_switch(before, window)

    def go_back(self) -> None:
        """Show the window that was shown before."""
        self.go(self.before)

    def step(self, by: int) -> None:
        """Show the next window, or the previous one for -1; behind the last one is the first."""
        windows = self.all
        self.go(windows[(windows.index(self.current) + by) % len(windows)])

    def number(self, number: int) -> ChatWindow | None:
        """The window of this number; the first one is 1."""
        windows = self.all
        return windows[number - 1] if 0 < number <= len(windows) else None

    def go_to(self, number: int) -> None:
        """Show the window of this number, if there is one."""
        window = self.number(number)
        if window is not None:
            self.go(window)

    def named(self, name: str) -> ChatWindow | None:
        """The window of a room or person, as one types it."""
        found = self.of_room(fold_room(name))
        return found if name.startswith("#") else self.of_person(name) or found

    # -- what is new ------------------------------------------------------------------------------------

    def has_news(self, window: ChatWindow) -> None:
        """Something was said there."""
        if not window.current and window not in self._news:
            self._news.append(window)

    def has_no_news(self, window: ChatWindow) -> None:
        """It was read elsewhere."""
        if window in self._news:
            self._news.remove(window)

    def deleted(self, texts: Mapping[int, str]) -> None:
        """Messages are gone, by their ids."""
        for window in self.all:
            window.deleted(texts)
            if not window.unread:
                self.has_no_news(window)

    def go_to_news(self) -> bool:
        """Show the next window with something new, those with mentions first; without any, the one in which
        this began. False where there is nothing to show.
        """
        found = next((one for one in self._news if one.mentions), None) or next(iter(self._news), None)
        if found is not None:
            begun = self._before_news or self.current
            self.go(found, to_news=True)
            self._before_news = begun
        elif self._before_news is not None:
            self.go(self._before_news)
        elif len(self._visited) > 1:
            self.go_back()
        else:
            return False
        return True

    # -- what is kept -----------------------------------------------------------------------------------

    def forget_what_is_too_much(self) -> None:
        """Keep rule 3, after something was added."""
        backs = [window.scrollback for window in self._by_key.values()]
        lines, text = sum(map(len, backs)), sum(back.size for back in backs)
        if lines <= MOST_LINES and text <= MOST_TEXT:
            return
        while lines > MOST_LINES - MOST_LINES // _SHARE or text > MOST_TEXT - MOST_TEXT // _SHARE:
            by_text = text > MOST_TEXT - MOST_TEXT // _SHARE
            largest = max(backs, key=lambda back: back.size if by_text else len(back))
            if len(largest) <= 1:
                return
            before, much = largest.size, min(_AT_ONCE, len(largest) // 2)
            for _ in range(much):
                largest.drop_oldest()
            lines, text = lines - much, text - before + largest.size
