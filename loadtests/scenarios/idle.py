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
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import ClassVar, Final

from loadtests.engine.crowd import Crowd
from loadtests.measure.errors import Fault, Unusable
from loadtests.measure.process import raise_file_limit
from loadtests.scenarios.base import SPARE_FILES, RunContext, Scenario, option
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
        *("connections", "all in s", "KiB each", "idle %", "RSS MiB", "processes"),
        *("disturbed %", "blocked ms"),
    )

    people: int = option(10_000, "connections; 0: as many as the server may have", quick=0.05)
    each: int = option(0, "connections of one generator process; 0: as many as it may have")
    seconds: float = option(10.0, "how long they are watched, once all are in", least=0.1, quick=0.1)

    def run(self, context: RunContext) -> None:
        target, figures = context.target, context.run.figures
        most = target.files() - SPARE_FILES
        if not self.people and target.pid is None:
            raise Unusable("how many connections the server may have is not known; please give --people")
        count = self.people or int(most)
        if count > most:
            raise Unusable(
                f"the server may have {most:.0f} connections; please raise the limit (ulimit -Hn) or ask for "
                "fewer --people"
            )
        here = min(self.each or files_here(), files_here(), count)
        before = target.memory()
        began = monotonic()
        with (
            closing(Crowd(target)) as crowd,
            watched(context, lambda: crowd.welcomed, crowd.joins, "connections") as tick,
        ):
            crowd.tick = tick
            try:
                crowd.admit(range(here), "i", crowd.guest)
                with _others(crowd, target, here, count) as processes:
                    figures["all in s"] = monotonic() - began
                    crowd.quieten()
                    crowd.expect_silence()
                    figures["KiB each"] = (target.memory() - before) / count / 1024
                    figures["RSS MiB"] = target.memory() / 2**20
                    figures |= {"connections": count, "processes": 1 + len(processes)}
                    until = monotonic() + self.seconds
                    with metered(context, lambda wall, cpu: figures.update({"idle %": 100 * cpu / wall})):
                        while (left := until - monotonic()) > 0:
                            crowd.turn(min(left, 0.05))
                    for process in processes:
                        process.dismiss()
            finally:
                joins(context.run, crowd)

    @property
    def connections(self) -> int:
        return min(self.each or files_here(), files_here(), self.people)


class Share:
    """Another process, with `count` connections from number `first` on. `is_in` when all are welcomed; when
    it exits before it is dismissed, the crowd's loop raises Fault."""

    def __init__(self, crowd: Crowd, target: ServerUnderTest, first: int, count: int) -> None:
        words = (target.codec, *target.address[:2], first, count)
        self.is_in = False
        self.process = subprocess.Popen(
            [sys.executable, "-m", __name__, *map(str, words)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            cwd=_ROOT,
        )
        self._crowd = crowd
        self._said = b""
        assert self.process.stdout is not None
        self._stdout = self.process.stdout
        crowd.watch(self._stdout, self._read)

    def dismiss(self) -> None:
        """It must still have all its connections, and exit with 0."""
        self._crowd.forget(self._stdout)
        try:
            said, _ = self.process.communicate(timeout=_PATIENCE)
        except subprocess.TimeoutExpired as error:
            raise Fault(f"a generator process does not end within {_PATIENCE} s") from error
        self._said += said
        if self.process.returncode:
            raise self._ended()

    def _read(self) -> None:
        said = os.read(self._stdout.fileno(), 4096)
        self._said += said
        self.is_in = self._said == _IN
        if not said:
            raise self._ended()

    def _ended(self) -> Fault:
        """The Fault for a process that exited too early: its last line, or its exit code."""
        lines = self._said.removeprefix(_IN).decode(errors="replace").split("\n")
        why = next((line for line in reversed(lines) if line), f"exit code {self.process.wait()}")
        return Fault(f"a generator process ended: {why}")


@contextmanager
def _others(crowd: Crowd, target: ServerUnderTest, each: int, count: int) -> Iterator[list[Share]]:
    """Open the rest of the `count` connections in other processes, `each` in one; yields these when all are
    welcomed."""
    shares: list[Share] = []
    try:
        for first in range(each, count, each):
            shares.append(Share(crowd, target, first, min(each, count - first)))
        crowd.until(
            lambda: all(share.is_in for share in shares),
            _PATIENCE,
            lambda: "a generator process does not say that all are in",
        )
        yield shares
    finally:
        for share in shares:
            with share.process:  # its pipes are closed, and its end is awaited
                share.process.kill()


def hold(codec: str, host: str, port: int, first: int, count: int) -> None:
    """The main function of such a process: log in, report that, and stay connected until stdin is closed."""
    raise_file_limit()
    closed: list[bytes] = []
    with closing(Crowd(ServerUnderTest(codec, (host, port)))) as crowd, open(0, "rb") as stdin:
        crowd.admit(range(first, first + count), "i", crowd.guest)
        crowd.watch(stdin, lambda: closed.append(os.read(0, 1)))
        os.write(1, _IN)
        while not closed:
            crowd.turn(0.1)


if __name__ == "__main__":
    _codec, _host, *_numbers = sys.argv[1:]
    try:
        hold(_codec, _host, *map(int, _numbers))
    except Fault as fault:
        sys.exit(str(fault))
