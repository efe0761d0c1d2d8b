"""What is missing in a window: it is told, and filled when one scrolls to it."""

from chatd.protocol.events import Skipped, Welcome
from chatd.protocol.requests import History
from chatd_client.screen.pages import OLDER_MESSAGES
from chatd_client.updates import LinkChanged, LinkState
from tests.support.controller_fixture import WELCOME
from tests.support.pages import begun, first, line, numbers, page, shown_lines, texts


def test_what_is_missing_stays_visible_until_it_has_come() -> None:
    """A gap is filled from below by pages; it goes when one reaches what is above it."""
    controller = begun()
    controller.scrollback.clear()
    controller.on_updates([first(line(1)), line(2), Skipped("lobby", 9, 2, 12), line(12), line(13)])
    assert controller.rows()[2] == "T ! 9 messages skipped"
    controller.scrolled(True)
    asked = History(room="lobby", before=12, limit=OLDER_MESSAGES, ref="history up #lobby")
    assert controller.link.pages[1:] == [asked]
    controller.on_updates([page("history up #lobby", line(8), line(9), line(11))])
    assert numbers(controller) == [1, 2, 0, 8, 9, 11, 12, 13]
    controller.scrolled(False)
    assert controller.link.pages[-1].before == 8
    controller.on_updates([page("history up #lobby", line(1), line(2), line(5))])
    assert numbers(controller) == [1, 2, 5, 8, 9, 11, 12, 13]


def test_from_above_a_gap_is_filled_from_above() -> None:
    controller = begun()
    controller.scrollback.clear()
    controller.on_updates([first(*(line(id) for id in range(100, 130))), Skipped("lobby", 60, 129, 200)])
    controller.on_updates([line(id) for id in range(200, 260)])
    controller.scrollback.scroll(70, 80, 20)
    before = controller.scrollback.view(80, 20)
    controller.scrolled(False)
    asked = History(room="lobby", after=129, limit=OLDER_MESSAGES, ref="history down #lobby")
    assert controller.link.pages[1:] == [asked]
    controller.on_updates([page("history down #lobby", *(line(id) for id in range(130, 160)))])
    assert controller.scrollback.view(80, 20) == before
    controller.scrollback.scroll(-25, 80, 20)
    controller.scrolled(False)
    assert controller.link.pages[-1].after == 159
    controller.on_updates([page("history down #lobby", *(line(id) for id in range(160, 201)))])
    controller.scrollback.to_end()
    ids = [int(text.split()[1]) for text in shown_lines(controller)]
    assert ids == [*range(100, 260)]


def test_a_new_person_sees_what_is_not_there_yet() -> None:
    controller = begun()
    controller.on_updates([first(line(1)), line(2)])
    welcome = Welcome(nick="alice", token="u", server="s", users=1, limits=WELCOME.limits)
    controller.on_updates([LinkChanged(LinkState.ONLINE, "something may be missing"), welcome])
    assert "T * something may be missing" in controller.rows()
    assert controller.link.pages[1:] == [History(room="lobby", limit=20, ref="history up #lobby")]
    controller.on_updates([line(4), page("history up #lobby", line(1), line(2), line(3), line(4))])
    assert texts(controller) == [
        "line 1",
        "T * you are alice - 3 here - /help lists the commands",
        "line 2",
        "line 3",
        "T * you are alice - 1 here - /help lists the commands",
        "line 4",
    ]
