"""Acts of those who keep a room or the server civil, as the screen shows them."""

from typing import Any

from chatd.protocol.errors import Code
from chatd.protocol.events import Error, Left, RoomInfo, Said
from chatd.protocol.history_page import HistoryPage
from chatd.protocol.requests import Leave
from chatd_client.updates import LinkChanged, LinkState
from tests.support.controller_fixture import WELCOME, ControllerFixture, entered, said
from tests.support.told_acts import act


def meant(controller: ControllerFixture) -> list[Said]:
    """What starts the command for what is meant for the user, from now on."""
    told: list[Any] = []
    controller.arrivals.on_mention = told.append
    return told


# -- where acts are shown --------------------------------------------------------------------------------


def test_an_act_is_told_in_the_window_of_its_room_once() -> None:
    controller = entered("dev")
    controller.types("/window 1")
    controller.on_updates([act("moderated", value="on"), act("op", 1_000_001, whom="carol")])
    assert controller.rows_of("#dev") == [
        "T * bob lets only who has a role speak in #dev",
        "T * bob made carol an operator of #dev",
    ]
    assert controller.rows() == [] and controller.windows.all[1].unread == 0
    controller.types("/window dev")
    page = [act("moderated", value="on"), act("slow", 1_000_002, value="10 s")]
    controller.on_updates([HistoryPage(room="dev", messages=page, more=False, ref="history new #dev")])
    controller.on_updates([act("slow", 1_000_002, value="10 s")])
    assert [row for row in controller.rows() if "this is where" not in row] == [
        "T * bob lets only who has a role speak in #dev",
        "T * bob made carol an operator of #dev",
        "T * bob slowed #dev down: each one speaks once in 10 s",
    ]


def test_one_on_the_server_is_told_in_the_lobby_and_where_its_author_is() -> None:
    controller = entered("dev")
    controller.on_updates([act("ban", room="lobby", whom="eve", seconds=1800, reason="spam")])
    assert controller.rows_of("lobby") == ["T * bob banned eve from the server for 30 min (spam)"]
    assert controller.rows() == []
    controller.types("/kill eve bye")
    controller.on_updates([act("kill", 1_000_002, "alice", "lobby", whom="eve", reason="bye")])
    assert controller.rows() == ["T * alice ended the connections of eve (bye)"]


def test_an_announcement_is_as_conspicuous_as_a_mention() -> None:
    controller = entered("dev")
    told = meant(controller)
    assert controller.on_updates([act("announce", room="lobby", value="a new disk\nat noon")])
    lines = ["T » announcement of bob: a new disk", "T » announcement of bob: at noon"]
    assert controller.rows() == lines == controller.rows_of("lobby")
    assert "class:mention" in controller.styles() and controller.windows.lobby.unread == 0
    assert [event.text for event in told] == ["announcement of bob: a new disk\nannouncement of bob: at noon"]
    assert not controller.on_updates([act("announce", 1_000_002, "alice", "lobby", value="mine")])
    assert controller.rows()[-1] == "T * announcement of alice: mine"


def test_a_lockdown_is_shown_everywhere() -> None:
    controller = entered("dev")
    controller.on_updates([act("lockdown", room="lobby", value="on")])
    assert controller.rows() == controller.rows_of("lobby")
    assert controller.rows()[0].startswith("T * bob locked the server down")
    assert "locked down" in controller.status_text(100)
    controller.on_updates([act("lockdown", 1_000_002, room="lobby", value="off")])
    assert "locked down" not in controller.status_text(100)
    controller.on_updates([Error(code=Code.LOCKED_DOWN, text="no", ref="9")])
    assert "locked down" in controller.status_text(100)
    controller.on_updates([RoomInfo(room="lobby", users=2, topic="")])
    assert "locked down" not in controller.status_text(100)
    controller.on_updates([RoomInfo(room="lobby", users=2, topic="", lockdown=True)])
    assert "locked down" in controller.status_text(100)


def test_what_is_done_to_the_user_counts_as_a_mention() -> None:
    controller = entered("dev", "ops")
    told = meant(controller)
    assert controller.on_updates([act("mute", whom="Alice", seconds=60), act("op", 1_000_001, whom="eve")])
    dev = controller.windows.all[1]
    assert (dev.unread, dev.mentions, len(told)) == (1, 1, 1)
    controller.types("/window dev")
    assert "T » bob muted Alice in #dev for 1 min" in controller.rows()


