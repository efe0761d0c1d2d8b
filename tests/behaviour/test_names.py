"""Other names, who is away, and who somebody is."""

from dataclasses import replace

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


def test_who_is_away_is_back_when_it_speaks() -> None:
    world = World()
    alice, bob = world.players("alice", "bob")
    robot = world.player("robot", json=True)
    world.settle(alice, bob, robot)
    alice.feed("/away lunch\n")
    assert alice.lines() == ["* you are away: lunch; you are back when you say something"]
    assert bob.lines() == []
    assert events(robot) == [{"type": "away", "nick": "alice", "text": "lunch"}]
    bob.feed("/dm alice hi\n/users\n")
    assert bob.lines() == ["[dm to alice] hi", "* alice is away: lunch", "* 3 here: alice, bob, robot"]
    assert ask(robot, type="users")[0]["away"] == ["alice"]
    alice.feed("hello\n")
    assert [(one["type"], one.get("away")) for one in events(robot)] == [("away", False), ("said", None)]
    assert "away" not in ask(robot, type="users")[0]
    alice.feed("/away\n/dm bob x\n")
    assert alice.lines()[-2:] == ["* you are away; you are back when you say something", "[dm to bob] x"]
    assert alice.session.person.away is None


def test_who_somebody_is() -> None:
    world = World()
    alice, bob = registered(world, "alice"), world.player("bob")
    for room in ("dev", "ops"):
        ask(alice, type="join", room=room)
    bob.feed("/join dev\n")
    bob.lines()
    world.now += 60
    bob.feed("/whois ALICE\n/whois bob\n/whois nobody\n")
    assert bob.lines() == [
        "* alice - registered since 1970-01-01 00:16 UTC - with you in #dev, #lobby",
        "* bob - a guest, here since 1970-01-01 00:16 UTC - with you in #dev, #lobby",
        "! nobody is not here; /users lists who is",
    ]
    alice.feed('{"type":"away","text":"out"}\n')
    bob.feed("/whois alice\n")
    assert " - away: out - " in bob.lines()[0]
    alice.feed('{"type":"quit"}\n')
    world.settle(bob)
    robot = world.player("robot", json=True)
    assert ask(robot, type="whois", nick="alice", ref="1") == [
        {
            "type": "whois",
            "nick": "alice",
            "account": True,
            "here": False,
            "since": 1000000,
            "rooms": ["lobby"],
            "left": 1060000,
            "ref": "1",
        }
    ]
    robot.broken(Cause.RESET)
    world.settle(bob)
    bob.feed("/whois robot\n")
    assert bob.lines()[0].startswith("* robot - a guest, left ")


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


def test_two_devices_of_who_was_away_are_announced_once() -> None:
    world, log, alice, bob = late()
    alice.feed(f"/register {PASSWORD}\n/quit\n")
    log.take()
    world.settle(bob)
    bob.feed("something else\n")
    first, second = typing(world, "alice"), typing(world, "alice")
    assert [len(one.session.memberships) for one in (first, second)] == [0, 0]
    log.take()
    for one in (first, second):
        ask_on(world.state, one.session)
    world.pass_time(1)
    assert bob.lines() == ["* alice is back after 2 s"]
    assert [len(one.session.memberships) for one in (first, second)] == [1, 1]
