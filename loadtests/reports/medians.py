"""What repetitions say together: the median of each figure, and whether it says anything about the server.

A void repetition counts only where there is no other: then its figure is shown, never without its mark.
`cell` is the one place that writes a figure down, so that no table forgets it.
"""

from collections.abc import Sequence
from math import isnan, nan
from statistics import median
from typing import Final, NamedTuple

from loadtests.result import Run

#: How the repetitions are summed up where the median would hide what the figure is for.
_SUMMARY: Final = {"blocked ms": max}
#: Taken of what is not void: it is missing only where all is.
_OF_THE_REST: Final = ("capacity/s", "capacity at/s")
#: What stands behind a figure that says nothing about the server.
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
