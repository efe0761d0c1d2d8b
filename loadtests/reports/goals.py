"""Goals, judged by the medians over the repetitions, and the table of one scenario for a terminal.

A void figure is not judged: it says how fast the load generator is. A fault in any repetition fails the whole
row, and is printed in full.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from math import isnan, nan
from typing import Final

from loadtests.measure.result import Run
from loadtests.reports.glossary import GLOSSARY
from loadtests.reports.medians import Figure, Medians, number
from loadtests.reports.tables import Table, listed, servers
from loadtests.servers.programs import OURS


class Judgement(Enum):
    """Whether a goal is met, in the words of the terminal; the worst comes last."""

    MET = "met"
    VOID = "void, not judged"
    NOT_MET = "NOT MET"


@dataclass(frozen=True, slots=True)
class Goal:
    """A bound for `figure` of the case `server`, and of cases whose names continue it after a comma. With
    `against` the figure is a ratio to that case's."""

    server: str
    figure: str
    bound: float
    against: str | None = None
    at_least: bool = False

    def names(self, server: str) -> bool:
        """Whether it is a goal for this case."""
        return server == self.server or server.startswith(f"{self.server},")

    def value(self, medians: Medians, server: str) -> Figure:
        """The value to compare with the bound; NaN where a figure is missing, void where one of the two
        is."""
        own = medians[server].get(self.figure, Figure(nan))
        return own if self.against is None else own.over(medians[self.against].get(self.figure))

    def judge(self, figure: Figure) -> Judgement:
        """A missing figure does not meet the goal."""
        if figure.void:
            return Judgement.VOID
        met = figure.median >= self.bound if self.at_least else figure.median <= self.bound
        return Judgement.MET if met else Judgement.NOT_MET


#: Every run of chatd has this one.
BLOCKED: Final = tuple(Goal(name, "blocked ms", 100) for name in OURS)


@dataclass(frozen=True, slots=True)
class Verdict:
    """A goal, judged for one case."""

    goal: Goal
    server: str
    value: float
    judgement: Judgement

    @property
    def badness(self) -> tuple[int, bool, float]:
        """A sort key that puts the worst last; what was not measured is worst."""
        value = -self.value if self.goal.at_least else self.value
        return list(Judgement).index(self.judgement), isnan(value), value

    def __str__(self) -> str:
        goal, ratio = self.goal, f", ratio to {self.goal.against}" if self.goal.against else ""
        sign = self.judgement.value.ljust(len(Judgement.NOT_MET.value))
        bound = f"{'at least' if goal.at_least else 'at most'} {number(goal.bound)}"
        return f"{sign}  {goal.figure}{ratio}: {number(self.value)} (goal {bound})"


def judge(goals: Sequence[Goal], medians: Medians) -> list[Verdict]:
    """Every goal, for the worst of the cases that it names: one that does not meet it, else one that is void.
    A goal is left out where none of its cases was run, or not the one that it compares with."""
    verdicts = []
    for goal in goals:
        if goal.against in (None, *medians):
            figures = {server: goal.value(medians, server) for server in medians if goal.names(server)}
            judged = [Verdict(goal, server, one.median, goal.judge(one)) for server, one in figures.items()]
            verdicts += sorted(judged, key=lambda verdict: verdict.badness)[-1:]
    return verdicts


def show(runs: Sequence[Run], columns: Sequence[str], verdicts: Sequence[Verdict]) -> str:
    """The table, the verdicts, and all marks and faults."""
    rows = servers(runs, columns, compared=False)
    lines = [Table(("", *columns), rows).terminal()]
    doubt = "; disturbed, measure again" if any(run.disturbed for run in runs) else ""
    lines += [f"  {verdict} [{verdict.server}{doubt}]" for verdict in verdicts]
    for at, run in enumerate(runs):
        lines += [f"  run {at}, {run.server}: {mark}" for mark in run.marks]
        lines += [f"  FAULT in run {at}, {run.server}: {fault}" for fault in run.faults]
    return "\n".join(lines)


def explanations(columns: Sequence[str]) -> str:
    """What each of these columns means, a line each, for below a table."""
    return listed((name, GLOSSARY[name].text) for name in columns if name in GLOSSARY)
