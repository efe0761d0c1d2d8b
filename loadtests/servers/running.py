"""The processes of the servers under test: started on a core of their own, and stopped.

Every run gets a fresh process, on a free port of 127.0.0.1. Its output goes to a file, so that a full pipe
cannot slow it down; a traceback in it fails the run. The process is pinned before it starts, so that a
program that counts the cores at its start, as Go programs do, finds one. It does not outlive this process:
where that is killed (SIGKILL), the kernel kills the server (but for ngIRCd, which changes its user).
"""

import fcntl
import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic, sleep
from typing import Final

import psutil

from loadtests.measure.errors import Fault, Unusable
from loadtests.measure.process import raise_file_limit
from loadtests.servers.programs import ANYWHERE, build_folder, prepare_command

#: The cores that this process may use, read before it is pinned: one is for the server, one for the load
#: generator. Where there is only one, they share it.
_CORES: Final = sorted(os.sched_getaffinity(0))
SERVER_CORE: Final = _CORES[0]
GENERATOR_CORE: Final = _CORES[min(1, len(_CORES) - 1)]

#: Seconds for a server to start, and to end.
_PATIENCE: Final = 15
#: How the folders of servers are called, before the pid of the suite that runs them.
_FOLDER: Final = "server-"
_ROOT: Final = Path(__file__).parent.parent.parent


@contextmanager
def alone() -> Iterator[None]:
    """Hold the lock of the machine's benchmark: a second one at the same time would falsify both, and is
    refused."""
    with (build_folder() / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise Unusable("another benchmark is running; please wait for its end") from error
        yield


def prepare() -> None:
    """Pin this process, the load generator, to its core, and raise its file limit."""
    os.sched_setaffinity(0, {GENERATOR_CORE})
    raise_file_limit()


@dataclass(slots=True)
class ServerProcess:
    """A running server; `log` is the file with its output, `blocked` the file in which `watched` leaves its
    report."""

    name: str
    command: list[str]
    log: Path
    blocked: Path
    process: subprocess.Popen[bytes] = field(init=False)
    address: tuple[str, int] = ("127.0.0.1", 0)

    def start(self) -> int:
        """On its core; its pid. The address is the one that it had, if it ran before. The kernel ends it when
        the thread that called this ends."""
        place = f"tcp://{self.address[0]}:{self.address[1]}"
        with self.log.open("ab") as output, _on(SERVER_CORE):
            self.process = subprocess.Popen(
                _bound([place if word == ANYWHERE else word for word in self.command]),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                cwd=_ROOT,
                start_new_session=True,  # Ctrl-C in a terminal is for the suite, which then stops the server
            )
        return self.process.pid

    @property
    def data(self) -> Path:
        """The folder for what it stores; it makes that itself."""
        return self.log.with_name("data")

    def kill(self) -> None:
        """Where it still runs; it has ended then."""
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()

    def end(self) -> None:
        """Send SIGTERM, and wait for its exit. Raises Fault where it had exited before."""
        if self.process.poll() is not None:
            raise Fault(f"{self.name} ended by itself with {self.process.returncode}")
        self.process.terminate()
        try:
            self.process.wait(_PATIENCE)
        except subprocess.TimeoutExpired as error:
            raise Fault(f"{self.name} did not end within {_PATIENCE} s of SIGTERM") from error

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
        if (at := text.find("Traceback")) >= 0:
            raise Fault(f"{self.name} logged a traceback: … {text[at:][-300:]!r}")


@contextmanager
def running(name: str) -> Iterator[ServerProcess]:
    """A fresh server process, killed if it still runs at the end of the block. Raises Unusable where it
    cannot be started."""
    # In the build folder, since a folder for temporary files may be none of a disk's.
    place = build_folder()
    _sweep(place)
    with tempfile.TemporaryDirectory(prefix=f"{_FOLDER}{os.getpid()}-", dir=place) as folder:
        log, blocked = Path(folder) / "log", Path(folder) / "blocked"
        server = ServerProcess(name, prepare_command(name, Path(folder)), log, blocked)
        raise_file_limit()
        server.start()
        try:
            server.address = ("127.0.0.1", _port(server))
            yield server
        finally:
            server.kill()


def _sweep(place: Path) -> None:
    """Remove what suites left here that were killed (SIGKILL)."""
    for folder in place.glob(f"{_FOLDER}*"):
        if not psutil.pid_exists(int(folder.name.split("-")[1])):
            shutil.rmtree(folder, ignore_errors=True)


def _bound(command: list[str]) -> list[str]:
    """The command, ended by the kernel when this process ends: by util-linux' setpriv, since code of ours
    between fork and exec is not safe beside threads. Where there is none the server is ended by us only."""
    setpriv = shutil.which("setpriv")
    return [setpriv, "--pdeathsig", signal.SIGKILL.name.removeprefix("SIG"), *command] if setpriv else command


def _port(server: ServerProcess) -> int:
    """Wait until it listens; a listening socket cannot be waited for, so it is looked for."""
    deadline = monotonic() + _PATIENCE
    while monotonic() < deadline and server.process.poll() is None:
        with suppress(psutil.Error):  # it has ended meanwhile, as is told below
            for one in psutil.Process(server.process.pid).net_connections("tcp"):
                if one.status == psutil.CONN_LISTEN:
                    return int(one.laddr.port)
        sleep(0.005)
    raise Unusable(f"{server.name} did not start: {server.last_words()}; please see whether it is installed")


@contextmanager
def _on(core: int) -> Iterator[None]:
    """A process that is started in this block is on that core from its first instruction."""
    ours = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {core})
    try:
        yield
    finally:
        os.sched_setaffinity(0, ours)
