"""Goals, judged by the medians over the repetitions, and the table of one scenario for a terminal.

A void figure is not judged: it says how fast the load generator is. A fault in any repetition fails the whole
row, and is printed in full.
"""

import platform
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from importlib.metadata import version
from math import isnan, nan
from pathlib import Path
from typing import Any, Final

from loadtests.measure.result import Run
from loadtests.reports.medians import Medians, Middle, cell, medians_of, number


class Judgement(Enum):
    """Whether a goal is met, in the words of the terminal."""

    MET = "met"
    NOT_MET = "NOT MET"
    VOID = "void, not judged"


@dataclass(frozen=True, slots=True)
class Goal:
    """A bound for `figure` of the case `server`, and of cases whose names continue it after a comma. With
    `against` the figure is a ratio to that case's."""

    text: str
    server: str
    figure: str
    bound: float
    against: str | None = None
    at_least: bool = False

    @property
    def sense(self) -> str:
        return "at least" if self.at_least else "at most"

    def names(self, server: str) -> bool:
        """Whether it is a goal for this case."""
        return server == self.server or server.startswith(f"{self.server},")

    def badness(self, value: float) -> tuple[bool, float]:
        """A sort key that puts the worst last; what was not measured is worst."""
        return isnan(value), -value if self.at_least else value

    def value(self, medians: Medians, server: str) -> Middle:
        """The value to compare with the bound; NaN where a figure is missing, void where one of the two
        is."""
        own = medians[server].get(self.figure, Middle(nan))
        if self.against is None:
            return own
        base = medians[self.against].get(self.figure, Middle(nan))
        return Middle(own.value / base.value if base.value else nan, own.void or base.void)

    def judge(self, figure: Middle) -> Judgement:
        """A missing figure does not meet the goal."""
        if figure.void:
            return Judgement.VOID
        met = figure.value >= self.bound if self.at_least else figure.value <= self.bound
        return Judgement.MET if met else Judgement.NOT_MET


#: Every run of chatd has this one.
BLOCKED: Final = Goal("longest time the loop was blocked, ms", "chatd", "blocked ms", 100)


@dataclass(frozen=True, slots=True)
class Verdict:
    """A goal, judged for one case."""

    text: str
    server: str
    value: float
    sense: str
    bound: float
    judgement: Judgement


def judge(goals: Sequence[Goal], medians: Medians) -> list[Verdict]:
    """Every goal, for the worst of the cases that it names: one that does not meet it, else one that is void.
    A goal is left out where none of its cases was run, or not the one that it compares with."""
    verdicts = []
    for goal in goals:
        rows = [server for server in medians if goal.names(server)]
        if not rows or goal.against not in (None, *medians):
            continue
        figures = {server: goal.value(medians, server) for server in rows}
        judged = {server: goal.judge(figure) for server, figure in figures.items()}
        for judgement in (Judgement.NOT_MET, Judgement.VOID, Judgement.MET):
            these = [server for server in rows if judged[server] is judgement]
            if these:
                worst = max(these, key=lambda server: goal.badness(figures[server].value))
                value = figures[worst].value
                verdicts.append(Verdict(goal.text, worst, value, goal.sense, goal.bound, judgement))
                break
    return verdicts


def table(medians: Medians, columns: Sequence[str]) -> str:
    """One line a server."""
    rows = [["", *columns]]
    rows += [[server, *(cell(figures.get(c)) for c in columns)] for server, figures in medians.items()]
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    return "\n".join(
        "  "
        + row[0].ljust(widths[0])
        + "".join(f"  {c.rjust(w)}" for c, w in zip(row[1:], widths[1:], strict=True))
        for row in rows
    )


def show(runs: Sequence[Run], columns: Sequence[str], verdicts: Sequence[Verdict]) -> str:
    """The table, the verdicts, all marks and faults."""
    lines = [table(medians_of(runs), columns)]
    doubt = "; disturbed, measure again" if any(run.disturbed for run in runs) else ""
    for verdict in verdicts:
        sign = verdict.judgement.value.ljust(len(Judgement.NOT_MET.value))
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
