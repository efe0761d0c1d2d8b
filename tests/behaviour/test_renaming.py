"""Taking another name."""

from dataclasses import replace

import pytest

from chatd.behaviour import renaming
from chatd.behaviour.renaming import displace
from chatd.behaviour.resuming import ask_on
from chatd.protocol.events import Cause
from chatd.protocol.limits import DEFAULT
from chatd.state.stored_accounts import ChangeOutcome
from tests.behaviour.test_publication import LateLog, late_world
from tests.support.accounts import PASSWORD, ask, device_of, registered, typing
from tests.support.held_people import HeldPeople
from tests.support.resuming import events, types
from tests.support.world import Player, World


def test_everyone_is_told_once_of_a_new_name() -> None:
    world = World()
    alice, bob = world.players("alice", "bob")
    robot = world.player("robot", json=True)
    world.settle(robot, alice, bob)
    alice.feed("/join dev\nsaid before\n/nick Alicia\nhi\n/bc hello\n")
    assert bob.lines() == ["* alice is now Alicia", "<Alicia> hello"]
    assert alice.lines()[-1] == "* alice is now Alicia"
    assert events(robot)[0] == {"type": "renamed", "from": "alice", "to": "Alicia"}
    bob.feed("/users\n/dm alice x\n/dm alicia y\n")
    assert bob.lines()[:2] == ["* 3 here: bob, robot, Alicia", "! alice is not here; /users lists who is"]
    assert world.player("alice").session.nick == "alice"


def test_what_was_said_in_another_room_comes_before_the_new_name() -> None:
    world = World()
    alice, bob = world.players("alice", "bob")
    for player in (bob, alice):
        player.feed("/join dev\n")
    world.settle(alice, bob)
    alice.feed("before\n/nick alicia\nafter\n")
    assert bob.lines() == ["#dev <alice> before", "* alice is now alicia", "#dev <alicia> after"]


def test_that_one_came_is_told_before_that_one_has_another_name() -> None:
    world = World()
    (bob,) = world.players("bob")
    world.player("other")  # its notice goes out at once, alice's waits
    alice = world.player("alice")
    alice.feed("/nick alicia\n")
    world.pass_time(1)
    assert bob.lines() == ["* other joined", "* alice joined", "* alice is now alicia"]


def test_names_that_one_cannot_take() -> None:
    world = World()
    registered(world, "owner").broken(Cause.RESET)
    robot, bob = world.player("robot", json=True), world.player("bob")
    world.settle(robot, bob)
    for nick, code in (
        ("Bob", "taken-nick"),
        ("OWNER", "taken-nick"),
        ("robot", "has-nick"),
        ("1x", "bad-nick"),
        ("server", "reserved-nick"),
    ):
        assert [one["code"] for one in ask(robot, type="nick", nick=nick) if one["type"] == "error"] == [code]
    assert types(ask(robot, type="nick", nick="ROBOT", ref="1")) == ["renamed", "done"]


def test_so_many_names_in_a_while() -> None:
    world = World(replace(DEFAULT, rename_burst=1))
    robot = world.player("robot", json=True)
    assert types(ask(robot, type="nick", nick="one")) == ["renamed"]
    assert ask(robot, type="nick", nick="two")[0]["code"] == "too-many"
    world.pass_time(1 / DEFAULT.rename_rate)
    assert types(ask(robot, type="nick", nick="two")) == ["renamed"]
    free = World(replace(DEFAULT, rename_burst=1, line_rate=0.0))
    robot = free.player("robot", json=True)
    assert [types(ask(robot, type="nick", nick=nick)) for nick in ("a", "b", "c")] == [["renamed"]] * 3


def test_an_account_takes_its_new_name_with_it() -> None:
    world = World()
    alice = registered(world, "alice")
    phone = device_of(world, "alice")
    world.settle(alice, phone)
    assert types(ask(alice, type="nick", nick="alicia")) == ["renamed"]
    assert events(phone) == [{"type": "renamed", "from": "alice", "to": "alicia"}]
    assert typing(world, "alicia")
    assert world.player("alice").session.nick == "alice"  # nobody's now


def test_a_name_that_could_not_be_stored_is_not_taken() -> None:
    world = World()
    alice = registered(world, "alice")
    people = HeldPeople(world)
    alice.feed('{"type":"nick","nick":"alicia","ref":"1"}\n')
    other = Player(world)
    assert ask(other, type="hello", nick="alicia")[0]["code"] == "taken-nick"
    people.answer(ChangeOutcome.UNAVAILABLE)
    assert [one["code"] for one in events(alice)] == ["unavailable"]
    assert alice.session.nick == "alice"
    assert ask(other, type="hello", nick="alicia")[0]["type"] == "welcome"


def test_two_who_want_the_same_name() -> None:
    world = World()
    alice, bob = registered(world, "alice"), registered(world, "bob")
    people = HeldPeople(world)
    for one in (alice, bob):
        one.feed('{"type":"nick","nick":"carol"}\n')
    people.answer(ChangeOutcome.DONE)
    world.settle(alice, bob)
    assert sorted(person.nick for person in world.state.roster) == ["bob", "carol"]


