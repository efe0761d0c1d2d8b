"""What every scenario measures while a load runs: time, CPU, deliveries, latencies."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from time import monotonic
from typing import Final

from loadtests.engine.crowd import Crowd
from loadtests.engine.rooms import Load, LoadRoom
from loadtests.measure.errors import Fault
from loadtests.measure.latency import Histogram
from loadtests.measure.result import Run
from loadtests.measure.sampler import Sampler, Sources
from loadtests.scenarios.base import RunContext, own_cpu
from loadtests.servers.running import Spent
from loadtests.servers.target import ServerUnderTest

#: Above this share of its core, %, the load generator is saturated.
FULL: Final = 97.0
#: When its own sends are later than this, ms (p99), the load generator adds to the latency that it measures.
LATE: Final = 5.0

Tick = Callable[[], None]


@dataclass(slots=True)
class Meter:
    """The CPU time that server and load generator use from its creation on, and how long either had to wait
    for its core because another process ran there."""

    target: ServerUnderTest
    began: float = field(default_factory=monotonic)
    _server: Spent = field(init=False)
    _generator: Spent = field(init=False)

    def __post_init__(self) -> None:
        self._server, self._generator = self.target.spent(), own_cpu()

    def read(self, run: Run) -> tuple[float, float]:
        """Seconds of wall time and of server CPU since its creation; CPU is NaN where the server has ended,
        which is reported elsewhere. Puts the shares of both processes into the run."""
        wall = monotonic() - self.began
        server, generator = self._until_now(), own_cpu()
        cpu = server.cpu - self._server.cpu
        run.figures["server %"] = 100 * cpu / wall
        run.figures["generator %"] = 100 * (generator.cpu - self._generator.cpu) / wall
        waited = max(generator.waited - self._generator.waited, server.waited - self._server.waited)
        # A run with several parts is as disturbed as the worst of them.
        disturbed = max(100 * waited / wall, run.figures.get("disturbed %", 0))
        run.figures["disturbed %"] = disturbed
        if run.figures["generator %"] > FULL:
            void(run, "its core was full")
        if run.disturbed:
            run.mark(f"disturbed: something else had one of the cores for {disturbed:.0f} % of the time")
        return wall, cpu

    def _until_now(self) -> Spent:
        try:
            return self.target.spent()
        except Fault:
            return Spent(float("nan"), float("nan"))


@contextmanager
def metered(context: RunContext, tell: Callable[[float, float], None]) -> Iterator[None]:
    """Measure the block. However it ends, also by a fault or an interruption, `tell` is called with its
    seconds of wall time and of server CPU, and puts the figures into the run."""
    meter = Meter(context.target)
    try:
        yield
    finally:
        tell(*meter.read(context.run))


def void(run: Run, why: str) -> None:
    """The load generator was saturated or late: the rate says nothing about the server."""
    run.void = True
    run.mark(f"void, the load generator was saturated: {why}")


@contextmanager
def watched(
    context: RunContext,
    name: str,
    deliveries: Callable[[], int],
    histogram: Histogram,
    noun: str = "deliveries",
) -> Iterator[Tick]:
    """Show all loads in this block as one line on the terminal, and sample them for one chart, of
    `deliveries` or what else `noun` names. Yields the function that the engine must call as its tick."""
    target = context.target
    known = target.pid is not None
    sources = Sources(
        deliveries,
        histogram,
        cpu=(lambda: target.spent().cpu) if known else None,
        memory=(lambda: round(target.memory())) if known else None,
        generator=lambda: own_cpu().cpu,
        noun=noun,
    )
    context.follow(name, histogram)
    with Sampler(context.run, sources, live=context.live) as sampler:

        def tick() -> None:
            context.tick()
            sampler.tick()

        yield tick


def measure(context: RunContext, room: LoadRoom, load: Load, tick: Tick) -> None:
    """Run the load in a room that has started, and fill in the figures, also those of a load that failed or
    was interrupted."""
    run = context.run
    room.lateness.counts.clear()
    before, delivered, said = dict(room.histogram.counts), room.delivered(), _said(room)

    def tell(wall: float, cpu: float) -> None:
        run.figures |= rates(_said(room) - said, room.delivered() - delivered, wall, cpu)
        latencies(run, room.histogram.since(before))
        lateness(run, room.lateness)
        with suppress(Fault):  # the server has ended
            run.figures["RSS MiB"] = context.target.memory() / 2**20

    with metered(context, tell):
        room.run(load, tick=tick)


def _said(room: LoadRoom) -> int:
    return sum(talker.sender.sent for talker in room.talkers)


def rates(messages: int, deliveries: int, wall: float, cpu: float) -> dict[str, float]:
    """The figures of every load."""
    return {
        "messages/s": messages / wall,
        "deliveries": deliveries,
        "deliveries/s": deliveries / wall,
        "per CPU s": deliveries / cpu if cpu else float("nan"),
        "µs/delivery": 1e6 * cpu / deliveries if deliveries else float("nan"),
    }


def latencies(run: Run, histogram: Histogram) -> None:
    """Latency percentiles, and the distribution for the chart."""
    run.figures |= {
        "p50 ms": histogram.percentile(50),
        "p99 ms": histogram.percentile(99),
        "p99.9 ms": histogram.percentile(99.9),
        "worst ms": histogram.worst(),
    }
    run.latency = histogram.distribution()


def lateness(run: Run, histogram: Histogram) -> None:
    """How late the load generator was with its own sends; no figure where none was due."""
    if histogram:
        late = run.figures["late p99 ms"] = histogram.percentile(99)
        if late > LATE:
            void(run, f"its sends were {late:.1f} ms late (p99)")


def joins(run: Run, crowd: Crowd) -> None:
    """Report the latencies of joining, in scenarios without messages."""
    latencies(run, crowd.joins)
    for figure in ("p50 ms", "p99 ms", "p99.9 ms", "worst ms"):
        run.figures[f"join {figure}"] = run.figures.pop(figure)
