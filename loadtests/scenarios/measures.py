"""One run in a room: a fresh server, a load, and every figure that can be had of it."""

import os
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from time import monotonic
from typing import Final

from loadtests.engine.rooms import Load, Room
from loadtests.engine.stream import Fault
from loadtests.result import Run
from loadtests.servers.running import Server, Spent, running, spent

#: Above this share of its core the generator is what ended first.
FULL: Final = 97.0
#: So late with its own sends, ms (p99), the generator adds to what it measures.
LATE: Final = 5.0


@dataclass(frozen=True, slots=True)
class Scale:
    """What `--quick` divides: people by `fewer`, seconds to a share."""

    fewer: int = 1
    share: float = 1.0

    def people(self, count: int) -> int:
        return count // self.fewer

    def seconds(self, seconds: float) -> float:
        return seconds * self.share


@contextmanager
def recorded(name: str) -> Iterator[tuple[Run, Server]]:
    """A run on a fresh server: what fails in the block becomes the run's fault, and the server's own report
    (blocked loop, tracebacks) is read after its end."""
    run = Run(name)
    with running(name) as server:
        try:
            yield run, server
            server.end()
            run.figures["blocked ms"], where = server.blocking()
            if where:
                run.mark(f"the loop was blocked in {where}")
            server.check_log()
        except (Fault, OSError) as fault:
            run.faults.append(f"{fault} [{server.last_words()}]")


@dataclass(slots=True)
class Meter:
    """What server and generator spend from here on, and how long either waited for a core that something
    else had."""

    server: Server
    began: float = field(default_factory=monotonic)
    _server: Spent = field(init=False)
    _generator: Spent = field(init=False)

    def __post_init__(self) -> None:
        self._server, self._generator = spent(self.server.process.pid), spent(os.getpid())

    def read(self, run: Run) -> tuple[float, float]:
        """Seconds of wall and of server CPU since; everyone's shares go into the run."""
        wall = monotonic() - self.began
        server, generator = spent(self.server.process.pid), spent(os.getpid())
        cpu = server.cpu - self._server.cpu
        run.figures["server %"] = 100 * cpu / wall
        run.figures["generator %"] = 100 * (generator.cpu - self._generator.cpu) / wall
        waited = max(server.waited - self._server.waited, generator.waited - self._generator.waited)
        # A run with several parts is as disturbed as the worst of them.
        disturbed = max(100 * waited / wall, run.figures.get("disturbed %", 0))
        run.figures["disturbed %"] = disturbed
        if run.figures["generator %"] > FULL:
            run.mark("generator-bound: its core was full")
        if run.disturbed:
            run.mark(f"disturbed: something else had one of the cores for {disturbed:.0f} % of the time")
        return wall, cpu


def measure(server: Server, run: Run, room: Room, load: Load) -> None:
    """Let the load run in a room that has started; fill in the figures."""
    meter = Meter(server)
    messages = room.run(load)
    wall, cpu = meter.read(run)
    deliveries = messages * (len(room.readers) + len(room.talkers) - 1)
    run.figures |= {
        "messages/s": messages / wall,
        "deliveries": deliveries,
        "deliveries/s": deliveries / wall,
        "per CPU s": deliveries / cpu,
        "µs/delivery": 1e6 * cpu / deliveries,
        "p50 ms": room.histogram.percentile(50),
        "p99 ms": room.histogram.percentile(99),
        "p99.9 ms": room.histogram.percentile(99.9),
        "worst ms": room.histogram.worst(),
        "RSS MiB": server.memory() / 2**20,
    }
    if room.lateness:
        late = run.figures["late p99 ms"] = room.lateness.percentile(99)
        if late > LATE:
            run.mark(f"generator-bound: its sends were {late:.1f} ms late (p99)")


@dataclass(frozen=True, slots=True)
class Setting:
    """A room: who is in it, how long a delivered line is, how many readers there are to one sampled."""

    readers: int
    talkers: int
    size: int = 100
    sample: int = 1
    frozen: int = 0

    def room(self, server: Server) -> Room:
        return Room(
            server.name,
            server.address,
            self.readers,
            self.talkers,
            size=self.size,
            sample=self.sample,
            frozen=self.frozen,
        )


def room_run(name: str, setting: Setting, load: Callable[[], Load]) -> Run:
    """The plain case: everyone joins, the load runs, everyone leaves."""
    with recorded(name) as (run, server), closing(setting.room(server)) as room:
        room.join()
        room.start()
        measure(server, run, room, load())
    return run
