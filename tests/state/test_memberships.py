"""A session in several rooms: what each says arrives in its order, in one write a round."""

from dataclasses import replace

from chatd.protocol.events import Said
from chatd.protocol.limits import DEFAULT
from chatd.state.rooms import Room
from chatd.state.sessions import Session
from tests.support.world import Player, ScriptedSocket, World


def with_room(world: World, name: str, *players: Player) -> Room:
    """A further room, with these in it."""
    room = world.state.rooms.make(name, "", 0)
    for player in players:
        room.add(player.session)
    return room


def in_two_rooms() -> tuple[Player, Player, Room]:
    """A robot that can name rooms, and bob, both in the lobby and in dev."""
    world = World()
    robot, bob = world.player("robot", json=True), world.player("bob")
    world.settle(robot, bob)
    return robot, bob, with_room(world, "dev", robot, bob)


def say(player: Player, room: str, text: str) -> None:
    player.feed(f'{{"type":"say","room":"{room}","text":"{text}"}}\n')


def rooms_of(session: Session) -> list[str]:
    return [membership.room for membership in session.memberships]


def test_a_round_writes_to_a_member_of_two_rooms_once() -> None:
    world = World()
    robot, bob, carol = world.player("robot", json=True), world.player("bob"), world.player("carol")
    world.settle(robot, bob, carol)
    with_room(world, "dev", robot, bob)
    writes = [player.socket.sends for player in (bob, carol)]
    say(robot, "dev", "one")
    say(robot, "lobby", "two")
    say(robot, "dev", "three")
    assert bob.lines() == ["<robot> two", "#dev <robot> one", "#dev <robot> three"]  # each room in its order
    assert carol.lines() == ["<robot> two"]
    assert [player.socket.sends for player in (bob, carol)] == [count + 1 for count in writes]


def test_in_a_round_of_one_room_what_another_says_meanwhile_comes_along() -> None:
    robot, bob, _ = in_two_rooms()
    say(robot, "lobby", "one")
    robot.world.step()  # robot's turn
    say(robot, "dev", "two")
    robot.world.step()
    assert bob.read() == ["<robot> one", "#dev <robot> two"]
    assert bob.lines() == []


def test_a_reply_stands_behind_what_all_rooms_said_before() -> None:
    robot, bob, _ = in_two_rooms()
    say(robot, "dev", "one")
    bob.feed("/users\n")
    say(robot, "lobby", "two")
    assert bob.lines() == ["#dev <robot> one", "* 2 here: robot, bob", "<robot> two"]


def test_who_leaves_one_room_stays_in_the_others() -> None:
    robot, bob, dev = in_two_rooms()
    say(robot, "dev", "one")
    dev.remove(bob.session)
    say(robot, "dev", "two")
    say(robot, "lobby", "three")
    assert bob.lines() == ["#dev <robot> one", "<robot> three"]
    assert rooms_of(bob.session) == ["lobby"]
    assert (rooms_of(robot.session), list(dev.members)) == (["lobby", "dev"], [robot.session])


def test_who_goes_leaves_every_room_and_hears_what_they_said_before() -> None:
    robot, bob, dev = in_two_rooms()
    say(robot, "dev", "one")
    bob.feed("/quit\n")
    say(robot, "dev", "two")
    assert bob.lines() == ["#dev <robot> one", "* bye"]
    assert (bob.session.memberships, bob.session in dev.members) == ((), False)


def test_who_is_taken_over_stays_in_every_room() -> None:
    robot, bob, dev = in_two_rooms()
    token = bob.session.token
    again = robot.world.player()
    again.feed(f'{{"type":"hello","nick":"bob","token":"{token}"}}\n')
    assert rooms_of(again.session) == ["lobby", "dev"]
    assert list(dev.members) == [robot.session, again.session]
    say(robot, "dev", "still there?")
    assert '"text":"still there?"' in again.lines()[-1]


def test_a_gap_is_told_for_each_room() -> None:
    world = World(replace(DEFAULT, room_waiting=150))
    robot = world.player("robot", json=True)
    bob = world.player("bob", ScriptedSocket((None, 0)), json=True)
    world.pass_time(1)
    with_room(world, "dev", robot, bob)
    for number in range(6):
        say(robot, ("lobby", "dev")[number % 2], f"message {number}")
        world.round()
    assert bob.session.outbox.skipped == {"lobby": 2, "dev": 3}
    world.drain(bob)  # what fitted
    world.drain(bob)  # the notices
    lines = bob.lines()
    assert '"text":"message 0"' in lines[0]
    first, ids = world.state.log.last_id - 5, '"after":{},"before":{}'.format  # the first was not skipped
    assert lines[1:] == [
        f'{{"type":"skipped","room":"dev","count":3,{ids(first, first + 6)}}}',
        f'{{"type":"skipped","room":"lobby","count":2,{ids(first + 1, first + 5)}}}',
    ]


def test_what_a_room_said_before_it_was_left_is_counted_when_it_does_not_fit() -> None:
    """The membership is gone by then."""
    world = World(replace(DEFAULT, room_waiting=150))
    robot = world.player("robot", json=True)
    bob = world.player("bob", json=True)
    world.settle(robot, bob)
    dev = with_room(world, "dev", robot, bob)
    bob.socket.script = [0]
    for number in range(3):
        say(robot, "dev", f"message {number}")
    dev.remove(bob.session)
    world.state.pending.add(bob.session)  # as presence does
    world.round()
    assert bob.session.outbox.skipped == {"dev": 2}
    world.drain(bob)
    world.drain(bob)
    assert (
        bob.lines()[-1] == '{"type":"skipped","room":"dev","count":2,"after":2052096000,"before":2052096003}'
    )


def test_the_cursor_of_who_comes_stands_at_the_end() -> None:
    world = World()
    alice, bob = world.players("alice", "bob")
    dev = with_room(world, "dev", alice)
    feed = dev.members[alice.session].feed
    feed.append(alice.session.dialect.variant(alice.session).encode(Said("dev", 1, "x", "before", 0)))
    dev.add(bob.session)
    assert (dev.members[alice.session].cursor, dev.members[bob.session].cursor) == (0, 1)
