"""The server that a load is run against, and what its process has used."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from loadtests.measure.process import Spent, files, memory, spent


class ProcessControl(Protocol):
    """A server of the suite's own: killed, and started at the same address, with the same log."""

    def kill(self) -> None: ...
    def start(self) -> int: ...


@dataclass(slots=True)
class ServerUnderTest:
    """The running server that is loaded: its protocol (a key of the engine's CODECS), its address, and the
    pid of its process, where that is on this machine. Without a pid the figures of its process are NaN.
    Where the server is somebody else's there is no `process`."""

    codec: str
    address: tuple[str, int]
    pid: int | None = None
    process: ProcessControl | None = None
    #: The folder in which that one keeps its log.
    data: Path | None = None
    #: What processes before this one spent; and whether there is none at the moment.
    _before: Spent = field(default=Spent(0, 0))
    _is_down: bool = False

    def go_down(self) -> None:
        """The process is about to be killed: what it has spent is kept."""
        self._before, self._is_down = self.spent(), True

    def kill(self) -> None:
        """As a failure of the machine would. It takes a moment until the process has ended, and so another
        thread may do it."""
        assert self.process is not None
        self.process.kill()

    def come_back(self) -> None:
        """Start another. It may not listen yet."""
        assert self.process is not None
        self.pid = self.process.start()
        self._is_down = False

    def spent(self) -> Spent:
        """CPU and waiting time of its processes so far. Raises Fault where it has ended by itself."""
        if self._is_down:
            return self._before
        if self.pid is None:
            return Spent()
        now = spent(self.pid)
        return Spent(self._before.cpu + now.cpu, self._before.waited + now.waited)

    def memory(self, field: str = "VmRSS") -> float:
        """Resident bytes now (VmRSS), or the peak so far (VmHWM). Raises Fault where it has ended."""
        return float("nan") if self.pid is None or self._is_down else memory(self.pid, field)

    def files(self) -> float:
        """How many files its process may open; infinity where the pid is not known. Raises Fault where it has
        ended."""
        return float("inf") if self.pid is None else files(self.pid)
