"""Events to lines of the screen: their words, marks, colours, and what rings."""

import pytest

from chatd.protocol.events import (
    Back,
    Bye,
    CommandHelp,
    Error,
    Event,
    HelpList,
    Joined,
    Left,
    Lost,
    Skipped,
    UserList,
)
from chatd.protocol.requests import Direct, Say
from chatd_client.outgoing import DeliveryState
from chatd_client.settings import Bell
from chatd_client.updates import DeliveryChanged
from tests.support.controller_fixture import WELCOME, ControllerFixture, direct, said


@pytest.mark.parametrize(
    ("event", "rows"),
    [
        (said("hello"), ["T   <bob> hello"]),
        (said("malice, alice2 and alice-b"), ["T   <bob> malice, alice2 and alice-b"]),
        (said("well, ALICE?"), ["T » <bob> well, ALICE?"]),
        (said("late", at=10**30), ["— 2100-01-01 —", "T   <bob> late"]),
        (said("too late for a float", at=10**400), ["— 2100-01-01 —", "T   <bob> too late for a float"]),
        (said("early", at=-1), ["— 1970-01-01 —", "T   <bob> early"]),
        (said("a\x1b]0;b\x07\u202ec\n", "b\x1bob"), ["T   <bob> a]0;bc"]),
        (Joined(["dave"], 1), ["T * dave joined"]),
        (Left(["bob"], 1, "so long"), ["T * bob left (so long)"]),
        (Lost(["bob"], 1, "reset"), ["T * bob lost connection (reset)"]),
        (Back(["bob"], 1, 8), ["T * bob is back after 8 s"]),
        (Back(["bob"], 1, 8, "dev"), []),
        (UserList(["alice", "bob"], 2), ["T * 2 here: alice, bob"]),
        (UserList(["alice", "bob"], 2, ref="roster"), []),
        (
            HelpList([CommandHelp("/a", "does a"), CommandHelp("/b", "does b")]),
            ["T * /a - does a", "T * /b - does b"],
        ),
        (Error("usage", "please write"), ["T ! please write"]),
        (Skipped("lobby", 3), ["T ! 3 messages skipped"]),
        (Skipped("dev", 1), ["T ! 1 message of #dev skipped"]),
        (Skipped("", 2, 5, 9), ["T ! 2 direct messages skipped"]),
        (WELCOME, ["T * you are alice - 3 here - /help lists the commands"]),
        (Bye("quit"), []),
    ],
)
def test_every_event_has_its_line(event: Event, rows: list[str]) -> None:
    controller = ControllerFixture()
    controller.on_updates([event])
    assert controller.rows() == rows


def test_a_direct_message_is_in_the_window_of_who_wrote_it() -> None:
    controller = ControllerFixture()
    controller.on_updates([direct("psst")])
    assert (controller.rows(), controller.rows_of("bob")) == ([], ["T @ <bob> psst"])


def test_colour_says_again_what_the_mark_says() -> None:
    controller = ControllerFixture()
    for event, style in (
        (said("alice!"), "class:mention"),
        (Error("usage", "no"), "class:error"),
        (Joined(["dave"], 1), "class:notice"),
    ):
        controller.on_updates([event])
        assert style in controller.styles()
        controller.scrollback.clear()
    controller.types("/q bob")
    controller.on_updates([direct("psst")])
    assert "class:direct" in controller.styles()


def test_an_own_line_shows_how_far_it_has_come() -> None:
    controller = ControllerFixture()
    controller.types("hello", "/dm bob psst")
    assert controller.link.asked == [Say(text="hello", ref="1"), Direct(to="bob", text="psst", ref="2")]
    assert controller.rows() == ["T … <alice> hello", "T … <alice to bob> psst"]
    controller.on_updates(
        [DeliveryChanged("1", DeliveryState.ACKNOWLEDGED), DeliveryChanged("2", DeliveryState.REFUSED)]
    )
    assert controller.rows() == ["T > <alice> hello", "T ! <alice to bob> psst"]
    # Line 1 was answered already, and nobody's was never sent.
    controller.on_updates(
        [DeliveryChanged("1", DeliveryState.REFUSED), DeliveryChanged("nobody's", DeliveryState.REFUSED)]
    )
    assert controller.rows()[0] == "T > <alice> hello"


@pytest.mark.parametrize(
    ("bell", "rung"),
    [
        ("off", [False, False, False, False]),
        ("dm", [True, False, False, False]),
        ("mention", [True, True, False, False]),
        ("all", [True, True, True, False]),
    ],
)
def test_the_bell(bell: Bell, rung: list[bool]) -> None:
    controller = ControllerFixture(bell)
    events = (direct("psst"), said("alice!"), said("hello"), Joined(["dave"], 1))
    assert [controller.on_updates([event]) for event in events] == rung
