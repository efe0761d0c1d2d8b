"""What every scenario measures while a load runs: time, CPU, deliveries, latencies."""

import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from time import monotonic
from typing import Final

from loadtests.engine.loads import Load, LoadGroup
from loadtests.engine.loop import Loop
from loadtests.measure.errors import Fault
from loadtests.measure.latency import Histogram
from loadtests.measure.process import Spent, own_cpu
from loadtests.measure.result import Run
from loadtests.measure.sampler import Sampler
from loadtests.scenarios.base import RunContext

#: Above this share of its core, %, the load generator is saturated.
FULL: Final = 97.0
#: When its own sends are later than this, ms (p99), the load generator adds to the latency that it measures.
LATE: Final = 5.0


@contextmanager
def metered(context: RunContext, tell: Callable[[float, float], None]) -> Iterator[None]:
    """Measure the block. However it ends, also by a fault or an interruption, `tell` is called with its
    seconds of wall time and of server CPU, and puts the figures into the run; CPU is NaN where the server has
    ended, which is reported elsewhere."""
    began, server, generator = monotonic(), context.target.spent(), own_cpu()
    try:
        yield
    finally:
        wall, cpu = monotonic() - began, Spent()
        with suppress(Fault):
            cpu = context.target.spent()
        _shares(context.run, wall, (server, cpu), (generator, own_cpu()))
        tell(wall, cpu.cpu - server.cpu)


def _shares(run: Run, wall: float, server: tuple[Spent, Spent], generator: tuple[Spent, Spent]) -> None:
    """How much of its core each of the two used, and had to leave to other processes, from what they had
    spent before and after."""
    figures = run.figures
    for name, (before, after) in (("server %", server), ("generator %", generator)):
        figures[name] = 100 * (after.cpu - before.cpu) / wall
    waited = max(after.waited - before.waited for before, after in (generator, server))
    # A run with several parts is as disturbed as the worst of them.
    disturbed = figures["disturbed %"] = max(100 * waited / wall, figures.get("disturbed %", 0))
    if figures["generator %"] > FULL:
        void(run, "its core was full")
    if run.disturbed:
        run.mark(f"disturbed: something else had one of the cores for {disturbed:.0f} % of the time")


def void(run: Run, why: str) -> None:
    """The load generator was saturated or late: the rate says nothing about the server."""
    run.void = True
    run.mark(f"void, the load generator was saturated: {why}")


@contextmanager
def watched(
    context: RunContext, loop: Loop, deliveries: Callable[[], int], histogram: Histogram
) -> Iterator[None]:
    """Sample all loads that `loop` runs in this block for one chart, and for the progress line: `deliveries`,
    or what else the run's noun names. Meanwhile garbage is not looked for among what there is: with 10,000
    clients that takes 40 ms, in which nothing is sent."""
    sampler = Sampler(context.run, context.target, deliveries, histogram, lambda: own_cpu().cpu)
    loop.tick = sampler.tick
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()
    sampler.end()


def measure(context: RunContext, group: LoadGroup, load: Load) -> None:
    """Run the load on clients that have joined, and fill in the figures, also those of a load that failed or
    was interrupted."""
    run = context.run
    group.lateness.counts.clear()
    before, delivered, sent = dict(group.histogram.counts), group.delivered(), group.sent()

    def tell(wall: float, cpu: float) -> None:
        run.figures |= rates(group.sent() - sent, group.delivered() - delivered, wall, cpu)
        latencies(run, group.histogram.since(before))
        lateness(run, group.lateness)
        with suppress(Fault):  # the server has ended
            run.figures["RSS MiB"] = context.target.memory() / 2**20

    with metered(context, tell):
        group.run(load)


def rates(messages: int, deliveries: int, wall: float, cpu: float) -> dict[str, float]:
    """The figures of every load."""
    return {
        "messages/s": messages / wall,
        "deliveries": deliveries,
        "deliveries/s": deliveries / wall,
        "per CPU s": deliveries / cpu if cpu else float("nan"),
        "µs/delivery": 1e6 * cpu / deliveries if deliveries else float("nan"),
        "µs/message": 1e6 * cpu / messages if messages else float("nan"),
    }


def latencies(run: Run, histogram: Histogram, what: str = "") -> None:
    """Latency percentiles (of `what`, such as joins), and the distribution for the chart."""
    for percent in (50, 99, 99.9):
        run.figures[f"{what}p{percent} ms"] = histogram.percentile(percent)
    run.figures[f"{what}worst ms"] = histogram.worst()
    run.latency = histogram.distribution()


def lateness(run: Run, histogram: Histogram) -> None:
    """How late the load generator was with its own sends; no figure where none was due."""
    if histogram:
        late = run.figures["late p99 ms"] = histogram.percentile(99)
        if late > LATE:
            void(run, f"its sends were {late:.1f} ms late (p99)")
