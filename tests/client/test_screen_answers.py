"""The answer to what was typed in a window is shown there, wherever one is when it comes."""

from pathlib import Path

import pytest

from chatd.protocol.events import Error, Event, Left, RoomEntrance, RoomInfo, RoomList, UserList
from chatd.protocol.history_page import HistoryPage
from chatd_client.screen.answers import MOST_WAITED_FOR
from tests.support.controller_fixture import ControllerFixture, entered
from tests.support.screen_terminal import ScreenTerminal
from tests.support.scripted_server import ScriptedServer, room_of, said, users_of

NOTHING = HistoryPage(room="dev", messages=[], more=False, ref="typed 1")


@pytest.mark.parametrize(
    ("typed", "answer", "row"),
    [
        ("/users", UserList(["bob"], 1, ref="typed 1", room="dev"), "* 1 in #dev: bob"),
        ("/rooms", RoomList([RoomEntrance("lobby", 3, "")], 1, ref="typed 1"), "* 1 room:"),
        ("/topic", RoomInfo("dev", 2, "tea", ref="typed 1"), "* #dev - 2 here - tea"),
        (
            "/history 1",
            HistoryPage(room="dev", messages=[], more=False, ref="typed 1"),
            "* 0 messages of #dev",
        ),
        ("/topic x", Error("busy", "not now", ref="typed 1"), "! not now"),
        ("/history with eve", Error("busy", "not now", ref="typed 1"), "! not now"),
        ("/name eve", Error("bad-nick", "eve is taken", ref="name eve"), "! eve is taken"),
        ("/leave ops", Error("not-in-room", "you are not in ops", ref="leave ops"), "! you are not in ops"),
        ("/leave ops", Left(["alice"], 1, room="ops", ref="leave ops"), "* alice left #ops"),
    ],
)
def test_an_answer_is_shown_where_it_was_asked_for(typed: str, answer: Event, row: str) -> None:
    controller = entered("ops", "dev")
    controller.types(typed, "/w 1")
    controller.on_updates([answer])
    assert controller.rows() == []
    assert f"T {row}" in controller.rows_of("#dev")


def test_an_answer_to_a_window_that_was_closed_is_shown_where_one_is() -> None:
    controller = ControllerFixture()
    controller.types("/q bob", "/rooms", "/close")
    controller.on_updates([Error("busy", "not now", ref="typed 1"), Error("busy", "twice", ref="typed 1")])
    assert (controller.titles(), controller.rows()) == (["[lobby]"], ["T ! not now", "T ! twice"])


def test_a_room_that_refuses_is_told_where_one_wanted_to_go_there() -> None:
    controller = entered("ops")
    controller.types("/join dev", "/w 1")
    controller.on_updates([Error("full", "there are too many rooms", ref="join dev")])
    assert (controller.titles(), controller.rows()) == (["[lobby]", "#ops"], [])
    assert controller.rows_of("#ops") == ["T ! there are too many rooms"]


def test_a_room_that_refuses_when_the_window_of_before_was_closed_is_told_where_one_is_then() -> None:
    controller = ControllerFixture()
    controller.types("/q bob", "/join dev", "/w bob", "/close")
    assert controller.titles() == ["lobby", "[#dev]"]
    controller.on_updates([Error("full", "there are too many rooms", ref="join dev")])
    assert (controller.titles(), controller.rows()) == (["[lobby]"], ["T ! there are too many rooms"])


def test_only_the_latest_answers_are_waited_for() -> None:
    controller = entered("dev")
    controller.types(*["/rooms"] * (MOST_WAITED_FOR + 1), "/w 1")
    controller.on_updates([Error("busy", f"{ref}", ref=f"typed {ref}") for ref in (1, 2)])
    assert controller.rows() == ["T ! 1"]
    assert controller.rows_of("#dev") == ["T ! 2"]


def test_a_slow_answer_comes_to_the_window_in_which_it_was_asked_for(tmp_path: Path) -> None:
    with ScriptedServer() as peer, ScreenTerminal(peer.target, tmp_path, 60, 12) as terminal:
        peer.welcome()
        peer.hears(type="users", ref="roster")
        peer.says(users_of("lobby", "alice", "bob"))
        terminal.types("/join dev\r")
        peer.hears(type="join", room="dev", ref="join dev")
        peer.says({**room_of("dev"), "ref": "join dev"})
        peer.hears(type="users", room="dev", ref="roster")
        terminal.shows("[2:#dev]")
        terminal.types("/users\r/topic tea\r\x1b1")
        peer.hears(type="users", room="dev", ref="typed 1")
        peer.hears(type="topic", room="dev", text="tea", ref="typed 2")
        terminal.shows("[1:lobby]")
        no = {"type": "error", "code": "unavailable", "text": "the disk is full", "ref": "typed 2"}
        peer.says({**users_of("dev", "alice", "eve"), "ref": "typed 1"}, no, said("all answered"))
        rows = "\n".join(terminal.shows("all answered"))
        assert "eve" not in rows
        assert "disk" not in rows
        terminal.types("\x1b2")
        terminal.shows("* 2 in #dev: alice, eve", "! the disk is full")
        terminal.types("/quit\r")
        peer.hears_quit()
        assert terminal.ends() == 0
