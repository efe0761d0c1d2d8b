"""Many runs: the rows of a plan, each on fresh servers, repetition after repetition, until all is measured or
the time is up. `make bench` and `make peers` are two plans, and `make load` is a plan of one run.

Repetitions are interleaved: first every row once, then every row again, and within a row the servers in turn.
So other load on the machine affects all of them alike, and after an interruption every row has been measured
equally often.
"""

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from math import inf
from time import monotonic
from typing import Final

from loadtests.measure.errors import Unusable
from loadtests.measure.result import Document, Run
from loadtests.plans.progress import Progress
from loadtests.plans.runs import fresh
from loadtests.reports.goals import Goal
from loadtests.scenarios.base import Scenario

#: How often a run is made at most while other processes disturb it.
ATTEMPTS: Final = 3


@dataclass(frozen=True, slots=True)
class Case:
    """One server under one scenario; `label` distinguishes it from other cases of the row."""

    server: str
    scenario: Scenario
    label: str = ""

    @property
    def name(self) -> str:
        return f"{self.server}, {self.label}" if self.label else self.server


@dataclass(frozen=True, slots=True)
class Row:
    """Cases that are compared with each other. `derive` adds figures that are computed from all runs of one
    repetition."""

    name: str
    about: str
    cases: tuple[Case, ...]
    goals: Sequence[Goal] = ()
    derive: Callable[[Sequence[Run]], None] = lambda runs: None
    #: The most that are worth their time.
    repetitions: int = 1000

    @property
    def columns(self) -> tuple[str, ...]:
        return self.cases[0].scenario.columns

    def quick(self) -> "Row":
        return replace(self, cases=tuple(replace(one, scenario=one.scenario.quick()) for one in self.cases))


def each(servers: Sequence[str], scenario: Scenario, label: str = "") -> tuple[Case, ...]:
    """The same scenario for several servers, without those that it cannot load."""
    return tuple(Case(server, scenario, label) for server in servers if scenario.loads(server))


def most(figure: str, bound: float, *bases: str, of: str = "chatd", at_least: bool = False) -> list[Goal]:
    """The goals that this figure is at most so much: as a ratio to that of each base, or without one as it
    is."""
    return [Goal(of, figure, bound, base, at_least) for base in bases or (None,)]


def least(figure: str, bound: float, *bases: str, of: str = "chatd") -> list[Goal]:
    """The same, at least."""
    return most(figure, bound, *bases, of=of, at_least=True)


@dataclass(slots=True)
class Campaign:
    """A plan being carried out; the document always has all results so far."""

    rows: Sequence[Row]
    document: Document
    attempts: int = ATTEMPTS
    #: How a run is made: this server under this scenario; by default on a server of its own.
    make: Callable[[Run, str, Scenario], None] = field(default_factory=lambda: fresh)
    #: Seconds between two lines about how far a run is, where they go into a log.
    interval: float = 10.0
    #: On the monotonic clock: no repetition begins after it.
    until: float = inf
    #: Servers that cannot run here, and why.
    unusable: dict[str, str] = field(default_factory=dict)

    def repeat(self, times: int) -> None:
        """Run all rows."""
        for repetition in range(times):
            for row in self.rows:
                if repetition and monotonic() >= self.until:
                    print(f"the time is up after {repetition} of {times} repetitions", flush=True)
                    return
                if repetition < row.repetitions:
                    self._once(row, f"{repetition + 1}/{times}")

    def _once(self, row: Row, which: str) -> None:
        first = len(self.document.runs)
        for case in row.cases:
            if case.server in self.unusable:
                continue
            print(f"{row.name} {which}: {case.name}", flush=True)
            try:
                self._undisturbed(row, case)
            except Unusable as error:
                self.unusable[case.server] = str(error)
        row.derive(self.document.runs[first:])

    def _undisturbed(self, row: Row, case: Case) -> None:
        """Run a case, and again if other processes disturbed it: the least disturbed attempt is kept. A fault
        is final, also in a disturbed run."""
        runs = self.document.runs
        for attempt in range(self.attempts):
            run = Run(case.name, scenario=row.name, options=case.scenario.chosen())
            runs.append(run)
            try:
                with Progress(run, case.scenario, self.interval):
                    self.make(run, case.server, case.scenario)
            except KeyboardInterrupt:
                run.interrupted = True
                raise
            except Unusable:
                runs.remove(run)
                raise
            if attempt:
                worse = max(runs[-2:], key=lambda run: (not run.faults, run.figures.get("disturbed %", 0)))
                runs.remove(worse)
            if run.faults or not run.disturbed or monotonic() >= self.until:
                return
            print("  (disturbed by something else on this machine)", file=sys.stderr)
