"""Coming back after a drop: what was missed comes exactly once, in order, then live."""

import json
from dataclasses import replace

import pytest

from chatd.protocol.events import Cause
from chatd.protocol.limits import DEFAULT
from tests.support.resuming import (
    come_back,
    events,
    hello,
    marked,
    robot_and_alice,
    said,
    types,
)
from tests.support.world import Player, World


def test_what_was_missed_comes_once_then_who_is_here_then_live() -> None:
    world, robot, alice = robot_and_alice()
    alice.feed("before\n")
    seen = events(robot)[-1]["id"]
    robot.broken(Cause.RESET)
    alice.feed("one\ntwo\n")
    world.pass_time(8)
    assert alice.lines() == ["* robot lost connection (reset)"]
    robot, told = come_back(world, robot, seen=seen)
    assert types(told) == ["welcome", "said", "said", "room", "users"]
    assert told[0]["resumed"] is True
    assert said(told) == [("lobby", "one"), ("lobby", "two")]
    assert set(told[-1]["names"]) == {"alice", "robot"}
    assert marked(robot) == told[2]["id"]
    alice.feed("live\n")
    assert said(events(robot)) == [("lobby", "live")]
    world.pass_time(1)
    assert alice.lines() == ["* robot is back after 8 s"]
    assert robot.lines() == []


def test_rooms_are_restored_and_told_of() -> None:
    world, robot, alice = robot_and_alice()
    other = world.player("other", json=True)
    for one in (robot, other):
        one.feed('{"type":"join","room":"dev"}\n')
    alice.feed("/join dev\n")
    robot.feed('{"type":"topic","room":"dev","text":"what we do"}\n')
    world.settle(robot, other, alice)
    robot.broken(Cause.RESET)
    alice.feed("in dev\n/bc in the lobby\n")
    world.settle(other, alice)
    robot, told = come_back(world, robot, seen=marked(robot))
    assert said(told) == [("dev", "in dev"), ("lobby", "in the lobby")]
    assert [(one["room"], one["topic"]) for one in told if one["type"] == "room"] == [
        ("lobby", ""),
        ("dev", "what we do"),
    ]
    assert [len(one["names"]) for one in told if one["type"] == "users"] == [3, 3]
    world.pass_time(1)
    assert [(one["type"], one.get("room")) for one in events(other)] == [("back", None), ("back", "dev")]
    assert alice.read() == ["* robot is back after 2 s"]
    robot.feed('{"type":"say","room":"dev","text":"there"}\n')
    assert alice.lines() == ["#dev <robot> there"]


def test_a_room_that_went_with_the_last_one_is_there_again() -> None:
    world, robot, _ = robot_and_alice()
    robot.feed('{"type":"join","room":"mine"}\n')
    robot.broken(Cause.RESET)
    assert "mine" not in world.state.rooms
    robot, told = come_back(world, robot, seen=0)
    assert [one["room"] for one in told if one["type"] == "room"] == ["lobby", "mine"]
    assert robot.session in world.state.rooms["mine"].members


def test_a_room_is_not_there_again_where_there_are_too_many() -> None:
    world, robot, alice = robot_and_alice(replace(DEFAULT, rooms=2))
    robot.feed('{"type":"join","room":"mine"}\n')
    robot.broken(Cause.RESET)
    alice.feed("/join hers\n")
    robot, told = come_back(world, robot, seen=0)
    assert [one["room"] for one in told if one["type"] == "room"] == ["lobby"]


def test_who_left_is_not_known_any_more() -> None:
    world, robot, _ = robot_and_alice()
    robot.feed('{"type":"quit"}\n')
    _, told = come_back(world, robot, seen=0)
    assert "resumed" not in told[0]
    assert told[0]["token"] != robot.session.token


@pytest.mark.parametrize(("seconds", "known"), [(DEFAULT.away_time - 1, True), (DEFAULT.away_time, False)])
def test_a_token_is_known_for_some_minutes(seconds: float, known: bool) -> None:
    world, robot, _ = robot_and_alice()
    robot.broken(Cause.TIMED_OUT)
    world.pass_time(seconds)
    _, told = come_back(world, robot, seen=0)
    assert told[0].get("resumed", False) is known


def test_who_dropped_first_is_forgotten_first() -> None:
    world, robot, _ = robot_and_alice(replace(DEFAULT, guests=1))
    other = world.player("other", json=True)
    robot.broken(Cause.RESET)
    other.broken(Cause.RESET)
    assert len(world.state.guests) == 1
    assert "resumed" not in come_back(world, robot, seen=0)[1][0]
    assert come_back(world, other, seen=0)[1][0]["resumed"]


def test_who_types_has_no_token_to_come_back_with() -> None:
    world, _, alice = robot_and_alice()
    alice.broken(Cause.RESET)
    assert len(world.state.guests) == 0
    assert "resumed" not in come_back(world, alice, seen=0)[1][0]


def test_somebody_else_may_have_the_name_meanwhile() -> None:
    world, robot, alice = robot_and_alice()
    robot.broken(Cause.RESET)
    thief = world.player("robot")
    _, told = come_back(world, robot, seen=0)
    assert types(told) == ["error"]
    new = Player(world)
    told = hello(new, "robot2", robot.session.token, seen=0)
    assert (told[0]["nick"], told[0]["resumed"]) == ("robot2", True)
    assert new.session.person.number == robot.session.person.number != thief.session.person.number
    world.pass_time(1)
    assert alice.lines()[-1] == "* robot2 is back after 0 s"


