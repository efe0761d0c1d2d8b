"""Every way out, and the way back in by token, without sockets (MUST 3)."""

from dataclasses import replace

import pytest

from chatd.behaviour.presence import go_down, quit
from chatd.protocol.events import Cause
from chatd.protocol.limits import DEFAULT
from chatd.state.sessions import NoConnection, SessionState
from tests.behaviour.test_dispatch import WELCOME
from tests.support.world import ScriptedSocket, World


def test_quit_frees_the_name_at_once_and_nothing_is_added_after_bye() -> None:
    world = World()
    alice, bob = world.players("alice", "bob")
    bob.feed('/quit "see you"\n/users\nhello\n')
    assert world.player("bob").session.state is SessionState.PRESENT
    alice.feed("hi\n")
    assert bob.lines() == ["* bye"]
    assert alice.lines() == ["* bob left (see you)"]


def test_quit_before_a_name_is_answered_too() -> None:
    world = World()
    robot = world.player()
    robot.feed('{"type":"quit"}\n')
    assert robot.lines() == ['{"type":"bye","reason":"quit"}']


def test_a_name_is_taken_over_by_its_token_and_nobody_is_told() -> None:
    world = World()
    (alice,) = world.players("alice")
    old, new = world.player("robot", json=True), world.player()
    world.settle(alice, old)
    new.feed('{"type":"hello","nick":"Robot","token":"token-2"}\n')
    assert old.lines() == ['{"type":"bye","reason":"your name was taken over by a new connection"}']
    assert old.hung_up
    welcome = WELCOME.format(nick="robot", n=2, users=2)
    assert new.lines() == [welcome.removesuffix("}") + ',"resumed":true}']
    world.pass_time(1)
    assert alice.lines() == []
    new.feed('{"type":"say","text":"me again"}\n')
    assert alice.lines() == ["<robot> me again"]
    assert [session.nick for session in world.state.roster] == ["alice", "robot"]


def test_a_session_ends_once() -> None:
    world = World()
    alice, bob = world.players("alice", "bob")
    bob.close()
    bob.close()
    quit(world.state, bob.session, "again")
    go_down(world.state, bob.session)
    world.pass_time(1)
    assert alice.lines() == ["* bob lost connection (closed)"]
    assert bob.lines() == []


def test_going_down_is_told_to_all_and_nobody_is_told_of_the_others() -> None:
    world = World()
    alice, nobody = world.player("alice"), world.player()
    robot = world.player("robot", json=True)
    world.settle(alice, robot)
    for session in (alice, robot, nobody):
        go_down(world.state, session.session)
    world.pass_time(1)
    assert alice.lines() == nobody.lines() == ["* the server is going down"]
    assert robot.lines() == ['{"type":"bye","reason":"the server is going down"}']
    assert len(world.lobby) == len(world.state.roster) == 0


@pytest.mark.parametrize("line", ['/quit " "', "/quit \x1b"])
def test_a_blank_reason_is_no_reason(line: str) -> None:
    world = World()
    alice, bob = world.players("alice", "bob")
    bob.feed(line + "\n")
    assert alice.lines() == ["* bob left"]


@pytest.mark.parametrize("how", ["quit", "close", "take over", "go down"])
def test_who_leaves_still_gets_what_was_said_before(how: str) -> None:
    world = World()
    (alice,) = world.players("alice")
    robot = world.player("robot", json=True)
    world.settle(alice, robot)
    alice.feed("one last word\n")
    match how:
        case "quit":
            robot.feed('{"type":"quit"}\n')
        case "close":
            robot.close()
        case "take over":
            world.player().feed('{"type":"hello","nick":"robot","token":"token-2"}\n')
        case "go down":
            go_down(world.state, robot.session)
    lines = robot.lines()
    assert '"text":"one last word"' in lines[0]
    assert how == "close" or lines[1].startswith('{"type":"bye"')
    assert not robot.session.outbox.waiting


def test_whoever_still_holds_an_ended_session_can_do_nothing_to_it() -> None:
    world = World()
    (alice,) = world.players("alice")
    alice.session.connection = NoConnection()
    alice.session.connection.hang_up()
    alice.session.connection.broken(Cause.ERROR)
    assert alice.session.connection.fileno() == -1
    assert alice.session.state is SessionState.PRESENT


@pytest.mark.parametrize("settled", [True, False])
def test_what_was_skipped_is_told_before_bye(settled: bool) -> None:
    world = World(replace(DEFAULT, room_waiting=40))
    alice, bob = world.player("alice"), world.player("bob", ScriptedSocket((None, 0)))
    world.settle(alice)
    for number in range(5):
        alice.feed(f"message {number}\n")
        if settled or not number:
            world.round()
    bob.feed("/quit\n")
    world.round()
    while bob.session.outbox.waiting:
        world.drain(bob)
    assert bob.lines() == ["<alice> message 0", "<alice> message 1", "* 3 messages skipped", "* bye"]
