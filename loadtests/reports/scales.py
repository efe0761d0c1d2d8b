"""The position of a value on an axis, and the values of its ticks.

Three kinds. `linear` begins at 0, so that the eye compares lengths. `log` is for latencies that lie decades
apart. `percentile` is that of HdrHistogram's plots: each further nine takes as much room as the one before,
because that is where the interesting part of a latency distribution is.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, floor, log10
from typing import Final, Literal

Kind = Literal["linear", "log", "percentile"]

#: Values this far apart are no longer readable on a linear axis.
_APART: Final = 30
#: The percentiles that are named, up to the last that is drawn.
PERCENTILES: Final = (0.0, 50.0, 90.0, 99.0, 99.9)
#: More values than these a logarithmic axis does not name: powers of ten only.
_NAMED: Final = 8
_PREFIXES: Final = ((1e9, "G"), (1e6, "M"), (1e3, "k"))


@dataclass(frozen=True, slots=True)
class Scale:
    """From `low` to `high`; `ticks` are the values that are named."""

    kind: Kind
    low: float
    high: float
    ticks: tuple[float, ...]

    def place(self, value: float) -> float:
        """0 at `low`, 1 at `high`."""
        if self.kind == "linear":
            return (value - self.low) / (self.high - self.low)
        if self.kind == "log":
            return log10(value / self.low) / log10(self.high / self.low)
        return log10(1 - value / 100) / log10(1 - self.high / 100)


def linear(values: Sequence[float], wanted: int = 5) -> Scale:
    """From 0 to a round number above all values."""
    most = max((value for value in values if value > 0), default=1.0)
    step = _round_step(most / wanted)
    count = ceil(most / step - 1e-9)
    return Scale("linear", 0, count * step, tuple(at * step for at in range(count + 1)))


def exactly(values: Sequence[float], wanted: int = 6) -> Scale:
    """From 0 to the last value itself: time, which ends where the run ends."""
    whole = linear(values, wanted)
    most = max((value for value in values if value > 0), default=1.0)
    return Scale("linear", 0, most, tuple(tick for tick in whole.ticks if tick <= most))


def latencies(values: Sequence[float]) -> Scale:
    """Linear where the values allow it, else logarithmic."""
    if not values or min(values) <= 0 or max(values) / min(values) < _APART:
        return linear(values)
    first, last = floor(log10(min(values))), ceil(log10(max(values)))
    ticks = [step * 10.0**power for power in range(first, last + 1) for step in (1, 2, 5)]
    low = max(tick for tick in ticks if tick <= min(values))
    high = min(tick for tick in ticks if tick >= max(values))
    within = [tick for tick in ticks if low <= tick <= high]
    if len(within) > _NAMED:
        within = [10.0**power for power in range(first, last + 1) if low <= 10.0**power <= high]
    return Scale("log", low, high, tuple(within))


def percentiles() -> Scale:
    return Scale("percentile", 0, PERCENTILES[-1], PERCENTILES)


def _round_step(least: float) -> float:
    """1, 2, 2.5 or 5 times a power of ten, not below `least`."""
    power: float = 10.0 ** floor(log10(least))
    return next(step * power for step in (1, 2, 2.5, 5, 10) if step * power >= least * (1 - 1e-9))


def short(value: float) -> str:
    """As an axis names it: 1.2 M, 50 k, 0.25."""
    for unit, prefix in _PREFIXES:
        if abs(value) >= unit:
            return f"{value / unit:.3g} {prefix}"
    return f"{value:.3g}"
