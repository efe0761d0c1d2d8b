"""The servers under test: how they are started on a core of their own, observed, and ended.

Every server gets a fresh process for every run, on a free port of 127.0.0.1. What it writes to stderr goes
to a file, so that no full pipe changes what is measured; a traceback in it fails the run. It is born on its
core, so that whoever counts the cores when it starts, as Go does, finds one.
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

from loadtests.engine.stream import Fault
from loadtests.servers.programs import build_folder, prepare_command
from loadtests.servers.unusable import Unusable

#: The cores that we may have, seen before anyone is pinned: one for the server, one for the generator. Where
#: there is only one, both have it.
_CORES: Final = sorted(os.sched_getaffinity(0))
SERVER_CORE: Final = _CORES[0]
GENERATOR_CORE: Final = _CORES[min(1, len(_CORES) - 1)]

#: In the number of a process's clock: the kind that counts what the scheduler gave it.
_CPU_CLOCK: Final = 2
_ROOT: Final = Path(__file__).parent.parent.parent
_ADDRESS: Final = re.compile(rb"tcp://127\.0\.0\.1:(\d+)")


@contextmanager
def alone() -> Iterator[None]:
    """Two benchmarks on the same two cores would measure each other: the second one is refused."""
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
    """The generator's side: its core, and as many files as it may have."""
    os.sched_setaffinity(0, {GENERATOR_CORE})
    raise_file_limit()


def raise_file_limit() -> None:
    """Up to the hard limit; whoever is started afterwards inherits it."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


@dataclass(frozen=True, slots=True)
class Spent:
    """Seconds of a process: on a processor, all threads; and ready to run while another process had it."""

    cpu: float
    waited: float

    @classmethod
    def of(cls, cpu: int, threads: Iterable[tuple[int, int]]) -> "Spent":
        """From the process's nanoseconds on a processor, and those of each thread on one and in the queue for
        it. On its one core a process waits for its own threads, too: what the busiest of them waited for the
        others, those that have ended among them, is nobody else's doing."""
        most, waited = max(threads)
        return cls(cpu / 1e9, (waited - (cpu - most)) / 1e9)


def spent(pid: int) -> Spent:
    """Until now. Raises Fault where the process has ended.

    The time on a processor is read off the process's own clock, which knows nanoseconds and counts threads
    that have ended. That of another process has no name in Python: Linux makes its number of the pid
    (clock_getcpuclockid(3)). Waiting is told of each living thread only.
    """
    try:
        cpu = clock_gettime_ns(~pid << 3 | _CPU_CLOCK)
        tasks = list(Path(f"/proc/{pid}/task").iterdir())
    except OSError as error:
        raise Fault("the server has ended by itself") from error
    threads = []
    for task in tasks:
        with suppress(OSError):  # a thread that has ended since
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
        """SIGTERM, and wait for its end. Raise Fault where it had ended before."""
        if self.process.poll() is not None:
            raise Fault(f"{self.name} ended by itself with {self.process.returncode}")
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(15)
        except subprocess.TimeoutExpired as error:
            raise Fault(f"{self.name} did not end within 15 s of SIGTERM") from error

    def blocking(self) -> tuple[float, str]:
        """After its end: the longest time its loop was blocked, ms, and where; NaN where nobody watched."""
        if not self.blocked.exists():
            return float("nan"), ""
        longest, where = self.blocked.read_text().splitlines()
        return float(longest), where

    def last_words(self) -> str:
        """The end of its log, in one line."""
        return " / ".join(self.log.read_text(errors="replace").splitlines()[-3:])

    def check_log(self) -> None:
        """Raise Fault where the server logged a traceback."""
        text = self.log.read_text(errors="replace")
        at = text.find("Traceback")
        if at >= 0:
            raise Fault(f"{self.name} logged a traceback: … {text[at:][-300:]!r}")


def _find_port(process: subprocess.Popen[bytes], log: Path) -> int:
    """Wait for the line that tells the address. A file tells nobody that it grows, so this looks often."""
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
    """A fresh server, killed where it still runs when the block is left."""
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
    """Whoever is started meanwhile is on that core from its first moment."""
    ours = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {core})
    try:
        yield
    finally:
        os.sched_setaffinity(0, ours)
