"""The median of each figure over the repetitions, and whether it says anything about the server.

Void repetitions count only where there are no others: then their figure is shown, always marked as void.
`cell` is the only function that formats a figure, so that no table forgets the mark.
"""

from collections.abc import Sequence
from math import isnan, nan
from statistics import median
from typing import Final, NamedTuple

from loadtests.measure.result import Run

#: What is taken instead of the median for figures that it would make meaningless.
_SUMMARY: Final = {"blocked ms": max}
#: Figures that come from steps that are not void: they are missing only where all steps are.
_OF_THE_REST: Final = ("capacity/s", "capacity at/s")
#: The mark after a figure that says nothing about the server.
VOID: Final = "void"


class Middle(NamedTuple):
    """One server's median of one figure."""

    value: float
    void: bool = False


#: Server → figure → its median.
Medians = dict[str, dict[str, Middle]]


def repetitions(runs: Sequence[Run], figure: str) -> tuple[list[float], bool]:
    """What one server's runs have of this figure, those that did not measure it (NaN) left out; and whether
    it is void, since all of them are."""
    measured = [run for run in runs if not isnan(run.figures.get(figure, nan))]
    valid = [run for run in measured if not run.struck(figure)]
    return [run.figures[figure] for run in valid or measured], bool(measured) and not valid


def medians_of(runs: Sequence[Run]) -> Medians:
    """Each server's median of each figure (or what _SUMMARY says), in the order in which they ran; what was
    not measured is left out, but where there is a name for why: void."""
    by_server: dict[str, list[Run]] = {}
    for run in runs:
        by_server.setdefault(run.server, []).append(run)
    result: Medians = {}
    for server, own in by_server.items():
        figures = result[server] = {}
        for name in dict.fromkeys(name for run in own for name in run.figures):
            values, void = repetitions(own, name)
            if values:
                figures[name] = Middle(_SUMMARY.get(name, median)(values), void)
            elif name in _OF_THE_REST:
                figures[name] = Middle(nan, void=True)
    return result


def number(value: float | None) -> str:
    """As people read it; a dash where nothing was measured."""
    if value is None or isnan(value):
        return "-"
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"


def cell(figure: Middle | None, unit: str = "", *beside: str) -> str:
    """A figure with its unit and what stands beside it, marked where it is void."""
    if figure is None:
        return "-"
    return " ".join(part for part in (number(figure.value) + unit, *beside, VOID * figure.void) if part)


def ratio(figure: Middle, base: Middle | None) -> float:
    """NaN where there is nothing to divide by, or one of the two is void."""
    if base is None or not base.value or figure.void or base.void:
        return nan
    return figure.value / base.value
