"""From what locust and the kernel counted to the figures that `make load` prints.

Deliveries are judged twice. Every reader's ledger must be without a fault (those are among locust's
failures); and what all readers got together must be what was said times who was there less the speaker,
which would show a process of readers that died with its ledgers.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from loadtests.latency import percentile
from loadtests.processes import Sample

#: The names in figures.py, which cannot be imported here: it imports locust.
JOIN: Final = "join"
ACK: Final = "say to ack"
DELIVER: Final = "deliver"
_PERCENTILES: Final = (50, 95, 99)


@dataclass(frozen=True, slots=True)
class Entry:
    """One named statistic: successes, failures, and how often each latency (ms) occurred."""

    count: int = 0
    failures: int = 0
    times: Mapping[float, int] | None = None

    def percentiles(self) -> list[float]:
        return [percentile(self.times or {}, percent) for percent in _PERCENTILES]


@dataclass(frozen=True, slots=True)
class Report:
    """What locust wrote. `began` and `ended` are seconds of the monotonic clock; None: nobody talked."""

    began: float | None
    ended: float | None
    entries: Mapping[str, Entry]
    errors: Sequence[tuple[str, str, int]]

    def entry(self, name: str) -> Entry:
        return self.entries.get(name, Entry())

    @property
    def seconds(self) -> float:
        """How long they talked."""
        return 0.0 if self.began is None or self.ended is None else self.ended - self.began

    @property
    def expected(self) -> int:
        """How many deliveries there must be."""
        return self.entry(ACK).count * max(0, self.entry(JOIN).count - 1)

    @property
    def delivered(self) -> int:
        return self.entry(DELIVER).count


def read(path: Path) -> Report:
    """The report that the locustfile wrote."""
    raw: dict[str, Any] = json.loads(path.read_text())
    entries = {
        name: Entry(entry["requests"] - entry["failures"], entry["failures"], dict(entry["times"]))
        for name, entry in raw["entries"].items()
    }
    return Report(raw["began"], raw["ended"], entries, [(name, text, n) for name, text, n in raw["errors"]])


def faults(report: Report, users: int) -> Iterator[str]:
    """Every reason to fail, in words."""
    for name, text, count in report.errors:
        yield f"{count} x {name}: {text}"
    joined = report.entry(JOIN).count
    if joined != users:
        yield f"{joined} of {users} users joined"
    if not report.expected:
        yield "nothing was said"
    if report.delivered != report.expected:
        yield f"{report.delivered:,} deliveries where {report.expected:,} were expected"


@dataclass(frozen=True, slots=True)
class Use:
    """What the server used while they talked."""

    cpu: float
    seconds: float
    resident: int


def use(samples: Sequence[Sample], report: Report) -> Use:
    """From samples of the server: the last one before the talking began to the first one after it ended."""
    began, ended = report.began, report.ended
    if not samples or began is None or ended is None:
        return Use(0.0, 0.0, 0)
    first = max((s for s in samples if s.at <= began), key=lambda s: s.at, default=samples[0])
    last = min((s for s in samples if s.at >= ended), key=lambda s: s.at, default=samples[-1])
    resident = max(s.resident for s in samples if first.at <= s.at <= last.at)
    return Use(last.cpu - first.cpu, last.at - first.at, resident)


def lines(report: Report, used: Use) -> Iterator[str]:
    """The figures, for a terminal."""
    expected, delivered = report.expected, report.delivered
    rate = delivered / report.seconds if report.seconds else 0.0
    kinds = ", ".join(f"{report.entry(k).failures:,} {k}" for k in ("doubled", "reordered", "skipped"))
    missing = expected - delivered
    yield f"deliveries  {expected:,} expected, {delivered:,} delivered, {missing:,} missing; {kinds}"
    yield f"            {rate:,.0f} a second for {report.seconds:.1f} s"
    yield f"{'':12}{'count':>12}{'p50 ms':>10}{'p95 ms':>10}{'p99 ms':>10}"
    for name in (JOIN, ACK, DELIVER):
        entry = report.entry(name)
        numbers = "".join(f"{ms:10.3g}" for ms in entry.percentiles())
        yield f"{name:12}{entry.count:12,}{numbers}"
    if used.seconds and delivered:
        yield (
            f"server      {used.cpu / delivered * 1e6:.2f} µs of CPU a delivery, "
            f"{used.cpu / used.seconds:.0%} of a core, {used.resident / 2**20:.1f} MiB resident"
        )
