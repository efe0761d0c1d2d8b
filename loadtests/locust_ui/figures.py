"""The engine's latencies as entries of locust's statistics.

Firing locust's request event costs 3 µs, more than a delivery costs the server. So latencies are counted in
the engine's histograms. Once a second, and at the end, what is new in each is merged into locust's statistics
as a StatsEntry, as locust's master merges those of its workers. Counts are exact under `--processes`, and the
web page shows them like any other request.

Entries: `connect`, `join` (from giving the name to the welcome), `say` and `direct` (until the message is
acknowledged), `users`, `deliver` and `deliver direct` (from the moment when a message was sent until somebody
has it), `deliver slow` (until somebody has it who may read slowly). A request that the server refuses is a
failed one of its name, told by the event, since those are few.
"""

import time
from collections import defaultdict
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from locust.stats import RequestStats, StatsEntry

from loadtests.measure.latency import Histogram

if TYPE_CHECKING:
    from locust.env import Environment

#: What locust shows as the request's type.
TYPE: Final = "chat"


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

    def flush(self, times: Mapping[str, Histogram]) -> dict[str, Histogram]:
        """Drain these histograms into the entry of each name and into the total; return what was in them."""
        stats, new = self._environment.stats, defaultdict[str, Histogram](Histogram)
        for name, histogram in times.items():
            new[name] = histogram.drain()
            if new[name].counts:
                entry = entry_of(stats, name, new[name], time.time())
                stats.entries[(name, TYPE)].extend(entry)
                stats.total.extend(entry)
        return new
