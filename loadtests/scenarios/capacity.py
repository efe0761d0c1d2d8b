"""One load after another on the same people, and what they say together: the knee, and the capacity.

**What is a figure of the server, and what of the generator?** A step at which the generator's core was full,
or its sends late, is void: it says how fast the generator is. Capacity is what is then left to compare:
deliveries a second of server CPU at the highest rate that is not void, the same figure for a server that ends
first and for one that the generator cannot follow. Where every step near the highest rate is void, the rate
goes down from there, in an open loop, until one is not.

A run is void where the step is whose figures it shows; its capacity never is: it is NaN where every step is.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from math import isnan
from typing import Final, Self, TypeVar

from loadtests.result import Run
from loadtests.scenarios.base import Stage

#: Saturation is where twice the load brings less than this factor.
GROWTH: Final = 1.03
#: Shares of the highest rate at which a generator that was full has room again.
BACK: Final = (0.9, 0.8, 0.7, 0.55, 0.4, 0.25)
#: After so many void steps in a row a larger load would only measure the generator once more. It is not the
#: first one: larger batches may give a generator that was full room again.
FULL_STEPS: Final = 3

_Load = TypeVar("_Load")


class Steps:
    """A context: leaving it, however that comes, puts what the steps say into the stage's run. `rate` is the
    figure that the load raises."""

    def __init__(self, stage: Stage, rate: str) -> None:
        self.runs: list[Run] = []
        self._stage = stage
        self._rate = rate

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        # One that ended before its load began has no figures.
        measured = [run for run in self.runs if self._rate in run.figures]
        if measured:
            conclude(self._stage.run, measured, self._rate)

    def take(self, measure: Callable[[Stage, _Load], None], load: _Load, **figures: float) -> None:
        """One more step: a run of its own, whose samples are those of the whole, and which counts from its
        beginning, so that one that fails or is interrupted says how far it came."""
        run = Run(self._stage.run.server, figures, samples=self._stage.run.samples)
        self.runs.append(run)
        measure(replace(self._stage, run=run), load)

    def grows(self) -> bool:
        """Whether the last step brought more than the best of those before."""
        rates = [run.figures[self._rate] for run in self.runs]
        return len(rates) < 2 or rates[-1] >= GROWTH * max(rates[:-1])

    def full(self) -> bool:
        """Whether the generator has been what ended first for too long."""
        return len(self.runs) >= FULL_STEPS and all(run.void for run in self.runs[-FULL_STEPS:])

    def back_off(self, measure: Callable[[Stage, float], None]) -> None:
        """Steps with less, in messages a second, until one is not void, or one of those that are there
        already has as much."""
        best = max(self.runs, key=lambda run: run.figures[self._rate])
        for share in BACK:
            _, valid = capacity(self.runs, self._rate)
            if valid >= share * best.figures[self._rate]:
                return
            self.take(measure, share * best.figures["messages/s"])
            if not self.runs[-1].void:
                return


def knee(steps: Sequence[Run], rate: str) -> Run:
    """The first step that brings nearly the most, from there on only the waiting grows; one that is not void
    where there is one."""
    most = max(step.figures[rate] for step in steps)
    near = [step for step in steps if step.figures[rate] * GROWTH >= most]
    return next((step for step in near if not step.void), near[0])


def capacity(steps: Sequence[Run], rate: str) -> tuple[float, float]:
    """Deliveries a second of server CPU at the highest rate that is not void, and that rate; NaN without."""
    valid = [step for step in steps if not step.void]
    if not valid:
        return float("nan"), float("nan")
    highest = max(valid, key=lambda step: step.figures[rate])
    return highest.figures["per CPU s"], highest.figures[rate]


def conclude(run: Run, steps: Sequence[Run], rate: str) -> None:
    """The knee's figures are the run's, beside the capacity."""
    best = knee(steps, rate)
    run.figures |= best.figures
    run.latency = best.latency
    run.void = best.void
    for mark in best.marks:
        run.mark(f"at the rate shown: {mark}")
    run.figures["capacity/s"], run.figures["capacity at/s"] = capacity(steps, rate)
    run.figures["disturbed %"] = max(step.figures["disturbed %"] for step in steps)
    if isnan(run.figures["capacity at/s"]):
        run.mark("the generator was full, or late, at every rate: there is no capacity to tell")
