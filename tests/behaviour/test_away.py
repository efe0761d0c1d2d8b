"""Who is away from the keyboard, and who somebody is."""

from dataclasses import replace

from chatd.protocol.events import Cause
from chatd.protocol.limits import DEFAULT
from tests.support.accounts import ask, registered
from tests.support.resuming import events, types
from tests.support.world import World


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


def test_going_away_is_told_once_and_not_too_often() -> None:
    """Each time is told to all, and nobody skips it."""
    world = World(replace(DEFAULT, rename_burst=2))
    robot, bob = world.player("robot", json=True), world.player("bob", json=True)
    world.settle(robot, bob)
    assert types(ask(robot, type="away", text="out")) == ["away", "done"]
    for _ in range(3):
        assert types(ask(robot, type="away", text="out")) == ["done"]
    assert types(events(bob)) == ["away"]
    assert types(ask(robot, type="away", text="lunch")) == ["away", "done"]
    assert ask(robot, type="away")[0]["code"] == "too-many"
    assert robot.session.person.away == "lunch"


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
