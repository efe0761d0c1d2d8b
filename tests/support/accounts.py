"""People with accounts, in a world without sockets."""

import json
from typing import Any

from tests.support.resuming import EventFields, events
from tests.support.world import Player, World

PASSWORD = "correct horse"


def ask(player: Player, **request: Any) -> list[EventFields]:
    """What a program is told for it."""
    player.feed(json.dumps(request) + "\n")
    return events(player)


def registered(world: World, nick: str) -> Player:
    """A program that has registered its name."""
    player = world.player(nick, json=True)
    told = ask(player, type="register", password=PASSWORD)
    assert [one["type"] for one in told] == ["done"]
    return player


def device_of(world: World, nick: str, **fields: Any) -> Player:
    """One more program of who owns the name, by its password."""
    player = Player(world)
    player.feed(json.dumps({"type": "hello", "nick": nick, "password": PASSWORD, **fields}) + "\n")
    assert player.session.nick == nick
    return player


def typing(world: World, nick: str) -> Player:
    """Somebody at a terminal who owns the name."""
    player = Player(world)
    player.feed(f"{nick}\n{PASSWORD}\n")
    assert player.session.nick == nick
    return player
