"""As many as it takes: the offered load is raised until deliveries stop growing.

The load is a closed loop, so many unacknowledged messages a talker: an open one would only pile up what the
server cannot take. Twice the window in each step; the knee is the first step that brings nearly the most.

**What is a figure of the server, and what of the generator?** A step at which the generator's core was full,
or its sends late, is void: it says how fast the generator is. Where the best step is void, the rate goes down
from there, in an open loop, until one is not. Capacity is what is then left to compare: deliveries a second
of server CPU at the highest rate that is not void. It is the same figure for a server that ends first and
for one that the generator cannot follow.
"""

from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from math import isnan
from typing import ClassVar, Final

from loadtests.engine.loads import Paced, Windowed
from loadtests.engine.rooms import Load, Room
from loadtests.result import Run
from loadtests.scenarios.base import Scenario, Stage, option
from loadtests.scenarios.broadcast import SHARES, SHORTEST, enter, watch
from loadtests.scenarios.measures import Tick, measure

#: Saturation is where twice the window brings less than this factor.
GROWTH: Final = 1.03
#: Shares of the best rate at which a generator that was full has room again.
_BACK: Final = (0.9, 0.8, 0.7, 0.55, 0.4, 0.25)


@dataclass(frozen=True, slots=True)
class Saturate(Scenario):
    """One room, one load after another."""

    name: ClassVar[str] = "saturate"
    about: ClassVar[str] = "raises the load until deliveries stop growing: the knee, and the capacity"
    columns: ClassVar[tuple[str, ...]] = (
        *("window", "deliveries/s", "capacity/s", "capacity at/s", "p50 ms", "p99 ms", *SHARES),
    )

    readers: int = option(1000, "people who only read", least=1, quick=0.1)
    talkers: int = option(8, "people who talk, and read too", least=2)
    size: int = option(100, "bytes of a delivered message", least=SHORTEST)
    window: int = option(2, "unacknowledged messages a talker in the first step", least=1)
    most: int = option(256, "… in the last step", least=1)
    sample: int = option(16, "of so many readers the latencies of one are taken", least=1)
    seconds: float = option(2.0, "how long each step lasts", least=0.1, quick=0.15)

    def run(self, stage: Stage) -> None:
        room = enter(stage, self.readers, self.talkers, self.size, sample=self.sample)
        with closing(room), watch(stage, room) as tick:
            self._raise(stage, room, tick)

    @property
    def connections(self) -> int:
        return self.readers + self.talkers

    def _raise(self, stage: Stage, room: Room, tick: Tick) -> None:
        steps: list[Run] = []
        window = self.window
        try:
            while window <= self.most and still_grows(steps):
                steps.append(self._step(stage, room, Windowed(window, self.seconds), tick))
                steps[-1].figures["window"] = window
                window *= 2
            best = knee(steps)
            for share in (
                _BACK if best.void and self.window < self.most else ()
            ):  # one step asks for no capacity
                load = Paced(share * best.figures["messages/s"], self.seconds)
                steps.append(self._step(stage, room, load, tick))
                if not steps[-1].void:
                    break
        finally:
            if steps:  # failed and interrupted ones too say how far they came
                conclude(stage.run, knee(steps), steps)

    def _step(self, stage: Stage, room: Room, load: Load, tick: Tick) -> Run:
        """A run of its own, whose samples are those of the whole."""
        step = Run(stage.run.server, samples=stage.run.samples)
        measure(replace(stage, run=step), room, load, tick)
        return step


def still_grows(steps: Sequence[Run]) -> bool:
    """Whether the last step brought more than the best of those before."""
    rates = [step.figures["deliveries/s"] for step in steps]
    return len(rates) < 2 or rates[-1] >= GROWTH * max(rates[:-1])


def knee(steps: Sequence[Run]) -> Run:
    """The first step that brings nearly the most: from there on only the waiting grows."""
    most = max(step.figures["deliveries/s"] for step in steps)
    return next(step for step in steps if step.figures["deliveries/s"] * GROWTH >= most)


def capacity(steps: Sequence[Run]) -> tuple[float, float]:
    """Deliveries a second of server CPU at the highest rate that is not void, and that rate; NaN without."""
    valid = [step for step in steps if not step.void]
    if not valid:
        return float("nan"), float("nan")
    highest = max(valid, key=lambda step: step.figures["deliveries/s"])
    return highest.figures["per CPU s"], highest.figures["deliveries/s"]


def conclude(run: Run, best: Run, steps: Sequence[Run]) -> None:
    """The knee's figures are the run's, beside the capacity."""
    run.figures |= best.figures
    run.latency = best.latency
    for mark in best.marks:
        run.mark(f"at the knee: {mark}")
    run.figures["capacity/s"], run.figures["capacity at/s"] = capacity(steps)
    run.figures["disturbed %"] = max(step.figures["disturbed %"] for step in steps or [best])
    if isnan(run.figures["capacity/s"]):
        run.void = True
        run.mark("void: the generator was full, or late, at every rate; there is no capacity to tell")
