"""Whole runs: against a server that wrongs three readers, and `make load` itself against chatd.

locust patches whatever process imports it, so both runs are processes of their own; they run side by side,
since most of their time is locust waiting for its workers. The faulty server is played by this process.
"""

import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import gevent
import pytest
from gevent import socket
from gevent.server import StreamServer
from gevent.subprocess import PIPE, STDOUT, Popen

from chatd.events import Ack, Bye, Event, LineLimits, Said, Welcome
from chatd.requests import Hello, Quit, Request, Say
from loadtests import report
from loadtests.processes import Failed, free_port, running
from loadtests.stream import JSONL

ROOT = Path(__file__).parent.parent
USERS, TALKERS = 8, 2

#: What happens to the third and the fourth message to one reader.
FAULTS: tuple[Callable[[bytes, bytes], bytes], ...] = (
    lambda third, fourth: fourth,
    lambda third, fourth: third + third + fourth,
    lambda third, fourth: fourth + third,
)


class Member:
    """Someone in the room of the faulty server; `fault` is None for those who are served well."""

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock
        self.nick = ""
        self.fault: Callable[[bytes, bytes], bytes] | None = None
        self._count = 0
        self._held = b""

    def tell(self, event: Event) -> None:
        self.sock.sendall(JSONL.encode(event))

    def deliver(self, line: bytes) -> None:
        self._count += 1
        if self.fault is None or self._count not in (3, 4):
            self.sock.sendall(line)
        elif self._count == 3:
            self._held = line
        else:
            self.sock.sendall(self.fault(self._held, line))


class FaultyServer:
    """The least that passes for a chat server, and wrongs the first three listeners once each."""

    def __init__(self) -> None:
        self._members: list[Member] = []
        self._faults = iter(FAULTS)
        self._id = 0
        self._server = StreamServer(("127.0.0.1", 0), self._serve)
        self._server.start()
        self.address = f"tcp://127.0.0.1:{self._server.server_port}"

    def close(self) -> None:
        self._server.stop()

    def _serve(self, sock: socket.socket, _: object) -> None:
        member = Member(sock)
        with sock, sock.makefile("rb") as lines:
            for line in lines:
                request = JSONL.parse(line.rstrip())
                assert request is not None
                self._answer(member, request)
                if isinstance(request, Quit):
                    return

    def _answer(self, member: Member, request: Request) -> None:
        match request:
            case Hello(nick=nick):
                member.nick = nick
                member.fault = next(self._faults, None) if nick.startswith("l") else None
                self._members.append(member)
                member.tell(Welcome(nick, "token", "faulty", len(self._members), LineLimits(4096, 32)))
            case Say(text=text, ref=str(ref)):
                self._id += 1
                line = JSONL.encode(Said(room="lobby", id=self._id, sender=member.nick, text=text, at=0))
                for other in self._members:
                    if other is not member:
                        other.deliver(line)
                member.tell(Ack(ref, self._id))
            case Quit():
                self._members.remove(member)
                member.tell(Bye("quit"))


@dataclass
class Ended:
    """A run that is over."""

    code: int
    output: str


@contextmanager
def _started(*words: str) -> Iterator["Popen[bytes]"]:
    """A run that is over, with whatever it started, when the block ends."""
    command = [sys.executable, "-m", *words]
    process = Popen(command, cwd=ROOT, stdout=PIPE, stderr=STDOUT, start_new_session=True)
    try:
        yield process
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)


def _ended(process: "Popen[bytes]") -> Ended:
    output, _ = process.communicate()
    return Ended(process.returncode, output.decode())


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> tuple[Ended, report.Report, Ended]:
    """Against the faulty server, with its report; and `make load`, small."""
    faulty = FaultyServer()
    path = tmp_path_factory.mktemp("load") / "report.json"
    port = str(free_port())
    load = (
        *("loadtests", "--users", f"{USERS}", "--talkers", f"{TALKERS}"),
        *("--rate", "20", "--seconds", "0.5", "--processes", "1"),
    )
    wronged = (
        *("locust", "--locustfile", "loadtests/locustfile.py", "--headless", "--processes", "2"),
        *("--host", faulty.address, "--users", f"{USERS}", "--spawn-rate", "100"),
        *("--talkers", f"{TALKERS}", "--message-rate", "20", "--talk-time", "0.5"),
        *("--report-file", str(path), "--master-port", port, "--master-bind-port", port),
    )
    with gevent.Timeout(60), _started(*load) as first, _started(*wronged) as second:
        ended = _ended(second), _ended(first)
    faulty.close()
    return ended[0], report.read(path), ended[1]


def test_wronged_readers_end_a_run_with_code_1(runs: tuple[Ended, report.Report, Ended]) -> None:
    wronged, figures, _ = runs
    assert wronged.code == 1, wronged.output
    kinds = {name: count for name, _, count in figures.errors}
    assert kinds == {"missing": 1, "doubled": 1, "reordered": 1}
    assert figures.delivered == figures.expected - 1
    assert figures.entry("missing").failures == 1
    assert figures.entry(report.JOIN).count == USERS


def test_make_load_prints_its_figures(runs: tuple[Ended, report.Report, Ended]) -> None:
    _, _, load = runs
    assert load.code == 0, load.output
    assert " 0 missing; 0 doubled, 0 reordered, 0 skipped" in load.output
    for name in (report.JOIN, report.ACK, report.DELIVER, "µs of CPU a delivery"):
        assert name in load.output


def test_a_child_ends_with_the_block_that_started_it() -> None:
    """One that was asked to end and will not is killed; here one that ends when asked."""
    with running("a sleeper", [sys.executable, "-c", "print('hi', flush=True); input()"]) as child:
        process = child.process
        process.wait()  # its input is empty
        assert "EOFError" in str(child.failure("ended"))
    with pytest.raises(Failed), running("a sleeper", ["sleep", "60"]) as child:
        process = child.process
        raise child.failure("is too slow")
    assert process.returncode == -15
