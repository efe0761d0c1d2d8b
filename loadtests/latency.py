"""Latencies, counted exactly and merged exactly: the one histogram of the load suite.

A histogram of fixed buckets is the only summary of latencies that can be added up over users, seconds and
processes without losing anything but resolution. Counting is the hot path (one addition a delivery), so
buckets are linear there, one dict entry for each that was hit; what leaves the process is rounded to three
digits, which keeps the keys that locust sends around, and the lines of a report, below 4,000.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Final

#: Nanoseconds in a bucket: far below the millisecond that locust resolves, and that goals speak of.
BUCKET: Final = 10_000
#: Nanoseconds in a millisecond.
MS: Final = 1_000_000
_BUCKETS_A_MS: Final = MS // BUCKET
_DIGITS: Final = 3


@lru_cache(maxsize=1 << 16)
def _upper(bucket: int) -> float:
    """A bucket's upper edge in ms, rounded. Remembered: the same few thousand are asked for every second."""
    return float(f"{(bucket + 1) / _BUCKETS_A_MS:.{_DIGITS}g}")


class Histogram:
    """Counts a bucket; `add` is the hot path."""

    __slots__ = ("counts",)

    def __init__(self, counts: Mapping[int, int] | None = None) -> None:
        self.counts: defaultdict[int, int] = defaultdict(int, counts or {})

    def add(self, begun: Iterable[int], now: int) -> None:
        """What was begun at these times ended now; nanoseconds."""
        counts = self.counts
        for at in begun:
            counts[(now - at) // BUCKET] += 1

    def __len__(self) -> int:
        return sum(self.counts.values())

    def since(self, before: Mapping[int, int]) -> "Histogram":
        """What was counted since `before`, a copy of `counts` at that time."""
        get = before.get
        return Histogram({b: more for b, count in self.counts.items() if (more := count - get(b, 0))})

    def percentile(self, percent: float) -> float:
        """Milliseconds that `percent` of all did not exceed (the bucket's upper edge); NaN of nothing."""
        bucket = percentile(self.counts, percent)
        return (bucket + 1) * BUCKET / MS

    def worst(self) -> float:
        """Milliseconds of the slowest; NaN of nothing."""
        return (max(self.counts) + 1) * BUCKET / MS if self.counts else float("nan")

    def total(self) -> float:
        """The sum of all latencies in milliseconds, each taken at its bucket's upper edge."""
        return sum((bucket + 1) * count for bucket, count in self.counts.items()) / _BUCKETS_A_MS

    def milliseconds(self) -> Counter[float]:
        """How often each latency occurred: upper edges of buckets, in ms, rounded to three digits."""
        result: Counter[float] = Counter()
        for bucket, count in self.counts.items():
            result[_upper(bucket)] += count
        return result

    def distribution(self) -> list[tuple[float, int]]:
        """The same as a Run keeps it: ascending."""
        return sorted(self.milliseconds().items())


def percentile(counts: Mapping[float, int] | Mapping[int, int], percent: float) -> float:
    """The key that `percent` of all did not exceed; NaN of nothing."""
    rank = sum(counts.values()) * percent / 100
    seen = 0
    for key, count in sorted(counts.items()):
        seen += count
        if seen >= rank:
            return key
    return float("nan")
