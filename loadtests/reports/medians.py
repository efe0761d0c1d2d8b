"""Several repetitions in one figure: the median, the spread, the ratio to the floor, and whether it says
anything about the server.

Medians, not means: one disturbed repetition must not change the figure. The spread is the whole range, since
three repetitions have no better measure, as a share of the median and halved: ±4 % says that all lie in a
band 8 % of the median wide. Void repetitions count only where there are no others: then their figure is
shown, always marked as void.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from math import isnan, nan
from statistics import median
from typing import TypeVar

from loadtests.measure.result import Run
from loadtests.reports.glossary import HIGHEST, KEY, OF_VALID_STEPS


@dataclass(frozen=True, slots=True)
class Figure:
    """One server's figure over the repetitions; `floor` is the ratio to the floor's, NaN for the floor
    itself, without one, and where one of the two is void."""

    median: float
    void: bool = False
    least: float = nan
    most: float = nan
    count: int = 1
    floor: float = nan

    @property
    def spread(self) -> float:
        """Half of the range, as a share of the median; NaN of one repetition or of a median of 0."""
        if self.count < 2 or not self.median:
            return nan
        return (self.most - self.least) / 2 / abs(self.median)

    def over(self, base: "Figure | None") -> "Figure":
        """The ratio of the two: NaN where there is nothing to divide by, void where one of them is."""
        if base is None:
            return Figure(nan, self.void)
        return Figure(self.median / base.median if base.median else nan, self.void or base.void)


#: Server → figure → its median.
Medians = dict[str, dict[str, Figure]]
_Key = TypeVar("_Key")


def grouped(runs: Iterable[Run], key: Callable[[Run], _Key]) -> dict[_Key, list[Run]]:
    """In the order in which they first ran."""
    found: dict[_Key, list[Run]] = {}
    for run in runs:
        found.setdefault(key(run), []).append(run)
    return found


def by_scenario(runs: Iterable[Run]) -> dict[str, list[Run]]:
    return grouped(runs, lambda run: run.scenario)


def by_server(runs: Iterable[Run]) -> dict[str, list[Run]]:
    return grouped(runs, lambda run: run.server)


def medians_of(runs: Iterable[Run]) -> Medians:
    """Each server's figures over these runs, which are one scenario's. What was not measured is left out, but
    where there is a name for why: void. There is no ratio to a floor that failed."""
    servers = by_server(runs)
    medians = {server: _figures(own) for server, own in servers.items()}
    for server, figures in medians.items():
        floor = floor_of(server, list(medians))
        if floor in (None, server) or any(run.faults for run in servers[floor]):
            continue
        for name, figure in figures.items():
            ratio = figure.over(medians[floor].get(name))
            figures[name] = replace(figure, floor=nan if ratio.void else ratio.median)
    return medians


def _figures(runs: Sequence[Run]) -> dict[str, Figure]:
    """Of one server's repetitions."""
    result = {}
    for name in dict.fromkeys(name for run in runs for name in run.figures):
        measured = [run for run in runs if not isnan(run.figures.get(name, nan))]
        valid = [run for run in measured if not run.struck(name)]
        values = [run.figures[name] for run in valid or measured]
        if values:
            middle = max(values) if name in HIGHEST else median(values)
            result[name] = Figure(middle, not valid, min(values), max(values), len(values))
        elif name in OF_VALID_STEPS:
            result[name] = Figure(nan, void=True)
    return result


def floor_of(server: str, servers: Sequence[str]) -> str | None:
    """The row to compare with: `floor` with the same words behind its comma, or the plain one."""
    _, comma, variant = server.partition(",")
    return next((name for name in (f"floor{comma}{variant}", "floor") if name in servers), None)


def columns(medians: Medians) -> list[str]:
    """The names of all figures, those of KEY first."""
    names = dict.fromkeys(name for figures in medians.values() for name in figures)
    return [name for name in KEY if name in names] + [name for name in names if name not in KEY]


def typical(runs: Sequence[Run]) -> Run:
    """Which of one server's repetitions to draw: of those with samples the one in the middle by its p99, if
    it has one. Drawing all would hide the servers behind each other."""
    drawn = [run for run in runs if len(run.samples) > 1] or list(runs)
    ranked = [run for run in drawn if not isnan(run.figures.get("p99 ms", nan))] or drawn
    return sorted(ranked, key=lambda run: run.figures.get("p99 ms", nan))[(len(ranked) - 1) // 2]


def number(value: float | None) -> str:
    """As people read it; a dash where nothing was measured."""
    if value is None or isnan(value):
        return "-"
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"


def percent(share: float) -> str:
    """A spread as people read it; nothing where there is none."""
    if isnan(share):
        return ""
    return f"±{100 * share:.0f} %" if share >= 0.01 or not share else f"±{100 * share:.1f} %"
