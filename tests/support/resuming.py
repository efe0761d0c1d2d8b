"""Somebody who drops and comes back, in a world without sockets."""

import json
from typing import Any

from chatd.protocol.limits import DEFAULT
from tests.support.world import Player, World

EventFields = dict[str, Any]


def events(player: Player) -> list[EventFields]:
    return [json.loads(line) for line in player.lines()]


def said(told: list[EventFields]) -> list[tuple[str, str]]:
    """Messages, by room (or who wrote them)."""
    return [(str(one.get("room", one["from"])), one["text"]) for one in told if one["type"] in ("said", "dm")]


def types(told: list[EventFields]) -> list[str]:
    return [one["type"] for one in told]


def marked(player: Player) -> int:
    """The newest mark."""
    return int(json.loads(player.marks[-1])["id"])


def hello(player: Player, nick: str, token: str, **fields: Any) -> list[EventFields]:
    player.feed(json.dumps({"type": "hello", "nick": nick, "token": token, **fields}) + "\n")
    return events(player)


def come_back(world: World, old: Player, **fields: Any) -> tuple[Player, list[EventFields]]:
    """A new connection with the token of the old one."""
    player = Player(world)
    return player, hello(player, old.session.nick, old.session.token, **fields)


def robot_and_alice(limits: Any = DEFAULT) -> tuple[World, Player, Player]:
    world = World(limits)
    robot, alice = world.player("robot", json=True), world.player("alice")
    world.settle(robot, alice)
    return world, robot, alice
