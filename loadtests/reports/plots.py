"""The charts of a run, for the report and for the live page."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import isfinite
from typing import Final

from loadtests.measure.result import Run, Sample
from loadtests.reports.charts import Axis, Chart, Point, Series
from loadtests.reports.scales import PERCENTILES, Scale, exactly, latencies, linear, percentiles

#: Points on the percentile axis for each nine: enough for a smooth line.
_PLACES: Final = 40


@dataclass(frozen=True, slots=True)
class Drawn:
    """A run with its name in the legend and its colour; `latency` may be of all its repetitions."""

    name: str
    tone: int
    run: Run
    latency: Sequence[tuple[float, int]]


@dataclass(frozen=True, slots=True)
class Measure:
    """A value of a sample; `of` names it where a chart has two measures."""

    of: str
    read: Callable[[Sample], float]
    dashed: bool = False


#: title, unit, what it shows, its scale, what to say where the samples do not have it
_TIMED: Final[tuple[tuple[str, str, tuple[Measure, ...], Callable[[Sequence[float]], Scale], str], ...]] = (
    (
        "Latency over time",
        "ms",
        (
            Measure("p99", lambda sample: sample.p99_ms),
            Measure("p50", lambda sample: sample.p50_ms, dashed=True),
        ),
        latencies,
        "No latency was measured while it ran.",
    ),
    (
        "Server CPU over time",
        "% of a core",
        (Measure("", lambda sample: 100 * sample.server),),
        linear,
        "The server's CPU time was not measured: it was not a process of this machine's suite.",
    ),
    (
        "Generator CPU over time",
        "% of a core",
        (Measure("", lambda sample: 100 * sample.generator),),
        linear,
        "The generator's CPU time was not measured.",
    ),
    (
        "Memory over time",
        "MiB resident",
        (Measure("", lambda sample: sample.memory_mib),),
        linear,
        "The server's memory was not measured: it was not a process of this machine's suite.",
    ),
)


def charts(runs: Sequence[Drawn], unsampled: str = "") -> list[Chart]:
    """All of them, in the order in which they are read; `unsampled` says why there are no samples yet."""
    unsampled = unsampled or _unsampled(runs)
    timed = [
        _over_time(title, unit, _series(runs, measures), scale, unsampled or why)
        for title, unit, measures, scale, why in _TIMED
    ]
    rates = [Series(one.name, one.tone, _rates(one.run.samples)) for one in runs]
    noun = next((one.run.noun for one in runs), "deliveries")
    why = unsampled or f"There were no {noun} while it ran."
    first = _over_time(f"{noun.capitalize()} over time", f"{noun}/s", rates, linear, why)
    return [first, timed[0], _distribution(runs, unsampled), *timed[1:]]


def _unsampled(runs: Sequence[Drawn]) -> str:
    """Why there is nothing to draw over time; empty where there is."""
    most = max((len(one.run.samples) for one in runs), default=0)
    if most > 1:
        return ""
    if most:
        return "The run was over after one look: too short for a line."
    if any(one.run.faults for one in runs):
        return "The run failed before anything could be measured."
    return "No samples: nobody looked while this ran."


def _rates(samples: Sequence[Sample]) -> list[Point]:
    start = Sample(0, 0, 0, 0, 0, 0, 0)
    return [
        (now.at, (now.deliveries - before.deliveries) / (now.at - before.at))
        for before, now in pairwise((start, *samples))
        if now.at > before.at
    ]


def _series(runs: Sequence[Drawn], measures: Sequence[Measure]) -> list[Series]:
    return [
        Series(
            one.name,
            one.tone,
            [(sample.at, measure.read(sample)) for sample in one.run.samples],
            measure.of,
            measure.dashed,
        )
        for one in runs
        for measure in measures
    ]


def _over_time(
    title: str, unit: str, series: Sequence[Series], scale: Callable[[Sequence[float]], Scale], why: str
) -> Chart:
    series = [one for one in series if len(one.points) > 1]
    values = [y for one in series for _, y in one.points if isfinite(y)]
    times = [x for one in series for x, _ in one.points]
    y = scale(values)
    text = f"{unit} (log)" if y.kind == "log" else unit
    return Chart(title, Axis("seconds since the load began", exactly(times)), Axis(text, y), series, why)


def _distribution(runs: Sequence[Drawn], unsampled: str) -> Chart:
    series = [Series(one.name, one.tone, _by_percentile(one.latency)) for one in runs if one.latency]
    y = latencies([y for one in series for _, y in one.points])
    return Chart(
        "Latency distribution",
        Axis("percentile", percentiles()),
        Axis("ms (log)" if y.kind == "log" else "ms", y),
        series,
        unsampled or "No latencies were counted so far.",
    )


def _by_percentile(counts: Sequence[tuple[float, int]]) -> list[Point]:
    """Evenly spaced on the axis that they are for."""
    nines = len(PERCENTILES) - 2
    wanted = [100 - 100 * 10 ** (-place / _PLACES) for place in range(_PLACES * nines + 1)]
    total = sum(count for _, count in counts)
    points: list[Point] = []
    seen, remaining = 0, iter(counts)
    latency = float("nan")
    for percent in wanted if total else ():
        while seen < total * percent / 100 or seen == 0:
            latency, count = next(remaining)
            seen += count
        points.append((percent, latency))
    return points
