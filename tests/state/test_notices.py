"""Who came and went is told once, merged, in order, and before anyone named in it speaks (MUST 5)."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chatd.behaviour.fanout import flush_due_notices
from chatd.behaviour.presence import lose
from chatd.protocol.events import Cause
from chatd.protocol.limits import DEFAULT
from tests.support.heard import from_json
from tests.support.world import Player, World


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


# -- a crowd -------------------------------------------------------------------------------------------

CROWD = replace(DEFAULT, notice_runs=3, notice_reasons=2)


def told(reader: Player) -> list[str]:
    """After an interval."""
    reader.world.pass_time(1)
    return reader.read()


def quiet(world: World) -> Player:
    """One who has been here for long, in a room whose notices wait."""
    (alice,) = world.players("alice")
    world.player("zoe")
    alice.lines()
    return alice


def test_a_crowd_that_comes_and_goes_is_told_in_a_few_lines() -> None:
    world = World(CROWD)
    alice = quiet(world)
    for number in range(100):
        world.player(f"user{number}").feed("/quit\n")
    lines = told(alice)
    assert lines[0] == "* user0 joined"
    assert lines[1] == "* user0 left"
    assert lines[2].endswith(" and 79 others joined")
    assert lines[3].endswith(" and 79 others left")
    assert len(lines) == 4


def test_reasons_beyond_the_first_few_are_left_out() -> None:
    world = World(CROWD)
    players = world.players("alice", "bob", "carol", "dave", "erin", "fred")
    world.player("zoe")
    players[0].lines()
    for player, reason in zip(players[1:], ("tea", "rain", "sleep", "tea", "work"), strict=True):
        player.feed(f"/quit {reason}\n")
    assert told(players[0]) == ["* bob, erin left (tea)", "* carol left (rain)", "* dave, fred left"]


def test_what_is_too_long_for_an_interval_waits_for_the_next() -> None:
    world = World(replace(DEFAULT, notice_bytes=100))
    alice = quiet(world)
    for number in range(10):
        world.player(f"newcomer{number}")
    intervals = []
    while lines := told(alice):
        intervals.append(lines)
    assert len(intervals) > 1
    assert all(len(lines) == 1 and len(lines[0]) < 120 for lines in intervals)
    assert ", ".join(line for lines in intervals for line in lines).count("newcomer") == 10


def test_newcomers_of_a_crowd_share_what_they_are_told() -> None:
    world = World(replace(DEFAULT, notice_parts=2))
    quiet(world)
    first, second, third, fourth = (world.player(f"n{number}", json=True) for number in range(4))
    world.player("last")
    world.now += 1
    flush_due_notices(world.state)
    parts = [reader.session.outbox._queue[-1] for reader in (first, second, third, fourth)]
    assert parts[1] is parts[2] is parts[3]
    assert first.lines() == ['{"type":"joined","names":["n1","n2","n3","last"],"count":4}']
    assert fourth.lines() == ['{"type":"joined","names":["n2","n3","last"],"count":3}']


def test_somebody_who_comes_and_goes_under_one_name_hurries_nobody() -> None:
    world = World()
    alice = quiet(world)
    for _ in range(5):
        world.player("bob").feed("/quit\n")
    assert alice.lines() == ["* bob joined", "* bob left"]
    assert told(alice) == ["* bob joined", "* bob left"] * 4


def test_a_crowd_costs_each_reader_a_page_an_interval_and_no_more() -> None:
    """Quits with long reasons of their own, and as many joins: it was 280 KB for each reader."""
    world = World()
    alice = quiet(world)
    robot = world.player("robot", json=True)
    robot.lines()
    leaving = [world.player(f"leaving{number}") for number in range(300)]
    world.settle(alice, robot)
    world.player("yan")
    alice.lines()
    robot.lines()
    newcomers = []
    for number, player in enumerate(leaving):
        player.feed(f"/quit {number} {'because ' * 100}\n")
        newcomers.append(world.player(f"newcomer{number}", json=bool(number % 2)))
    newcomers = newcomers[50:]
    for reader in (alice, robot, *newcomers):
        reader.read()
    world.pass_time(1)
    texts = ["".join(reader.read()) for reader in (alice, robot, *newcomers)]
    assert max(map(len, texts)) < 15_000
    assert texts[1].count('"newcomer') + texts[1].count('"leaving') == 600


_changes = st.lists(st.tuples(st.integers(0, 5), st.sampled_from(("", "tea", "rain", "x"))), max_size=40)
_bounds = st.tuples(
    st.integers(0, 3), st.integers(0, 2), st.sampled_from((1, 100, 10_000)), st.integers(1, 3)
)


@settings(derandomize=True, deadline=None, max_examples=200)
@given(_changes, _bounds, st.integers(0, 30))
def test_in_any_crowd_who_applies_all_that_it_is_told_knows_who_is_here(
    changes: list[tuple[int, str]], bounds: tuple[int, int, int, int], pause: int
) -> None:
    """Whoever asked for the list when it came, and takes a notice about somebody that it knows, or does not
    know, as nothing new. And what one name did is told in order."""
    runs, reasons, size, parts = bounds
    limits = replace(
        DEFAULT,
        notice_runs=runs,
        notice_reasons=reasons,
        notice_bytes=size,
        notice_parts=parts,
        shared_list=2,
    )
    world = World(limits)
    readers = [world.player("eve", json=True)]
    history: list[str] = []
    present: dict[int, Player] = {}
    for number, (who, reason) in enumerate(changes):
        if who in present:
            present.pop(who).feed(f"/quit {reason}\n")
        else:
            present[who] = Player(world)
            present[who].feed(f"user{who}\n")
            readers.append(Player(world))
            readers[-1].feed(f'{{"type":"hello","nick":"reader{number}"}}\n{{"type":"users"}}\n')
        history.append(f"user{who}")
        if number == pause:
            world.pass_time(1)
    for _ in range(100):
        world.pass_time(1)
    everyone = {session.nick for session in world.state.roster}
    heard = [[it for line in reader.read() for it in from_json(line)] for reader in readers]
    for reader in heard[1:]:
        believes: set[str] = set()
        for kind, *names in reader:
            if kind == "users":
                believes = set(names)
            else:
                (believes.add if kind == "joined" else believes.discard)(names[0])
        assert believes == everyone
    for who in range(6):
        mine = [kind for kind, nick, *_ in heard[0] if nick == f"user{who}"]
        assert mine == [("joined", "left")[turn % 2] for turn in range(history.count(f"user{who}"))]
