"""What else a token is good for: who dropped is the same person, with its keys and what was written to it."""

from dataclasses import replace

import pytest

from chatd.protocol.events import Cause
from chatd.protocol.limits import DEFAULT
from tests.support.resuming import come_back, events, robot_and_alice, types


@pytest.mark.parametrize(
    ("seconds", "same"), [(DEFAULT.key_time_memory - 1, True), (DEFAULT.key_time_memory, False)]
)
def test_it_makes_the_same_person_for_as_long_as_keys_hold(seconds: float, same: bool) -> None:
    world, robot, alice = robot_and_alice()
    robot.feed('{"type":"say","text":"once","key":"k"}\n')
    robot.broken(Cause.TIMED_OUT)
    world.pass_time(seconds)
    new, told = come_back(world, robot, seen=0)
    assert types(told) == ["welcome"] and "resumed" not in told[0]
    assert (
        new.session.person.number == robot.session.person.number,
        new.session.token == robot.session.token,
    ) == (
        same,
        same,
    )
    new.feed('{"type":"say","text":"once","key":"k","ref":"1"}\n')
    assert types(events(new)) == ["ack"]
    world.pass_time(1)
    lines = alice.lines()
    assert lines.count("<robot> once") == (1 if same else 2)
    assert lines[-2:].count("* robot joined") == 1


def test_history_with_somebody_who_dropped() -> None:
    world, robot, alice = robot_and_alice()
    robot.feed('{"type":"dm","to":"alice","text":"psst"}\n')
    world.settle(robot, alice)
    robot.broken(Cause.RESET)
    world.settle(alice)
    alice.feed("/history with ROBOT\n")
    assert alice.lines()[1].endswith("[dm from robot] psst")
    thief = world.player("robot", json=True)
    world.settle(alice)
    alice.feed("/history with robot\n")
    assert alice.lines() == ["* 0 messages of you and robot"]
    thief.feed('{"type":"quit"}\n')


def test_a_room_that_is_not_there_again_is_not_where_one_is() -> None:
    world, robot, alice = robot_and_alice(replace(DEFAULT, rooms=2))
    robot.feed('{"type":"join","room":"mine"}\n')
    robot.broken(Cause.RESET)
    alice.feed("/join hers\n")
    robot, _ = come_back(world, robot, seen=0)
    assert robot.session.room == "lobby"
