"""Rooms in the full screen: where one is, who is there, and what is shown of it."""

import pytest

from chatd.protocol.events import (
    Error,
    Event,
    Joined,
    Left,
    Lost,
    RoomEntrance,
    RoomInfo,
    RoomList,
    Said,
    TopicSet,
    UserList,
)
from chatd.protocol.requests import Join, Leave, Rooms, Say, Topic, Users
from chatd_client.screen.nick_lists import MAX_ROOMS
from chatd_client.updates import LinkChanged, LinkState
from tests.support.controller_fixture import NOON, ONLINE, WELCOME, ControllerFixture, direct, said


def in_room(text: str, sender: str = "bob", room: str = "dev") -> Said:
    return said(text, sender, room=room)


def room(name: str = "dev", users: int = 2, how: str = "join") -> RoomInfo:
    return RoomInfo(room=name, users=users, topic="", ref=f"{how} {name}")


def left(name: str = "dev") -> Left:
    return Left(names=["alice"], count=1, room=name, ref=f"leave {name}")


def listed(*names: str, room: str = "dev") -> UserList:
    return UserList(names=list(names), count=len(names), ref="roster", room=room)


def in_dev() -> ControllerFixture:
    controller = ControllerFixture()
    controller.types("/join dev")
    controller.on_updates([room(), listed("bob", "alice")])
    controller.link.asked.clear()
    controller.scrollback.clear()
    return controller


def test_going_to_a_room_and_back() -> None:
    controller = ControllerFixture()
    controller.types("/join #Dev")
    assert controller.link.asked == [Join(room="dev", ref="join dev")]
    assert "alice · 1:lobby [2:#dev] · online" in controller.status_text(60)
    controller.on_updates([room()])
    assert controller.link.asked[1:] == [Users(room="dev", ref="roster")]
    assert "alice · 1:lobby [2:#dev] · 2 here · online" in controller.status_text(60)
    assert controller.rows() == ["T * #dev - 2 here - no topic"]
    controller.on_updates([listed("bob", "alice")])
    controller.types("/leave")
    assert controller.link.asked[2:] == [Leave(room="dev", ref="leave dev")]
    assert controller.titles() == ["[lobby]", "#dev"]  # one is out of the way at once
    controller.on_updates([left()])
    assert "alice · [1:lobby] · 3 here · online" in controller.status_text(60)
    assert controller.rows() == ["T * alice left #dev"]


def test_what_is_typed_names_its_room() -> None:
    controller = in_dev()
    controller.types("one", "/bc two", '/say #Ops "three"', "/topic x", "/topic", "/users", "/rooms")
    controller.typed.send_pasted(["four"])
    assert controller.link.asked == [
        Say(text="one", room="dev", ref="1"),
        Say(text="two", ref="2"),
        Say(text="three", room="ops", ref="3"),
        Topic(room="dev", text="x", ref="typed 1"),
        Topic(room="dev", ref="typed 2"),
        Users(room="dev", ref="typed 3"),
        Rooms(ref="typed 4"),
        Say(text="four", room="dev", ref="4"),
    ]
    assert controller.rows() == [
        "T … <alice> one",
        "T … #lobby <alice> two",
        "T … #ops <alice> three",
        "T … <alice> four",
    ]
    assert controller.rows_of("lobby") == ["T … <alice> two"]


def refused(name: str = "dev") -> Error:
    return Error("too-many-rooms", "there are too many rooms", ref=f"join {name}")


def test_nothing_behind_a_refused_join_is_said_to_everyone() -> None:
    controller = ControllerFixture()
    controller.types("/join dev", "one")
    controller.on_updates([refused()])
    controller.types("two")
    assert controller.link.asked[1:] == [
        Say(text="one", room="dev", ref="1"),
        Say(text="two", room="dev", ref="2"),
    ]
    assert controller.rows() == ["T … <alice> one", "T ! there are too many rooms", "T … <alice> two"]
    controller.types("/leave")  # it is only a window
    assert controller.titles() == ["[lobby]"]
    assert len(controller.link.asked) == 3


def test_a_refused_room_in_which_nothing_was_typed_leaves_no_window() -> None:
    controller = ControllerFixture()
    controller.types("/join dev")
    controller.on_updates([refused()])
    assert (controller.titles(), controller.rows()) == (["[lobby]"], ["T ! there are too many rooms"])


@pytest.mark.parametrize(
    ("event", "rows"),
    [
        (in_room("hello"), ["T   <bob> hello"]),
        (in_room("well, alice?"), ["T » <bob> well, alice?"]),
        (said("hello"), []),
        (direct("psst"), []),
        (Joined(["dave"], 1, room="dev"), ["T * dave joined #dev"]),
        (Left(["bob"], 1, room="dev"), ["T * bob left #dev"]),
        (TopicSet("dev", 1, "bob", "x", NOON), ["T * bob set the topic of #dev: x"]),
        (
            RoomList([RoomEntrance("lobby", 3, ""), RoomEntrance("d\nev", 1, "x\ny")], 3),
            ["T * 3 rooms:", "T * #lobby - 3 here", "T * #d ev - 1 here - x y", "T * and 1 more"],
        ),
        (UserList(["alice"], 1, room="d\nev"), ["T * 1 in #d ev: alice"]),
        (Error("full", "no"), ["T ! no"]),
    ],
)
def test_how_rooms_are_shown(event: Event, rows: list[str]) -> None:
    controller = in_dev()
    controller.on_updates([event])
    assert controller.rows() == rows


