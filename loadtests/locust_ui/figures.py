"""The engine's latencies as entries of locust's statistics.

Firing locust's request event costs 3 µs, more than a delivery costs the server. So latencies are counted in
the engine's histograms. Once a second, and at the end of the run, what is new in each is merged into locust's
statistics as a StatsEntry, as locust's master merges those of its workers. Counts are exact under
`--processes`, and the web page shows them like any other request.

Entries: `deliver` (from a message's due time until a reader has received it), `direct`, `join` (from
connecting to the welcome). A fault is a failed request with the scenario's name.
"""

import time
from typing import TYPE_CHECKING, Any, Final

import gevent
from locust.stats import RequestStats, StatsEntry, StatsError

from loadtests.measure.latency import Histogram

if TYPE_CHECKING:
    from locust.env import Environment

#: What locust shows as the request's type.
TYPE: Final = "chat"
#: Seconds between two merges.
INTERVAL: Final = 1.0


def extend(stats: RequestStats, entry: StatsEntry) -> None:
    """Merge `entry` into the entry of its name and into the total."""
    stats.entries[(entry.name, entry.method)].extend(entry)
    stats.total.extend(entry)


def entry_of(stats: RequestStats, name: str, histogram: Histogram, now: float) -> StatsEntry:
    """A histogram as locust keeps it; `now` is seconds since the epoch."""
    entry = StatsEntry(stats, name, TYPE)
    times: dict[Any, int] = histogram.milliseconds()  # locust says int, and takes any number
    entry.num_requests = len(histogram)
    entry.response_times = times
    entry.total_response_time = round(histogram.total())
    entry.min_response_time = min(times)
    entry.max_response_time = max(times)
    entry.num_reqs_per_sec = {int(now): entry.num_requests}
    entry.last_request_timestamp = now
    return entry


class Figures:
    """Passes what this process measures to locust's statistics."""

    def __init__(self, environment: "Environment") -> None:
        self._environment = environment
        #: Name, histogram, and its counts that locust has already.
        self._followed: list[tuple[str, Histogram, dict[int, int]]] = []

    def reset(self) -> None:
        """A new test begins."""
        self._followed.clear()

    def follow(self, name: str, histogram: Histogram) -> None:
        """From now on pass what is counted in this histogram to locust."""
        self._followed.append((name, histogram, dict(histogram.counts)))

    def flush(self) -> None:
        """Pass everything that was measured since the last flush."""
        stats = self._environment.stats
        for at, (name, histogram, known) in enumerate(self._followed):
            new = histogram.since(known)
            if new.counts:
                extend(stats, entry_of(stats, name, new, time.time()))
                self._followed[at] = (name, histogram, dict(histogram.counts))

    def run(self) -> None:
        """Runs as a greenlet: flush every second."""
        while True:
            gevent.sleep(INTERVAL)
            self.flush()

    def failed(self, name: str, error: str, count: int = 1) -> None:
        """Add `count` failed requests of that name, with one error message."""
        stats = self._environment.stats
        now = time.time()
        entry = StatsEntry(stats, name, TYPE)
        entry.num_requests = entry.num_none_requests = entry.num_failures = count
        entry.num_reqs_per_sec = entry.num_fail_per_sec = {int(now): count}
        entry.last_request_timestamp = now
        extend(stats, entry)
        key = StatsError.create_key(TYPE, name, error)
        known = stats.errors.setdefault(key, StatsError(TYPE, name, error))
        known.occurred()
        known.occurrences += count - 1
