"""A bar chart as an SVG file that stands by itself: no script, no font and no style from elsewhere.

The scale is linear and begins at 0, since the eye compares the lengths of bars. It has a background of its
own, so that it can be read on a page of any colour; where the viewer asks for dark colours it has those.
What has no figure has no bar: a word stands in its place.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from math import ceil, floor, log10
from typing import Final

_WIDTH: Final = 760
_LEFT, _RIGHT, _TOP, _BOTTOM = 190, 80, 76, 56
_ROW, _THICK = 34, 20

#: One line a rule; the second half is for a viewer that prefers dark.
_STYLE: Final = """\
svg { font: 14px system-ui, -apple-system, "Segoe UI", "DejaVu Sans", sans-serif; }
.card { fill: #ffffff; stroke: #d0d7de; } text { fill: #1f2328; }
.title { font-size: 17px; font-weight: 600; } .note, .tick { fill: #59636e; font-size: 12px; }
.none { fill: #59636e; font-style: italic; } .strong { font-weight: 600; }
.grid { stroke: #d0d7de; } .ours { fill: #0969da; } .peer { fill: #8c959f; }
.floor { fill: none; stroke: #8c959f; stroke-dasharray: 4 3; }
@media (prefers-color-scheme: dark) {
.card { fill: #0d1117; stroke: #3d444d; } text { fill: #f0f6fc; } .note, .tick, .none { fill: #9198a1; }
.grid { stroke: #3d444d; } .ours { fill: #4493f8; } .peer { fill: #656c76; } .floor { stroke: #9198a1; }
}"""


@dataclass(frozen=True, slots=True)
class Bar:
    """`told` is what stands behind it, or in its place where `value` is None; `kind` its style."""

    name: str
    value: float | None
    told: str
    kind: str = "peer"


@dataclass(frozen=True, slots=True)
class Bars:
    """The chart: `note` stands below the title, `source` below the bars."""

    title: str
    note: str
    source: str
    bars: tuple[Bar, ...]


def render(chart: Bars) -> str:
    """The file's text."""
    height = _TOP + _ROW * len(chart.bars) + _BOTTOM
    ticks = _ticks(max((bar.value for bar in chart.bars if bar.value), default=1.0))
    told = "; ".join(f"{bar.name} {bar.told}" for bar in chart.bars)
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" width="{_WIDTH}" '
        f'height="{height}" role="img" aria-labelledby="title desc">',
        f'<title id="title">{escape(chart.title)}</title>',
        f'<desc id="desc">{escape(told)}</desc>',
        f"<style>\n{_STYLE}\n</style>",
        f'<rect class="card" x="0.5" y="0.5" width="{_WIDTH - 1}" height="{height - 1}" rx="6"/>',
        f'<text class="title" x="20" y="32">{escape(chart.title)}</text>',
        f'<text class="note" x="20" y="52">{escape(chart.note)}</text>',
        *_axis(ticks, height),
        *(line for row, bar in enumerate(chart.bars) for line in _bar(bar, ticks[-1], _TOP + _ROW * row)),
        f'<text class="note" x="20" y="{height - 12}">{escape(chart.source)}</text>',
        "</svg>",
    ]
    return "\n".join(lines) + "\n"


def _ticks(most: float, wanted: int = 5) -> list[float]:
    """From 0 to a round number not below `most`, in steps of 1, 2, 2.5 or 5 times a power of ten."""
    power = 10.0 ** floor(log10(most / wanted))
    step = next(step * power for step in (1, 2, 2.5, 5, 10) if step * power >= most / wanted * (1 - 1e-9))
    return [at * step for at in range(ceil(most / step - 1e-9) + 1)]


def short(value: float) -> str:
    """As an axis names it: 1.2 M, 50 k, 0.25."""
    for unit, prefix in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if abs(value) >= unit:
            return f"{value / unit:.3g} {prefix}"
    return f"{value:.3g}"


def _x(value: float, end: float) -> float:
    return _LEFT + value / end * (_WIDTH - _LEFT - _RIGHT)


def _axis(ticks: list[float], height: int) -> Iterator[str]:
    bottom = height - _BOTTOM
    for tick in ticks:
        x = _x(tick, ticks[-1])
        yield f'<path class="grid" d="M{x:.1f} {_TOP}V{bottom}"/>'
        yield f'<text class="tick" x="{x:.1f}" y="{bottom + 16}" text-anchor="middle">{short(tick)}</text>'


def _bar(bar: Bar, most: float, top: int) -> Iterator[str]:
    middle = top + _ROW / 2 + 5
    weight = ' class="strong"' if bar.kind == "ours" else ""
    yield f'<text{weight} x="{_LEFT - 10}" y="{middle:g}" text-anchor="end">{escape(bar.name)}</text>'
    if bar.value is None:
        yield f'<text class="none" x="{_LEFT + 8}" y="{middle:g}">{escape(bar.told)}</text>'
        return
    end = _x(bar.value, most)
    y = top + (_ROW - _THICK) / 2
    width = max(end - _LEFT, 1)
    yield f'<rect class="{bar.kind}" x="{_LEFT}" y="{y:g}" width="{width:.1f}" height="{_THICK}"/>'
    yield f'<text{weight} x="{end + 8:.1f}" y="{middle:g}">{escape(bar.told)}</text>'
