"""The knee, and the capacity: what several loads say together, and how a run of them goes."""

from collections.abc import Callable
from contextlib import nullcontext
from math import isnan
from typing import Any

import pytest

from loadtests.engine.loads import Load, Paced, Windowed
from loadtests.engine.people import People
from loadtests.measure.result import Run
from loadtests.scenarios import capacity as capacities
from loadtests.scenarios import measures, saturate
from loadtests.scenarios.base import RunContext
from loadtests.scenarios.capacity import BACK, FULL_STEPS, Steps, capacity, conclude, knee
from loadtests.scenarios.direct import DirectMessaging
from loadtests.scenarios.saturate import Saturate
from loadtests.servers.target import ServerUnderTest
from tests.support.reception import receiving

RATE = "deliveries/s"
#: Which loads are tried after these steps, when a load has such a result.
BackedOff = Callable[[list[Run], Callable[[float], Run]], list[float]]


#: The clients of a run whose steps are played.
NOBODY: Any = None


def step(rate: float, per_cpu: float = 1.0, *, void: bool = False) -> Run:
    figures = {RATE: rate, "messages/s": rate / 10, "per CPU s": per_cpu, "disturbed %": 0.0}
    return Run("chatd", figures, void=void)


def nowhere() -> RunContext:
    return RunContext(ServerUnderTest("chatd", ("192.0.2.1", 5050)), Run("chatd"))


# -- what steps say ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rates", "grows"),
    [([], True), ([10], True), ([10, 20], True), ([10, 20, 20.5], False), ([20, 10], False)],
)
def test_the_load_is_raised_until_it_brings_no_more(rates: list[float], grows: bool) -> None:
    steps = Steps(nowhere(), NOBODY, RATE)
    steps.runs += [step(rate) for rate in rates]
    assert steps.grows() == grows


def test_the_knee_is_the_first_step_that_brings_nearly_the_most() -> None:
    steps = [step(rate) for rate in (10, 20, 39, 40, 38)]
    assert knee(steps, RATE) is steps[2]


def test_of_those_that_bring_nearly_the_most_one_that_is_not_void_is_the_knee() -> None:
    steps = [step(20), step(39, void=True), step(40)]
    assert knee(steps, RATE) is steps[2]


def test_capacity_is_that_of_the_highest_rate_that_is_not_void() -> None:
    steps = [step(10, 50), step(20, 60), step(40, 99, void=True)]
    assert capacity(steps, RATE) == (60, 20)


def test_a_run_is_void_where_the_knee_is_and_has_its_capacity_all_the_same() -> None:
    run = Run("chatd")
    conclude(run, [step(10, 50), step(20, 60), step(40, 99, void=True)], RATE)
    assert (run.figures["capacity/s"], run.figures["capacity at/s"], run.figures[RATE]) == (60, 20, 40)
    assert run.void


def test_where_every_rate_is_void_there_is_no_capacity() -> None:
    run = Run("chatd")
    conclude(run, [step(40, void=True)], RATE)
    assert run.void and isnan(run.figures["capacity/s"]) and isnan(run.figures["capacity at/s"])
    assert "there is no capacity to tell" in run.marks[-1]


# -- going back ----------------------------------------------------------------------------------------


def played(monkeypatch: pytest.MonkeyPatch, result: Callable[[float], Run]) -> list[float]:
    """From now on a step has the result of its load, which is its window or, in going back, its rate; the
    loads."""
    tried: list[float] = []

    def measure(context: RunContext, group: object, load: Any) -> None:
        tried.append(load)
        found = result(load)
        context.run.figures |= found.figures
        context.run.void = found.void

    monkeypatch.setattr(capacities, "measure", measure)
    monkeypatch.setattr(capacities, Paced.__name__, lambda rate, seconds: round(rate, 3))
    monkeypatch.setattr(saturate, Windowed.__name__, lambda window, seconds: window)
    return tried


@pytest.fixture
def backed_off(monkeypatch: pytest.MonkeyPatch) -> BackedOff:
    def back_off(steps: list[Run], measure: Callable[[float], Run]) -> list[float]:
        tried = played(monkeypatch, measure)
        taken = Steps(nowhere(), NOBODY, RATE)
        taken.runs += steps
        taken.back_off(1)
        return tried

    return back_off


