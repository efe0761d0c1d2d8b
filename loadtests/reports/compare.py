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
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from loadtests.measure.result import Document, Run
from loadtests.reports.document import Unreadable, by_scenario, last, read
from loadtests.reports.medians import number
from loadtests.reports.summary import ASIDE, RATES, Figure, columns, marks, percent, summary

#: A smaller change is none, as a share.
LEAST: Final = 0.02
#: Of these more is better, of all others that are judged less.
MORE: Final = (*RATES, "per CPU s", "capacity/s", "capacity at/s", "connections")
#: What only tells how the run went: neither good nor bad.
UNJUDGED: Final = (*ASIDE, "skipped", "delivered", "before MiB", "said", "written", "came")


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
    def ratio(self) -> float:
        """NaN where there was nothing to divide by."""
        return self.now.median / self.before.median if self.before.median else float("nan")

    @property
    def exceeds(self) -> bool:
        """Whether it is more than noise."""
        before, now = self.before, self.now
        if min(before.count, now.count) < 2:
            return False
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
        if self.figure in UNJUDGED:
            return "CHANGED"
        rose = self.now.median > self.before.median
        return "BETTER" if rose == (self.figure in MORE) else "WORSE"


def changes(before: Document, now: Document) -> Iterator[Change]:
    """The changes of all figures that both documents have."""
    old = by_scenario(before.runs)
    for scenario, runs in by_scenario(now.runs).items():
        were = old.get(scenario, [])
        figures, earlier = summary(runs), summary(were)
        for name in columns(figures):
            for server, of_server in figures.items():
                was = earlier.get(server, {}).get(name)
                if was is not None and name in of_server:
                    void = was.void or of_server[name].void
                    doubt = _doubt(server, runs, were, void=void)
                    yield Change(scenario, server, name, was, of_server[name], doubt)


def _doubt(server: str, runs: Sequence[Run], were: Sequence[Run], *, void: bool) -> str:
    """Why the ratio of this figure says nothing about the server."""
    now, before = ([run for run in some if run.server == server] for some in (runs, were))
    both = [*now, *before]
    if any(run.faults for run in both):
        return "a fault"
    if before[-1].options and now[-1].options != before[-1].options:  # an old record does not tell
        return "other options"
    if void:
        return "void"
    if any(run.interrupted for run in both):
        return "interrupted"
    return "disturbed" if any(run.disturbed for run in both) else ""


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
    counted: dict[str, int] = {}
    for scenario in dict.fromkeys(change.scenario for change in found):
        yield from _table([change for change in found if change.scenario == scenario])
        yield from _doubts(scenario, before, now)
    for change in found:
        counted[change.verdict] = counted.get(change.verdict, 0) + 1
    yield from _only("before", before, now)
    yield from _only("now", now, before)
    yield ""
    better, worse = counted.get("BETTER", 0), counted.get("WORSE", 0)
    doubtful = sum(bool(change.doubt) for change in found)
    yield f"of {len(found)} figures {better} better, {worse} worse, {doubtful} not judged; the rest is noise"


def _table(found: Sequence[Change]) -> Iterator[str]:
    wide = max(len("server"), *(len(change.server) for change in found))
    yield f"\n{found[0].scenario or 'run'}"
    yield f"  {'server':{wide}}  {'figure':14}  {'before':>18}  {'now':>18}  {'ratio':>6}"
    for change in found:
        was, now = (f"{number(one.median)} {percent(one.spread):>6}" for one in (change.before, change.now))
        ratio = f"{change.ratio:6.3f}" if change.ratio == change.ratio else f"{'-':>6}"
        row = f"  {change.server:{wide}}  {change.figure:14}  {was:>18}  {now:>18}  {ratio}  {change.verdict}"
        yield row.rstrip()


def _doubts(scenario: str, before: Document, now: Document) -> Iterator[str]:
    """Reasons not to trust the ratios above."""
    asked = [_options(document, scenario) for document in (before, now)]
    for server in asked[0].keys() & asked[1].keys():
        if asked[0][server] and asked[0][server] != asked[1][server]:
            yield f"  {server}: NOT THE SAME options: {asked[0][server]} before, {asked[1][server]} now"
    for when, document in (("before", before), ("now", now)):
        runs = by_scenario(document.runs).get(scenario, [])
        for server in dict.fromkeys(run.server for run in runs):
            said = marks([run for run in runs if run.server == server])
            if said:
                yield f"  {server}, {when}: {', '.join(said)}"


def _options(document: Document, scenario: str) -> dict[str, dict[str, object]]:
    """Options by server; empty where an old record has none."""
    return {run.server: run.options for run in document.runs if run.scenario == scenario}


def _only(when: str, document: Document, other: Document) -> Iterator[str]:
    """What only one of the two documents has."""
    theirs = {(run.scenario, run.server) for run in other.runs}
    alone = dict.fromkeys((run.scenario, run.server) for run in document.runs)
    missing = [
        f"{scenario or 'run'}/{server}" for scenario, server in alone if (scenario, server) not in theirs
    ]
    if missing:
        yield f"\nonly {when}: {', '.join(missing)}"


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
