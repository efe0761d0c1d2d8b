"""History in the full screen: what was said before is asked for, and put where it belongs."""

from itertools import pairwise

import pytest
from msgspec.structs import replace

from chatd.protocol.events import DirectMessage, Error, Left, RoomInfo, TopicSet
from chatd.protocol.history_page import HistoryPage
from chatd.protocol.requests import History
from chatd_client.outgoing import DeliveryState
from chatd_client.screen.pages import OLDER_MESSAGES
from chatd_client.screen.scrollback import MOST_LINES
from chatd_client.updates import DeliveryChanged, LinkChanged, LinkState
from tests.support.controller_fixture import NOON, RESUMED_WELCOME
from tests.support.pages import DAY, begun, first, line, older, page, shown_lines, texts


@pytest.fixture(autouse=True)
def utc(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "UTC")


def test_the_newest_page_stands_above_where_one_came_in() -> None:
    controller = begun()
    assert controller.link.pages == [History(room="lobby", limit=20, ref="history new #lobby")]
    controller.on_updates([line(5)])  # it was quicker
    topic = TopicSet(room="lobby", id=3, sender="bob", text="tea", at=NOON)
    controller.on_updates([first(line(1), line(2, sender="alice"), topic, line(4), line(5))])
    assert controller.rows() == [
        "T   <bob> line 1",
        "T > <alice> line 2",
        "T * bob set the topic of #lobby: tea",
        "T   <bob> line 4",
        "T * you are alice - 3 here - /help lists the commands",
        "T   <bob> line 5",
    ]


def test_the_first_page_of_a_room_is_asked_for_when_its_window_is_shown() -> None:
    controller = begun()
    controller.on_updates([first(line(1))])
    controller.types("/join dev", "/join ops")
    assert len(controller.link.pages) == 1  # the server has not let one in
    controller.on_updates([RoomInfo(room="dev", users=2, topic="", ref="join dev")])
    controller.on_updates([RoomInfo(room="ops", users=1, topic="", ref="join ops")])
    assert [asked.room for asked in controller.link.pages] == ["lobby", "ops"]
    controller.on_updates([line(21, "dev"), first(line(8, "ops"), room="ops", more=False)])
    assert controller.rows() == ["T   <bob> line 8", "T * #ops - 1 here - no topic"]
    controller.types("/window dev")
    assert controller.link.pages[2:] == [History(room="dev", limit=20, ref="history new #dev")]
    controller.on_updates([first(line(9, "dev"), line(21, "dev"), room="dev")])
    assert controller.rows() == [
        "T   <bob> line 9",
        "— new since T —",
        "T * #dev - 2 here - no topic",
        "T   <bob> line 21",
    ]
    controller.types("/w 1", "/w 2", "/join dev")  # where it is already
    controller.on_updates([RoomInfo(room="dev", users=2, topic="", ref="join dev")])
    assert len(controller.link.pages) == 3
    controller.types("/leave")
    controller.on_updates([Left(names=["alice"], count=1, room="dev", ref="leave dev")])
    controller.types("/join dev")
    controller.on_updates([RoomInfo(room="dev", users=2, topic="", ref="join dev")])
    assert len(controller.link.pages) == 4


def test_older_pages_come_when_one_scrolls_up_until_there_are_none() -> None:
    controller = begun()
    controller.on_updates([first(*(line(id) for id in range(300, 350)))])
    controller.scrollback.scroll(31, 80, 20)
    before = controller.scrollback.view(80, 20)
    controller.scrolled(True)
    controller.scrolled(True)  # one at a time
    asked = History(room="lobby", before=300, limit=OLDER_MESSAGES, ref="history old #lobby")
    assert controller.link.pages[1:] == [asked]
    controller.on_updates([line(350)])
    controller.on_updates([older(*(line(id) for id in range(250, 300)))])
    assert controller.scrollback.view(80, 20) == before
    controller.scrolled(True)  # there is enough above
    assert len(controller.link.pages) == 2
    controller.scrollback.scroll(60, 80, 20)
    controller.scrolled(True)
    assert controller.link.pages[-1].before == 250
    controller.on_updates([older(line(1), line(2), more=False)])
    controller.scrollback.scroll(200, 80, 20)
    for _ in range(3):
        controller.scrolled(True)
    assert len(controller.link.pages) == 3
    assert texts(controller)[:1] == ["* this is where the lobby begins"]
    controller.scrollback.to_end()
    ids = [int(text.split()[1]) for text in shown_lines(controller)]
    assert all(left < right for left, right in pairwise(ids))
    assert ids == [1, 2, *range(250, 351)]