def test_from_a_void_rate_it_goes_back_until_one_is_not(backed_off: BackedOff) -> None:
    tried = backed_off([step(100, void=True)], lambda rate: step(10 * rate, void=rate > 8))
    assert tried == [9, 8]


def test_a_closed_loop_that_was_nearly_as_fast_and_is_not_void_spares_going_back(
    backed_off: BackedOff,
) -> None:
    assert backed_off([step(92), step(100, void=True)], step) == []
    assert backed_off([step(85), step(100, void=True)], lambda rate: step(10 * rate, void=True)) == [9]


def test_going_back_ends(backed_off: BackedOff) -> None:
    tried = backed_off([step(100, void=True)], lambda rate: step(10 * rate, void=True))
    assert tried == [10 * share for share in BACK]


# -- runs ----------------------------------------------------------------------------------------------


def saturated(
    monkeypatch: pytest.MonkeyPatch, result: Callable[[float], Run], **options: int
) -> tuple[Run, list[float]]:
    """Such a run, in which a step with that window, or going back (0), has that result; what was tried."""
    tried = played(monkeypatch, result)
    monkeypatch.setattr(capacities, Paced.__name__, lambda rate, seconds: 0)
    monkeypatch.setattr(saturate, "entered", lambda *a, **k: nullcontext())
    context = nowhere()
    Saturate(**options).run(context)
    return context.run, tried


def test_a_knee_ends_the_raising(monkeypatch: pytest.MonkeyPatch) -> None:
    run, tried = saturated(monkeypatch, lambda window: step(min(window, 16)))
    assert tried == [2, 4, 8, 16, 32]
    assert (run.figures["window"], run.void, run.marks) == (16, False, [])


def test_what_still_grows_at_the_last_window_has_no_knee(monkeypatch: pytest.MonkeyPatch) -> None:
    run, tried = saturated(monkeypatch, step)
    assert tried[-1] == run.figures["window"] == 1024
    assert run.marks == ["still growing at the last window: no knee was reached"]


def test_a_generator_that_stays_full_is_not_raised_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    run, tried = saturated(monkeypatch, lambda window: step(window or 1, void=window >= 8))
    assert tried == [2, 4, 8, 16, 32, 0]
    assert FULL_STEPS == 3 and run.void
    assert (run.figures[RATE], run.figures["capacity at/s"]) == (32, 4)
    assert run.marks[0] == "still growing with a saturated load generator: no knee was reached"


def test_one_step_asks_for_no_knee(monkeypatch: pytest.MonkeyPatch) -> None:
    run, tried = saturated(monkeypatch, lambda window: step(9, void=True), window=16, most=16)
    assert tried == [16] and run.void and isnan(run.figures["capacity/s"])


def test_a_step_that_fails_is_one_too(monkeypatch: pytest.MonkeyPatch) -> None:
    context = nowhere()

    def fail(context: RunContext, group: object, load: Load) -> None:
        context.run.figures |= step(7).figures
        raise KeyboardInterrupt

    monkeypatch.setattr(capacities, "measure", fail)
    with pytest.raises(KeyboardInterrupt), Steps(context, NOBODY, RATE) as steps:
        steps.take(Windowed(2, 1), window=2)
    assert (context.run.figures[RATE], context.run.figures["window"]) == (7, 2)


@pytest.mark.parametrize(("full", "steps"), [(-1.0, 1 + len(BACK)), (1e9, 1)], ids=["always", "never"])
def test_direct_goes_back_like_saturate(full: float, steps: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the generator is always full there is no capacity; where it never is, it is that of the step."""
    loads: list[Load] = []

    def count(context: RunContext, people: People, load: Load) -> None:
        loads.append(load)
        measures.measure(context, people, load)

    monkeypatch.setattr(capacities, "measure", count)
    monkeypatch.setattr(measures, "FULL", full)
    monkeypatch.setattr(measures, "LATE", 1e9)
    run = Run("chatd")
    with receiving() as address:
        DirectMessaging(people=16, window=2, seconds=0.1).run(
            RunContext(ServerUnderTest("chatd", address), run)
        )
    assert [type(load) for load in loads] == [Windowed, *[Paced] * (steps - 1)]
    assert run.void == (full < 0) == isnan(run.figures["capacity at/s"])
    assert run.figures["messages/s"] > 0
