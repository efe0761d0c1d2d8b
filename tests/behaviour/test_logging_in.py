"""Coming with an account: who gets the name, and who does not."""

import json
from dataclasses import replace
from typing import Any

import pytest

from chatd.protocol.events import Cause
from chatd.protocol.limits import DEFAULT
from chatd.state.sessions import SessionState
from tests.support.accounts import PASSWORD, ask, device_of, registered, typing
from tests.support.resuming import events, types
from tests.support.world import Player, World


def hello(world: World, nick: str, **fields: Any) -> tuple[Player, list[dict[str, Any]]]:
    player = Player(world)
    return player, ask(player, type="hello", nick=nick, **fields)


def test_a_registered_name_is_nobody_elses() -> None:
    world = World()
    alice = registered(world, "alice")
    alice.feed('{"type":"quit"}\n')
    world.pass_time(1)
    guest, told = hello(world, "Alice")
    assert told == [
        {
            "type": "error",
            "code": "password-needed",
            "text": "alice is registered; please give its password, or another name",
        }
    ]
    assert ask(guest, type="hello", nick="alicia")[0]["type"] == "welcome"


def test_a_terminal_is_asked_for_the_password_on_the_next_line() -> None:
    world = World()
    registered(world, "alice")
    player = Player(world)
    player.feed("ALICE\n")
    assert player.lines() == ["* alice is registered - password?"]
    player.feed("wrong horse\n")
    assert player.lines() == [
        "! the name or the password is wrong; please try again",
        "* alice is registered - password?",  # and not the name, which everyone would read
    ]
    player.feed(f"{PASSWORD}\n")
    [welcome] = player.lines()
    assert "you are alice - 1 here" in welcome


def test_an_empty_line_asks_for_a_name_again() -> None:
    world = World()
    registered(world, "alice")
    player = Player(world)
    player.feed("alice\n\nbob\n")
    [asked, greeted, welcome] = player.lines()
    assert asked.endswith("password?") and greeted.endswith("what is your name?") and "you are bob" in welcome
    player.feed("\n")  # says nothing, and asks for nothing
    assert player.lines() == []


@pytest.mark.parametrize("line", ["short", "x" * 257, "nul\0nul\0nul", "bell\x07bell\x07"])
def test_what_can_be_no_password_is_not_calculated(line: str) -> None:
    world = World()
    registered(world, "alice")
    player = Player(world)
    player.feed(f"alice\n{line}\n")
    assert player.lines()[1].startswith("! a password has 8 to 256 bytes")
    assert world.passwords.asked == []
    player.feed(f"{PASSWORD}\n")  # it is still asked for
    assert "you are alice" in player.lines()[0]


@pytest.mark.parametrize("word", ["/quit", "quit", " EXIT "])
def test_who_leaves_in_place_of_a_password(word: str) -> None:
    world = World()
    registered(world, "alice")
    player = Player(world)
    player.feed(f"alice\n{word}\n")
    assert player.lines()[1:] == ["* bye"]


def test_a_name_that_nobody_owns_is_checked_too_and_answered_the_same() -> None:
    world = World()
    registered(world, "alice")
    wrong = [hello(world, nick, password="not hers at all")[1] for nick in ("alice", "bob")]
    assert (
        wrong[0]
        == wrong[1]
        == [
            {
                "type": "error",
                "code": "wrong-password",
                "text": "the name or the password is wrong; please try again",
            }
        ]
    )
    assert world.passwords.asked == [f"verifier of {PASSWORD}", None]


def test_the_right_password_gives_a_device_a_token_of_its_own() -> None:
    world = World()
    alice = registered(world, "alice")
    other, told = hello(world, "alice", password=PASSWORD, device="phone")
    assert types(told) == ["welcome", "unread"]
    assert told[0]["account"] is True and told[0]["token"] != alice.session.token
    _, told = hello(world, "alice", token=told[0]["token"])
    assert told[0]["account"] is True and not other.hung_up  # it may be another program on the same device
    assert len(world.state.roster) == 1


def test_a_token_makes_one_its_owner_whatever_name_is_asked_for() -> None:
    world = World()
    alice = registered(world, "alice")
    alice.broken(Cause.RESET)
    player, told = hello(world, "somebody", token=alice.session.token)
    assert told[0]["nick"] == "alice" == player.session.nick


def test_a_token_that_nobody_used_for_long_is_none_any_more() -> None:
    world = World()
    alice = registered(world, "alice")
    alice.broken(Cause.RESET)
    world.now += DEFAULT.device_time + 1
    _, told = hello(world, "alice", token=alice.session.token)
    assert told[0]["code"] == "password-needed"
    assert world.state.accounts.named("alice").devices == {}  # type: ignore[union-attr]


def test_a_token_in_use_lasts() -> None:
    world = World()
    alice = registered(world, "alice")
    for _ in range(3):
        alice.broken(Cause.RESET)
        world.now += DEFAULT.device_time - 1
        alice, told = hello(world, "alice", token=alice.session.token)
        assert told[0]["nick"] == "alice"


