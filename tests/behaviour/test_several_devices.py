"""One person with several sessions: what is said, who is written to, and where one is."""

import json

from chatd.behaviour.presence import go_down
from chatd.behaviour.resuming import ask_on
from chatd.protocol.events import Cause
from tests.behaviour.test_publication import late_world
from tests.support.accounts import ask, device_of, registered, typing
from tests.support.resuming import EventFields, events, said, types
from tests.support.world import Player, World


def three() -> tuple[World, Player, Player, Player]:
    """Two devices of alice, a program and a terminal, and bob at a terminal."""
    world = World()
    robot = registered(world, "alice")
    terminal, bob = typing(world, "alice"), world.player("bob")
    world.settle(robot, terminal, bob)
    return world, robot, terminal, bob


def named(told: list[EventFields], *keys: str) -> list[tuple[object, ...]]:
    return [tuple(one.get(key) for key in keys) for one in told]


def test_what_one_says_the_others_have_as_their_own_at_its_id() -> None:
    _, robot, terminal, bob = three()
    [ack] = ask(robot, type="say", text="hi", ref="1")
    assert terminal.lines() == ["<alice> hi"] and bob.lines() == ["<alice> hi"]
    terminal.feed("yes\n")
    [mine] = events(robot)
    assert (mine["from"], mine["text"]) == ("alice", "yes") and mine["id"] > ack["id"]
    assert terminal.lines() == [] and bob.lines() == ["<alice> yes"]


def test_direct_messages_reach_all_and_are_seen_on_all() -> None:
    _, robot, terminal, bob = three()
    bob.feed("/dm alice hi\n")
    assert named(events(robot), "from", "to", "text") == [("bob", "alice", "hi")]
    assert terminal.lines() == ["[dm from bob] hi"] and bob.lines() == ["[dm to alice] hi"]
    terminal.feed("/dm bob yes\n")
    assert named(events(robot), "from", "to", "text") == [("alice", "bob", "yes")]
    assert terminal.lines() == ["[dm to bob] yes"]
    ask(robot, type="dm", to="bob", text="no")
    assert terminal.lines() == ["[dm to bob] no"]


def test_who_writes_to_oneself_has_it_on_each_device_once() -> None:
    _, robot, terminal, _ = three()
    assert types(ask(robot, type="dm", to="alice", text="note")) == ["dm"]
    assert terminal.lines() == ["[dm from alice] note", "[dm to alice] note"]


def test_all_devices_are_in_the_same_rooms() -> None:
    world, robot, terminal, bob = three()
    bob.feed("/join dev\n")
    bob.lines()
    assert types(ask(robot, type="join", room="dev")) == ["room"]
    world.settle(terminal, bob)
    bob.feed("/users\nhi\n")
    assert "* 2 in #dev: alice, bob" in bob.lines()
    assert terminal.lines() == ["#dev <bob> hi"]
    third = device_of(world, "alice")
    assert [one["room"] for one in events(third) if one["type"] == "room"] == ["dev"]
    terminal.feed("/leave dev\n")
    world.pass_time(1)
    told = [one for one in events(robot) if one["type"] == "left"]
    assert named(told, "names", "room") == [(["alice"], "dev")]
    assert bob.lines() == ["* alice left #dev"]
    assert [len(player.session.memberships) for player in (robot, terminal, third)] == [1, 1, 1]


def test_a_terminal_in_a_room_that_another_device_leaves_is_in_the_lobby() -> None:
    _, robot, terminal, bob = three()
    terminal.feed("/join dev\n")
    ask(robot, type="leave", room="dev")
    terminal.lines()
    terminal.feed("hi\n")
    assert bob.lines()[-1] == "<alice> hi"


def test_rooms_are_kept_while_nobody_is_here_also_when_they_are_empty() -> None:
    world, robot, terminal, bob = three()
    ask(robot, type="join", room="dev")
    for player in (robot, terminal):
        player.broken(Cause.RESET)
    world.settle(bob)
    back = device_of(world, "alice")
    assert [one.room for one in back.session.memberships] == ["lobby", "dev"]


