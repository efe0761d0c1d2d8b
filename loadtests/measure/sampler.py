"""Samples a run while it goes on: a Sample every half second.

Sampling must not disturb the load: the event loop calls `tick` thousands of times a second, which costs one
comparison, and a sample costs about a millisecond (the histogram's new counts, sorted). So nothing is drawn
or printed here: pages and the progress line show the samples.
"""

import time
from collections.abc import Callable
from math import inf
from typing import Final, Protocol

from loadtests.measure.latency import Histogram
from loadtests.measure.process import Spent
from loadtests.measure.result import Run, Sample

#: Seconds between two samples.
INTERVAL: Final = 0.5
#: A last sample sooner than this, seconds, after the one before would be mostly noise, and is left out.
_LEAST: Final = 0.1


class SampledServer(Protocol):
    """Whose CPU time and memory are sampled; NaN where it is on another machine."""

    def spent(self) -> Spent: ...
    def memory(self) -> float: ...


class Sampler:
    """Time starts with its creation. `deliveries` are those so far, or what else the run's `noun` names, such
    as joins; `generator` is the CPU seconds of the load generator so far."""

    def __init__(
        self,
        run: Run,
        server: SampledServer,
        deliveries: Callable[[], int],
        histogram: Histogram,
        generator: Callable[[], float],
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._run = run
        self._server = server
        self._deliveries = deliveries
        self._histogram = histogram
        self._spent_here = generator
        self._clock = clock
        self._began = self._at = self._clock()
        self._due = self._began + INTERVAL
        self._first = self._deliveries()
        self._counts = dict(self._histogram.counts)
        self._cpu, self._generator = self._spent()

    def end(self) -> None:
        """Take the last sample. Not after a failure: the server may be gone, and sampling it would raise an
        error that hides the first one."""
        self._due = inf
        if self._clock() - self._at >= _LEAST:
            self._look(self._clock())

    def tick(self) -> None:
        """To be called often, at least every 50 ms."""
        now = self._clock()
        if now >= self._due:
            # Not half a second from now, which would drift; but after a long gap count from now.
            self._due = max(self._due + INTERVAL, now + INTERVAL / 2)
            self._look(now)

    def _spent(self) -> tuple[float, float]:
        return self._server.spent().cpu, self._spent_here()

    def _look(self, now: float) -> None:
        seconds, self._at = now - self._at, now
        cpu, generator = self._spent()
        p50, p99 = self._histogram.since(self._counts).percentiles(50, 99)
        self._run.samples.append(
            Sample(
                at=round(now - self._began, 3),
                deliveries=self._deliveries() - self._first,
                server=round((cpu - self._cpu) / seconds, 4),
                generator=round((generator - self._generator) / seconds, 4),
                memory_mib=round(self._server.memory() / 2**20, 2),
                p50_ms=p50,
                p99_ms=p99,
            )
        )
        self._counts, self._cpu, self._generator = dict(self._histogram.counts), cpu, generator
