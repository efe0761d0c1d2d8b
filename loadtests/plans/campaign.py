"""Many runs: the rows of a plan, each on fresh servers, repetition after repetition, until all is measured or
the time is up. `make bench` and `make peers` are two plans.

Repetitions are interleaved: first every row once, then every row again, and within a row the servers in turn.
So other load on the machine affects all of them alike, and after an interruption every row has been measured
equally often.
"""

import argparse
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from math import inf
from pathlib import Path
from time import monotonic
from typing import Final

from loadtests.measure.errors import Unusable
from loadtests.measure.result import Document, Run
from loadtests.plans.runs import end_in_order, fresh
from loadtests.reports import document as documents
from loadtests.reports import goals as report
from loadtests.reports import html
from loadtests.reports.files import writable, write
from loadtests.reports.medians import medians_of
from loadtests.reports.record_tables import peers_table
from loadtests.scenarios.base import Scenario
from loadtests.servers.programs import build_folder
from loadtests.servers.running import alone, prepare

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
    goals: tuple[report.Goal, ...] = ()
    derive: Callable[[Sequence[Run]], None] = lambda runs: None
    #: The most repetitions that are worth their time.
    most: int = 1000

    @property
    def columns(self) -> tuple[str, ...]:
        return self.cases[0].scenario.columns

    def quick(self) -> "Row":
        return replace(self, cases=tuple(replace(one, scenario=one.scenario.quick()) for one in self.cases))


def each(servers: Sequence[str], scenario: Scenario, label: str = "") -> tuple[Case, ...]:
    """The same scenario for several servers, without those that it cannot load."""
    return tuple(
        Case(server, scenario, label)
        for server in servers
        if not scenario.codecs or server in scenario.codecs
    )


@dataclass(slots=True)
class Campaign:
    """A plan being carried out; the document always has all results so far."""

    rows: Sequence[Row]
    document: Document
    attempts: int = ATTEMPTS
    #: On the monotonic clock: no repetition begins after it.
    until: float = inf
    #: Servers that cannot run here, and why.
    unusable: dict[str, str] = field(default_factory=dict)
    #: What could not be written, and why.
    unwritten: list[str] = field(default_factory=list)

    def repeat(self, times: int) -> None:
        """Run all rows. An interruption is noted in the document and raised."""
        try:
            for repetition in range(times):
                for row in self.rows:
                    if repetition and monotonic() >= self.until:
                        print(f"the time is up after {repetition} of {times} repetitions", flush=True)
                        return
                    if repetition < row.most:
                        self._once(row, f"{repetition + 1}/{times}")
        except KeyboardInterrupt:
            self.document.interrupted = True
            raise

    def runs(self, row: Row) -> list[Run]:
        return [run for run in self.document.runs if run.scenario == row.name]

    @property
    def faults(self) -> int:
        return sum(len(run.faults) for run in self.document.runs)

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
                print(f"  {error}", file=sys.stderr, flush=True)
        row.derive(self.document.runs[first:])

    def _undisturbed(self, row: Row, case: Case) -> None:
        """Run a case, and again if other processes disturbed it: the least disturbed attempt is kept. A fault
        is final, also in a disturbed run."""
        runs = self.document.runs
        for attempt in range(self.attempts):
            run = Run(case.name, scenario=row.name, options=case.scenario.chosen())
            runs.append(run)
            try:
                fresh(run, case.server, case.scenario)
            except Unusable:
                runs.remove(run)
                raise
            if attempt:
                worse = max(runs[-2:], key=lambda run: (not run.faults, run.figures.get("disturbed %", 0)))
                runs.remove(worse)
            if run.faults or not run.disturbed or monotonic() >= self.until:
                return
            print("  (disturbed by something else on this machine)", file=sys.stderr, flush=True)


def show(campaign: Campaign) -> None:
    """Print each row's table, its verdicts, marks and faults."""
    for row in campaign.rows:
        runs = campaign.runs(row)
        if runs:
            verdicts = report.judge(row.goals, medians_of(runs))
            print(f"\n{row.name}: {row.about}")
            print(report.show(runs, row.columns, verdicts), flush=True)


