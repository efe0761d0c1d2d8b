"""A controller to test, with a fake link that records calls, and a clock that the test sets."""

import itertools
from collections.abc import Iterable, Sequence
from typing import Any

from chatd.protocol.events import DirectMessage, LineLimits, RoomInfo, Said, UserList, Welcome
from chatd.protocol.history_page import HistoryPage
from chatd.protocol.requests import History, Quit, Request
from chatd_client.outgoing import Message
from chatd_client.screen.controller import Controller
from chatd_client.screen.lines import Composer
from chatd_client.screen.scrollback import Scrollback
from chatd_client.settings import Bell
from chatd_client.updates import LinkChanged, LinkState

NOON = 1_700_000_000_000
LIMITS = LineLimits(line=4096, name=32)
WELCOME = Welcome(nick="alice", token="t", server="a test", users=3, limits=LIMITS)
RESUMED_WELCOME = Welcome(nick="alice", token="t", server="a test", users=3, limits=LIMITS, resumed=True)
ONLINE = LinkChanged(LinkState.ONLINE)


class FakeLinkControl:
    """Records the calls, as `asked`; what is asked of the history as `pages`."""

    def __init__(self) -> None:
        self.asked: list[Any] = []
        self.pages: list[History] = []

    def post(self, message: Message) -> None:
        self.asked.append(message)

    def ask(self, request: Request) -> None:
        if isinstance(request, History) and request.ref:
            self.pages.append(request)
        else:
            self.asked.append(request)

    def cancel(self, refs: Iterable[str]) -> None:
        self.asked.append(("cancel", *refs))

    def reconnect(self) -> None:
        self.asked.append("reconnect")

    def rename(self, name: str) -> None:
        self.asked.append(f"rename {name}")

    def give_password(self, password: str) -> None:
        self.asked.append(f"password {password}")

    def leave(self, request: Quit) -> None:
        self.asked.append(request)


class ControllerFixture(Controller):
    """Starts online, with an empty scrollback; `now` is its clock, in seconds, `wall` the time of day."""

    def __init__(self, bell: Bell = "mention", rooms: Sequence[str] = ()) -> None:
        self.link = FakeLinkControl()
        self.now = 0.0
        self.wall = NOON / 1000
        composer = Composer("alice", "T", lambda: self.wall)
        super().__init__(self.link, composer, "host:1", lambda: (80, 20), bell, lambda: self.now, rooms)
        self.on_updates([ONLINE, WELCOME, UserList(["alice", "bob", "Carol"], 3, ref="roster")])
        self.on_updates([HistoryPage(room="lobby", messages=[], more=True, ref="history new #lobby")])
        self.link.asked.clear()
        self.link.pages.clear()
        self.scrollback.clear()

    @property
    def scrollback(self) -> Scrollback:
        """That of the window that is shown."""
        return self.windows.current.scrollback

    def rows(self) -> list[str]:
        return texts_of(self.scrollback)

    def rows_of(self, title: str) -> list[str]:
        """Those of the window with this title."""
        found = (window for window in self.windows.all if window.subject.title == title)
        return texts_of(next(found).scrollback)

    def titles(self) -> list[str]:
        """Those of the windows; the one that is shown in brackets."""
        titles = [(window.subject.title, window.current) for window in self.windows.all]
        return [f"[{title}]" if current else title for title, current in titles]

    def styles(self) -> str:
        return " ".join(style for row in self.scrollback.view(80, 50) for style, _ in row)

    def status_text(self, columns: int) -> str:
        return "".join(text for _, text in self.status(columns))

    def types(self, *lines: str) -> None:
        for line in lines:
            self.submit(line)


def texts_of(scrollback: Scrollback) -> list[str]:
    return ["".join(text for _, text in row) for row in scrollback.view(80, 50)]


#: Each message has another id.
_ids = itertools.count(1)


def said(text: str, sender: str = "bob", at: int = NOON, room: str = "lobby") -> Said:
    return Said(room=room, id=next(_ids), sender=sender, text=text, at=at)


def direct(text: str, sender: str = "bob", to: str = "alice") -> DirectMessage:
    return DirectMessage(id=next(_ids), sender=sender, to=to, text=text, at=NOON)


def entered(*rooms: str) -> ControllerFixture:
    """In these rooms, and in the window of the last one."""
    controller = ControllerFixture()
    for room in rooms:
        controller.types(f"/join {room}")
        controller.on_updates([RoomInfo(room=room, users=2, topic="", ref=f"join {room}")])
        controller.scrollback.clear()
    controller.link.asked.clear()
    return controller
