"""What happens to an account while something else happens to it: a change that is not stored yet, a name that
is not taken yet, an owner who left and came back meanwhile."""

import pytest

from chatd.protocol.events import Cause
from tests.behaviour.test_publication import late_world
from tests.support.accounts import ask, registered, typing
from tests.support.resuming import EventFields
from tests.support.world import Player, World


def hello(world: World, **fields: object) -> tuple[Player, list[EventFields]]:
    player = Player(world)
    return player, ask(player, type="hello", **fields)


def codes(told: list[EventFields]) -> list[object]:
    return [one.get("code", one["type"]) for one in told]


@pytest.mark.parametrize("token", ["", "guessed"])
def test_an_account_is_not_taken_over_while_it_takes_another_name(token: str) -> None:
    """Nobody owns its old name any more, and it is still here under it."""
    world, log = late_world()
    (bob,) = world.players("bob")
    registered(world, "alice").broken(Cause.RESET)
    alice = typing(world, "alice")  # who types has no token
    bob.feed("on its way\n")
    alice.feed("/nick alicia\n")
    thief, told = hello(world, nick="alice", token=token)
    assert codes(told) == ["taken-nick"] and not alice.hung_up
    log.take()
    assert alice.session.nick == "alicia" and thief.session.nick == ""
