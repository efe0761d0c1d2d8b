"""`make bench-compare`: the last record against a new document, as ratios.

`python -m loadtests.reports.compare [NEW.json] [--record OLD.json] [-- BENCH OPTIONS]`; without a document
the benchmark runs first. Two runs never give the same figure, so a ratio alone says nothing: a change counts
only where it exceeds the noise, which is measured by the repetitions of both. It does when

1. no repetition of one lies within the range of the other,
2. the medians are further apart than the wider of the two ranges,
3. and by at least 2 %, less than which nobody has to know.

One repetition has no range: then nothing is said, nor where a run failed, was void, interrupted or
disturbed, or had other options. Exit codes: 0 compared, 1 the new one has faults, 2 there is nothing to
compare, or the benchmark cannot run.
"""

import argparse
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from math import nan
from pathlib import Path
from typing import Final

from loadtests.measure.result import Document, Run
from loadtests.reports.document import Unreadable, last, read
from loadtests.reports.glossary import LESS, NEITHER, better
from loadtests.reports.medians import Figure, columns, medians_of
from loadtests.reports.tables import Table, TableRow, cell, marks

#: A smaller change is none, as a share.
LEAST: Final = 0.02

#: (scenario, server)
CaseKey = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Change:
    """One figure of one server in one scenario, before and now."""

    scenario: str
    server: str
    figure: str
    before: Figure
    now: Figure
    #: Why the ratio cannot be judged, where it cannot.
    doubt: str = ""

    @property
    def exceeds(self) -> bool:
        """Whether it is more than noise."""
        before, now = self.before, self.now
        apart = now.least > before.most or now.most < before.least
        change = abs(now.median - before.median)
        widest = max(before.most - before.least, now.most - now.least)
        return apart and change > widest and change >= LEAST * abs(before.median)

    @property
    def verdict(self) -> str:
        if self.doubt:
            return f"not judged: {self.doubt}"
        if min(self.before.count, self.now.count) < 2:
            return "one repetition: noise unknown"
        if not self.exceeds:
            return ""
        if better(self.figure) is NEITHER:
            return "CHANGED"
        fell = self.now.median < self.before.median
        return "BETTER" if fell == (better(self.figure) is LESS) else "WORSE"

    @property
    def row(self) -> TableRow:
        """In the table of its scenario."""
        ratio = cell(Figure(self.now.over(self.before).median)).text
        plain = (replace(one, floor=nan, void=False) for one in (self.before, self.now))
        before, now = (cell(one, compared=True) for one in plain)
        return TableRow(self.server, (self.figure, before, now, ratio, self.verdict))


def _cases(document: Document) -> dict[CaseKey, list[Run]]:
    found: dict[CaseKey, list[Run]] = {}
    for run in document.runs:
        found.setdefault((run.scenario or "run", run.server), []).append(run)
    return found


def changes(before: Document, now: Document) -> Iterator[Change]:
    """The changes of all figures that both documents have."""
    old = _cases(before)
    for case, runs in _cases(now).items():
        were = old.get(case, [])
        earlier, figures = (medians_of(some).get(case[1], {}) for some in (were, runs))
        for name in columns({"": figures}):
            if name in earlier:
                doubt = _doubt(runs, were, earlier[name].void or figures[name].void)
                yield Change(*case, name, earlier[name], figures[name], doubt)


def _doubt(now: Sequence[Run], before: Sequence[Run], void: bool) -> str:
    """Why the ratio of a figure of these runs of one server says nothing about it."""
    both = [*now, *before]
    reasons = {
        "a fault": any(run.faults for run in both),
        # An old record does not tell its options.
        "other options": before[-1].options and now[-1].options != before[-1].options,
        "void": void,
        "interrupted": any(run.interrupted for run in both),
        "disturbed": any(run.disturbed for run in both),
    }
    return next((reason for reason, holds in reasons.items() if holds), "")


def lines(before: Document, now: Document) -> Iterator[str]:
    """The comparison, for a terminal."""
    yield f"before: {before.began or 'an old record'}  {before.command}"
    yield f"now:    {now.began}  {now.command}"
    for name in sorted({*before.machine, *now.machine}):
        was, is_now = before.machine.get(name, "-"), now.machine.get(name, "-")
        if was != is_now:
            yield f"NOT THE SAME {name}: {was} before, {is_now} now; the ratios may be the machine's"
    if ("--quick" in before.command) != ("--quick" in now.command):
        yield "NOT THE SAME size: one of them is --quick; the ratios are those of the sizes"
    for when, document in (("before", before), ("now", now)):
        if document.interrupted:
            yield f"NOT ALL was measured {when}: it was interrupted"
    found = list(changes(before, now))
    for scenario in dict.fromkeys(change.scenario for change in found):
        rows = [change.row for change in found if change.scenario == scenario]
        yield f"\n{scenario}"
        yield Table(("server", "figure", "before", "now", "ratio", ""), rows, left=(0, 1, 5)).terminal()
    yield ""
    yield from _notes(_cases(before), _cases(now))
    counted = Counter(change.verdict for change in found)
    doubtful = sum(bool(change.doubt) for change in found)
    yield (
        f"\nof {len(found)} figures {counted['BETTER']} better, {counted['WORSE']} worse, "
        f"{doubtful} not judged; the rest is noise"
    )


def _notes(old: dict[CaseKey, list[Run]], new: dict[CaseKey, list[Run]]) -> Iterator[str]:
    """Reasons not to trust the ratios above, and what has none."""
    for case in (case for case in old if case in new):
        asked, asks = (cases[case][-1].options for cases in (old, new))
        if asked and asked != asks:
            yield f"{'/'.join(case)}: NOT THE SAME options: {asked} before, {asks} now"
    for when, cases, others in (("before", old, new), ("now", new, old)):
        for case, runs in cases.items():
            if case in others and marks(runs):
                yield f"{'/'.join(case)}, {when}: {', '.join(marks(runs))}"
        alone = ["/".join(case) for case in cases if case not in others]
        if alone:
            yield f"only {when}: {', '.join(alone)}"


def _measured(options: Sequence[str]) -> Document:
    """Of a benchmark that runs now; its exit code 1 is faults, which the document holds."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "now.json"
        command = [sys.executable, "-m", "loadtests.plans.bench", *options, "--json", str(path)]
        code = subprocess.run(command, check=False).returncode
        if not path.exists():
            raise Unreadable(f"the benchmark ended with code {code} and left no document")
        return read(path)


def main(argv: Sequence[str] | None = None) -> int:
    """The exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m loadtests.reports.compare", description="What changed against the last record."
    )
    parser.add_argument("new", nargs="?", type=Path, help="a document (default: the benchmark runs now)")
    parser.add_argument("--record", type=Path, help="what to compare with (default: the last in results/)")
    words = list(sys.argv[1:] if argv is None else argv)
    at = words.index("--") if "--" in words else len(words)
    arguments = parser.parse_args(words[:at])
    try:
        now = read(arguments.new) if arguments.new else _measured(words[at + 1 :])
        record = (arguments.record, read(arguments.record)) if arguments.record else last(now)
    except Unreadable as error:
        print(f"bench-compare: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130
    if record is None:
        print("bench-compare: no record in loadtests/results/ has a run like these", file=sys.stderr)
        return 2
    print(*lines(record[1], now), sep="\n")
    return 1 if any(run.faults for run in now.runs) else 0


if __name__ == "__main__":
    sys.exit(main())
