"""`make bench-compare`: the record against a new document, as ratios.

`python -m loadtests.reports.compare [NEW.json] [OLD.json]`. Two runs never give the same figure, so a ratio
alone says nothing: a change counts only where it exceeds the noise, which is measured by the repetitions of
both. It does when

1. no repetition of one lies within the range of the other,
2. the medians are further apart than the wider of the two ranges,
3. and by at least 2 %, less than which nobody has to know.

One repetition has no range: then nothing is said, nor where a run failed, was void, interrupted or
disturbed, or had other options. Exit codes: 0 compared, 1 the new one has faults, 2 one cannot be read.
"""

import argparse
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from loadtests.measure.result import Document, Run
from loadtests.reports.document import RECORD, Unreadable, read
from loadtests.reports.glossary import LESS, NEITHER, better
from loadtests.reports.medians import Figure, columns, grouped, medians_of, number, percent
from loadtests.reports.tables import Table, TableRow
from loadtests.servers.programs import BUILD

#: A smaller change is none, as a share.
LEAST: Final = 0.02


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
        if better(self.figure) == NEITHER:
            return "CHANGED"
        fell = self.now.median < self.before.median
        return "BETTER" if fell == (better(self.figure) == LESS) else "WORSE"

    @property
    def row(self) -> TableRow:
        """In the table of its scenario."""
        told = [f"{number(one.median)} {percent(one.spread)}".rstrip() for one in (self.before, self.now)]
        ratio = number(self.now.over(self.before).median)
        return TableRow(self.server, (self.figure, *told, ratio, self.verdict))


def _cases(document: Document) -> dict[tuple[str, str], list[Run]]:
    """By scenario and server."""
    return grouped(document.runs, lambda run: (run.scenario or "run", run.server))


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
    yield f"before: {before.began}  {before.command}"
    yield f"now:    {now.began}  {now.command}"
    for name in sorted({*before.machine, *now.machine}):
        was, is_now = before.machine.get(name, "-"), now.machine.get(name, "-")
        if was != is_now:
            yield f"NOT THE SAME {name}: {was} before, {is_now} now; the ratios may be the machine's"
    found = list(changes(before, now))
    for scenario in dict.fromkeys(change.scenario for change in found):
        rows = [change.row for change in found if change.scenario == scenario]
        yield f"\n{scenario}"
        yield Table(("server", "figure", "before", "now", "ratio", ""), rows, left=(0, 1, 5)).terminal()
    yield ""
    old, new = _cases(before), _cases(now)
    for when, cases, others in (("before", old, new), ("now", new, old)):
        if alone := ["/".join(case) for case in cases if case not in others]:
            yield f"only {when}: {', '.join(alone)}"
    counted = Counter(change.verdict for change in found)
    doubtful = sum(bool(change.doubt) for change in found)
    yield (
        f"\nof {len(found)} figures {counted['BETTER']} better, {counted['WORSE']} worse, "
        f"{doubtful} not judged; the rest is noise"
    )


def main(argv: Sequence[str] | None = None) -> int:
    """The exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m loadtests.reports.compare", description="What changed against the record."
    )
    add, some = parser.add_argument, "(default: %(default)s)"
    add("new", nargs="?", type=Path, default=BUILD / "bench.json", help=f"a document {some}")
    add("old", nargs="?", type=Path, default=RECORD, help=f"what to compare with {some}")
    arguments = parser.parse_args(argv)
    try:
        before, now = read(arguments.old), read(arguments.new)
    except Unreadable as error:
        print(f"bench-compare: {error}", file=sys.stderr)
        return 2
    print(*lines(before, now), sep="\n")
    return 1 if any(run.faults for run in now.runs) else 0


if __name__ == "__main__":
    sys.exit(main())
