"""Connections that do nothing: what each costs in memory, and what all cost in CPU.

A process may open so many files, and a source address has 28,000 ports to one target: connections are spread
over source addresses by the engine, and over processes here where this one may not open enough. Such a
process is this module, run with its share; it says when all are in, and ends with its input.
"""

import os
import resource
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import ClassVar, Final

from loadtests.engine.stream import Fault
from loadtests.result import Run
from loadtests.scenarios.base import JOIN, SPARE_FILES, Scenario, Stage, Target, option
from loadtests.scenarios.crowd import Crowd
from loadtests.scenarios.measures import Meter, latencies, watched
from loadtests.servers.unusable import Unusable

_ROOT: Final = Path(__file__).parent.parent.parent
_IN: Final = b"in\n"


def files_here() -> int:
    """Connections that this process may have."""
    return resource.getrlimit(resource.RLIMIT_NOFILE)[0] - SPARE_FILES


@dataclass(frozen=True, slots=True)
class Idle(Scenario):
    """Nobody says anything, and after the notices of joining nobody hears anything."""

    name: ClassVar[str] = "idle"
    about: ClassVar[str] = "memory and CPU of connections that do nothing"
    columns: ClassVar[tuple[str, ...]] = (
        *(
            "connections",
            "all in s",
            "KiB each",
            "idle %",
            "RSS MiB",
            "processes",
            "disturbed %",
            "blocked ms",
        ),
    )

    people: int = option(10_000, "connections; 0: as many as the server may have", quick=0.05)
    each: int = option(0, "connections of one generator process; 0: as many as it may have")
    seconds: float = option(10.0, "how long they are watched, once all are in", least=0.1, quick=0.1)

    def run(self, stage: Stage) -> None:
        target, figures = stage.target, stage.run.figures
        if not self.people and target.pid is None:
            raise Unusable("how many connections the server may have is not known; please give --people")
        count = self.people or int(_most(target))
        if count > _most(target):
            raise Unusable(
                f"the server may have {_most(target):.0f} connections; please raise the limit (ulimit -Hn) "
                "or ask for fewer --people"
            )
        here = min(self.each or files_here(), files_here(), count)
        before = target.memory()
        began = monotonic()
        with (
            closing(Crowd(stage)) as crowd,
            watched(stage, JOIN, lambda: crowd.welcomed, crowd.joins) as tick,
        ):
            crowd.tick = tick
            crowd.enter(range(here), "i")
            with _others(crowd, target, here, count, here) as processes:
                figures["all in s"] = monotonic() - began
                crowd.quieten()
                figures["KiB each"] = (target.memory() - before) / count / 1024
                figures["RSS MiB"] = target.memory() / 2**20
                figures |= {"connections": count, "processes": 1 + processes}
                self._look(stage, crowd)
            latencies(stage.run, crowd.joins)

    def _look(self, stage: Stage, crowd: Crowd) -> None:
        meter = Meter(stage.target)
        while (left := meter.began + self.seconds - monotonic()) > 0:
            crowd.turn(min(left, 0.05))
        wall, cpu = meter.read(stage.run)
        stage.run.figures["idle %"] = 100 * cpu / wall

    @property
    def connections(self) -> int:
        return min(self.each or files_here(), files_here(), self.people)


def _most(target: Target) -> float:
    """As many as the server's file limit allows, less what it keeps for itself."""
    return target.files() - SPARE_FILES


@contextmanager
def _others(crowd: Crowd, target: Target, first: int, end: int, each: int) -> Iterator[int]:
    """The rest of the connections, in processes of their own, all in; yields how many processes."""
    processes: list[subprocess.Popen[bytes]] = []
    try:
        for start in range(first, end, each):
            words = (target.codec, target.address[0], target.address[1], start, min(each, end - start))
            processes.append(
                subprocess.Popen(
                    [sys.executable, "-m", __name__, *map(str, words)],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.PIPE,
                    cwd=_ROOT,
                )
            )
        for process in processes:
            _await(crowd, process)
        yield len(processes)
    finally:
        for process in processes:
            process.kill()
            process.communicate()


def _await(crowd: Crowd, process: "subprocess.Popen[bytes]") -> None:
    """Until it says that all are in; meanwhile our own connections are read."""
    assert process.stdout is not None and process.stderr is not None
    os.set_blocking(process.stdout.fileno(), False)
    said = b""

    def is_in() -> bool:
        nonlocal said
        with suppress(BlockingIOError):
            chunk = os.read(process.stdout.fileno(), 64)  # type: ignore[union-attr]  # asserted above
            if not chunk:
                words = process.stderr.read().decode(errors="replace").strip()  # type: ignore[union-attr]
                raise Fault(f"a generator process ended: {words[-300:]}")
            said += chunk
        return said == _IN

    crowd.until(is_in, 60, lambda: "a generator process does not say that all are in")


def hold(codec: str, host: str, port: int, first: int, count: int) -> None:
    """This module as a process: bring them in, say so, and keep them until the input ends."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    os.set_blocking(0, False)
    with closing(Crowd(Stage(Target(codec, (host, port)), Run("")))) as crowd:
        crowd.enter(range(first, first + count), "i")
        os.write(1, _IN)
        while True:
            crowd.turn(0.1)
            with suppress(BlockingIOError):
                if not os.read(0, 1):
                    return


if __name__ == "__main__":
    _codec, _host, *_numbers = sys.argv[1:]
    try:
        hold(_codec, _host, *map(int, _numbers))
    except Fault as fault:
        sys.exit(str(fault))
