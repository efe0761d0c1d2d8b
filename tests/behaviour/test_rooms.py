"""Rooms: coming, leaving, talking there, and what others are told of it."""

import json
from dataclasses import replace

import pytest

from chatd.behaviour.fanout import flush_due_notices
from chatd.protocol.limits import DEFAULT
from chatd.state.room_directory import RoomDirectory
from tests.support.world import Player, World


def told(player: Player) -> list[dict[str, object]]:
    """The events that a program got since the last look."""
    return [json.loads(line) for line in player.lines()]


def ask(player: Player, **request: object) -> list[dict[str, object]]:
    player.feed(json.dumps(request) + "\n")
    return told(player)


def test_a_room_in_text() -> None:
    world = World()
    alice, bob, carol = world.players("alice", "bob", "carol")
    alice.feed("/join #Dev\n")
    assert alice.lines() == ["* #dev - 1 here - no topic"]
    bob.feed("/join dev\n")
    assert bob.lines() == ["* #dev - 2 here - no topic"]
    world.now += 1
    assert alice.lines() == ["* bob joined #dev"]
    bob.feed('hello\n/bc all\n/say lobby "you too"\n/users\n/users lobby\n/topic we build it\n')
    assert alice.lines() == [
        *("<bob> all", "<bob> you too"),
        *("#dev <bob> hello", "* bob set the topic of #dev: we build it"),
    ]
    assert carol.lines() == ["<bob> all", "<bob> you too"]
    assert bob.lines() == [
        *("* 2 in #dev: alice, bob", "* 3 here: alice, bob, carol"),
        "* bob set the topic of #dev: we build it",
    ]
    carol.feed("/rooms\n/topic\n")
    assert carol.lines() == [
        *("* 2 rooms:", "* #lobby - 3 here", "* #dev - 2 here - we build it"),
        "* #lobby - 3 here - no topic",
    ]
    bob.feed("/leave\nback in the lobby\n/leave dev\n/leave\n")
    assert bob.lines() == [
        "* bob left #dev",
        "! you are not in the room dev; /join dev goes there",
        "! everyone is in the lobby; /quit leaves the server",
    ]
    world.now += 1
    assert alice.lines() == ["<bob> back in the lobby", "* bob left #dev"]


def test_a_room_for_programs() -> None:
    world = World()
    robot, other = world.player("robot", json=True), world.player("other", json=True)
    world.settle(robot, other)
    joined = {"type": "room", "room": "dev", "users": 1, "topic": ""}
    assert ask(robot, type="join", room="#Dev", ref="1") == [joined | {"ref": "1"}]
    assert ask(robot, type="join", room="dev") == [joined]
    assert ask(other, type="join", room="dev") == [joined | {"users": 2}]
    world.now += 1
    (notice,) = told(robot)
    assert notice == {"type": "joined", "names": ["other"], "count": 1, "room": "dev"}
    (ack,) = ask(robot, type="say", room="DEV", text="hi", ref="2")
    (said,) = told(other)
    assert (said["room"], said["from"], said["id"]) == ("dev", "robot", ack["id"])
    told_topic, ack = ask(robot, type="topic", room="dev", text=" work ", ref="3")
    assert told_topic["text"] == "work"
    assert (ack["ref"], ack["id"]) == ("3", told_topic["id"])
    assert told(other) == [told_topic]
    assert ask(other, type="topic", room="dev", ref="4") == [
        {"type": "room", "room": "dev", "users": 2, "topic": "work", "ref": "4"}
    ]
    (rooms,) = ask(other, type="rooms", ref="5")
    assert (rooms["count"], rooms["ref"]) == (2, "5")
    assert ask(robot, type="users", room="dev") == [
        {"type": "users", "names": ["robot", "other"], "count": 2, "room": "dev"}
    ]
    assert ask(robot, type="leave", room="dev", ref="6") == [
        {"type": "left", "names": ["robot"], "count": 1, "room": "dev", "ref": "6"}
    ]
    world.now += 1
    assert told(other) == [{"type": "left", "names": ["robot"], "count": 1, "room": "dev"}]


