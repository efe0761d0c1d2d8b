"""Run chatd under gevent's monitor thread, and write to a file how long its event loop was blocked at most,
and where.

`python -m loadtests.servers.watched FILE MS [chatd's arguments]`

Each sync of chatd's log takes MS milliseconds longer than this machine's disk needs for it.

gevent's monitor thread checks every PERIOD whether any greenlet was switched since its last check.
Consecutive checks without a switch are one blockage, so its length is known to within one PERIOD either way.
The file gets the middle of that range in milliseconds, 0 where no blockage lasted for two checks, and in a
second line the innermost functions at the last check of the longest blockage. gevent's own reports (a stack
trace of every greenlet, formatted under the interpreter lock) would cost more than what they measure and are
left out. What remains costs 0.3 % of a core, and 0.14 µs a greenlet switch.
"""

import os
import sys
import time
import traceback
from pathlib import Path
from runpy import run_module
from time import perf_counter
from typing import Any, Final

import gevent
from gevent._monitor import PeriodicMonitoringThread

#: Seconds between two checks.
PERIOD: Final = 0.020


class Watch(PeriodicMonitoringThread):
    """Finds the longest blockage from the checks. Times are `perf_counter` seconds."""

    def __init__(self, hub: gevent.hub.Hub) -> None:
        self.longest = 0.0
        self.where = ""
        self._here = ""
        now = perf_counter()
        self._last = now  # the last check
        self._free = (now, now)  # the last check that found a switch, and the one before it
        super().__init__(hub)

    def monitor_blocking(self, hub: gevent.hub.Hub) -> Any:
        """Called every PERIOD. (What it returns is for gevent's own tests.)"""
        now = perf_counter()
        last, self._last = self._last, now
        if self._greenlet_tracer.did_block_hub(hub):  # type: ignore[attr-defined]  # not in the stubs
            self._here = _innermost(hub)
            return
        before, free = self._free
        if free < last:
            # Checks in between found no switch: the blockage began between `before` and `free`, lasted until
            # `last` at least, and is over now.
            took = ((last - free) + (now - before)) / 2
            if took > self.longest:
                self.longest, self.where = took, self._here
        self._free = (last, now)


def _innermost(hub: gevent.hub.Hub) -> str:
    """The stack of the hub's thread, the innermost function first."""
    stack = traceback.extract_stack(sys._current_frames()[hub.thread_ident])
    return " < ".join(f"{Path(frame.filename).name}:{frame.lineno} {frame.name}" for frame in stack[:-6:-1])


def run(report: Path) -> None:
    """Run chatd's main function under the monitor, and write the report however it ends."""
    gevent.config.max_blocking_time = PERIOD
    hub = gevent.get_hub()
    gevent.sleep(0)  # the monitor stops at once where the hub has not started
    watch = hub.periodic_monitoring_thread = Watch(hub)
    try:
        run_module("chatd", run_name="__main__", alter_sys=True)
    finally:
        watched = watch.should_run  # gevent's monitor stops silently when it fails
        watch.kill()
        if watched:
            report.write_text(f"{1000 * watch.longest:.1f}\n{watch.where}\n")


def slow_down(milliseconds: float) -> None:
    """From now on a sync takes so much longer; another thread than the event loop's waits for it."""
    system: Any = os
    sync = os.fdatasync

    def slow(file: int) -> None:
        time.sleep(milliseconds / 1000)
        sync(file)

    if milliseconds:
        system.fdatasync = slow


if __name__ == "__main__":
    report, longer = sys.argv[1:3]
    del sys.argv[1:3]
    slow_down(float(longer))
    run(Path(report))
