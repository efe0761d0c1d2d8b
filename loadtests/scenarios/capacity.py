"""Several load steps on the same clients, and their two results: the knee, and the capacity.

**Is a figure limited by the server or by the load generator?** A step in which the load generator's core was
saturated, or its sends were late, is void: it says how fast the load generator is. Capacity is the figure
that can still be compared: deliveries a second of server CPU at the highest rate that is not void. It is
defined for a server that is saturated first and for one that is faster than the load generator. Where every
step near the highest rate is void, further steps lower the rate, in an open loop, until one is not.

A run is void if the step whose figures it shows is void. Its capacity is never void: it is NaN where every
step is.
"""

from collections.abc import Sequence
from dataclasses import replace
from math import isnan
from typing import Final, Self

from loadtests.engine.loads import Load, LoadGroup, Paced
from loadtests.measure.result import Run
from loadtests.scenarios.base import RunContext
from loadtests.scenarios.measures import measure

#: The server is saturated when twice the load raises the rate by less than this factor.
GROWTH: Final = 1.03
#: Shares of the highest rate that are tried when the load generator was saturated.
BACK: Final = (0.9, 0.8, 0.7, 0.55, 0.4, 0.25)
#: After so many void steps in a row a larger load would only measure the load generator again. One is not
#: enough: with larger batches a saturated load generator may keep up again.
FULL_STEPS: Final = 3


class Steps:
    """A context manager: on exit, also by an exception, it puts the results of the steps into the context's
    run. `rate` names the figure that the load is to raise."""

    def __init__(self, context: RunContext, group: LoadGroup, rate: str) -> None:
        self.runs: list[Run] = []
        self._context = context
        self._group = group
        self._rate = rate

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        # A step that ended before its load began has no figures.
        measured = [run for run in self.runs if self._rate in run.figures]
        if measured:
            conclude(self._context.run, measured, self._rate)

    def take(self, load: Load, **figures: float) -> None:
        """Run one more step. It has a Run of its own from the start, so that a step that fails or is
        interrupted keeps its figures; its samples go to the whole run."""
        run = Run(self._context.run.server, figures, samples=self._context.run.samples)
        self.runs.append(run)
        measure(replace(self._context, run=run), self._group, load)

    def grows(self) -> bool:
        """Whether the last step reached a higher rate than all before."""
        rates = [run.figures[self._rate] for run in self.runs]
        return len(rates) < 2 or rates[-1] >= GROWTH * max(rates[:-1])

    def full(self) -> bool:
        """Whether the load generator was saturated in too many steps in a row."""
        return len(self.runs) >= FULL_STEPS and all(run.void for run in self.runs[-FULL_STEPS:])

    def back_off(self, seconds: float) -> None:
        """Run steps of so many seconds with lower rates, until one is not void, or an earlier step that is
        not void has reached as much."""
        best = max(self.runs, key=lambda run: run.figures[self._rate])
        for share in BACK:
            _, valid = capacity(self.runs, self._rate)
            if valid >= share * best.figures[self._rate]:
                return
            self.take(Paced(share * best.figures["messages/s"], seconds))
            if not self.runs[-1].void:
                return


def knee(steps: Sequence[Run], rate: str) -> Run:
    """The first step that nearly reaches the highest rate: beyond it only latency grows. Among such steps one
    that is not void is preferred."""
    most = max(step.figures[rate] for step in steps)
    near = [step for step in steps if step.figures[rate] * GROWTH >= most]
    return next((step for step in near if not step.void), near[0])


def capacity(steps: Sequence[Run], rate: str) -> tuple[float, float]:
    """Deliveries a second of server CPU at the highest rate that is not void, and that rate; NaN where all
    are void."""
    valid = [step for step in steps if not step.void]
    if not valid:
        return float("nan"), float("nan")
    highest = max(valid, key=lambda step: step.figures[rate])
    return highest.figures["per CPU s"], highest.figures[rate]


def conclude(run: Run, steps: Sequence[Run], rate: str) -> None:
    """Put the knee's figures, and the capacity, into the run."""
    best = knee(steps, rate)
    run.figures |= best.figures
    run.latency = best.latency
    run.void = best.void
    for mark in best.marks:
        run.mark(f"at the rate shown: {mark}")
    run.figures["capacity/s"], run.figures["capacity at/s"] = capacity(steps, rate)
    run.figures["disturbed %"] = max(step.figures["disturbed %"] for step in steps)
    if isnan(run.figures["capacity at/s"]):
        run.mark("the load generator was saturated, or late, at every rate: there is no capacity to tell")
