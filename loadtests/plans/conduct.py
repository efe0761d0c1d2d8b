"""Carrying out a plan: its options, what is written and said, and the exit code, however it ends.

Files first, then words: nothing that is measured is lost because a table cannot be shown. The exit codes are
those of docs/measuring.md: 0 all arrived, 1 it did not, 2 something cannot run here, 130 interrupted.
"""

import argparse
import sys
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from time import monotonic

from loadtests.measure.errors import Unusable
from loadtests.plans.campaign import Campaign, Row
from loadtests.plans.ending import ending
from loadtests.plans.orderly import uninterrupted
from loadtests.reports import document as documents
from loadtests.reports import goals
from loadtests.reports.files import add_files, write
from loadtests.reports.medians import medians_of
from loadtests.reports.tables import listed
from loadtests.scenarios.base import at_least
from loadtests.servers.programs import build_folder
from loadtests.servers.running import alone, prepare


@dataclass(frozen=True, slots=True)
class Plan:
    """Rows with a command of their own. `minutes` after its start no further repetition begins."""

    name: str
    about: str
    rows: tuple[Row, ...]
    minutes: float

    def main(self, argv: Sequence[str] | None = None) -> int:
        """The exit code."""
        try:
            options = self.options(argv)
        except Unusable as error:
            print(f"{self.name}: {error}", file=sys.stderr)
            return 2
        campaign = Campaign(self.chosen(options), documents.begin(["make", self.name, *sys.argv[1:]]))
        campaign.until = monotonic() + 60 * options.minutes
        if options.quick:
            campaign.attempts = 1
        print("on " + ", ".join(f"{name} {value}" for name, value in campaign.document.machine.items()))
        return conduct(self.name, campaign, options, options.runs, alone())

    def options(self, argv: Sequence[str] | None) -> argparse.Namespace:
        """Raises Unusable where there is no place for files."""
        parser = argparse.ArgumentParser(
            prog=f"python -m loadtests.plans.{self.name}",
            description=self.about,
            epilog=f"rows (default: all):\n{listed((row.name, row.about) for row in self.rows)}",
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        add, some = parser.add_argument, "(default %(default)s)"
        add("row", nargs="*", metavar="ROW", help="one of those below")
        add("--runs", type=at_least(1, int), default=3, metavar="N", help=f"repetitions {some}")
        text = f"begin no further repetition after so many {some}"
        add("--minutes", type=at_least(0, float), default=self.minutes, metavar="N", help=text)
        add("--quick", action="store_true", help="everything small and short, to see it work")
        add_files(parser, place=str(build_folder() / self.name))
        options = parser.parse_args(argv)
        names = [row.name for row in self.rows]
        for name in options.row:
            if name not in names:
                parser.error(f"there is no row {name}; there are {', '.join(names)}")
        return options

    def chosen(self, options: argparse.Namespace) -> list[Row]:
        """The rows that were asked for, small where that was, with the goals that all runs of chatd have."""
        rows = [row for row in self.rows if not options.row or row.name in options.row]
        rows = [replace(row, goals=(*row.goals, *goals.BLOCKED)) for row in rows]
        return [row.quick() for row in rows] if options.quick else rows


def conduct(
    program: str,
    campaign: Campaign,
    options: argparse.Namespace,
    times: int = 1,
    lock: AbstractContextManager[None] | None = None,
) -> int:
    """Run the rows so many times, write the files, and show the results; the exit code."""
    document, problems = campaign.document, list[str]()
    try:
        with lock or nullcontext():
            prepare()
            campaign.repeat(times)
    except Unusable as error:
        problems.append(str(error))
    except KeyboardInterrupt:
        document.interrupted = True
    finally:  # before anything else is done that could fail
        if document.runs:
            with uninterrupted():
                problems += write(document, options)
    faults = show(campaign)
    for sentence in (*campaign.unusable.values(), *problems):
        print(f"{program}: {sentence}", file=sys.stderr)
    if len(document.runs) != 1:  # else it has been said
        if faults:
            print(f"FAILED: {faults} faults, see above", file=sys.stderr)
        if document.interrupted:
            print(f"{program}: interrupted; this is what there is", file=sys.stderr)
    if document.interrupted:
        return 130
    return 1 if faults else 2 if campaign.unusable or problems else 0


def show(campaign: Campaign) -> int:
    """Print each row's table, its verdicts, marks and faults, what the columns mean, and of a single run what
    it comes to; the number of faults."""
    shown, made = dict[str, None](), campaign.document.runs
    for row in campaign.rows:
        if runs := [run for run in made if run.scenario == row.name]:
            verdicts = goals.judge(row.goals, medians_of(runs))
            print(f"\n{row.name}: {row.about}")
            print(goals.show(runs, row.columns, verdicts), flush=True)
            shown.update(dict.fromkeys(row.columns))
            said = ending(runs[0], row.cases[0].scenario.name)
    if made:
        print(f"\n{goals.explanations(list(shown))}", flush=True)
    if len(made) == 1:
        print(f"\n{said}", flush=True)
    return sum(len(run.faults) for run in made)
