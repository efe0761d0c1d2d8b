"""Pages of history for a controller to test: what was said, and how it is shown."""

from chatd.protocol.events import Said, TopicSet
from chatd.protocol.history_page import HistoryPage
from tests.support.controller_fixture import NOON, ONLINE, WELCOME, ControllerFixture

DAY = 24 * 3600 * 1000


def line(id: int, room: str = "lobby", sender: str = "bob", days: int = 0, text: str = "") -> Said:
    return Said(room=room, id=id, sender=sender, text=text or f"line {id}", at=NOON - days * DAY)


def page(ref: str, *messages: Said | TopicSet, more: bool = True) -> HistoryPage:
    return HistoryPage(room=ref.split("#")[-1], messages=messages, more=more, ref=ref)


def first(*messages: Said | TopicSet, room: str = "lobby", more: bool = True) -> HistoryPage:
    return page(f"history new #{room}", *messages, more=more)


def older(*messages: Said | TopicSet, room: str = "lobby", more: bool = True) -> HistoryPage:
    return page(f"history old #{room}", *messages, more=more)


def begun() -> ControllerFixture:
    """It is there, and has asked for its first page."""
    controller = ControllerFixture()
    controller.link.pages.clear()
    controller.on_updates([ONLINE, WELCOME])
    controller.link.asked.clear()
    return controller


def texts(controller: ControllerFixture) -> list[str]:
    return [row.split("> ")[-1] for row in controller.rows()]


def shown_lines(controller: ControllerFixture) -> list[str]:
    rows = ["".join(text for _, text in row) for row in controller.scrollback.view(80, 1000)]
    return [row.split("> ")[1] for row in rows if "<bob>" in row]


def numbers(controller: ControllerFixture) -> list[int]:
    return [int(text.split()[1]) if text.startswith("line") else 0 for text in texts(controller)]