def test_a_window_that_is_full_says_so_above() -> None:
    controller = begun()
    controller.on_updates([first(), *(line(id) for id in range(1, MOST_LINES // 2))])
    for _ in range(2):
        controller.scrollback.scroll(MOST_LINES, 80, 20)
        controller.scrolled(True)
    assert len(controller.link.pages) == 1
    assert texts(controller)[:1] == [
        "* no more older messages are loaded: the window is full; /search finds them"
    ]


def test_what_is_said_here_is_there_once() -> None:
    controller = begun()
    controller.types("own", "/bc refused")
    controller.on_updates([DeliveryChanged("1", DeliveryState.ACKNOWLEDGED, 7)])
    controller.on_updates([DeliveryChanged("2", DeliveryState.REFUSED)])
    controller.on_updates([first(line(6), line(7, sender="alice", text="own"), more=False)])
    assert [row for row in controller.rows() if "*" not in row] == [
        "T   <bob> line 6",
        "T > <alice> own",
        "T ! <alice> refused",
    ]


def test_what_is_said_here_is_there_once_also_where_a_page_was_quicker_than_the_answer() -> None:
    controller = begun()
    controller.scrollback.clear()
    controller.types("own")
    controller.on_updates([first(line(6), line(7, sender="alice", text="own"), more=False)])
    controller.on_updates([DeliveryChanged("1", DeliveryState.ACKNOWLEDGED, 7)])
    assert controller.rows() == ["T   <bob> line 6", "T > <alice> own"]


def test_dates_stand_where_the_day_changes() -> None:
    controller = begun()
    controller.on_updates([first(line(5, days=1), line(6, days=1), line(7))])
    controller.scrolled(True)
    controller.on_updates([older(line(2, days=3), line(3, days=1), line(4, days=1))])
    controller.scrolled(True)
    controller.on_updates([older(line(1, days=4), more=False)])
    assert texts(controller) == [
        "* this is where the lobby begins",
        "— 2023-11-10 —",
        "line 1",
        "— 2023-11-11 —",
        "line 2",
        "— 2023-11-13 —",
        *(f"line {id}" for id in range(3, 7)),
        "— 2023-11-14 —",
        "line 7",
        "T * you are alice - 3 here - /help lists the commands",
    ]


def test_behind_an_older_page_of_a_room_it_is_today_again() -> None:
    controller = begun()
    controller.types("/join dev")
    controller.on_updates([RoomInfo(room="dev", users=2, topic="", ref="join dev")])
    controller.on_updates([first(line(1, "dev", days=1), room="dev")])
    assert texts(controller)[:3] == ["— 2023-11-13 —", "line 1", "— 2023-11-14 —"]


def test_a_day_that_begins_is_told() -> None:
    controller = begun()
    controller.scrollback.clear()
    controller.on_updates([line(1)])
    controller.wall += DAY / 1000
    controller.on_updates([line(2, days=-1), line(3, days=-1)])
    assert texts(controller) == ["— 2023-11-14 —", "line 1", "— 2023-11-15 —", "line 2", "line 3"]


def test_without_an_answer_or_with_an_error_it_goes_on() -> None:
    controller = begun()
    controller.on_updates([Error("busy", "please try again later", ref="history new #lobby")])
    assert len(controller.rows()) == 1  # nobody asked
    controller.scrolled(True)
    controller.on_updates([Error("busy", "please try again later", ref="history old #lobby")])
    assert controller.rows()[1:] == ["T ! please try again later"]
    controller.scrolled(True)
    assert len(controller.link.pages) == 3
    controller.on_updates([LinkChanged(LinkState.RECONNECTING, "cut", 1.0)])
    controller.scrolled(True)  # without a link nothing is asked for
    assert len(controller.link.pages) == 3
    controller.on_updates([LinkChanged(LinkState.ONLINE, resumed=True), RESUMED_WELCOME])
    assert controller.link.pages[3] == controller.link.pages[2]  # it was under way
    controller.on_updates([older(line(1)), older(line(2))])  # only one was asked for
    assert texts(controller)[0] == "line 1"
    assert "line 2" not in texts(controller)


def test_a_page_under_way_is_asked_for_again_when_its_window_is_shown() -> None:
    controller = begun()
    controller.on_updates([LinkChanged(LinkState.RECONNECTING, "cut", 1.0)])
    controller.types("/query bob")
    controller.on_updates([LinkChanged(LinkState.ONLINE, resumed=True), RESUMED_WELCOME])
    assert controller.link.pages[1:] == [History(whom="bob", limit=20, ref="history new bob")]
    controller.types("/w 1")
    assert controller.link.pages[2:] == [History(room="lobby", limit=20, ref="history new #lobby")]


def test_pages_hold_nothing_else_than_what_was_asked_for() -> None:
    controller = begun()
    controller.scrollback.clear()
    other = DirectMessage(id=8, sender="eve", to="alice", text="x", at=NOON)
    mixed = HistoryPage(
        room="lobby",
        messages=[line(5), line(9, "ops"), other, line(3)],
        more=True,
        ref="history new #lobby",
    )
    controller.on_updates([mixed, page("history new #ops", line(1, "ops"))])
    controller.on_updates([HistoryPage(room="lobby", messages=[line(2)], more=False)])
    assert texts(controller) == ["line 3", "line 5"]  # also in order


def test_what_came_in_a_page_is_not_shown_again() -> None:
    controller = begun()
    controller.scrollback.clear()
    controller.on_updates([first(line(5), line(6)), line(5), line(6), line(7)])
    assert texts(controller) == ["line 5", "line 6", "line 7"]


def test_when_all_was_cleared_the_newest_come_again() -> None:
    controller = begun()
    controller.on_updates([first(line(1), line(2), more=False)])
    controller.types("/clear")
    controller.scrolled(True)
    assert controller.link.pages[-1].before is None
    controller.on_updates([older(line(1), line(2), more=False)])
    assert texts(controller) == ["* this is where the lobby begins", "line 1", "line 2"]


def test_what_was_asked_for_by_hand_is_shown_at_the_end() -> None:
    controller = begun()
    controller.scrollback.clear()
    controller.types("/history with bob 2")
    asked = History(whom="bob", limit=2, ref="typed 1")
    assert controller.link.pages[1:] == [asked]
    direct = [
        DirectMessage(id=1, sender="bob", to="alice", text="psst", at=NOON - DAY),
        DirectMessage(id=2, sender="alice", to="bob", text="yes?\nno?", at=NOON),
    ]
    controller.on_updates([HistoryPage(whom="bob", messages=direct, more=True, ref="typed 1")])
    assert controller.rows() == [
        "T * 2 messages of you and bob:",
        "— 2023-11-13 —",
        "T @ <bob to you> psst",
        "— 2023-11-14 —",
        "T > <alice to bob> yes?",
        "T > <alice to bob> no?",
    ]
    controller.types("/clear", "/history 1", "/history 1")
    one = HistoryPage(room="lobby", messages=[line(1)], more=False, ref="typed 2")
    controller.on_updates(
        [one, replace(one, messages=[], ref="typed 3"), one]
    )  # the last one was not asked for
    assert controller.rows() == [
        "T * 1 message of #lobby:",
        "T   <bob> line 1",
        "T * 0 messages of #lobby",
    ]
    assert controller.scrollback.ids() == set()  # it may come again in its place


def test_what_is_looked_at_stays_when_a_page_is_put_above_it() -> None:
    """Also where the page takes the date away that stood above the line in view."""
    controller = begun()
    controller.on_updates([line(id, days=1) for id in range(100, 200)])
    controller.scrollback.scroll(98, 80, 3)
    before = controller.scrollback.view(80, 3)
    controller.on_updates([first(*(line(id, days=1) for id in range(50, 100)))])
    assert controller.scrollback.view(80, 3) == before