@pytest.mark.parametrize(
    ("events", "count", "names"),
    [
        ([], 2, ["bob", "Carol"]),
        ([Joined(["dave"], 1, room="dev")], 3, ["bob", "dave", "Carol"]),
        ([Joined(["bob"], 1, room="dev")], 2, ["bob", "Carol"]),
        ([Joined(["dave"], 1), Joined(["eve"], 1, room="ops")], 2, ["bob", "Carol", "dave"]),
        ([Left(["bob"], 1, room="dev")], 1, ["bob", "Carol"]),
        ([Left(["bob"], 1, room="ops")], 2, ["bob", "Carol"]),
        ([Left(["BOB"], 1)], 1, ["Carol"]),
        ([Lost(["bob", "Carol"], 2, "reset")], 1, []),
        ([Lost(["Carol"], 3, "reset")], 2, ["bob"]),
        ([Joined(["dave"], 1, room="dev"), in_room("hi", "dave")], 3, ["dave", "bob", "Carol"]),
        ([said("hi", "Carol")], 2, ["bob", "Carol"]),
        ([room(users=9), RoomInfo(room="dev", users=9, topic="")], 2, ["bob", "Carol"]),
        ([listed("bob", "alice", "dave")], 3, ["bob", "dave", "Carol"]),
        ([listed("dave", room="ops")], 2, ["bob", "Carol"]),
    ],
)
def test_who_is_there_follows_what_is_told(events: list[Event], count: int, names: list[str]) -> None:
    controller = in_dev()
    controller.on_updates(list(events))
    assert f"[2:#dev] · {count} here" in controller.status_text(60)
    assert controller.names() == names


def test_the_list_of_a_room_is_asked_for_when_one_is_there() -> None:
    controller = in_dev()
    controller.types("/join ops", "/join dev")
    controller.on_updates([room("ops", 7), room()])
    assert controller.link.asked[2:] == []  # nobody saw #ops
    assert controller.titles() == ["lobby", "[#dev]", "#ops"]
    controller.types("/window ops")
    assert controller.link.asked[2:] == [Users(room="ops", ref="roster")]
    assert "[3:#ops] · 7 here" in controller.status_text(60)
    controller.types("/w 2", "/leave")
    controller.on_updates([left()])
    assert len(controller.link.asked) == 4
    assert "1:lobby [2:#ops] · 7 here" in controller.status_text(60)


def test_after_a_break_the_rooms_are_those_of_before() -> None:
    controller = in_dev()
    controller.on_updates([LinkChanged(LinkState.RECONNECTING, "cut off", 1.0)])
    controller.types("meanwhile", "/join ops")
    assert controller.link.asked == [Say(text="meanwhile", room="dev", ref="1")]
    assert "· 1:lobby [2:#dev] · reconnecting" in controller.status_text(60)
    controller.on_updates([ONLINE, WELCOME])
    assert "[2:#dev] · online" in controller.status_text(60)
    controller.on_updates([room(users=1, how="rejoin")])
    assert "[2:#dev] · 1 here · online" in controller.status_text(60)
    assert controller.link.asked[1:] == [Users(ref="roster"), Users(room="dev", ref="roster")]


def test_a_room_that_refuses_to_have_one_back_is_told_and_can_still_be_read() -> None:
    controller = in_dev()
    controller.on_updates([in_room("hello")])
    controller.on_updates([LinkChanged(LinkState.RECONNECTING, "", 1.0), ONLINE, WELCOME])
    controller.types("/w 1")
    controller.on_updates([Error("too-many-rooms", "there are too many rooms", ref="rejoin dev")])
    told = "T ! you are not in #dev any more: there are too many rooms"
    assert controller.rows()[-1] == controller.rows_of("#dev")[-1] == told
    controller.types("/w #dev")
    assert controller.rows()[0] == "T   <bob> hello"
    controller.types("/close")
    assert controller.titles() == ["[lobby]"]


def test_the_rooms_that_were_heard_of_are_offered() -> None:
    controller = in_dev()
    rooms = [RoomEntrance(name, 1, "") for name in ("lobby", "ops", "no room", "Ops", "dev")]
    controller.on_updates([RoomList(rooms, 4), Joined(["bob"], 1, room="doc"), in_room("x", room="web")])
    assert controller.nick_lists.rooms() == ["lobby", "dev", "ops", "doc", "web"]
    controller.on_updates([RoomList([RoomEntrance(f"r{at}", 1, "") for at in range(2 * MAX_ROOMS)], 2)])
    assert len(controller.nick_lists.rooms()) == MAX_ROOMS


def test_a_server_cannot_take_one_to_a_room() -> None:
    controller = ControllerFixture()
    controller.on_updates([room(), listed("bob"), room("lobby"), left()])
    assert "· [1:lobby] · 3 here" in controller.status_text(60)
    assert controller.link.asked == []
