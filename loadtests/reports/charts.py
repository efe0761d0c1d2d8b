"""A line chart as HTML with inline SVG, the same for the report and for locust's live page.

It is drawn in Python and not in the browser: so a report can be read, printed and mailed without scripts, and
a test can check that no chart is empty. The script only adds the values at the pointer. Colours are classes
of the stylesheet (`s0` … `s7`), so that light and dark mode need no second drawing.

MUSTs, each checked by a test: axes name their units; a text alternative describes the lines; a chart without
data says why; a gap in the data is a gap in the line.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from html import escape
from math import isfinite
from typing import Final

from loadtests.reports.scales import Scale, short

#: In the SVG's own units; the stylesheet scales it, and enlarges the text on a phone.
WIDTH, HEIGHT = 520, 270
_LEFT, _RIGHT, _TOP, _BOTTOM = 60, 18, 30, 46
#: Colours in the stylesheet.
TONES: Final = 8
#: A line with more than twice as many points is reduced to the minimum and maximum of so many stretches.
_STRETCHES: Final = 240

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Series:
    """The points of one line in a chart: `name` is the server, `tone` its colour. Where a chart shows two
    measures of each server, `measure` names this one, and the second is `dashed`."""

    name: str
    tone: int
    points: Sequence[Point]
    measure: str = ""
    dashed: bool = False

    @property
    def full(self) -> str:
        return f"{self.name} {self.measure}".strip()


@dataclass(frozen=True, slots=True)
class Axis:
    """What it measures, with the unit; `scale` is made of the values."""

    text: str
    scale: Scale


@dataclass(frozen=True, slots=True)
class Chart:
    """`why` is shown where no series has a point."""

    title: str
    x: Axis
    y: Axis
    series: Sequence[Series] = ()
    why: str = "Nothing was measured."


def render(chart: Chart) -> str:
    """A <figure>."""
    drawn = [series for series in chart.series if any(_pieces(series.points))]
    title = escape(chart.title)
    if not drawn:
        return (
            f'<figure class="chart none"><figcaption>{title}</figcaption>'
            f'<p class="why">{escape(chart.why)}</p></figure>'
        )
    return (
        f'<figure class="chart"><figcaption>{title}</figcaption>'
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(_told(chart, drawn))}"'
        f" {_for_script('x', chart.x)} {_for_script('y', chart.y)}>"
        f"{''.join(_grid(chart))}{''.join(_path(chart, series) for series in drawn)}"
        f"</svg>{_legend(drawn)}</figure>"
    )


def _x(axis: Axis, value: float) -> float:
    return _LEFT + axis.scale.place(value) * (WIDTH - _LEFT - _RIGHT)


def _y(axis: Axis, value: float) -> float:
    return HEIGHT - _BOTTOM - axis.scale.place(value) * (HEIGHT - _TOP - _BOTTOM)


def _for_script(name: str, axis: Axis) -> str:
    """The data attributes from which the script computes the values at the pointer."""
    scale = axis.scale
    box = (_LEFT, WIDTH - _RIGHT) if name == "x" else (HEIGHT - _BOTTOM, _TOP)
    return (
        f'data-{name}="{scale.kind} {scale.low:g} {scale.high:g} {box[0]} {box[1]}" '
        f'data-{name}-text="{escape(axis.text)}"'
    )


def _grid(chart: Chart) -> Iterator[str]:
    """Axes with names and values, and grid lines."""
    right, bottom = WIDTH - _RIGHT, HEIGHT - _BOTTOM
    for tick in chart.y.scale.ticks:
        y = _y(chart.y, tick)
        yield f'<path class="grid" d="M{_LEFT} {y:.1f}H{right}"/>'
        yield f'<text class="tick y" x="{_LEFT - 6}" y="{y:.1f}">{short(tick)}</text>'
    for tick in chart.x.scale.ticks:
        x = _x(chart.x, tick)
        yield f'<path class="grid" d="M{x:.1f} {_TOP}V{bottom}"/>'
        yield f'<text class="tick x" x="{x:.1f}" y="{bottom + 6}">{short(tick)}</text>'
    yield f'<path class="axes" d="M{_LEFT} {_TOP}V{bottom}H{right}"/>'
    yield f'<text class="name" x="4" y="4">{escape(chart.y.text)}</text>'
    yield f'<text class="name x" x="{right}" y="{HEIGHT - 6}">{escape(chart.x.text)}</text>'


def _path(chart: Chart, series: Series) -> str:
    d = "".join(_drawn(chart, piece) for piece in _pieces(series.points))
    dashed = " dashed" if series.dashed else ""
    return (
        f'<path class="line s{series.tone % TONES}{dashed}" data-name="{escape(series.full)}" d="{d}" '
        f'fill="none"/>'
    )


def _drawn(chart: Chart, piece: Sequence[Point]) -> str:
    """One unbroken stretch; a single point is a dot, by the round ends that the stylesheet gives lines."""
    places = [f"{_x(chart.x, x):.1f} {_y(chart.y, y):.1f}" for x, y in thinned(piece)]
    return f"M{places[0]}" + ("h0" if len(places) == 1 else "L" + " ".join(places[1:]))


def _pieces(points: Iterable[Point]) -> Iterator[list[Point]]:
    """Stretches without a gap."""
    piece: list[Point] = []
    for point in points:
        if isfinite(point[1]) and isfinite(point[0]):
            piece.append(point)
        elif piece:
            yield piece
            piece = []
    if piece:
        yield piece


def thinned(points: Sequence[Point]) -> Sequence[Point]:
    """No more points than can be seen, but every peak: the minimum and maximum of each stretch, in order. The
    page is drawn in the load generator's process, where a chart of hours would cost it too much."""
    if len(points) <= 2 * _STRETCHES:
        return points
    kept: list[Point] = []
    for at in range(_STRETCHES):
        stretch = points[at * len(points) // _STRETCHES : (at + 1) * len(points) // _STRETCHES]
        ends = {min(stretch, key=lambda point: point[1]), max(stretch, key=lambda point: point[1])}
        kept += sorted(ends)
    return kept


def _told(chart: Chart, drawn: Sequence[Series]) -> str:
    """The chart in words."""
    told = []
    for series in drawn:
        values = [y for x, y in series.points if isfinite(y)]
        told.append(
            f"{series.full}: {short(min(values))} to {short(max(values))}, at the end {short(values[-1])}"
        )
    return f"{chart.title}, {chart.y.text}. {'; '.join(told)}."


def _legend(drawn: Sequence[Series]) -> str:
    """The server of each colour, and the measure that is dashed."""
    owners = {series.name: f's{series.tone % TONES}"' for series in drawn}
    measures = {series.measure: f'{"dashed" * series.dashed}"' for series in drawn if series.measure}
    rows = "".join(
        f'<li class="{kind}><i></i>{escape(name)}</li>' for name, kind in (*owners.items(), *measures.items())
    )
    return f'<ul class="legend">{rows}</ul>'
