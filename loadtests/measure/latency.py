"""The latency histogram of the load suite: counted exactly, merged exactly.

A histogram with fixed buckets is the only summary of latencies that can be added up over users, seconds and
processes and loses only resolution. Counting is the hot path (one addition a delivery), so its buckets are
linear, one dict entry for each that is not empty. What leaves the process has buckets 2 % wide, which is
hardly visible in a chart: a record has, and locust is given, a few hundred of them and not tens of thousands.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from functools import lru_cache
from math import exp, log
from typing import Final

#: Nanoseconds in a bucket: far below the millisecond in which locust counts and goals are given.
BUCKET: Final = 10_000
#: Nanoseconds in a millisecond.
MS: Final = 1_000_000
_BUCKETS_A_MS: Final = MS // BUCKET
#: Binary digits that are kept of a bucket's number where a histogram is drained.
_DIGITS: Final = 8
#: Buckets of what leaves the process, for each factor of e.
_WIDE: Final = 50


@lru_cache(maxsize=1 << 16)
def _middle(bucket: int) -> float:
    """The middle, in ms, of the wide bucket that a bucket's upper edge is in. Cached: the same few thousand
    are needed every second."""
    edge = max(bucket + 1, 1) / _BUCKETS_A_MS
    return float(f"{exp(round(log(edge) * _WIDE) / _WIDE):.3g}")


class Histogram:
    """Counts a bucket; `add` is the hot path."""

    __slots__ = ("counts",)

    def __init__(self, counts: Mapping[int, int] | None = None) -> None:
        self.counts: defaultdict[int, int] = defaultdict(int, counts or {})

    def add(self, begun: Iterable[int], now: int) -> None:
        """Count `now - at` for each of these start times; nanoseconds."""
        counts = self.counts
        for at in begun:
            counts[(now - at) // BUCKET] += 1

    def __len__(self) -> int:
        return sum(self.counts.values())

    def since(self, before: Mapping[int, int]) -> "Histogram":
        """The counts since `before`, an earlier copy of `counts`, as a histogram."""
        get = before.get
        return Histogram({b: more for b, count in self.counts.items() if (more := count - get(b, 0))})

    def drain(self) -> "Histogram":
        """Take out all counts, in buckets less than 1 % wide: a few thousand, where the latencies of a server
        that is overloaded fill hundreds of thousands, too many to be sent and added up every second."""
        drained = Histogram()
        for bucket, count in self.counts.items():
            shift = max(bucket.bit_length() - _DIGITS, 0)
            drained.counts[((bucket >> shift) + 1 << shift) - 1] += count
        self.counts.clear()
        return drained

    def percentile(self, percent: float) -> float:
        """In milliseconds: the upper edge of the first bucket with at least `percent` of all counts at or
        below it; NaN where nothing was counted."""
        return self.percentiles(percent)[0]

    def percentiles(self, *percents: float) -> list[float]:
        """Several at once, each at least as high as the one before: the buckets are sorted only once."""
        buckets, whole = iter(sorted(self.counts.items())), len(self)
        found, seen, bucket = list[float](), 0, float("nan")
        for rank in [max(whole * percent / 100, min(whole, 1)) for percent in percents]:
            while seen < rank:
                bucket, count = next(buckets)
                seen += count
            found.append((bucket + 1) * BUCKET / MS)
        return found

    def worst(self) -> float:
        """The highest latency in milliseconds; NaN where nothing was counted."""
        return (max(self.counts) + 1) * BUCKET / MS if self.counts else float("nan")

    def total(self) -> float:
        """The sum of all latencies in milliseconds, each counted as its bucket's upper edge."""
        return sum((bucket + 1) * count for bucket, count in self.counts.items()) / _BUCKETS_A_MS

    def milliseconds(self) -> Counter[float]:
        """How often each latency occurred, in wide buckets, ms."""
        result: Counter[float] = Counter()
        for bucket, count in self.counts.items():
            result[_middle(bucket)] += count
        return result

    def distribution(self) -> list[tuple[float, int]]:
        """The same in ascending order, as a Run keeps it."""
        return sorted(self.milliseconds().items())