def test_a_clock_that_was_far_too_early_for_a_while_makes_no_device_old() -> None:
    world = World()
    world.now += 2 * DEFAULT.device_time
    alice = registered(world, "alice")
    right = world.state.today
    for today in (lambda: 0, right):
        alice.broken(Cause.RESET)
        world.state.today = today
        alice, told = hello(world, "alice", token=alice.session.token)
        assert told[0]["type"] == "welcome"


def test_a_password_needs_a_connection_that_nobody_reads() -> None:
    world = World()
    registered(world, "alice")
    player = Player(world)
    player.session.private = False
    assert ask(player, type="hello", nick="alice", password=PASSWORD)[0]["code"] == "not-private"
    assert world.passwords.asked == []
    world.state.plaintext_passwords = True
    assert ask(player, type="hello", nick="alice", password=PASSWORD)[0]["type"] == "welcome"


def test_too_many_passwords_at_once() -> None:
    world = World()
    registered(world, "alice")
    world.passwords.full = True
    assert hello(world, "alice", password=PASSWORD)[1][0]["code"] == "busy"


def test_who_is_gone_when_the_answer_comes_is_not_let_in() -> None:
    world = World()
    alice = registered(world, "alice")
    alice.feed('{"type":"quit"}\n')
    world.passwords.waits = True
    player, told = hello(world, "alice", password=PASSWORD)
    assert told == [] and player.session.in_flight == 1
    player.broken(Cause.RESET)
    world.passwords.answer()
    assert len(world.state.roster) == 0 and player.session.state is SessionState.GONE
    assert player.session.in_flight == 0


def test_an_account_that_was_given_up_meanwhile_lets_nobody_in() -> None:
    world = World()
    alice = registered(world, "alice")
    world.passwords.waits = True
    player, _ = hello(world, "alice", password=PASSWORD)
    alice.feed('{"type":"unregister"}\n')
    world.passwords.answer()
    assert events(player)[0]["code"] == "wrong-password"


def test_only_so_many_connections_of_one_account() -> None:
    world = World(replace(DEFAULT, sessions=2))
    registered(world, "alice")
    device_of(world, "alice")
    _, told = hello(world, "alice", password=PASSWORD)
    assert told[0]["code"] == "too-many"
    assert len(world.state.accounts.named("alice").devices) <= 3  # type: ignore[union-attr]


def test_a_dead_connection_of_the_same_device_makes_room() -> None:
    world = World(replace(DEFAULT, sessions=2))
    alice = registered(world, "alice")
    terminal = typing(world, "alice")
    _, told = hello(world, "alice", token=alice.session.token)
    assert told[0]["account"] is True
    assert alice.hung_up and types(events(alice))[-1] == "bye" and not terminal.hung_up
    assert len(world.state.roster) == 1


def test_the_device_that_was_not_used_for_longest_makes_room() -> None:
    world = World(replace(DEFAULT, devices=2))
    alice = registered(world, "alice")
    for _ in range(2):
        world.now += 10
        device_of(world, "alice")
    account = world.state.accounts.named("alice")
    assert account is not None and len(account.devices) == 2
    assert world.state.hash_token(alice.session.token) not in account.devices


def test_first_in_and_last_out_are_announced() -> None:
    world = World()
    bob = world.player("bob")
    alice = registered(world, "alice")
    world.settle(bob)
    second = device_of(world, "alice")
    third = typing(world, "alice")
    world.settle(bob, second, third)
    assert bob.lines() == []
    bob.feed("/users\n")
    assert bob.lines() == ["* 2 here: bob, alice"]
    for device in (alice, second):
        device.broken(Cause.RESET)
    world.settle(bob)
    assert bob.read() == []
    third.feed("/quit home\n")
    world.pass_time(1)
    assert bob.lines() == ["* alice left (home)"]
    device_of(world, "alice")
    world.pass_time(1)
    assert bob.lines() == ["* alice is back after 1 s"]


def test_who_was_away_for_long_joins_and_never_left_its_rooms() -> None:
    world = World()
    bob, robot = world.player("bob"), world.player("robot", json=True)
    alice = registered(world, "alice")
    for player in (alice, robot):
        ask(player, type="join", room="dev")
    bob.feed("/join dev\n")
    alice.feed('{"type":"quit"}\n')
    world.settle(bob, robot)
    world.pass_time(DEFAULT.away_time)
    back, told = hello(world, "alice", password=PASSWORD)
    assert types(told) == ["welcome", "room", "unread"]
    assert told[1]["room"] == "dev" and told[1]["users"] == 3
    world.pass_time(1)
    assert bob.lines() == ["* alice joined"]
    lines = [json.loads(line) for line in robot.lines()]
    assert [(one["type"], one.get("room")) for one in lines] == [("joined", None), ("back", "dev")]
    assert back.session.in_several_rooms
