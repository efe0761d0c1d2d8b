"""Samples a run while it goes on: a Sample every half second, and a line on the terminal.

Sampling must not disturb the load: the event loop calls `tick` thousands of times a second, which costs one
comparison, and a sample costs about a millisecond (the histogram's new counts, sorted). So no charts are
drawn here: pages draw them from the samples when they are displayed.
"""

import shutil
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from math import isnan
from types import TracebackType
from typing import Final, Self, TextIO

from loadtests.measure.latency import Histogram
from loadtests.measure.result import Run, Sample

#: Seconds between two samples.
INTERVAL: Final = 0.5
#: A last sample sooner than this, seconds, after the one before would be mostly noise, and is left out.
_LEAST: Final = 0.1
#: For a live page the latency distribution is updated once in so many samples.
_REFRESH: Final = 4

_NAN: Final = float("nan")


@dataclass(frozen=True, slots=True)
class Sources:
    """Where a sample's values come from. CPU is in seconds so far; `cpu` and `memory` (bytes) are the
    server's, None for one on another machine. `deliveries` are those so far, or what else `noun` names, such
    as joins."""

    deliveries: Callable[[], int]
    histogram: Histogram
    cpu: Callable[[], float] | None = None
    memory: Callable[[], int] | None = None
    generator: Callable[[], float] = time.process_time
    noun: str = "deliveries"


class Sampler:
    """A context manager: time starts on entry; on exit, also by an exception, the last sample is taken and
    the latency distribution since entry is put into the run. `live` keeps that distribution up to date
    meanwhile. The line goes to `terminal` (default: stderr), if it is one."""

    def __init__(
        self,
        run: Run,
        sources: Sources,
        *,
        live: bool = False,
        terminal: TextIO | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._run = run
        self._run.noun = sources.noun
        self._from = sources
        self._live = live
        out = terminal or sys.stderr
        self._terminal = out if out.isatty() else None
        self._clock = clock
        self._latency: list[tuple[float, int]] = []
        self._due = _NAN  # compares as false: nothing is due before the start

    def __enter__(self) -> Self:
        self._began = self._at = self._clock()
        self._due = self._began + INTERVAL
        self._first = self._from.deliveries()
        self._before = self._counts = dict(self._from.histogram.counts)
        self._deliveries = 0
        self._cpu, self._generator = self._spent()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._due = _NAN
        self._clear()
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
            if self._terminal is not None:
                self._print()

    def _distribute(self) -> None:
        """Update the run's distribution, unless the scenario has set another one, such as that of its best
        step."""
        if self._run.latency is self._latency or not self._run.latency:
            self._latency = self._from.histogram.since(self._before).distribution()
            self._run.latency = self._latency

    def _spent(self) -> tuple[float, float]:
        return self._from.cpu() if self._from.cpu else _NAN, self._from.generator()

    def _look(self, now: float) -> None:
        seconds, self._at = now - self._at, now
        cpu, generator = self._spent()
        histogram = self._from.histogram
        new = histogram.since(self._counts)
        deliveries = self._from.deliveries() - self._first
        sample = Sample(
            at=round(now - self._began, 3),
            deliveries=deliveries,
            server=round((cpu - self._cpu) / seconds, 4),
            generator=round((generator - self._generator) / seconds, 4),
            memory_mib=round(self._from.memory() / 2**20, 2) if self._from.memory else _NAN,
            p50_ms=new.percentile(50),
            p99_ms=new.percentile(99),
        )
        self._rate = (deliveries - self._deliveries) / seconds
        self._counts, self._cpu, self._generator = dict(histogram.counts), cpu, generator
        self._deliveries = deliveries
        self._run.samples.append(sample)

    def _print(self) -> None:
        """Rewrite the line in place; cut to the terminal's width, since a wrapped line cannot be
        rewritten."""
        assert self._terminal is not None
        text = line(self._run.samples[-1], self._rate, self._from.noun)
        width = shutil.get_terminal_size().columns
        self._terminal.write(f"\r{text[: width - 1]}\x1b[K")
        self._terminal.flush()

    def _clear(self) -> None:
        if self._terminal is not None:
            self._terminal.write("\r\x1b[K")
            self._terminal.flush()


def line(sample: Sample, rate: float, noun: str = "deliveries") -> str:
    """A sample as the terminal's line; values that were not measured are left out."""
    parts = (
        (f"{sample.at:.0f} s", sample.at),
        (f"{rate:,.0f} {noun}/s", rate),
        (f"p50 {sample.p50_ms:.3g} ms", sample.p50_ms),
        (f"p99 {sample.p99_ms:.3g} ms", sample.p99_ms),
        (f"server {100 * sample.server:.0f} %", sample.server),
        (f"generator {100 * sample.generator:.0f} %", sample.generator),
        (f"{sample.memory_mib:.0f} MiB", sample.memory_mib),
    )
    return "  ".join(text for text, value in parts if not isnan(value))
