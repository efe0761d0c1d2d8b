"""Run chatd under gevent's monitor, and leave in a file how long its loop was blocked at most, and where.

`python -m loadtests.servers.watched FILE [chatd's arguments]`

gevent's monitoring thread looks every PERIOD whether greenlets were switched since it last looked. Looks that
say "blocked" one after the other belong to the same blockage, so its length is known to within one PERIOD
either way; the file gets the middle, in milliseconds, 0 where none lasted for two looks, and in a second line
the innermost functions at its last look. gevent's own
reports (a stack trace of every greenlet, formatted under the interpreter lock) would cost more than what they
measure and are left out. What is left costs 0.3 % of a core, and 0.14 µs a greenlet switch.
"""

import sys
import traceback
from pathlib import Path
from runpy import run_module
from time import perf_counter
from typing import Any, Final

import gevent
from gevent._monitor import PeriodicMonitoringThread

#: Seconds between two looks.
PERIOD: Final = 0.020


class Watch(PeriodicMonitoringThread):
    """Adds up the looks that found the loop blocked. Times are `perf_counter` seconds."""

    def __init__(self, hub: gevent.hub.Hub) -> None:
        self.longest = 0.0
        self.where = ""
        self._here = ""
        now = perf_counter()
        self._look = now  # the last look
        self._free = (now, now)  # the last look that found a switch, and the one before it
        super().__init__(hub)

    def monitor_blocking(self, hub: gevent.hub.Hub) -> Any:
        """Called every PERIOD. (What it returns is for gevent's own tests.)"""
        now = perf_counter()
        last, self._look = self._look, now
        if self._greenlet_tracer.did_block_hub(hub):  # type: ignore[attr-defined]  # not in the stubs
            self._here = _innermost(hub)
            return
        before, free = self._free
        if free < last:
            # Looks in between found no switch: it began after `before` and not after `free`, lasted until
            # `last` at least, and is over now.
            took = ((last - free) + (now - before)) / 2
            if took > self.longest:
                self.longest, self.where = took, self._here
        self._free = (last, now)


def _innermost(hub: gevent.hub.Hub) -> str:
    """What the hub's thread is doing, the innermost function first."""
    stack = traceback.extract_stack(sys._current_frames()[hub.thread_ident])
    return " < ".join(f"{Path(frame.filename).name}:{frame.lineno} {frame.name}" for frame in stack[:-6:-1])


def run(report: Path) -> None:
    """chatd's main, from its first switch to its end, however that comes."""
    gevent.config.max_blocking_time = PERIOD
    hub = gevent.get_hub()
    gevent.sleep(0)  # the monitor gives up at once on a hub that has not begun
    watch = hub.periodic_monitoring_thread = Watch(hub)
    try:
        run_module("chatd", run_name="__main__", alter_sys=True)
    finally:
        watched = watch.should_run  # gevent's monitor ends without a word when it fails
        watch.kill()
        if watched:
            report.write_text(f"{1000 * watch.longest:.1f}\n{watch.where}\n")


if __name__ == "__main__":
    run(Path(sys.argv.pop(1)))