def test_a_program_that_comes_back_before_its_drop_was_noticed() -> None:
    world, robot, terminal, bob = three()
    again = Player(world)
    told = ask(again, type="hello", nick="alice", token=robot.session.token, seen=0)
    assert told[0]["resumed"] is True and not robot.hung_up
    world.settle(terminal, bob)
    robot.broken(Cause.TIMED_OUT)
    world.settle(terminal, bob)
    assert (terminal.lines(), bob.lines()) == ([], [])
    assert len(world.lobby) == 2 and len(world.lobby.members) == 3


def test_a_device_is_told_what_it_missed_however_long_it_was_away() -> None:
    world, robot, _, bob = three()
    seen = world.state.log.last_id
    robot.broken(Cause.RESET)
    bob.feed("one\n/dm alice two\n")
    world.pass_time(7 * 86400)
    again = Player(world)
    told = ask(again, type="hello", nick="alice", token=robot.session.token, seen=seen)
    assert said(told) == [("lobby", "one"), ("bob", "two")]
    assert types(told)[-1] == "unread"


def test_one_device_drops_while_another_comes_back() -> None:
    """Each is announced as the first in or the last out, or not at all."""
    world, robot, terminal, bob = three()
    for player in (robot, terminal):
        player.broken(Cause.RESET)
    world.settle(bob)
    world.pass_time(60)
    first, second = typing(world, "alice"), typing(world, "alice")
    first.broken(Cause.RESET)
    world.settle(bob)
    told = bob.lines() or bob.read()
    assert told == []
    assert second.session.nick == "alice" and len(world.state.roster) == 2


def test_a_direct_message_to_who_is_away_is_kept() -> None:
    world, robot, terminal, bob = three()
    for player in (robot, terminal):
        player.broken(Cause.RESET)
    world.settle(bob)
    bob.feed("/dm ALICE hi\n/dm nobody hi\n")
    assert bob.lines() == [
        "[dm to alice] hi",
        "* alice is away and will get it",
        "! nobody is not here; /users lists who is",
    ]
    other = world.player("other", json=True)
    told = ask(other, type="dm", to="alice", text="you", ref="1")
    assert [(one["type"], one.get("kept")) for one in told] == [("away", True), ("ack", None)]
    back = device_of(world, "alice")
    [unread] = [one for one in events(back) if one["type"] == "unread"]
    assert [(one["with"], one["count"]) for one in unread["unread"] if "with" in one] == [
        ("other", 1),
        ("bob", 1),
    ]


def test_a_frozen_device_keeps_nobody_from_writing_to_the_others() -> None:
    world, robot, terminal, bob = three()
    robot.socket.rest = 0
    for number in range(300):
        bob.feed(f"/dm alice {number} {'x' * 2000}\n")
        world.round()
    assert len([line for line in terminal.read() if line.startswith("[dm from bob]")]) == 300
    assert not [line for line in bob.read() if line.startswith("!")]


def test_what_is_typed_here_is_no_news_there() -> None:
    """Nor does a device get the answer to what another one asked."""
    _, robot, terminal, _ = three()
    terminal.feed("/users\n/topic\n")
    terminal.lines()
    assert events(robot) == []
    assert json.dumps(ask(robot, type="ping", ref="1")) == '[{"type": "pong", "ref": "1"}]'


def test_one_comes_back_while_the_other_drops_before_it_is_there() -> None:
    """Who was known to be here stays so, by the one that is coming."""
    world, log = late_world()
    robot, bob = registered(world, "alice"), world.player("bob")
    world.settle(robot, bob)
    bob.feed("something\n")
    phone = device_of(world, "alice")
    robot.broken(Cause.RESET)
    log.take()
    ask_on(world.state, phone.session)
    world.pass_time(1)
    assert bob.lines() == [] and len(world.lobby) == 2
    phone.broken(Cause.RESET)
    world.pass_time(1)
    assert bob.lines() == ["* alice lost connection (reset)"]


def test_the_server_goes_down_with_two_devices() -> None:
    world, robot, terminal, bob = three()
    for player in (robot, terminal, bob):
        go_down(world.state, player.session)
    account = world.state.accounts.named("alice")
    assert account is not None and account.left == int(world.now * 1000)
    assert len(world.state.roster) == len(world.lobby) == 0
