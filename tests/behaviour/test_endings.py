"""What the machine of test_stateful found, as plain tests."""

from collections.abc import Callable

import pytest

from chatd.behaviour.presence import go_down
from tests.support.world import Player, World

ENDS: dict[str, Callable[[World, Player], None]] = {
    "quit": lambda world, player: player.feed("/quit\n"),
    "end of input": lambda world, player: player.close(),
    "take-over": lambda world, player: world.player(json=True).feed(
        f'{{"type":"hello","nick":"ann","token":"{player.session.token}"}}\n'
    ),
    "going down": lambda world, player: go_down(world.state, player.session),
}


@pytest.mark.parametrize("end", ENDS)
def test_who_leaves_gets_what_was_said_before(end: str) -> None:
    """A message and an end in one round: the round carries only the room's members, and who left is none."""
    world = World()
    ann, bob = world.players("ann", "bob")
    bob.feed("hi\n")
    ENDS[end](world, ann)
    assert ann.lines()[0] == "<bob> hi"
    assert not ann.session.outbox.waiting


def test_a_take_over_keeps_the_name_as_the_others_know_it() -> None:
    """Nobody is told of a take-over, so `<ANN>` would be someone whom nobody saw come, and `ANN left`
    would leave ann behind."""
    world = World()
    ann, bob = world.players("ann", "bob")
    new = world.player(json=True)
    new.feed(f'{{"type":"hello","nick":"ANN","token":"{ann.session.token}"}}\n{{"type":"say","text":"hi"}}\n')
    assert '"nick":"ann"' in new.lines()[0]
    assert bob.lines() == ["<ann> hi"]
