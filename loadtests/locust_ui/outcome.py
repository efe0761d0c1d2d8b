"""What the master knows of a test: its workers' reports added up, samples for the charts, and the verdict."""

from contextlib import ExitStack, suppress
from time import monotonic
from typing import Any, Final

import msgspec
from gevent.event import Event

from loadtests.engine.ledger import Ledger, Report
from loadtests.measure.errors import Fault
from loadtests.measure.latency import Histogram
from loadtests.measure.result import Run
from loadtests.measure.sampler import Sampler, Sources
from loadtests.scenarios.measures import latencies, rates
from loadtests.servers.address import find

#: Seconds to wait for the workers' last reports, in which their users leave.
_PATIENCE: Final = 90.0


class NodeReport(msgspec.Struct):
    """What a process sends to the master: besides its report what is new of latencies (counts by bucket) and
    the number of messages said, and its CPU seconds so far. Nothing follows the `last` one."""

    report: Report
    last: bool
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
        #: Processes that have reported, and not for the last time.
        self._open: set[str] = set()
        self._over = Event()
        sources = Sources(
            deliveries=lambda: self._ledger.got,
            histogram=self._latency,
            cpu=(lambda: target.spent().cpu) if target.pid else None,
            memory=target.memory if target.pid else None,
            generator=lambda: sum(self._cpu.values()),
        )
        self._sampling = ExitStack()
        self._sampler = self._sampling.enter_context(Sampler(run, sources, live=True))
        self._began, self._spent = monotonic(), target.spent().cpu

    def take(self, data: Any) -> None:
        """A process's message."""
        message = msgspec.convert(data, NodeReport)
        tag = message.report.tag
        self._ledger.take(message.report)
        self._cpu[tag] = message.cpu
        self._said += message.said
        for bucket, count in message.latency.items():
            self._latency.counts[bucket] += count
        self._run.faults[:] = self._ledger.faults
        self._open.discard(tag) if message.last else self._open.add(tag)
        if not self._open:
            self._over.set()
        with suppress(Fault):  # the server has ended, which its users tell
            self._sampler.tick()

    def end(self) -> None:
        """All users have left: wait for what the last processes have to tell, and judge."""
        if self._open and not self._over.wait(_PATIENCE):
            self._run.faults.append(
                f"{len(self._open)} worker processes did not tell what their users received"
            )
        self._ledger.close()
        run, ledger, wall = self._run, self._ledger, monotonic() - self._began
        run.faults[:] = [*ledger.faults, *run.faults[len(ledger.faults) :]]
        if ledger.due > ledger.got:
            run.mark(f"{ledger.got:,} of {ledger.due:,} deliveries arrived")
        cpu = float("nan")
        with suppress(Fault):
            self._sampling.close()
            cpu = self._target.spent().cpu - self._spent
        run.figures |= rates(self._said, ledger.got, wall, cpu)
        latencies(run, self._latency)
