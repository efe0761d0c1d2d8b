"""Who came and went is told once, merged, in order, and before anyone named in it speaks (MUST 5)."""

import itertools

import pytest

from chatd.behaviour.presence import lose
from chatd.protocol.events import Cause, Joined
from chatd.protocol.limits import DEFAULT
from chatd.state.notice_pages import NoticePage
from tests.support.world import World


def test_the_first_in_a_quiet_room_is_told_at_once() -> None:
    world = World()
    (alice,) = world.players("alice")
    world.player("bob")
    assert alice.lines() == ["* bob joined"]


def test_the_next_ones_wait_for_the_interval_and_are_merged() -> None:
    world = World()
    (alice,) = world.players("alice")
    for nick in ("bob", "carol", "dave"):
        world.player(nick)
    assert alice.lines() == ["* bob joined"]
    world.pass_time(0.249)
    assert alice.lines() == []
    world.pass_time(0.001)
    assert alice.lines() == ["* carol, dave joined"]


def test_newcomers_are_told_only_what_came_after_them() -> None:
    world = World()
    world.players("alice")
    bob = world.player("bob")
    carol, dave = world.player("carol"), world.player("dave")
    dave.close()
    erin = world.player("erin", json=True)
    world.pass_time(1)
    assert bob.lines() == ["* carol, dave joined", "* dave lost connection (closed)", "* erin joined"]
    assert carol.lines() == ["* dave joined", "* dave lost connection (closed)", "* erin joined"]
    assert erin.lines() == []


def test_one_line_for_each_run_of_the_same_kind_and_reason() -> None:
    world = World()
    alice, bob, carol, dave, erin, fred = world.players("alice", "bob", "carol", "dave", "erin", "fred")
    world.player("zoe")
    alice.lines()
    bob.feed("/quit bored\n")
    carol.feed("/quit bored\n")
    dave.feed("/quit\n")
    lose(world.state, erin.session, Cause.RESET)
    lose(world.state, fred.session, Cause.TOO_SLOW)
    world.pass_time(1)
    assert alice.lines() == [
        "* bob, carol left (bored)",
        "* dave left",
        "* erin lost connection (reset)",
        "* fred lost connection (too slow)",
    ]


def test_a_reason_that_reads_like_a_cause_is_still_a_reason() -> None:
    world = World()
    alice, bob, carol = world.players("alice", "bob", "carol")
    world.player("zoe")
    alice.lines()
    bob.feed("/quit reset\n")
    lose(world.state, carol.session, Cause.RESET)
    world.pass_time(1)
    assert alice.lines() == ["* bob left (reset)", "* carol lost connection (reset)"]


def test_text_names_20_and_counts_the_rest_and_json_names_all() -> None:
    world = World()
    alice = world.player("alice")
    robot = world.player("robot", json=True)
    world.settle(alice, robot)
    world.player("zero")
    alice.lines(), robot.lines()
    names = [f"user{number}" for number in range(22)]
    for name in names:
        world.player(name)
    world.pass_time(1)
    assert alice.lines() == [f"* {', '.join(names[:20])} and 2 others joined"]
    quoted = ",".join(f'"{name}"' for name in names)
    assert robot.lines() == [f'{{"type":"joined","names":[{quoted}],"count":22}}']


@pytest.mark.parametrize("line", ["hello", '/dm alice "hello"'])
def test_nobody_hears_from_someone_whose_coming_they_were_not_told(line: str) -> None:
    world = World()
    (alice,) = world.players("alice")
    world.player("bob")
    carol = world.player("carol")
    assert alice.lines() == ["* bob joined"]
    carol.feed(line + "\n")
    assert alice.lines()[0] == "* carol joined"


def test_what_waits_is_told_before_a_name_changes_its_holder() -> None:
    world = World()
    alice, bob = world.players("alice", "bob")
    world.player("zoe")
    alice.lines()
    bob.feed("/quit\n")
    assert alice.lines() == []
    world.player("BOB")
    assert alice.lines() == ["* bob left"]
    world.pass_time(1)
    assert alice.lines() == ["* BOB joined"]


def test_who_speaks_without_being_named_sends_nothing_early() -> None:
    world = World()
    alice, bob = world.players("alice", "bob")
    world.player("zoe")
    world.player("yan")
    alice.lines()
    bob.feed("hello\n")
    assert alice.lines() == ["<bob> hello"]


def test_a_newcomer_that_left_again_is_forgotten() -> None:
    world = World()
    (alice,) = world.players("alice")
    world.player("zoe")
    bob = world.player("bob")
    bob.feed("/quit\n")
    world.pass_time(1)
    assert alice.lines() == ["* zoe joined", "* bob joined", "* bob left"]
    assert bob.lines() == ["* bye"]


def test_what_is_due_next_is_known_to_who_waits_for_it() -> None:
    world = World()
    assert world.lobby.notices.due_at is None
    world.player("alice")
    world.player("bob")
    assert world.lobby.notices.due_at == world.now + 0.25


def test_notices_of_one_kind_are_withdrawn_in_any_order() -> None:
    """Bob's is the older of two runs of newcomers, and the only one left when bob speaks."""
    for first, second in itertools.permutations(("bob", "carol")):
        page = NoticePage(0)
        for nick, why in (("bob", None), ("erin", "lunch"), ("carol", None)):
            page.add(nick, why, DEFAULT)
        for nick in (first, second):
            assert list(page.withdraw(nick)) == [Joined(names=[nick], count=1)]
        page.add("dave", None, DEFAULT)
        assert [event for event in page.events() if isinstance(event, Joined)] == [Joined(["dave"], 1)]
