"""The list of a room's members: what it says is true for whoever asks, and its bytes are shared."""

import json
from dataclasses import replace

import pytest

from chatd.protocol.limits import DEFAULT
from tests.support.world import Player, World

SMALL = replace(DEFAULT, shared_list=3, notice_parts=2)


def robots(world: World, *nicks: str) -> list[Player]:
    """JSON clients that all know of each other."""
    players = [world.player(nick, json=True) for nick in nicks]
    world.settle(*players)
    return players


def ask(player: Player) -> bytes:
    """The bytes that wait for one who asked, as the object that holds them."""
    player.feed('{"type":"users"}\n')
    piece = player.session.outbox._queue[-1]
    assert isinstance(piece, bytes)
    return piece


def names(player: Player) -> list[str]:
    found: list[str] = json.loads(ask(player))["names"]
    return found


def test_all_who_ask_share_the_bytes_while_nobody_comes_or_goes() -> None:
    world = World()
    alice, bob = robots(world, "alice", "bob")
    assert ask(alice) is ask(bob) is ask(alice)
    carol = world.player("carol", json=True)
    assert names(alice) == ["alice", "bob", "carol"]
    carol.feed('{"type":"quit"}\n')
    assert names(alice) == ["alice", "bob"]


@pytest.mark.parametrize("ref", ["", "a", '"\\é'])
def test_a_ref_is_added_without_copying_the_list(ref: str) -> None:
    world = World()
    (alice,) = robots(world, "alice")
    shared = ask(alice)
    alice.lines()
    alice.feed(json.dumps({"type": "users", "ref": ref}) + "\n")
    piece = alice.session.outbox._queue[-2]
    assert isinstance(piece, memoryview)
    assert piece.obj is shared
    assert json.loads(alice.lines()[0]) == {"type": "users", "names": ["alice"], "count": 1, "ref": ref}


def test_a_take_over_does_not_change_the_list() -> None:
    world = World()
    alice, bob = robots(world, "alice", "bob")
    ask(alice)
    new = world.player()
    new.feed(f'{{"type":"hello","nick":"bob","token":"{bob.session.token}"}}\n')
    assert names(new) == names(alice) == ["alice", "bob"]


def test_in_a_large_room_a_list_serves_until_something_newer_was_told() -> None:
    world = World(SMALL)
    alice, bob = robots(world, "alice", "bob")
    world.player("zoe")
    shared = ask(alice)
    world.player("carol")
    assert ask(bob) is shared  # carol's coming is still to be told
    world.pass_time(1)
    assert names(bob) == ["alice", "bob", "zoe", "carol"]


def test_a_newcomer_gets_a_list_that_what_it_is_told_completes() -> None:
    world = World(SMALL)
    alice, _ = robots(world, "alice", "bob")
    world.player("zoe")
    ask(alice)
    carol, dave = world.player("carol", json=True), world.player("dave", json=True)
    assert names(carol) == names(dave) == ["alice", "bob", "zoe", "carol", "dave"]
    erin = world.player("erin", json=True)  # told the same as dave, from dave's coming on
    assert names(erin) == ["alice", "bob", "zoe", "carol", "dave"]
    world.pass_time(1)
    told = [json.loads(line) for line in erin.read()]
    assert told[-1] == {"type": "joined", "names": ["erin"], "count": 1}