def test_a_connection_that_nobody_noticed_to_be_dead_is_taken_over() -> None:
    world, robot, alice = robot_and_alice()
    robot.feed('{"type":"join","room":"dev"}\n')
    world.settle(robot, alice)
    robot.socket.rest = 0
    alice.feed("lost on the way\n/dm robot psst\n")
    world.round()
    new, told = come_back(world, robot, seen=0)
    assert said(told) == [("lobby", "lost on the way"), ("alice", "psst")]
    assert [one["room"] for one in told if one["type"] == "room"] == ["lobby", "dev"]
    world.pass_time(1)
    assert alice.lines() == ["[dm to robot] psst"]
    alice.feed("live\n")
    assert said(events(new)) == [("lobby", "live")]


def test_own_messages_come_again_with_their_keys() -> None:
    world, robot, alice = robot_and_alice()
    robot.feed('{"type":"say","text":"mine","key":"k1"}\n{"type":"dm","to":"alice","text":"dm","key":"k2"}\n')
    robot.broken(Cause.RESET)
    alice.feed("hers\n")
    robot, told = come_back(world, robot, seen=0)
    assert [(one["text"], one.get("key"), one.get("to")) for one in told[1:4]] == [
        ("mine", "k1", None),
        ("dm", "k2", "alice"),
        ("hers", None, None),
    ]
    robot.feed('{"type":"say","text":"mine","key":"k1","ref":"1"}\n')
    assert events(robot) == [{"type": "ack", "ref": "1", "id": told[1]["id"]}]
    assert alice.lines().count("<robot> mine") == 1


def test_the_keys_of_others_are_theirs() -> None:
    world, robot, _ = robot_and_alice()
    other = world.player("other", json=True)
    robot.broken(Cause.RESET)
    other.feed('{"type":"say","text":"mine","key":"secret"}\n')
    _, told = come_back(world, robot, seen=0)
    assert "secret" not in json.dumps(told)


@pytest.mark.parametrize("seen", [-(2**63), -1, 0])
def test_seen_below_everything_is_everything(seen: int) -> None:
    world, robot, alice = robot_and_alice()
    alice.feed("one\n")
    robot.broken(Cause.RESET)
    assert said(come_back(world, robot, seen=seen)[1]) == [("lobby", "one")]


def test_nobody_missed_what_was_said_before_it_came() -> None:
    world = World()
    alice = world.player("alice")
    alice.feed("before\n")
    robot = world.player("robot", json=True)
    alice.feed("after\n")
    for _ in range(2):
        robot.broken(Cause.RESET)
        robot, told = come_back(world, robot, seen=0)
        assert said(told) == [("lobby", "after")]


def test_seen_of_the_future_is_nothing_and_no_harm() -> None:
    world, robot, alice = robot_and_alice()
    alice.feed("one\n")
    robot.broken(Cause.RESET)
    robot, told = come_back(world, robot, seen=2**63 - 1)
    assert said(told) == []
    alice.feed("two\n")
    assert said(events(robot)) == [("lobby", "two")]


def test_without_seen_nothing_is_told_but_what_comes() -> None:
    world, robot, alice = robot_and_alice()
    robot.broken(Cause.RESET)
    alice.feed("one\n")
    robot, told = come_back(world, robot)
    assert types(told) == ["welcome"]
    assert robot.marks == []
    alice.feed("two\n")
    assert said(events(robot)) == [("lobby", "two")]


def test_too_much_is_a_gap_in_each_room_and_the_newest() -> None:
    world, robot, alice = robot_and_alice(replace(DEFAULT, missed=3))
    robot.feed('{"type":"join","room":"dev"}\n')
    robot.broken(Cause.RESET)
    alice.feed("/join dev\n" + "".join(f"{number}\n/bc {number}\n" for number in range(4)))
    robot, told = come_back(world, robot, seen=7)
    gaps = [one for one in told if one["type"] == "skipped"]
    assert [(one["room"], one["count"], one["after"]) for one in gaps] == [("lobby", 2, 7), ("dev", 3, 7)]
    first = told[len(gaps) + 1]
    assert said(told) == [("lobby", "2"), ("dev", "3"), ("lobby", "3")]
    assert all(one["before"] <= first["id"] for one in gaps)


def test_pages_follow_one_another() -> None:
    world, robot, alice = robot_and_alice(replace(DEFAULT, page_bytes=100))
    robot.broken(Cause.RESET)
    texts = [f"{number:040}" for number in range(20)]
    alice.feed("".join(text + "\n" for text in texts))
    _, told = come_back(world, robot, seen=0)
    assert said(told) == [("lobby", text) for text in texts]


def test_who_comes_back_and_drops_is_lost_once() -> None:
    world, robot, alice = robot_and_alice()
    robot.broken(Cause.RESET)
    world.settle(alice)
    robot, _ = come_back(world, robot, seen=0)
    robot.broken(Cause.CLOSED)
    world.pass_time(1)
    assert alice.lines() == ["* robot is back after 2 s", "* robot lost connection (closed)"]
    assert come_back(world, robot, seen=0)[1][0]["resumed"]


def test_marks_tell_one_in_several_rooms_up_to_where_it_has_everything() -> None:
    world, robot, alice = robot_and_alice()
    alice.feed("only the lobby\n")
    robot.lines()
    assert robot.marks == []
    for one in (robot, alice):
        one.feed('{"type":"join","room":"dev"}\n' if one is robot else "/join dev\n")
    robot.lines()
    robot.marks.clear()
    alice.feed("in dev\n/bc in the lobby\n")
    last = max(one["id"] for one in events(robot) if one["type"] == "said")
    assert [marked(robot)] == [last] == [world.state.log.last_id]
    robot.feed('{"type":"ping"}\n')
    assert types(events(robot)) == ["pong"]
    assert len(robot.marks) == 1
