"""People who keep a room or the server civil, in a world without sockets."""

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

from chatd.protocol.limits import DEFAULT, Limits
from chatd.state.rulings import by_person
from chatd.state.sessions import CONSOLE
from chatd.state.stored_rulings import Ruling, RulingKind
from tests.support.accounts import registered
from tests.support.resuming import EventFields, events
from tests.support.world import Player, World

#: Many register from one address.
_LIMITS: Final = replace(DEFAULT, registrations=100)


def coming_from(world: World, address: str, nick: str = "", **fields: Any) -> Player:
    """A guest's program that connects from there."""
    player = Player(world)
    player.session.peer = f"{address}:5"
    if nick:
        player.feed(json.dumps({"type": "hello", "nick": nick, **fields}) + "\n")
        player.lines()
    return player


def do(player: Player, what: str, room: str = "dev", **fields: Any) -> list[EventFields]:
    """What who does it in a room is told."""
    player.feed(json.dumps({"type": what, "room": room, **fields}) + "\n")
    return events(player)


def code(told: Sequence[EventFields]) -> str:
    """That of the error that was told; empty: there was none."""
    return "".join(one["code"] for one in told if one["type"] == "error")


def acts(told: Sequence[EventFields]) -> list[str]:
    """Who did what to whom, or set what to what."""
    return [
        " ".join(str(one[key]) for key in ("by", "act", "whom", "value", "reason") if key in one)
        for one in told
        if one["type"] == "acted"
    ]


def texts(told: Sequence[EventFields]) -> list[str]:
    """What was said."""
    return [one["text"] for one in told if one["type"] == "said"]


def allow(world: World, player: Player, role: str, room: str = "lobby") -> Player:
    """It has a role there; in the lobby, on the server."""
    person, number = player.session.person, world.state.rooms[room].number
    world.state.rulings.keep(Ruling(number, RulingKind.ROLE, by_person(person.number), role, person.nick))
    return player


def civil_world(
    *others: str, limits: Limits = _LIMITS, world: World | None = None
) -> tuple[World, list[Player]]:
    """In #dev are its owner alice, its operator olga, and these: those whose names end in `_` are guests.
    They have read all of that."""
    world = world or World(limits)
    world.now = 1_000_000.0
    players = []
    for nick in ("alice", "olga", *others):
        guest = nick.endswith("_")
        player = world.player(nick, json=True) if guest else registered(world, nick)
        assert code(do(player, "join")) == ""
        players.append(player)
    allow(world, players[1], "operator", "dev")
    for player in players:
        player.lines()
    world.settle(*players)
    return world, players


def admin(world: World, nick: str = "ada", role: str = "admin") -> Player:
    """Somebody who is that on the server, and is in the lobby."""
    return allow(world, registered(world, nick), role)


def console(world: World) -> Player:
    """Who looks after the server at its machine, as far as requests go."""
    player = world.player("console", json=True)
    player.session.person = CONSOLE
    return player
