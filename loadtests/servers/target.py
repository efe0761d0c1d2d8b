"""The server that a load is run against, and what its process has used."""

from dataclasses import dataclass

from loadtests.measure.process import Spent, files, memory, spent


@dataclass(frozen=True, slots=True)
class ServerUnderTest:
    """The running server that is loaded: its protocol (a key of the engine's CODECS), its address, and the
    pid of its process, where that is on this machine. Without a pid the figures of its process are NaN."""

    codec: str
    address: tuple[str, int]
    pid: int | None = None

    def spent(self) -> Spent:
        """CPU and waiting time of its process so far. Raises Fault where it has ended."""
        return Spent() if self.pid is None else spent(self.pid)

    def memory(self, field: str = "VmRSS") -> float:
        """Resident bytes now (VmRSS), or the peak so far (VmHWM). Raises Fault where it has ended."""
        return float("nan") if self.pid is None else memory(self.pid, field)

    def files(self) -> float:
        """How many files its process may open; infinity where the pid is not known. Raises Fault where it has
        ended."""
        return float("inf") if self.pid is None else files(self.pid)
