"""History in the full screen: what was said before is asked for, and put where it belongs."""

from itertools import pairwise

import pytest

from chatd.protocol.events import (
    DirectMessage,
    Error,
    HistoryPage,
    Left,
    RoomInfo,
    Said,
    TopicSet,
    Welcome,
)
from chatd.protocol.requests import History
from chatd_client.outgoing import DeliveryState
from chatd_client.screen.pages import OLDER_MESSAGES
from chatd_client.updates import DeliveryChanged, LinkChanged, LinkState
from tests.support.controller_fixture import NOON, ONLINE, RESUMED_WELCOME, WELCOME, ControllerFixture

DAY = 24 * 3600 * 1000


@pytest.fixture(autouse=True)
def utc(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "UTC")


def line(id: int, room: str = "lobby", sender: str = "bob", days: int = 0, text: str = "") -> Said:
    return Said(room=room, id=id, sender=sender, text=text or f"line {id}", at=NOON - days * DAY)


def page(ref: str, *messages: Said | TopicSet, more: bool = True) -> HistoryPage:
    return HistoryPage(room=ref.split()[-1], messages=messages, more=more, ref=ref)


def first(*messages: Said | TopicSet, room: str = "lobby", more: bool = True) -> HistoryPage:
    return page(f"history new {room}", *messages, more=more)


def older(*messages: Said | TopicSet, room: str = "lobby", more: bool = True) -> HistoryPage:
    return page(f"history old {room}", *messages, more=more)


def begun() -> ControllerFixture:
    """It is there, and has asked for its first page."""
    controller = ControllerFixture()
    controller.link.pages.clear()
    controller.on_updates([ONLINE, WELCOME])
    controller.link.asked.clear()
    return controller


def texts(controller: ControllerFixture) -> list[str]:
    return [row.split("> ")[-1] for row in controller.rows()]


def test_the_newest_page_stands_above_where_one_came_in() -> None:
    controller = begun()
    assert controller.link.pages == [History(room="lobby", limit=20, ref="history new lobby")]
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


def test_a_page_of_a_room_stands_above_its_first_line() -> None:
    controller = begun()
    controller.on_updates([first(line(1))])
    controller.types("/join dev", "/join ops")
    controller.on_updates([RoomInfo(room="dev", users=2, topic="", ref="join dev"), line(20)])
    controller.on_updates([RoomInfo(room="ops", users=1, topic="", ref="join ops")])
    assert [asked.room for asked in controller.link.pages] == ["lobby", "dev", "ops"]
    controller.on_updates([line(21, "dev")])
    controller.on_updates([first(line(9, "dev"), line(21, "dev"), room="dev")])
    controller.on_updates([first(line(8, "ops"), room="ops", more=False)])
    assert controller.rows() == [
        "T   <bob> line 1",
        "T * you are alice - 3 here - /help lists the commands",
        "T   #dev <bob> line 9",
        "T * #dev - 2 here - no topic",
        "T   <bob> line 20",
        "T   #ops <bob> line 8",
        "T * #ops - 1 here - no topic",
        "T   #dev <bob> line 21",
    ]
    controller.types("/join dev")  # where it is already
    controller.on_updates([RoomInfo(room="dev", users=2, topic="", ref="join dev")])
    assert len(controller.link.pages) == 3
    controller.on_updates([Left(names=["alice"], count=1, room="dev", ref="leave dev")])
    controller.on_updates([RoomInfo(room="dev", users=2, topic="", ref="join dev")])
    assert len(controller.link.pages) == 4


def test_older_pages_come_when_one_scrolls_up_until_there_are_none() -> None:
    controller = begun()
    controller.on_updates([first(*(line(id) for id in range(300, 350)))])
    controller.scrollback.scroll(31, 80, 20)
    before = controller.scrollback.view(80, 20)
    controller.scrolled_up()
    controller.scrolled_up()  # one at a time
    asked = History(room="lobby", before=300, limit=OLDER_MESSAGES, ref="history old lobby")
    assert controller.link.pages[1:] == [asked]
    controller.on_updates([line(350)])
    controller.on_updates([older(*(line(id) for id in range(250, 300)))])
    assert controller.scrollback.view(80, 20) == before
    controller.scrolled_up()  # there is enough above
    assert len(controller.link.pages) == 2
    controller.scrollback.scroll(60, 80, 20)
    controller.scrolled_up()
    assert controller.link.pages[-1].before == 250
    controller.on_updates([older(line(1), line(2), more=False)])
    controller.scrollback.scroll(200, 80, 20)
    for _ in range(3):
        controller.scrolled_up()
    assert len(controller.link.pages) == 3
    assert texts(controller)[:1] == ["* this is where the lobby begins"]
    controller.scrollback.to_end()
    ids = [int(text.split()[1]) for text in shown_lines(controller)]
    assert all(left < right for left, right in pairwise(ids))
    assert ids == [1, 2, *range(250, 351)]


def shown_lines(controller: ControllerFixture) -> list[str]:
    rows = ["".join(text for _, text in row) for row in controller.scrollback.view(80, 1000)]
    return [row.split("> ")[1] for row in rows if "<bob>" in row]


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


