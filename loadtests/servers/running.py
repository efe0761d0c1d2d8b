"""The processes of the servers under test: started on a core of their own, observed, and stopped.

Every run gets a fresh process, on a free port of 127.0.0.1. Its stderr goes to a file, so that a full pipe
cannot slow it down; a traceback in it fails the run. The process is pinned before it starts, so that a
program that counts the cores at its start, as Go programs do, finds one.
"""

import fcntl
import os
import re
import resource
import signal
import socket
import subprocess
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from time import clock_gettime_ns, monotonic, sleep
from typing import Final

from loadtests.measure.errors import Fault, Unusable
from loadtests.servers.programs import build_folder, prepare_command

#: The cores that this process may use, read before it is pinned: one is for the server, one for the load
#: generator. Where there is only one, they share it.
_CORES: Final = sorted(os.sched_getaffinity(0))
SERVER_CORE: Final = _CORES[0]
GENERATOR_CORE: Final = _CORES[min(1, len(_CORES) - 1)]

#: In the id of a process's clock: the kind that counts the CPU time given by the scheduler (CPUCLOCK_SCHED).
_CPU_CLOCK: Final = 2
_ROOT: Final = Path(__file__).parent.parent.parent
_ADDRESS: Final = re.compile(rb"tcp://127\.0\.0\.1:(\d+)")


@contextmanager
def alone() -> Iterator[None]:
    """Hold the lock of the machine's benchmark: a second one at the same time would falsify both, and is
    refused."""
    path = build_folder() / "lock"
    try:
        lock = path.open("w")
    except OSError as error:
        raise Unusable(f"{path} cannot be written ({error.strerror}); please make it writable") from error
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise Unusable("another benchmark is running; please wait for its end") from error
        yield


def prepare() -> None:
    """Pin this process, the load generator, to its core, and raise its file limit."""
    os.sched_setaffinity(0, {GENERATOR_CORE})
    raise_file_limit()


def raise_file_limit() -> None:
    """Up to the hard limit; child processes inherit it."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


@dataclass(frozen=True, slots=True)
class Spent:
    """Seconds that a process spent: on the CPU, all threads together; and runnable, while another process had
    the core."""

    cpu: float
    waited: float

    @classmethod
    def of(cls, cpu: int, threads: Iterable[tuple[int, int]]) -> "Spent":
        """From the process's CPU time, and each thread's CPU and waiting time, in nanoseconds. On one core
        the threads of a process wait for each other too: the time that the busiest thread waited for the
        others (also for those that have ended) was not taken by another process, and is subtracted."""
        most, waited = max(threads)
        return cls(cpu / 1e9, (waited - (cpu - most)) / 1e9)


def spent(pid: int) -> Spent:
    """What the process has spent until now. Raises Fault where it has ended.

    CPU time is read from the process's own clock, which has nanoseconds and includes threads that have ended.
    Python has no name for the clock of another process: on Linux its id is computed from the pid
    (clock_getcpuclockid(3)). Waiting time is known for living threads only (/proc/PID/task/TID/schedstat).
    """
    try:
        cpu = clock_gettime_ns(~pid << 3 | _CPU_CLOCK)
        tasks = list(Path(f"/proc/{pid}/task").iterdir())
    except OSError as error:
        raise Fault("the server has ended by itself") from error
    threads = []
    for task in tasks:
        with suppress(OSError):  # the thread has ended meanwhile
            on, off, _ = (task / "schedstat").read_text().split()
            threads.append((int(on), int(off)))
    if not threads:
        raise Fault("the server has ended by itself")
    return Spent.of(cpu, threads)


@dataclass(frozen=True, slots=True)
class ServerProcess:
    """A running server; `log` is the file with its stderr, `blocked` the file in which `watched` leaves its
    report."""

    name: str
    process: subprocess.Popen[bytes]
    address: tuple[str, int]
    log: Path
    blocked: Path

    def end(self) -> None:
        """Send SIGTERM, and wait for its exit. Raises Fault where it had exited before."""
        if self.process.poll() is not None:
            raise Fault(f"{self.name} ended by itself with {self.process.returncode}")
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(15)
        except subprocess.TimeoutExpired as error:
            raise Fault(f"{self.name} did not end within 15 s of SIGTERM") from error

    def blocking(self) -> tuple[float, str]:
        """After its exit: the longest time its event loop was blocked, ms, and where; NaN where that was not
        measured."""
        if not self.blocked.exists():
            return float("nan"), ""
        longest, where = self.blocked.read_text().splitlines()
        return float(longest), where

    def last_words(self) -> str:
        """The last lines of its log, as one line."""
        return " / ".join(self.log.read_text(errors="replace").splitlines()[-3:])

    def check_log(self) -> None:
        """Raises Fault where the server logged a traceback."""
        text = self.log.read_text(errors="replace")
        at = text.find("Traceback")
        if at >= 0:
            raise Fault(f"{self.name} logged a traceback: … {text[at:][-300:]!r}")


def _find_port(process: subprocess.Popen[bytes], log: Path) -> int:
    """Wait for the line with the address in its log. A file cannot be waited for, so it is polled."""
    deadline = monotonic() + 15
    while monotonic() < deadline:
        found = _ADDRESS.search(log.read_bytes())
        if found:
            return int(found[1])
        if process.poll() is not None:
            break
        sleep(0.005)
    raise _unborn(log)


def _await_port(process: subprocess.Popen[bytes], log: Path, port: int) -> int:
    """Wait until it accepts a connection."""
    deadline = monotonic() + 15
    while monotonic() < deadline and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
            return port
        except ConnectionRefusedError:
            sleep(0.005)
    raise _unborn(log)


def _unborn(log: Path) -> Unusable:
    return Unusable(f"the server did not start: {log.read_text(errors='replace')[-500:].strip()}")


@contextmanager
def running(name: str) -> Iterator[ServerProcess]:
    """A fresh server process, killed if it still runs at the end of the block."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        log, blocked = Path(folder) / "log", Path(folder) / "blocked"
        command, port = prepare_command(name, Path(folder))
        raise_file_limit()
        process = _start(command, log)
        try:
            found = _find_port(process, log) if port is None else _await_port(process, log, port)
            yield ServerProcess(name, process, ("127.0.0.1", found), log, blocked)
        finally:
            if process.poll() is None:
                process.kill()
            process.wait()


def _start(command: list[str], log: Path) -> "subprocess.Popen[bytes]":
    with log.open("wb") as stderr, _on(SERVER_CORE):
        try:
            return subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=stderr, stderr=stderr, cwd=_ROOT
            )
        except OSError as error:
            raise Unusable(
                f"{command[0]} cannot be started ({error.strerror}); please see whether it is installed"
            ) from error


@contextmanager
def _on(core: int) -> Iterator[None]:
    """A process that is started in this block is on that core from its first instruction."""
    ours = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {core})
    try:
        yield
    finally:
        os.sched_setaffinity(0, ours)
