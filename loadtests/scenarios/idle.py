"""Connections that do nothing: the memory of each, and the CPU of all together.

All are open in this process, which may open as many files as a server that is started here; locust spreads
more of them over processes and machines. A connection that ends meanwhile is a fault: the figures would be of
fewer connections than they say.
"""

from contextlib import closing
from dataclasses import dataclass
from time import monotonic
from typing import ClassVar

import psutil

from loadtests.engine.codecs import PEOPLE
from loadtests.engine.crowd import Crowd, Guest
from loadtests.scenarios.base import SPARE_FILES, RunContext, Scenario, option
from loadtests.scenarios.measures import latencies, metered, watched
from loadtests.servers.transports import TRANSPORTS


@dataclass(frozen=True, slots=True)
class Idle(Scenario):
    """Nobody sends anything, and after the notices of joining nobody receives anything."""

    name: ClassVar[str] = "idle"
    transports: ClassVar[tuple[str, ...]] = TRANSPORTS
    one_load: ClassVar[bool] = False
    about: ClassVar[str] = "memory and CPU of connections that do nothing"
    columns: ClassVar[tuple[str, ...]] = (
        *("connections", "all in s", "KiB each", "idle %", "RSS MiB", "disturbed %", "blocked ms"),
    )

    people: int = option(10_000, "connections; 0: as many as the file limit allows", most=PEOPLE, quick=0.05)
    seconds: float = option(10.0, "how long they are watched, once all are in", least=0.1, quick=0.1)

    def run(self, context: RunContext) -> None:
        target, figures = context.target, context.run.figures
        ours = psutil.Process().rlimit(psutil.RLIMIT_NOFILE)[0]
        count = self.people or int(min(ours, target.files())) - SPARE_FILES
        before = target.memory()
        context.run.noun = "connections"
        with (
            closing(Crowd(target)) as crowd,
            watched(context, crowd, lambda: crowd.welcomed, crowd.joins),
        ):
            try:
                began = monotonic()
                crowd.admit(Guest, "i", range(count))
                figures["all in s"] = monotonic() - began
                crowd.quieten()
                crowd.expect_silence()
                figures["KiB each"] = (target.memory() - before) / count / 1024
                figures["RSS MiB"] = target.memory() / 2**20
                figures["connections"] = count
                until = monotonic() + self.seconds
                with metered(context, lambda wall, cpu: figures.update({"idle %": 100 * cpu / wall})):
                    while (left := until - monotonic()) > 0:
                        crowd.turn(min(left, 0.05))
            finally:
                latencies(context.run, crowd.joins, "join ")
