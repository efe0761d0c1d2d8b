"""The server that a load is run against, and what its process has used."""

from dataclasses import dataclass
from pathlib import Path

from loadtests.measure.errors import Fault
from loadtests.servers.running import Spent, spent


@dataclass(frozen=True, slots=True)
class ServerUnderTest:
    """The running server that is loaded: its protocol (a key of the engine's CODECS), its address, and the
    pid of its process, where that is on this machine."""

    codec: str
    address: tuple[str, int]
    pid: int | None = None

    def spent(self) -> Spent:
        """CPU and waiting time of its process so far; NaN where the pid is not known. Raises Fault where it
        has ended."""
        return Spent(float("nan"), float("nan")) if self.pid is None else spent(self.pid)

    def memory(self, field: str = "VmRSS") -> float:
        """Resident bytes now (VmRSS), or the peak so far (VmHWM); NaN where the pid is not known."""
        if self.pid is None:
            return float("nan")
        try:
            status = Path(f"/proc/{self.pid}/status").read_text()
        except OSError as error:
            raise Fault("the server has ended by itself") from error
        found = [line for line in status.splitlines() if line.startswith(field + ":")]
        return int(found[0].split()[1]) * 1024 if found else float("nan")

    def files(self) -> float:
        """How many files its process may open; infinity where the pid is not known."""
        if self.pid is None:
            return float("inf")
        limits = Path(f"/proc/{self.pid}/limits").read_text().splitlines()
        return float(next(line for line in limits if line.startswith("Max open files")).split()[3])