@pytest.mark.parametrize("name", ["", "-a", "a b", "ä", "x" * 33, "##a", "a\nb", "a.b", "#", "a\0"])
def test_a_bad_name_is_refused(name: str) -> None:
    world = World()
    robot = world.player("robot", json=True)
    (error,) = ask(robot, type="join", room=name, ref="1")
    assert (error["type"], error["code"], error["ref"]) == ("error", "bad-room", "1")
    assert len(world.state.rooms) == 1


def test_who_leaves_the_server_is_told_of_once() -> None:
    world = World()
    alice, bob = world.players("alice", "bob")
    for room in ("one", "two", "three"):
        for player in (alice, bob):
            player.feed(f"/join {room}\n")
    world.now += 1
    world.settle(alice, bob)
    bob.close()
    world.now += 1
    assert alice.lines() == ["* bob lost connection (closed)"]
    assert [len(room) for room in world.state.rooms] == [1, 1, 1, 1]


def test_who_comes_is_told_in_the_lobby_first_whatever_is_due() -> None:
    world = World()
    alice = world.player("alice")
    alice.feed("/join dev\n")
    world.now += 1
    world.player("first")  # from now on the lobby's notices wait
    assert alice.lines() == ["* #dev - 1 here - no topic", "* first joined"]
    bob = world.player()
    bob.feed("bob\n/join dev\n")
    assert alice.lines() == []
    world.now += 1
    assert alice.lines() == ["* bob joined", "* bob joined #dev"]


def test_who_speaks_in_a_room_is_announced_before() -> None:
    world = World()
    alice = world.player("alice")
    alice.feed("/join dev\n")
    world.player("first")
    world.settle(alice)
    bob = world.player()
    bob.feed("bob\n/join dev\nhello\n")
    assert alice.lines() == ["* bob joined", "* bob joined #dev", "#dev <bob> hello"]


def test_the_last_word_comes_before_that_one_left() -> None:
    """Though it was said in another room than the one in which leaving is told."""
    world = World()
    alice, bob = world.players("alice", "bob")
    for player in (alice, bob):
        player.feed("/join dev\n")
    world.now += 1
    world.settle(alice, bob)
    world.now += 1
    bob.feed("bye\n/quit\n")
    assert alice.lines() == ["#dev <bob> bye", "* bob left"]


def test_who_comes_and_goes_at_once_is_no_ghost_of_the_room() -> None:
    world = World()
    alice = world.player("alice")
    alice.feed("/join dev\n")
    world.player("first")
    world.settle(alice)
    bob = world.player()
    bob.feed("bob\n/join dev\n/quit\n")
    world.now += 1
    assert alice.lines() == ["* bob joined", "* bob left"]
    assert alice.lines() == []


@pytest.mark.parametrize("taken_over", [False, True])
def test_who_leaves_a_room_and_then_the_server_is_told_of_once(taken_over: bool) -> None:
    """That one left the room waits to be told when the other is: there is nothing more to tell of it then."""
    world = World()
    alice, carol = world.players("alice", "carol")
    robot = world.player("robot", json=True)
    for player in (alice, carol):
        player.feed("/join dev\n/join ops\n")
    ask(robot, type="join", room="dev")
    ask(robot, type="join", room="ops")
    world.now += 1
    world.settle(alice, carol, robot)
    carol.feed("/leave dev\n/leave ops\n")  # from now on both rooms' notices wait
    assert alice.lines() == ["* carol left #dev", "* carol left #ops"]
    ask(robot, type="leave", room="dev")
    ask(robot, type="leave", room="ops")
    if taken_over:
        robot, token = world.player(), robot.session.token
        robot.feed(f'{{"type":"hello","nick":"robot","token":"{token}"}}\n')
    robot.feed('{"type":"quit"}\n')
    world.now += 1
    assert alice.lines() == ["* robot left"]
    assert alice.lines() == []


