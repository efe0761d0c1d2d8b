"""How far a run is, every second on stderr: a line that is rewritten in place on a terminal, a plain line
elsewhere, so that a log shows that the run lives.

The line is written by a thread, from what the run has of itself: so it goes on while clients are joining,
and a terminal that is stopped with Ctrl-S stops the line and not the load.
"""

import shutil
import sys
from math import isnan
from threading import Event, Thread
from time import monotonic
from typing import Final, Self, TextIO

import psutil

from loadtests.measure.result import ORIGIN, Run
from loadtests.scenarios.base import Scenario

#: Seconds between two lines on a terminal.
INTERVAL: Final = 1.0
#: Seconds that are given to the last line: a terminal that is stopped takes none.
_PATIENCE: Final = 5.0


class Progress:
    """A context manager around one run. `out` is stderr by default; where that is no terminal, a line is
    written each `interval` seconds."""

    def __init__(
        self, run: Run, scenario: Scenario, interval: float = INTERVAL, out: TextIO | None = None
    ) -> None:
        self._run = run
        self._scenario = scenario
        self._out = out or sys.stderr
        self._interval = INTERVAL if self._out.isatty() else interval
        self._over = Event()
        self._thread = Thread(target=self._tell, daemon=True)

    def __enter__(self) -> Self:
        self._began = monotonic()
        self._files = psutil.Process().num_fds()
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join(_PATIENCE)
        if self._out.isatty() and not self._thread.is_alive():
            self._out.write("\r\x1b[K")
            self._out.flush()

    def _tell(self) -> None:
        while not self._over.wait(self._interval):
            opened = 0 if self._run.samples else psutil.Process().num_fds() - self._files
            text = line(self._run, self._scenario, monotonic() - self._began, opened)
            if self._out.isatty():  # cut to its width, since a wrapped line cannot be rewritten
                text = f"\r{text[: shutil.get_terminal_size().columns - 1]}\x1b[K"
            else:
                text = f"  {text}\n"
            self._out.write(text)
            self._out.flush()


def line(run: Run, scenario: Scenario, seconds: float, opened: int) -> str:
    """How far the run is, `seconds` after its begin. While clients join there are no samples yet: then it is
    how many connections are open. What was not measured is left out."""
    # Where as many connect as the server may have, it is not known beforehand how many those are.
    of_all = f" of {scenario.connections:,}" if scenario.connections else ""
    if not run.samples:
        opened = min(max(opened, 0), scenario.connections or opened)
        return f"{seconds:.0f} s  joining, {opened:,}{of_all} connected"
    before, now = (ORIGIN, *run.samples)[-2:]
    rate = before.rate(now)
    whole = scenario.lasts
    at = f"{int(now.at)} of {whole:g} s" if now.at <= whole + 1 else f"{int(now.at)} s"
    count = f"{now.deliveries:,}" + (of_all if run.noun != "deliveries" else "")
    parts = (
        (at, now.at),
        (f"{count} {run.noun}", 0),
        (f"{rate:,.0f}/s", rate),
        (f"p99 {now.p99_ms:.3g} ms", now.p99_ms),
        (f"server {100 * now.server:.0f} %", now.server),
        (f"generator {100 * now.generator:.0f} %", now.generator),
        (f"{now.memory_mib:.0f} MiB", now.memory_mib),
    )
    return "  ".join(text for text, value in parts if not isnan(value))
