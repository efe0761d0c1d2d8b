"""A world in which an act takes a while to get into the log."""

from tests.behaviour.test_publication import LateLog, late_world
from tests.support.civil import civil_world
from tests.support.world import Player, World


def late_civil(*others: str) -> tuple[World, LateLog, list[Player]]:
    """As civil_world; what is done from now on waits."""
    world, log = late_world()
    _, players = civil_world(*others, world=world)
    log.take()
    world.settle(*players)
    return world, log, players
