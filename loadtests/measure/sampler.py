"""Samples a run while it goes on: a Sample every half second.

Sampling must not disturb the load: the event loop calls `tick` thousands of times a second, which costs one
comparison, and a sample costs about a millisecond (the histogram's new counts, sorted). So nothing is drawn
or printed here: pages and the progress line show the samples.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Self

from loadtests.measure.latency import Histogram
from loadtests.measure.result import Run, Sample

#: Seconds between two samples.
INTERVAL: Final = 0.5
#: A last sample sooner than this, seconds, after the one before would be mostly noise, and is left out.
_LEAST: Final = 0.1
#: For a page that is looked at meanwhile the latency distribution is updated once in so many samples.
_REFRESH: Final = 4

_NAN: Final = float("nan")


@dataclass(frozen=True, slots=True)
class Sources:
    """Where a sample's values come from. CPU is in seconds so far; `cpu` and `memory` (bytes) are the
    server's, NaN of one on another machine. `deliveries` are those so far, or what else `noun` names, such as
    joins."""

    deliveries: Callable[[], int]
    histogram: Histogram
    cpu: Callable[[], float] = lambda: _NAN
    memory: Callable[[], float] = lambda: _NAN
    generator: Callable[[], float] = time.process_time
    noun: str = "deliveries"


class Sampler:
    """A context manager: time starts on entry; on exit, also by an exception, the last sample is taken and
    the latency distribution since entry is put into the run. `live` keeps that distribution up to date
    meanwhile."""

    def __init__(
        self,
        run: Run,
        sources: Sources,
        *,
        live: bool = False,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._run = run
        self._run.noun = sources.noun
        self._from = sources
        self._live = live
        self._clock = clock
        self._latency: list[tuple[float, int]] = []
        self._due = _NAN  # compares as false: nothing is due before the start

    def __enter__(self) -> Self:
        self._began = self._at = self._clock()
        self._due = self._began + INTERVAL
        self._first = self._from.deliveries()
        self._before = self._counts = dict(self._from.histogram.counts)
        self._cpu, self._generator = self._spent()
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self._due = _NAN
        self._distribute()
        # After a failure the server may be gone, and sampling it would raise an error that hides the first
        # one.
        if kind is None and self._clock() - self._at >= _LEAST:
            self._look(self._clock())

    def tick(self) -> None:
        """To be called often, at least every 50 ms."""
        now = self._clock()
        if now >= self._due:
            # Not half a second from now, which would drift; but after a long gap count from now.
            self._due = max(self._due + INTERVAL, now + INTERVAL / 2)
            self._look(now)
            if self._live and len(self._run.samples) % _REFRESH == 0:
                self._distribute()

    def _distribute(self) -> None:
        """Update the run's distribution, unless the scenario has set another one, such as that of its best
        step."""
        if self._run.latency is self._latency or not self._run.latency:
            self._latency = self._from.histogram.since(self._before).distribution()
            self._run.latency = self._latency

    def _spent(self) -> tuple[float, float]:
        return self._from.cpu(), self._from.generator()

    def _look(self, now: float) -> None:
        seconds, self._at = now - self._at, now
        cpu, generator = self._spent()
        new = self._from.histogram.since(self._counts)
        self._run.samples.append(
            Sample(
                at=round(now - self._began, 3),
                deliveries=self._from.deliveries() - self._first,
                server=round((cpu - self._cpu) / seconds, 4),
                generator=round((generator - self._generator) / seconds, 4),
                memory_mib=round(self._from.memory() / 2**20, 2),
                p50_ms=new.percentile(50),
                p99_ms=new.percentile(99),
            )
        )
        self._counts, self._cpu, self._generator = dict(self._from.histogram.counts), cpu, generator