def test_who_is_invited_reads_it_where_they_are_and_how_to_come() -> None:
    controller = ControllerFixture()
    assert controller.on_updates([act("invite", whom="alice")])
    assert controller.rows() == ["T » bob invited alice to #dev", "T * /join dev goes there"]
    controller = entered("dev")
    controller.on_updates([act("invite", whom="carol")])
    assert controller.rows() == ["T * bob invited carol to #dev"]


def test_acts_of_ignored_people_are_shown() -> None:
    controller = entered("dev")
    controller.types("/ignore bob", "/clear")
    controller.on_updates([act("moderated", value="on")])
    assert len(controller.rows()) == 1


# -- who is put out --------------------------------------------------------------------------------------


def test_the_window_of_who_is_put_out_stays_and_says_so() -> None:
    controller = entered("dev", "ops")
    controller.on_updates([RoomInfo(room="dev", users=2, topic="", slow=10)])
    controller.scrollback.clear()
    controller.on_updates([said("hello", room="dev"), act("kick", whom="alice", reason="spam")])
    controller.on_updates([Left(names=["alice"], count=1, room="dev", reason="kicked")])
    dev = controller.windows.all[1]
    assert controller.titles() == ["lobby", "#dev", "[#ops]"] and (dev.unread, dev.mentions) == (2, 1)
    controller.types("/window dev")
    assert controller.rows()[1:] == [
        "T   <bob> hello",
        "T » bob put alice out of #dev (spam)",
        "T ! you are not in #dev any more: kicked; /join dev goes back",
    ]
    assert "not in it" in controller.status_text(100) and "slow" not in controller.status_text(100)
    controller.link.pages.clear()
    controller.scrolled(up=True)
    assert controller.link.pages == []  # nobody there would be answered
    controller.types("/join dev")
    controller.on_updates([RoomInfo(room="dev", users=2, topic="", ref="join dev")])
    assert "not in it" not in controller.status_text(100)


def test_a_window_out_of_which_one_was_put_closes_like_any_other() -> None:
    controller = entered("dev")
    controller.on_updates([Left(names=["alice"], count=1, room="dev", reason="banned")])
    why = "you are banned from #dev until 2026-11-27 10:00 UTC, by bob (spam)"
    controller.types("/window 1")
    controller.on_updates([Error(code=Code.BANNED, text=why), Error(code=Code.BANNED, text="other")])
    assert controller.rows() == ["T ! other"]
    controller.types("/window dev")
    assert controller.rows() == ["T ! you are not in #dev any more: banned", f"T ! {why}"]
    controller.link.asked.clear()
    controller.types("/leave")
    assert controller.titles() == ["[lobby]"]
    assert not [each for each in controller.link.asked if isinstance(each, Leave)]


def test_somebody_else_is_put_out() -> None:
    controller = entered("dev")
    controller.on_updates(
        [act("kick", whom="eve"), Left(names=["eve"], count=1, room="dev", reason="kicked")]
    )
    assert controller.rows() == ["T * bob put eve out of #dev", "T * eve left #dev (kicked)"]


def test_rooms_that_do_not_have_one_back_are_told_once() -> None:
    controller = entered("dev", "ops")
    controller.on_updates([LinkChanged(LinkState.ONLINE), WELCOME])
    controller.on_updates(
        [
            Error(code=Code.PRIVATE_ROOM, text="it is private", ref="rejoin dev"),
            Error(code=Code.WRONG_KEY, text="it has a key", ref="rejoin ops"),
        ]
    )
    assert [row for row in controller.rows() if "ops" in row] == [
        "T ! you are not in #ops any more: it has a key"
    ]
    assert controller.rows_of("#dev")[-1] == "T ! you are not in #dev any more: it is private"


def test_who_is_banned_from_the_server_is_turned_away() -> None:
    controller = entered("dev")
    controller.on_updates([LinkChanged(LinkState.OFFLINE, "you are banned for good, by bob")])
    assert controller.turned_away == "you are banned for good, by bob"
    assert controller.rows()[-1] == "T ! you are banned for good, by bob"
