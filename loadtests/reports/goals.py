"""What was measured, as a table for people and as JSON for programs.

A table shows the median over the repetitions of each figure. A goal is judged on those medians; a fault in
any repetition fails the whole, and is printed in full.
"""

import platform
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import version
from math import isnan
from pathlib import Path
from statistics import median
from typing import Any, Final

from loadtests.result import Run


@dataclass(frozen=True, slots=True)
class Goal:
    """`figure` of the rows whose name starts with `server`, compared with `bound`; `against` names the row
    it is taken as a ratio to, or, with `grows`, as a difference from."""

    text: str
    server: str
    figure: str
    bound: float
    against: str | None = None
    grows: bool = False
    at_least: bool = False

    @property
    def sense(self) -> str:
        return "at least" if self.at_least else "at most"

    def badness(self, value: float) -> tuple[bool, float]:
        """Sorts the worst last; what was not measured is the worst of all."""
        return isnan(value), -value if self.at_least else value

    def value(self, medians: dict[str, dict[str, float]], server: str) -> float:
        """What is compared with the bound; NaN where a figure is missing."""
        value = medians[server].get(self.figure, float("nan"))
        if self.against is None:
            return value
        base = medians.get(self.against, {}).get(self.figure, float("nan"))
        return value - base if self.grows else value / base

    def met(self, value: float) -> bool:
        """A figure that is missing meets nothing."""
        return value >= self.bound if self.at_least else value <= self.bound


#: How the repetitions are summed up where the median would hide what the figure is for.
_SUMMARY: Final = {"blocked ms": max}

#: Every run of chatd has this one.
BLOCKED: Final = Goal("longest time the loop was blocked, ms", "chatd", "blocked ms", 100)


@dataclass(frozen=True, slots=True)
class Verdict:
    """A goal, judged for one row."""

    text: str
    server: str
    value: float
    sense: str
    bound: float
    met: bool


def medians_of(runs: Sequence[Run]) -> dict[str, dict[str, float]]:
    """Each server's median of each figure (or what _SUMMARY says), in the order in which they ran; what was
    not measured (NaN) is left out."""
    collected: dict[str, dict[str, list[float]]] = {}
    for run in runs:
        figures = collected.setdefault(run.server, {})
        for name, value in run.figures.items():
            if not isnan(value):
                figures.setdefault(name, []).append(value)
    return {
        server: {name: _SUMMARY.get(name, median)(values) for name, values in figures.items()}
        for server, figures in collected.items()
    }


def judge(goals: Sequence[Goal], medians: dict[str, dict[str, float]]) -> list[Verdict]:
    """Every goal for the worst of the rows that it names."""
    verdicts = []
    for goal in goals:
        values = {name: goal.value(medians, name) for name in medians if name.startswith(goal.server)}
        worst = max(values, key=lambda name: goal.badness(values[name]))
        value = values[worst]
        verdicts.append(Verdict(goal.text, worst, value, goal.sense, goal.bound, goal.met(value)))
    return verdicts


def number(value: float | None) -> str:
    """As people read it; a dash where nothing was measured."""
    if value is None:
        return "-"
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"


def table(medians: dict[str, dict[str, float]], columns: Sequence[str]) -> str:
    """One line a server."""
    rows = [["", *columns]]
    rows += [[server, *(number(figures.get(c)) for c in columns)] for server, figures in medians.items()]
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    return "\n".join(
        "  "
        + row[0].ljust(widths[0])
        + "".join(f"  {c.rjust(w)}" for c, w in zip(row[1:], widths[1:], strict=True))
        for row in rows
    )


def show(runs: Sequence[Run], columns: Sequence[str], verdicts: Sequence[Verdict]) -> str:
    """The table, the verdicts, and everything that went wrong."""
    lines = [table(medians_of(runs), columns)]
    doubt = "; disturbed, measure again" if any(run.disturbed for run in runs) else ""
    for verdict in verdicts:
        sign = "met    " if verdict.met else "NOT MET"
        goal = f"{number(verdict.value)} (goal {verdict.sense} {number(verdict.bound)})"
        lines.append(f"  {sign}  {verdict.text}: {goal} [{verdict.server}{doubt}]")
    for at, run in enumerate(runs):
        lines += [f"  run {at}, {run.server}: {mark}" for mark in run.marks]
        lines += [f"  FAULT in run {at}, {run.server}: {fault}" for fault in run.faults]
    return "\n".join(lines)


def machine() -> dict[str, Any]:
    """What the figures were taken on."""
    cpu = next(
        (
            line.partition(":")[2].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if line.startswith("model name")
        ),
        platform.machine(),
    )
    return {
        "cpu": cpu,
        "kernel": platform.release(),
        "python": platform.python_version(),
        "gevent": version("gevent"),
    }


def as_json(runs: Sequence[Run], verdicts: Sequence[Verdict]) -> dict[str, Any]:
    """One scenario's raw figures (NaN as null), run by run, and the verdicts."""
    raw = {"runs": list(map(asdict, runs)), "verdicts": list(map(asdict, verdicts))}
    for run in raw["runs"]:
        run["figures"] = {name: _or_null(value) for name, value in run["figures"].items()}
    for verdict in raw["verdicts"]:
        verdict["value"] = _or_null(verdict["value"])
    return raw


def _or_null(value: float) -> float | None:
    """JSON has no NaN."""
    return None if isnan(value) else value