def test_dates_stand_where_the_day_changes() -> None:
    controller = begun()
    controller.on_updates([first(line(5, days=1), line(6, days=1), line(7))])
    controller.scrolled_up()
    controller.on_updates([older(line(2, days=3), line(3, days=1), line(4, days=1))])
    controller.scrolled_up()
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
    controller.on_updates([RoomInfo(room="dev", users=2, topic="", ref="join dev")])
    controller.on_updates([first(line(1, "dev", days=1), room="dev")])
    assert texts(controller)[1:4] == ["— 2023-11-13 —", "line 1", "— 2023-11-14 —"]


def test_a_day_that_begins_is_told() -> None:
    controller = begun()
    controller.scrollback.clear()
    controller.on_updates([line(1)])
    controller.wall += DAY / 1000
    controller.on_updates([line(2), line(3)])
    assert texts(controller) == ["line 1", "— 2023-11-15 —", "line 2", "line 3"]


def test_without_an_answer_or_with_an_error_it_goes_on() -> None:
    controller = begun()
    controller.on_updates([Error("busy", "please try again later", ref="history new lobby")])
    controller.scrolled_up()
    controller.on_updates([Error("busy", "please try again later", ref="history old lobby")])
    assert controller.rows()[1:] == ["T ! please try again later"]
    controller.scrolled_up()
    assert len(controller.link.pages) == 3
    controller.on_updates([LinkChanged(LinkState.RECONNECTING, "cut", 1.0)])
    controller.scrolled_up()  # without a link nothing is asked for
    controller.on_updates([LinkChanged(LinkState.ONLINE, resumed=True), RESUMED_WELCOME])
    assert len(controller.link.pages) == 3  # what was missed comes by itself
    controller.scrolled_up()
    assert len(controller.link.pages) == 4
    controller.on_updates([LinkChanged(LinkState.RECONNECTING, "cut", 1.0), ONLINE, WELCOME])
    assert controller.link.pages[4:] == [History(room="lobby", limit=20, ref="history new lobby")]
    controller.on_updates([older(line(1))])  # nobody asked for it
    assert "line 1" not in texts(controller)


def test_a_new_person_sees_what_is_not_there_yet() -> None:
    controller = begun()
    controller.on_updates([first(line(1)), line(2)])
    welcome = Welcome(nick="alice", token="u", server="s", users=1, limits=WELCOME.limits)
    controller.on_updates([LinkChanged(LinkState.ONLINE, "something may be missing"), welcome])
    controller.on_updates([line(4), first(line(1), line(2), line(3), line(4))])
    assert texts(controller) == [
        "line 1",
        "T * you are alice - 3 here - /help lists the commands",
        "line 2",
        "T * something may be missing",
        "line 3",
        "T * you are alice - 1 here - /help lists the commands",
        "line 4",
    ]


def test_the_ignored_are_left_out_and_nothing_rings() -> None:
    controller = begun()
    controller.types("/ignore bob", "/clear")
    assert not controller.on_updates([first(line(1), line(2, sender="eve", text="alice!"))])
    assert controller.rows() == ["T » <eve> alice!"]


def test_when_all_was_cleared_the_newest_come_again() -> None:
    controller = begun()
    controller.on_updates([first(line(1), line(2), more=False)])
    controller.types("/clear")
    controller.scrolled_up()
    assert controller.link.pages[-1].before is None
    controller.on_updates([older(line(1), line(2), more=False)])
    assert texts(controller) == ["* this is where the lobby begins", "line 1", "line 2"]


def test_what_was_asked_for_by_hand_is_shown_at_the_end() -> None:
    controller = begun()
    controller.scrollback.clear()
    controller.types("/history with bob 2")
    assert controller.link.asked == [History(whom="bob", limit=2)]
    direct = [
        DirectMessage(id=1, sender="bob", to="alice", text="psst", at=NOON - DAY),
        DirectMessage(id=2, sender="alice", to="bob", text="yes?\nno?", at=NOON),
    ]
    controller.on_updates([HistoryPage(whom="bob", messages=direct, more=True)])
    assert controller.rows() == [
        "T * 2 messages of you and bob:",
        "— 2023-11-13 —",
        "T @ <bob to you> psst",
        "— 2023-11-14 —",
        "T > <alice to bob> yes?",
        "T > <alice to bob> no?",
    ]
    controller.types("/clear")
    controller.on_updates([HistoryPage(room="lobby", messages=[line(1)], more=False)])
    controller.on_updates([HistoryPage(room="lobby", messages=[], more=False)])
    assert controller.rows() == [
        "T * 1 message of #lobby:",
        "T   <bob> line 1",
        "T * 0 messages of #lobby",
    ]
    assert controller.scrollback.ids("lobby") == set()  # it may come again in its place


def test_what_is_looked_at_stays_when_a_page_is_put_above_it() -> None:
    controller = begun()
    controller.on_updates([first(line(1)), *(line(id) for id in range(100, 150))])
    controller.on_updates([RoomInfo(room="dev", users=2, topic="", ref="join dev")])
    controller.on_updates([line(id) for id in range(150, 200)])
    controller.types("/search line 180")
    before = controller.scrollback.view(80, 20)
    controller.on_updates([first(*(line(id, "dev") for id in range(10, 40)), room="dev")])
    assert controller.scrollback.view(80, 20) == before
    controller.types("/search line 18")
    assert controller.rows()[-1].endswith("line 18")
