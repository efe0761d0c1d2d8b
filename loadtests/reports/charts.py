"""The charts of a run, as data.

The browser draws them (templates/charts.js, by plotly), with zoom and values at the pointer; a process that
measures spends no time on drawing. What is decided here and not there can be checked without a browser.

MUSTs, each checked by a test: axes name their units; a text alternative describes the lines; a chart without
data says why; a gap in the data is a gap in the line.
"""

from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from math import isfinite, nan
from typing import Any, Final

from loadtests.measure.result import ORIGIN, Run, Sample
from loadtests.reports.medians import number

#: Values this far apart are no longer readable on a linear axis.
_APART: Final = 30
#: The percentile axis ends with so many nines, 99.9, and has so many points for each.
_NINES, _PLACES = 3, 40

Point = tuple[float, float]
#: What a chart shows of a sample and the one before it.
_Read = Callable[[Sample, Sample], float]

_UNSAMPLED: Final = "Fewer than two samples were taken: too short for a line."
_UNMEASURED: Final = "It was not measured. What a server uses is known of a process of this machine only."
#: title, unit, what it shows (of two measures the second is dotted)
_OVER_TIME: Final[tuple[tuple[str, str, Mapping[str, _Read]], ...]] = (
    ("{noun} over time", "{noun}/s", {"": Sample.rate}),
    ("Latency over time", "ms", {"p99": lambda _, now: now.p99_ms, "p50": lambda _, now: now.p50_ms}),
    ("Server CPU over time", "% of a core", {"": lambda _, now: 100 * now.server}),
    ("Generator CPU over time", "% of a core", {"": lambda _, now: 100 * now.generator}),
    ("Memory over time", "MiB resident", {"": lambda _, now: now.memory_mib}),
)


def charts(runs: Sequence[Run], tones: Mapping[str, int]) -> list[dict[str, Any]]:
    """All of them, in the order in which they are read; `tones` has each server's colour."""
    noun = next((run.noun for run in runs), "deliveries")
    why = _UNMEASURED if any(len(run.samples) > 1 for run in runs) else _UNSAMPLED
    found = []
    for title, unit, measures in _OVER_TIME:
        lines = [
            line(run.server, tones, _points(run.samples, read), measure, dotted=at > 0)
            for run in runs
            for at, (measure, read) in enumerate(measures.items())
        ]
        found.append(chart(title.format(noun=noun), unit.format(noun=noun), lines, why))
    lines = [line(run.server, tones, by_percentile(run.latency)) for run in runs]
    found.insert(2, chart("Latency distribution", "ms", lines, why, by="percentile"))
    return found


def _points(samples: Sequence[Sample], read: _Read) -> list[Point]:
    """Nothing of a single sample, which makes no line."""
    if len(samples) < 2:
        return []
    return [(now.at, read(before, now)) for before, now in pairwise((ORIGIN, *samples))]


def by_percentile(counts: Sequence[tuple[float, int]]) -> list[Point]:
    """A distribution, evenly spaced on the percentile axis: (1 / (1 - share), the latency of that share)."""
    total = sum(count for _, count in counts)
    points: list[Point] = []
    seen, remaining, latency = 0, iter(counts), nan
    for place in range(_PLACES * _NINES + 1 if total else 0):
        slower = 10 ** (place / _PLACES)  # one in so many takes longer
        while seen < total * (1 - 1 / slower) or not seen:
            latency, count = next(remaining)
            seen += count
        points.append((slower, latency))
    return points


def line(
    server: str, tones: Mapping[str, int], points: Sequence[Point], measure: str = "", *, dotted: bool = False
) -> dict[str, Any]:
    """A line as JSON takes it: a gap is null, values have five digits."""
    return {
        "name": server,
        "tone": tones[server],
        "measure": measure,
        "dotted": dotted,
        "x": [float(f"{x:.5g}") for x, _ in points],
        "y": [float(f"{y:.5g}") if isfinite(y) else None for _, y in points],
    }


def chart(
    title: str, unit: str, lines: Sequence[dict[str, Any]], why: str, by: str = "seconds since the load began"
) -> dict[str, Any]:
    """A chart as JSON takes it. `why` is shown where no line has a point. `by` is what the x axis means; that
    of percentiles is logarithmic, with x = 1 / (1 - share): each further nine takes as much room."""
    title = title[0].upper() + title[1:]
    told, values = [], []
    full = [line for line in lines if any(y is not None for y in line["y"])]
    for line in full:
        own = [y for y in line["y"] if y is not None]
        values += own
        name = f"{line['name']} {line['measure']}".strip()
        told.append(f"{name}: {number(min(own))} to {number(max(own))}, at the end {number(own[-1])}")
    measures = {line["measure"]: line["dotted"] for line in full if line["measure"]}
    return {
        "title": title,
        "unit": unit,
        "by": by,
        "lines": full,
        "why": "" if full else why,
        "log": unit == "ms" and min(values, default=0) > 0 and max(values) >= _APART * min(values),
        "note": ", ".join(f"{'dotted' if dotted else 'line'}: {name}" for name, dotted in measures.items()),
        "told": f"{title}, {unit} by {by}. {'; '.join(told)}." if told else "",
    }