def _parser(
    program: str, about: str, rows: Sequence[Row], runs: int, minutes: float, folder: Path
) -> argparse.ArgumentParser:
    width = max(len(row.name) for row in rows)
    listed = "\n".join(f"  {row.name.ljust(width)}  {row.about}" for row in rows)
    parser = argparse.ArgumentParser(
        prog=f"python -m loadtests.{program}",
        description=about,
        epilog=f"rows (default: all):\n{listed}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add, some = parser.add_argument, "(default %(default)s)"
    add("row", nargs="*", metavar="ROW", help="one of those below")
    add("--runs", type=int, default=runs, metavar="N", help=f"repetitions {some}")
    text = "begin no further repetition after so many (default %(default)g)"
    add("--minutes", type=float, default=minutes, metavar="N", help=text)
    add("--quick", action="store_true", help="everything small and short, to see it work")
    for option, suffix, what in (
        ("--json", "json", "the raw figures"),
        ("--html", "html", "a page with charts"),
        ("--table", "md", "one table of all servers"),
    ):
        place = str(folder / f"{program}.{suffix}")  # a string, so that argparse checks it like a given one
        add(option, type=writable, default=place, metavar="FILE", help=f"where to write {what} {some}")
    return parser


def parse(
    program: str,
    about: str,
    rows: Sequence[Row],
    argv: Sequence[str] | None,
    *,
    runs: int = 3,
    minutes: float = inf,
) -> tuple[argparse.Namespace, list[Row]]:
    """The parsed arguments, and the rows that they select."""
    try:
        folder = build_folder()
    except Unusable as error:
        print(f"{program}: {error}", file=sys.stderr)
        sys.exit(2)
    parser = _parser(program, about, rows, runs, minutes, folder)
    arguments = parser.parse_args(argv)
    names = [row.name for row in rows]
    for name in arguments.row:
        if name not in names:
            parser.error(f"there is no row {name}; there are {', '.join(names)}")
    if arguments.runs < 1:
        parser.error("--runs takes a number above 0")
    chosen = [row for row in rows if not arguments.row or row.name in arguments.row]
    return arguments, [row.quick() for row in chosen] if arguments.quick else chosen


def conduct(program: str, arguments: argparse.Namespace, rows: list[Row], *, whole: bool = False) -> int:
    """Run the rows, and print the results; returns the exit code: 0 all delivered (whether or not the goals
    are met), 1 a delivery was missing, changed or out of order, or a server failed, 2 something cannot run
    here, 130 interrupted. The results so far are written in any case. With `whole` one table of all rows is
    printed, too."""
    document = documents.begin(["make", program, *sys.argv[1:]])
    campaign = Campaign(rows, document, attempts=1 if arguments.quick else ATTEMPTS)
    campaign.until = monotonic() + 60 * arguments.minutes
    end_in_order()
    try:
        with alone():
            prepare()
            print("on " + ", ".join(f"{name} {value}" for name, value in document.machine.items()))
            try:
                campaign.repeat(arguments.runs)
            finally:  # before anything else is done that could fail
                campaign.unwritten = list(
                    write(
                        document,
                        (arguments.json, documents.dumps),
                        (arguments.html, html.report),
                        (arguments.table, peers_table),
                    )
                )
    except Unusable as error:
        print(f"{program}: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        document.interrupted = True
    show(campaign)
    if whole and document.runs:
        print(f"\n{peers_table(document)}", flush=True)
    return _ended(program, campaign)


def _ended(program: str, campaign: Campaign) -> int:
    """Print errors, and return the exit code."""
    if campaign.faults:
        print(f"\nFAILED: {campaign.faults} faults, see above", file=sys.stderr)
    for sentence in (*campaign.unusable.values(), *campaign.unwritten):
        print(f"{program}: {sentence}", file=sys.stderr)
    if campaign.document.interrupted:
        print(f"{program}: interrupted; this is what there is", file=sys.stderr)
        return 130
    return 1 if campaign.faults else 2 if campaign.unusable or campaign.unwritten else 0
