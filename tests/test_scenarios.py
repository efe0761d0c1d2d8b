"""The scenarios' pure parts: options, the knee, capacity, what is void, the day that is drawn, what an office
must hear. Nothing here imports locust."""

from collections import Counter

import pytest

from loadtests.engine.stream import Fault
from loadtests.latency import MS, Histogram
from loadtests.result import Run
from loadtests.scenarios.base import Scenario, Target
from loadtests.scenarios.broadcast import Broadcast
from loadtests.scenarios.crowd import NOTICES, _count
from loadtests.scenarios.measures import LATE, lateness
from loadtests.scenarios.mixed import Deed, Mixed, day
from loadtests.scenarios.office import Log
from loadtests.scenarios.saturate import capacity, conclude, knee, still_grows
from loadtests.scenarios.slow import Slow
from loadtests.scenarios.table import SCENARIOS

# -- options -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", SCENARIOS.values(), ids=lambda kind: kind.name)
def test_a_scenario_is_made_of_its_options(kind: type[Scenario]) -> None:
    plain = kind()
    assert plain.chosen() == {option.name: option.default for option in kind.options()}
    assert kind.of({**plain.chosen(), "something": "else"}) == plain
    quick = plain.quick()
    for option in kind.options():
        assert option.help and option.default >= option.least
        assert type(quick.chosen()[option.name]) is type(option.default)
        assert quick.chosen()[option.name] >= option.least
    assert plain.mistake() is None and quick.mistake() is None
    assert plain.connections > 0


def test_options_come_as_words_too() -> None:
    assert Broadcast.of({"readers": "5", "rate": "2.5"}) == Broadcast(readers=5, rate=2.5)
    with pytest.raises(ValueError, match="many"):
        Broadcast.of({"readers": "many"})


def test_what_cannot_be_checked_is_refused() -> None:
    assert "--slow" in str(Slow(readers=5, slow=5).mistake())
    assert "too much" in str(Slow(seconds=1000).mistake())


def test_a_server_elsewhere_has_no_cpu_and_no_memory() -> None:
    target = Target("chatd", ("192.0.2.1", 5050))
    assert target.spent().cpu != target.spent().cpu and target.memory() != target.memory()  # NaN
    assert target.files() == float("inf")


# -- saturation ----------------------------------------------------------------------------------------


def step(rate: float, per_cpu: float = 1.0, *, void: bool = False) -> Run:
    figures = {"deliveries/s": rate, "per CPU s": per_cpu, "disturbed %": 0.0}
    return Run("chatd", figures, void=void)


@pytest.mark.parametrize(
    ("rates", "grows"),
    [([], True), ([10], True), ([10, 20], True), ([10, 20, 20.5], False), ([20, 10], False)],
)
def test_the_load_is_raised_until_it_brings_no_more(rates: list[float], grows: bool) -> None:
    assert still_grows([step(rate) for rate in rates]) == grows


def test_the_knee_is_the_first_step_that_brings_nearly_the_most() -> None:
    steps = [step(rate) for rate in (10, 20, 39, 40, 38)]
    assert knee(steps) is steps[2]


def test_capacity_is_that_of_the_highest_rate_that_is_not_void() -> None:
    steps = [step(10, 50), step(20, 60), step(40, 99, void=True)]
    assert capacity(steps) == (60, 20)
    run = Run("chatd")
    conclude(run, steps[2], steps)
    assert (run.figures["capacity/s"], run.figures["deliveries/s"], run.void) == (60, 40, False)


def test_where_every_rate_is_void_there_is_no_capacity() -> None:
    run = Run("chatd")
    conclude(run, step(40, void=True), [step(40, void=True)])
    assert run.void and run.figures["capacity/s"] != run.figures["capacity/s"]  # NaN


def test_a_generator_that_is_late_makes_its_rate_void() -> None:
    punctual, late = Histogram(), Histogram()
    punctual.add([0] * 99, MS)
    late.add([0] * 99, int(2 * LATE * MS))
    for histogram, void in ((punctual, False), (late, True), (Histogram(), False)):
        run = Run("chatd")
        lateness(run, histogram)
        assert run.void == void and bool(run.marks) == void


# -- a working day -------------------------------------------------------------------------------------


def test_a_day_is_drawn_from_its_seed() -> None:
    mixed = Mixed(people=20, seconds=10)
    acts = day(mixed)
    assert acts == day(mixed) != day(Mixed(people=20, seconds=10, seed=2))
    assert acts == sorted(acts, key=lambda act: act.due)
    assert all(act.due < 10.3e9 and act.who != act.whom for act in acts if act.deed is Deed.WRITE)
    count = Counter(act.deed for act in acts)
    assert count == {Deed.SAY: 270, Deed.WRITE: 900, Deed.COME: 90, Deed.GO: 90}


def said(id: int, speaker: str = "m00001") -> bytes:
    return b'{"type":"said","room":"lobby","id":%d,"from":"%b","text":"1 x"}' % (id, speaker.encode())


def test_everyone_hears_the_same_but_their_own() -> None:
    log = Log()
    # m2 speaks second and is ahead of the others, who have not got that one yet.
    assert log.take(said(4), 0, b"m00002") == 4
    assert log.take(said(6), 4, b"m00002") == 6
    for me in (b"m00001", b"m00003"):
        last = log.take(said(4), 0, me)
        last = log.take(said(5, "m00002"), last, me)
        assert log.take(said(6), last, me) == 6
    assert log.take(said(6), None, b"v00001") == 6  # who comes later begins where it begins


@pytest.mark.parametrize(
    ("line", "last"),
    [(said(6), 4), (said(4), 4), (said(5, "m00009"), 4), (b"{}", 4)],
    ids=["missing", "twice", "changed", "odd"],
)
def test_what_differs_is_a_fault(line: bytes, last: int) -> None:
    log = Log()
    for place, id in enumerate((4, 5, 6)):
        log.take(said(id), (0, 4, 5)[place], b"m00003")
    with pytest.raises(Fault, match="m00007 got"):
        log.take(line, last, b"m00007")


def test_notices_count_those_they_tell_of() -> None:
    chatd, irc = NOTICES["chatd"], NOTICES["inspircd"]
    told = (
        b'{"type":"joined","names":["a","b"],"count":2}\n'
        b'{"type":"lost","names":["a"],"count":1,"cause":"x"}\n'
    )
    assert (_count(chatd.came, told), _count(chatd.went, told)) == (2, 1)
    told = (
        b":s00001!t@127.0.0.2 JOIN :#lobby\r\n:s00001!t@127.0.0.2 QUIT :gone\r\n:s00002!t@h JOIN #lobby\r\n"
    )
    assert (_count(irc.came, told), _count(irc.went, told)) == (2, 1)
