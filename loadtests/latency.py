"""Latencies, counted exactly and merged exactly.

A histogram of fixed buckets is the only summary of latencies that can be added up over users, seconds and
processes without losing anything but resolution. Counting is the hot path, so buckets are linear there; what
leaves the process is rounded to three digits, which keeps the keys that locust sends around below 4,000.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from typing import Final

#: Nanoseconds in a bucket: far below the millisecond that locust itself resolves.
BUCKET: Final = 10_000
_BUCKETS_A_MS: Final = 1_000_000 // BUCKET
_DIGITS: Final = 3


def _rounded(ms: float) -> float:
    return float(f"{ms:.{_DIGITS}g}")


class Histogram:
    """Counts a bucket."""

    __slots__ = ("counts",)

    def __init__(self) -> None:
        self.counts: defaultdict[int, int] = defaultdict(int)

    def add(self, begun: Iterable[int], now: int) -> None:
        """What was begun at these times ended now; nanoseconds."""
        counts = self.counts
        for at in begun:
            counts[(now - at) // BUCKET] += 1

    def __len__(self) -> int:
        return sum(self.counts.values())

    def merge(self, other: "Histogram") -> None:
        for bucket, count in other.counts.items():
            self.counts[bucket] += count

    def total(self) -> float:
        """The sum of all latencies in milliseconds, each taken at its bucket's upper edge."""
        return sum((bucket + 1) * count for bucket, count in self.counts.items()) / _BUCKETS_A_MS

    def milliseconds(self) -> Counter[float]:
        """How often each latency occurred: upper edges of buckets, in ms, rounded to three digits."""
        result: Counter[float] = Counter()
        for bucket, count in self.counts.items():
            result[_rounded((bucket + 1) / _BUCKETS_A_MS)] += count
        return result


def percentile(counts: Mapping[float, int], percent: float) -> float:
    """The latency that `percent` of all did not exceed; NaN of nothing."""
    rank = sum(counts.values()) * percent / 100
    seen = 0
    for latency in sorted(counts):
        seen += counts[latency]
        if seen >= rank:
            return latency
    return float("nan")
