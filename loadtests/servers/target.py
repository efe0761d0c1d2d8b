"""The server that a load is run against, and what its process has used."""

from collections.abc import Callable
from dataclasses import dataclass, field

from loadtests.measure.process import Spent, files, memory, spent


@dataclass(slots=True)
class ServerUnderTest:
    """The running server that is loaded: its protocol (a key of the engine's CODECS), its address, and the
    pid of its process, where that is on this machine. Without a pid the figures of its process are NaN.
    `restart` kills the process and starts another, whose pid it returns; there is none where the server is
    somebody else's."""

    codec: str
    address: tuple[str, int]
    pid: int | None = None
    restart: Callable[[], int] | None = None
    #: What processes before this one spent; and whether there is none at the moment.
    _before: Spent = field(default=Spent(0, 0))
    _is_down: bool = False

    def go_down(self) -> None:
        """The process is about to be killed: what it has spent is kept."""
        self._before, self._is_down = self.spent(), True

    def come_back(self) -> None:
        """Kill it, and start another at the same address, with the same log. It may not listen yet. Takes a
        moment, and so may be called by another thread."""
        assert self.restart is not None
        self.pid = self.restart()
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
