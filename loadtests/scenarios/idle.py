"""Connections that do nothing: the memory of each, and the CPU of all together.

The number of open files of a process is limited, and one source address has 28,000 ephemeral ports to one
server. The engine spreads connections over source addresses; this module spreads them over several processes
where this one may not open enough files. Each of those runs this module with its share: it reports when all
its connections are welcomed, and exits when its stdin is closed. One that exits earlier, as it does when it
loses a connection, is a fault: the figures would be of fewer connections than they say.
"""

import os
import resource
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import ClassVar, Final

from loadtests.engine.crowd import Crowd
from loadtests.measure.errors import Fault, Unusable
from loadtests.scenarios.base import JOIN, SPARE_FILES, RunContext, Scenario, option
from loadtests.scenarios.measures import joins, metered, watched
from loadtests.servers.target import ServerUnderTest

_ROOT: Final = Path(__file__).parent.parent.parent
_IN: Final = b"in\n"
#: Seconds for another process to bring its share in, or to end.
_PATIENCE: Final = 60


def files_here() -> int:
    """Connections that this process may have."""
    return resource.getrlimit(resource.RLIMIT_NOFILE)[0] - SPARE_FILES


@dataclass(frozen=True, slots=True)
class Idle(Scenario):
    """Nobody sends anything, and after the notices of joining nobody receives anything."""

    name: ClassVar[str] = "idle"
    one_load: ClassVar[bool] = False
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

    def run(self, context: RunContext) -> None:
        target, figures = context.target, context.run.figures
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
            closing(Crowd(context.target, context.tick)) as crowd,
            watched(context, JOIN, lambda: crowd.welcomed, crowd.joins, "connections") as tick,
        ):
            crowd.tick = tick
            try:
                crowd.enter(range(here), "i")
                with _others(crowd, target, here, count, here) as processes:
                    figures["all in s"] = monotonic() - began
                    crowd.quieten()
                    figures["KiB each"] = (target.memory() - before) / count / 1024
                    figures["RSS MiB"] = target.memory() / 2**20
                    figures |= {"connections": count, "processes": 1 + len(processes)}
                    self._look(context, crowd)
                    _dismiss(processes)
            finally:
                joins(context.run, crowd)

    def _look(self, context: RunContext, crowd: Crowd) -> None:
        figures = context.run.figures
        until = monotonic() + self.seconds
        with metered(context, lambda wall, cpu: figures.update({"idle %": 100 * cpu / wall})):
            while (left := until - monotonic()) > 0:
                crowd.turn(min(left, 0.05))

    @property
    def connections(self) -> int:
        return min(self.each or files_here(), files_here(), self.people)


def _most(target: ServerUnderTest) -> float:
    """The number of connections that the server's file limit allows."""
    return target.files() - SPARE_FILES


@contextmanager
def _others(
    crowd: Crowd, target: ServerUnderTest, first: int, end: int, each: int
) -> Iterator["list[subprocess.Popen[bytes]]"]:
    """Open the rest of the connections in other processes; yields these when all are welcomed."""
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
        yield processes
    finally:
        for process in processes:
            with process:  # its pipes are closed, and its end is awaited
                process.kill()


def _await(crowd: Crowd, process: "subprocess.Popen[bytes]") -> None:
    """Wait until it reports that all are welcomed; meanwhile read our own connections."""
    assert process.stdout is not None
    os.set_blocking(process.stdout.fileno(), False)
    said = b""

    def is_in() -> bool:
        nonlocal said
        with suppress(BlockingIOError):
            chunk = os.read(process.stdout.fileno(), 64)  # type: ignore[union-attr]  # asserted above
            if not chunk:
                raise _ended(process)
            said += chunk
        return said == _IN

    crowd.until(is_in, _PATIENCE, lambda: "a generator process does not say that all are in")


def _dismiss(processes: "Sequence[subprocess.Popen[bytes]]") -> None:
    """At the end each process must still have all its connections, and exit with 0."""
    for process in processes:
        if process.poll() is not None:
            raise _ended(process)
    for process in processes:
        assert process.stdin is not None
        process.stdin.close()
    for process in processes:
        try:
            process.wait(_PATIENCE)
        except subprocess.TimeoutExpired as error:
            raise Fault(f"a generator process does not end within {_PATIENCE} s") from error
        if process.returncode:
            raise _ended(process)


def _ended(process: "subprocess.Popen[bytes]") -> Fault:
    """The Fault for a process that exited too early: its last line on stderr, or its exit code."""
    assert process.stderr is not None
    words = process.stderr.read().decode(errors="replace").strip().splitlines()
    return Fault(f"a generator process ended: {words[-1] if words else f'exit code {process.wait()}'}")


def hold(codec: str, host: str, port: int, first: int, count: int) -> None:
    """The main function of such a process: log in, report that, and stay connected until stdin is closed."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    os.set_blocking(0, False)
    with closing(Crowd(ServerUnderTest(codec, (host, port)))) as crowd:
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
