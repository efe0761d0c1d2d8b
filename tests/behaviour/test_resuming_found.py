"""What test_resuming_stateful.py found, as plain tests."""

from dataclasses import replace

from chatd.protocol.limits import DEFAULT
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


def test_a_room_that_was_talked_in_stays_while_all_who_were_there_are_away() -> None:
    """Else what they missed, and what they said themselves, would be lost without a gap."""
    world = World()
    ann, bob = robots(world, "ann", "bob")
    token = bob.session.token
    bob.close()
    ann.feed('{"type":"say","room":"dev","text":"hi"}\n{"type":"leave","room":"dev"}\n')
    again = Player(world)
    again.feed(f'{{"type":"hello","nick":"bob","token":"{token}","seen":0}}\n')
    [said] = told(again, "said")
    assert '"room":"dev"' in said and '"text":"hi"' in said


def test_a_new_connection_of_the_only_one_in_a_room_is_told_what_it_said() -> None:
    world = World()
    [ann] = robots(world, "ann")
    ann.feed('{"type":"say","room":"dev","text":"hi","key":"1"}\n')
    again = Player(world)
    again.feed(f'{{"type":"hello","nick":"ann","token":"{ann.session.token}","seen":0}}\n')
    [said] = told(again, "said")
    assert '"text":"hi"' in said and '"key":"1"' in said


def test_a_mark_does_not_come_before_the_gap_below_it() -> None:
    """Who drops between the two would ask for what is above the mark, and never hear of the gap."""
    world = World(replace(DEFAULT, room_waiting=300))
    ann, bob = robots(world, "ann", "bob")
    bob.socket.rest = 0
    for number in range(6):
        ann.feed(f'{{"type":"say","room":"dev","text":"{number}"}}\n')
    world.round()
    assert bob.session.outbox.skipped
    bob.socket.rest, marks = None, len(bob.marks)
    while bob.session.outbox.waiting:
        world.drain(bob)
    assert told(bob, "said", "skipped")[-1].startswith('{"type":"skipped"')
    assert len(bob.marks) == marks
    ann.feed('{"type":"say","room":"dev","text":"more"}\n')
    assert told(bob, "said") and bob.marks[marks:] == [f'{{"type":"mark","id":{world.state.log.last_id}}}']
