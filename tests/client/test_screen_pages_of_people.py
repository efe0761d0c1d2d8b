"""Pages of what two people wrote, and of those who are ignored."""

import pytest
from msgspec.structs import replace

from chatd.protocol.events import DirectMessage, Error
from chatd.protocol.history_page import HistoryPage
from chatd.protocol.requests import History, Search
from chatd_client.screen.hit_list import HitList
from chatd_client.updates import LinkChanged, LinkState
from tests.support.controller_fixture import NOON, RESUMED_WELCOME
from tests.support.pages import begun, first, line, older, texts


@pytest.fixture(autouse=True)
def utc(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "UTC")


def test_the_pages_of_a_person() -> None:
    controller = begun()
    controller.types("/query BOB")
    assert controller.link.pages[1:] == [History(whom="BOB", limit=20, ref="history new bob")]
    mine = DirectMessage(id=2, sender="alice", to="bob", text="yes", at=NOON)
    theirs = DirectMessage(id=1, sender="bob", to="alice", text="well?", at=NOON)
    said_before = HistoryPage(whom="bob", messages=[theirs, mine, line(3)], more=False, ref="history new bob")
    controller.on_updates([said_before])
    assert controller.rows() == ["T @ <bob> well?", "T > <alice> yes"]
    controller.scrolled(True)
    assert controller.rows()[0] == "* this is where what you and BOB wrote begins"
    controller.types("/query nobody")
    absent = Error("no-such-nick", "nobody is not here; /users lists who is", ref="history new nobody")
    controller.on_updates([absent])
    assert controller.rows() == ["T ! nobody is not here; /users lists who is"]


def test_the_pages_of_people_who_had_other_names() -> None:
    """The server knows that they are the same; a message tells the names of when it was written."""
    controller = begun()
    controller.on_updates([LinkChanged(LinkState.ONLINE, resumed=True), replace(RESUMED_WELCOME, nick="ann")])
    mine = DirectMessage(id=1, sender="alice", to="bob", text="mine", at=NOON)
    theirs = DirectMessage(id=2, sender="robert", to="alice", text="theirs", at=NOON)
    controller.types("/query bob")
    there = HistoryPage(whom="bob", messages=[mine, theirs], more=False, ref="history new bob")
    controller.on_updates([there])
    assert controller.rows() == ["T > <alice> mine", "T @ <robert> theirs"]


def test_the_ignored_are_left_out_and_nothing_rings() -> None:
    controller = begun()
    controller.types("/ignore bob", "/clear")
    assert not controller.on_updates([first(line(1), line(2, sender="eve", text="alice!"))])
    assert controller.rows() == ["T » <eve> alice!"]


def test_one_gets_past_many_messages_of_the_ignored() -> None:
    controller = begun()
    controller.types("/ignore eve", "/clear")
    controller.on_updates([first(line(300)), line(301)])
    controller.scrolled(True)
    controller.on_updates([older(*(line(id, sender="eve") for id in range(200, 300)))])
    controller.scrolled(True)
    assert controller.link.pages[-1].before == 200
    controller.on_updates([older(line(199))])
    assert texts(controller) == [
        "line 199",
        "T * 100 messages of people whom you ignore",
        "line 300",
        "line 301",
    ]


def test_a_hit_leads_to_whom_one_wrote_under_another_name() -> None:
    controller = begun()
    controller.on_updates([LinkChanged(LinkState.ONLINE, resumed=True), replace(RESUMED_WELCOME, nick="ann")])
    controller.types("/search tea")
    message = DirectMessage(id=7, sender="alice", to="bob", text="tea", at=NOON)
    ref = controller.link.asked[-1].ref
    controller.on_updates([HistoryPage(messages=[message], more=False, found=True, ref=ref)])
    controller.covering.press("enter")
    assert controller.titles()[-1] == "[bob]"


def test_what_the_ignored_said_is_not_found_either() -> None:
    controller = begun()
    controller.types("/ignore eve", "/clear", "/search tea")
    ref = controller.link.asked[-1].ref
    spam = [line(id, sender="eve", text="tea") for id in (9, 8)]
    controller.on_updates([HistoryPage(messages=spam, more=True, found=True, ref=ref)])
    assert controller.link.asked[-1].before == 8  # there may be others
    page = HistoryPage(messages=[line(6)], before=[spam[0]], after=[line(7)], more=False, found=True, ref=ref)
    controller.on_updates([page])
    assert isinstance(controller.covering.overlay, HitList)
    rows = ["".join(text for _, text in row) for row in controller.covering.overlay.view(80, 9)]
    assert [row.split("> ")[-1] for row in rows[1:]] == ["line 6", "line 7"]
    controller.covering.press("escape")
    controller.types("/history 2")
    controller.on_updates([HistoryPage(room="lobby", messages=[*spam, line(6)], more=False, ref="typed 1")])
    assert texts(controller) == ["T * 1 message of #lobby:", "line 6"]


def test_the_ignored_that_come_again_and_again_are_asked_for_once() -> None:
    controller = begun()
    controller.types("/ignore eve", "/search tea")
    ref = controller.link.asked[-1].ref
    again = HistoryPage(messages=[line(9, sender="eve")], more=True, found=True, ref=ref)
    controller.on_updates([again, again, again])
    assert len([asked for asked in controller.link.asked if isinstance(asked, Search)]) == 2