def test_a_guest_that_has_another_name_comes_back_under_it() -> None:
    world = World()
    robot = world.player("robot", json=True)
    ask(robot, type="nick", nick="machine")
    robot.broken(Cause.RESET)
    again = Player(world)
    told = ask(again, type="hello", nick="machine", token=robot.session.token)
    assert told[0]["resumed"] is True
    assert PASSWORD not in repr(told)


def late() -> tuple[World, LateLog, Player, Player]:
    """A log that takes what is said, and whatever has its place behind it, when the test says so."""
    world, log = late_world()
    alice, bob = world.players("alice", "bob")
    bob.feed("something\n")
    return world, log, alice, bob


def test_who_takes_a_name_behind_what_is_still_on_its_way() -> None:
    _, log, alice, bob = late()
    alice.feed("/nick alicia\nhello\n")
    other = bob.world.player()
    assert ask(other, type="hello", nick="alicia")[0]["code"] == "taken-nick"  # already
    assert ask(other, type="hello", nick="alice")[0]["code"] == "taken-nick"  # still
    log.take()
    assert bob.lines() == ["* alice is now alicia", "<alicia> hello"]


def test_who_leaves_before_it_has_the_name_it_took() -> None:
    world, log, alice, bob = late()
    alice.feed("/nick alicia\n/quit\n")
    log.take()
    world.settle(bob)
    assert {"alice", "alicia"} == {world.player(nick).session.nick for nick in ("alice", "alicia")}


def test_a_device_that_comes_while_its_owner_takes_a_name() -> None:
    world, log, alice, bob = late()
    alice.feed(f"/register {PASSWORD}\n/nick alicia\n")
    phone = Player(world)
    phone.feed(f'{{"type":"hello","nick":"alicia","password":"{PASSWORD}"}}\n')
    assert phone.session.person is alice.session.person
    log.take()
    world.settle(alice, bob)
    assert [person.nick for person in world.state.roster] == ["bob", "alicia"]
    assert types(events(phone)) == ["welcome", "renamed"]


def test_the_owner_comes_before_the_guest_has_its_other_name() -> None:
    world, log, guest, bob = late()
    people = HeldPeople(world, invite="alice")
    robot = world.player("robot", json=True)
    robot.feed(f'{{"type":"register","password":"{PASSWORD}","invite":"code"}}\n')
    robot.feed('{"type":"quit"}\n')
    people.answer(ChangeOutcome.DONE)
    owner = device_of(world, "alice")
    log.take()
    world.settle(bob, guest, owner)
    assert sorted(person.nick for person in world.state.roster) == ["alice", "alice_2", "bob"]
    assert world.state.roster.get("alice") is owner.session.person


@pytest.mark.parametrize("drops", [False, True])
def test_two_devices_of_who_was_away_are_announced_once(drops: bool) -> None:
    """By the first that is there: also where the other one has gone before that."""
    world, log, alice, bob = late()
    alice.feed(f"/register {PASSWORD}\n/quit\n")
    log.take()
    world.settle(bob)
    bob.feed("something else\n")
    first, second = typing(world, "alice"), typing(world, "alice")
    assert [len(one.session.memberships) for one in (first, second)] == [0, 0]
    if drops:
        first.broken(Cause.RESET)
    log.take()
    for one in (second,) if drops else (first, second):
        ask_on(world.state, one.session)
    world.pass_time(1)
    assert bob.lines() == ["* alice is back after 2 s"]
    assert len(second.session.memberships) == 1


def test_a_room_that_one_left_hears_of_that_before_the_new_name() -> None:
    """Else who keeps a list of the room has the new name in it for ever."""
    world = World()
    alice, bob = world.player("alice"), world.player("bob")
    for player in (alice, bob):
        player.feed("/join dev\n")
    world.settle(alice, bob)
    world.player("carol").feed("/join dev\n")  # its notice goes out at once, alice's waits
    bob.lines()
    alice.feed("/leave\n/nick alicia\n")
    world.pass_time(1)
    assert bob.lines() == ["* alice left #dev", "* alice is now alicia"]


def test_who_asks_for_names_one_after_the_other_is_told_of_each_in_turn() -> None:
    world, log, _, _ = late()
    robot = world.player("robot", json=True)
    robot.feed('{"type":"nick","nick":"one","ref":"1"}\n')
    assert robot.session.in_flight == 1 and "done" not in types(events(robot))
    log.take()
    assert robot.session.in_flight == 0
    assert [one["text"] for one in events(robot) if one["type"] == "done"] == ["you are one now"]


def test_a_guest_for_whom_there_is_no_other_name_has_to_go(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(renaming, "_ENDINGS", 4)
    world = World()
    guest, *others = world.players("alice", "alice_2", "ALICE_3")
    robot = registered(world, "robot")
    displace(world.state, guest.session.person, "it is somebody else's")
    assert guest.lines()[-1] == "* it is somebody else's" and guest.hung_up
    assert not any(one.hung_up for one in (robot, *others))


def test_a_new_name_after_leaving_a_room_that_is_gone() -> None:
    world = World()
    [alice] = world.players("alice")
    alice.feed("/join dev\n/leave\n/nick alicia\n")
    assert "dev" not in world.state.rooms and alice.lines()[-1] == "* alice is now alicia"