def test_a_name_is_taken_over_with_its_rooms() -> None:
    world = World()
    old, other = world.player("robot", json=True), world.player("other", json=True)
    for player in (old, other):
        ask(player, type="join", room="dev")
    ask(old, type="join", room="own")  # in which nobody else is
    world.now += 1
    world.settle(old, other)
    new = world.player()
    new.feed(f'{{"type":"hello","nick":"robot","token":"{old.session.token}"}}\n')
    world.settle(new)
    assert [membership.room for membership in new.session.memberships] == ["lobby", "dev", "own"]
    assert (new.session.room, old.session.memberships) == ("own", ())
    assert told(other) == []
    other.feed('{"type":"say","room":"dev","text":"hi"}\n')
    assert [one["text"] for one in told(new)] == ["hi"]


def test_a_room_stays_while_somebody_is_there_or_something_was_said_there() -> None:
    world = World()
    alice = world.player("alice")
    alice.feed("/join one\n/join two\n/topic it stays\n/leave one\n/leave two\n")
    assert [room.name for room in world.state.rooms] == ["lobby", "two"]
    alice.lines()
    alice.feed("/join two\n/topic \u200b\n/leave\n")
    assert alice.lines()[0] == "* #two - 1 here - it stays"
    assert [room.name for room in world.state.rooms] == ["lobby", "two"]
    assert {room.name for room in world.state.rooms.noticing} <= {"lobby", "two"}


def test_nobody_is_in_too_many_rooms() -> None:
    world = World(replace(DEFAULT, rooms_a_person=2, line_rate=0))
    alice = world.player("alice")
    alice.feed("/join one\n/join two\n/join three\n/join one\n")
    assert alice.lines() == [
        *("* #one - 1 here - no topic", "* #two - 1 here - no topic"),
        "! you are in 2 rooms; please leave one before you join another",
        "* #one - 1 here - no topic",
    ]
    assert "three" not in world.state.rooms


def test_an_address_makes_a_few_rooms_an_hour() -> None:
    rooms = RoomDirectory(replace(DEFAULT, rooms_made=2))
    for name in ("one", "two"):
        rooms.make(name, "192.0.2.1", 0)
    with pytest.raises(Exception, match="you made 2 rooms in an hour"):
        rooms.make("three", "192.0.2.1", 3599)
    rooms.make("three", "192.0.2.2", 3599)
    rooms.make("four", "192.0.2.1", 3601)
    assert [room.name for room in rooms] == ["lobby", "one", "two", "three", "four"]


def test_at_the_limit_the_room_goes_that_has_been_empty_for_longest() -> None:
    world = World(replace(DEFAULT, rooms=4, line_rate=0))
    alice, bob = world.players("alice", "bob")
    for room in ("one", "two", "three"):
        alice.feed(f"/join {room}\n/topic t\n")
    alice.feed("/leave two\n/leave one\n/join five\n")
    alice.lines()
    assert [room.name for room in world.state.rooms] == ["lobby", "one", "three", "five"]
    alice.feed("/join one\n/join six\n")
    assert alice.lines()[-1] == "! there are too many rooms; please join one of them"
    bob.feed("/join one\n")
    assert bob.lines() == ["* #one - 2 here - t"]


def test_the_list_of_rooms_names_the_largest_and_may_be_a_second_old() -> None:
    world = World(replace(DEFAULT, rooms_listed=2, line_rate=0))
    robot = world.player("robot", json=True)
    for room in ("one", "two"):
        ask(robot, type="join", room=room)
    alice = world.player("alice")
    alice.feed("/join two\n")
    world.now += 1
    told(robot)
    (listed,) = ask(robot, type="rooms")
    assert (listed["count"], listed["rooms"]) == (
        3,
        [{"room": "lobby", "users": 2, "topic": ""}, {"room": "two", "users": 2, "topic": ""}],
    )
    ask(robot, type="join", room="three")
    assert ask(robot, type="rooms") == [listed]
    world.now += 1
    (listed,) = ask(robot, type="rooms")
    assert listed["count"] == 4


def test_notices_of_very_many_rooms_are_told_in_turns(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("chatd.behaviour.fanout._ROOMS_AT_ONCE", 2)
    world = World()
    alice = world.player("alice")
    world.settle(alice)
    alice.feed("/join a\n/join b\n/join c\n/join d\n")
    left = []
    for _ in range(2):
        due = flush_due_notices(world.state)
        left.append((due is not None and due <= world.now, len(world.state.rooms.noticing)))
    assert left == [(True, 2), (False, 0)]
