"""Several repetitions in one figure: the median, the spread, and the ratio to the floor.

Medians, not means: one disturbed repetition must not change the figure. The spread is the whole
range, since three repetitions have no better measure, as a share of the median and halved: ±4 % says that
all lie in a band 8 % of the median wide.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import isnan
from typing import Final

from loadtests.measure.result import Run
from loadtests.reports.medians import Middle, medians_of, ratio, repetitions

#: The figures that people ask for first; all the others follow in the details.
KEY: Final = (
    "deliveries/s",
    "messages/s",
    "capacity/s",
    "capacity at/s",
    "per CPU s",
    "µs/delivery",
    "µs/message",
    "p50 ms",
    "p99 ms",
    "p99.9 ms",
    "all in s",
    "drops told s",
    "KiB each",
    "idle %",
    "RSS MiB",
)
#: How much was done in a second.
RATES: Final = ("deliveries/s", "messages/s")
#: Figures of the machine and of the load generator, which are no measure of the server.
ASIDE: Final = ("generator %", "disturbed %", "late p99 ms", "deliveries", "window", "processes")


@dataclass(frozen=True, slots=True)
class Figure:
    """One server's figure over the repetitions; `floor` is the ratio to the floor's, NaN without one and
    where one of the two is void."""

    median: float
    least: float
    most: float
    count: int
    floor: float = float("nan")
    void: bool = False

    @property
    def middle(self) -> Middle:
        return Middle(self.median, self.void)

    @property
    def spread(self) -> float:
        """Half of the range, as a share of the median; NaN of one repetition or of a median of 0."""
        if self.count < 2 or not self.median:
            return float("nan")
        return (self.most - self.least) / 2 / abs(self.median)


def floor_of(server: str, servers: Sequence[str]) -> str | None:
    """The row to compare with: `floor` with the same words behind its comma, or the plain one."""
    _, comma, variant = server.partition(",")
    for name in (f"floor{comma}{variant}", "floor"):
        if name in servers:
            return name
    return None


def summary(runs: Sequence[Run]) -> dict[str, dict[str, Figure]]:
    """Server → figure → what its repetitions in these runs (one scenario's) say. There is no ratio to a floor
    that failed."""
    medians = medians_of(runs)
    failed = {run.server for run in runs if run.faults}
    result: dict[str, dict[str, Figure]] = {}
    for server, figures in medians.items():
        floor_name = floor_of(server, list(medians))
        base = medians[floor_name] if floor_name and floor_name not in failed else {}
        own = [run for run in runs if run.server == server]
        for name, middle in figures.items():
            values = repetitions(own, name)[0] or [middle.value]
            to_floor = ratio(middle, base.get(name))
            figure = Figure(middle.value, min(values), max(values), len(values), to_floor, middle.void)
            result.setdefault(server, {})[name] = figure
        result.setdefault(server, {})
    return result


def columns(figures: dict[str, dict[str, Figure]]) -> list[str]:
    """The names of all figures, those of KEY first."""
    names = dict.fromkeys(name for of_server in figures.values() for name in of_server)
    return [name for name in KEY if name in names] + [name for name in names if name not in KEY]


def percent(share: float) -> str:
    """A spread as people read it; nothing where there is none."""
    if isnan(share):
        return ""
    return f"±{100 * share:.0f} %" if share >= 0.01 or not share else f"±{100 * share:.1f} %"


def marks(runs: Sequence[Run]) -> list[str]:
    """What to say beside a row, each with how many of its repetitions it is true of."""
    counted = {
        "fault": sum(bool(run.faults) for run in runs),
        "void": sum(run.void for run in runs),
        "disturbed": sum(run.disturbed for run in runs),
        "interrupted": sum(run.interrupted for run in runs),
    }
    return [
        word if count == len(runs) else f"{word} ({count} of {len(runs)})"
        for word, count in counted.items()
        if count
    ]


def typical(runs: Sequence[Run]) -> int:
    """Which of one server's repetitions to draw: of those with samples the one in the middle by its p99, or
    by its rate. Drawing all would hide the servers behind each other."""
    drawn = [at for at, run in enumerate(runs) if len(run.samples) > 1] or list(range(len(runs)))
    for name in ("p99 ms", *RATES):
        ranked = sorted(
            (at for at in drawn if not isnan(runs[at].figures.get(name, float("nan")))),
            key=lambda at: runs[at].figures[name],
        )
        if ranked:
            return ranked[(len(ranked) - 1) // 2]
    return drawn[0]
