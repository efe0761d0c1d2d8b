"""Latencies in buckets of 10 µs: far below the millisecond that the goals speak of, and one dict entry a
bucket that was hit, so that a delivery costs one addition."""

from collections import defaultdict
from collections.abc import Sequence

#: Nanoseconds in a bucket.
BUCKET = 10_000
#: Nanoseconds in a millisecond.
MS = 1_000_000


class Histogram:
    """Counts per bucket; `add` is the hot path."""

    __slots__ = ("counts",)

    def __init__(self) -> None:
        self.counts: defaultdict[int, int] = defaultdict(int)

    def add(self, sent: Sequence[int], now: int) -> None:
        """The latencies of messages sent at these times and delivered now, in nanoseconds."""
        counts = self.counts
        for at in sent:
            counts[(now - at) // BUCKET] += 1

    def __len__(self) -> int:
        return sum(self.counts.values())

    def percentile(self, percent: float) -> float:
        """Milliseconds that `percent` of all did not exceed (the bucket's upper edge); NaN of nothing."""
        rank = len(self) * percent / 100
        seen = 0
        for bucket in sorted(self.counts):
            seen += self.counts[bucket]
            if seen >= rank:
                return (bucket + 1) * BUCKET / MS
        return float("nan")

    def worst(self) -> float:
        """Milliseconds of the slowest; NaN of nothing."""
        return (max(self.counts) + 1) * BUCKET / MS if self.counts else float("nan")
