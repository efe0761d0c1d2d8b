"""Many come and go at once: few lines, bounded bytes, shared parts, and everybody knows who is here."""

from dataclasses import replace

from hypothesis import example, given, settings
from hypothesis import strategies as st

from chatd.behaviour.fanout import flush_due_notices
from chatd.protocol.limits import DEFAULT
from tests.support.heard import from_json
from tests.support.world import Player, World

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


_changes = st.lists(
    st.tuples(st.integers(0, 3), st.sampled_from(("", "tea", "rain", "TALK", "TIME"))), max_size=60
)
_sizes = st.sampled_from((1, 60, 150, 10_000))
_bounds = st.tuples(st.integers(0, 3), st.integers(0, 2), _sizes, st.integers(1, 3))


@settings(max_examples=100)
@given(_changes, _bounds)
@example([(0, "")] * 12 + [(0, "TALK")], (0, 0, 1, 1))
@example([(0, "")] * 13 + [(1, ""), (0, "TALK"), (1, "TALK")], (0, 0, 10_000, 1))
def test_in_any_crowd_who_applies_all_that_it_is_told_knows_who_is_here(
    changes: list[tuple[int, str]], bounds: tuple[int, int, int, int]
) -> None:
    """Whoever asked for the list when it came, and takes a notice about somebody that it knows, or does not
    know, as nothing new. And who speaks is known by then."""
    runs, reasons, size, parts = bounds
    crowd = replace(DEFAULT, notice_runs=runs, notice_reasons=reasons, notice_bytes=size, hurried_notices=100)
    world = World(replace(crowd, notice_parts=parts, shared_list=2))
    readers: list[Player] = []
    present: dict[int, Player] = {}
    for number, (who, what) in enumerate(changes):
        if what == "TIME":
            world.pass_time(0.3)
        elif what == "TALK":
            if who in present:
                present[who].feed("hello\n")
        elif who in present:
            present.pop(who).feed(f"/quit {what}\n")
        else:
            present[who] = Player(world)
            present[who].feed(f"user{who}\n")
        readers.append(Player(world))
        readers[-1].feed(f'{{"type":"hello","nick":"reader{number}"}}\n{{"type":"users"}}\n')
    for _ in range(200):
        world.pass_time(1)
    everyone = {session.nick for session in world.state.roster}
    for reader in readers:
        believes: set[str] = set()
        for kind, *names in (it for line in reader.read() for it in from_json(line)):
            if kind == "users":
                believes = set(names)
            elif kind == "said":
                assert names[0] in believes
            else:
                (believes.add if kind == "joined" else believes.discard)(names[0])
        assert believes == everyone


def test_of_one_name_that_comes_and_goes_in_a_crowd_the_last_turns_are_told() -> None:
    world = World(CROWD)
    alice = quiet(world)
    for _ in range(100):
        world.player("bob").feed("/quit tea\n")
    assert alice.lines() == ["* bob joined", "* bob left (tea)"]
    lines = told(alice)
    assert len(lines) <= 4
    assert lines[-2:] == ["* bob joined", "* bob left (tea)"]


def test_one_word_in_a_crowd_announces_the_speaker_and_leaves_the_rest_its_time() -> None:
    world = World(replace(DEFAULT, notice_bytes=100, hurried_notices=0))
    alice = quiet(world)
    newcomers = [world.player(f"newcomer{number}") for number in range(20)]
    newcomers[10].feed("hello\n")
    assert alice.lines() == ["* newcomer10 joined", "<newcomer10> hello"]
    assert newcomers[10].lines() == []
    intervals = []
    while lines := told(alice):
        intervals.append(lines)
    assert len(intervals) > 1
    assert ", ".join(line for lines in intervals for line in lines).count("newcomer") == 19
