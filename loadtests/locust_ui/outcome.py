"""What the master knows of a test: its workers' reports added up, samples for the charts, and the verdict."""

from contextlib import suppress
from time import monotonic
from typing import Any, Final

import gevent
import msgspec

from loadtests.engine.ledger import Ledger, Report
from loadtests.measure.errors import Fault
from loadtests.measure.latency import Histogram
from loadtests.measure.result import Run
from loadtests.measure.sampler import Sampler
from loadtests.scenarios.measures import latencies, rates
from loadtests.servers.address import find

#: Seconds after which a process that reports once a second, also while its users leave, is lost.
_PATIENCE: Final = 15.0
#: Seconds between two looks whether they came.
_PAUSE: Final = 0.05


class NodeReport(msgspec.Struct):
    """What a process sends to the master: besides its report what is new of latencies (counts by bucket) and
    the number of messages said, and its CPU seconds so far."""

    report: Report
    cpu: float
    said: int
    latency: dict[int, int]


class Outcome:
    """From a test's start to its end, in the master or the only process. Time and CPU begin with its
    creation."""

    def __init__(self, environment: Any, run: Run) -> None:
        """Raises Unusable where no server answers."""
        self._run = run
        self._target = target = find(environment.host or "")
        self._ledger = Ledger()
        self._latency = Histogram()
        self._said = 0
        self._cpu: dict[str, float] = {}
        #: When each process reported last, by tag.
        self._heard: dict[str, float] = {}
        self._sampler = Sampler(
            run, target, lambda: self._ledger.got, self._latency, lambda: sum(self._cpu.values())
        )
        self._began, self._spent = monotonic(), target.spent().cpu

    def take(self, data: Any) -> None:
        """A process's message."""
        message = msgspec.convert(data, NodeReport)
        tag = message.report.tag
        if not self._ledger.take(message.report):
            return
        self._heard[tag] = monotonic()
        self._cpu[tag] = message.cpu
        self._said += message.said
        for bucket, count in message.latency.items():
            self._latency.counts[bucket] += count
        self._run.faults[:] = self._ledger.faults
        with suppress(Fault):  # the server has ended, which its users tell
            self._sampler.tick()

    def look(self) -> None:
        """Put the latencies so far into the run, for somebody who looks at it now."""
        self._run.latency = self._latency.distribution()

    def end(self) -> None:
        """All users have left: wait for what the last workers have to tell, and judge."""
        run, ledger = self._run, self._ledger
        while any(monotonic() - self._heard[tag] < _PATIENCE for tag in ledger.open):
            gevent.sleep(_PAUSE)
        ledger.close()
        wall = monotonic() - self._began
        run.faults[:] = ledger.faults
        if ledger.due > ledger.got:
            run.mark(f"{ledger.got:,} of {ledger.due:,} deliveries arrived")
        cpu = float("nan")
        with suppress(Fault):
            self._sampler.end()
            cpu = self._target.spent().cpu - self._spent
        run.figures |= rates(self._said, ledger.got, wall, cpu)
        latencies(run, self._latency)
