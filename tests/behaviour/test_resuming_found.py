"""What test_resuming_stateful.py found, as plain tests."""

from tests.support.world import Player, World


def robots(world: World, *nicks: str) -> list[Player]:
    """Programs, all of them in the room dev."""
    players = [world.player(nick, json=True) for nick in nicks]
    for player in players:
        player.feed('{"type":"join","room":"dev"}\n')
    world.settle(*players)
    return players


def told(player: Player, *kinds: str) -> list[str]:
    """The lines of these types that came."""
    return [line for line in player.lines() if line.startswith(tuple(f'{{"type":"{kind}"' for kind in kinds))]


def test_who_leaves_a_room_gets_what_was_said_there_in_the_same_round() -> None:
    """A round visits the members of a room, and who left is none any more."""
    world = World()
    ann, bob = robots(world, "ann", "bob")
    ann.feed('{"type":"say","room":"dev","text":"hi"}\n')
    bob.feed('{"type":"leave","room":"dev","ref":"1"}\n')
    said, left = told(bob, "said", "left")
    assert '"text":"hi"' in said and '"ref":"1"' in left
