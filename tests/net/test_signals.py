"""What a signal does to the server: those that end it, those that are ignored."""

import contextlib
import os
import signal
import socket
import subprocess
from collections.abc import Iterator

import pytest

from tests.support.chatd_process import log_of, running


@contextlib.contextmanager
def person(port: int, nick: str) -> Iterator[socket.SocketIO]:
    """Somebody who has joined; what they read next is what comes after the welcome."""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as sock:
        stream = sock.makefile("rwb", buffering=0)
        stream.write(f"{nick}\n".encode())
        assert read_line(stream).startswith("* you are")
        yield stream
        stream.close()


def read_line(stream: socket.SocketIO) -> str:
    return stream.readline().decode()


@contextlib.contextmanager
def stuck(port: int) -> Iterator[None]:
    """Somebody who asks and takes no replies: the server cannot go down at once."""
    with socket.socket() as frozen:
        frozen.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        frozen.connect(("127.0.0.1", port))
        frozen.sendall(b"frozen\n")
        frozen.settimeout(0.2)
        with contextlib.suppress(TimeoutError):
            while True:
                frozen.sendall(b"/help\n" * 1000)
        yield


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_tells_everyone_and_exits_0(number: int) -> None:
    with running() as (process, (port,)), person(port, "alice") as alice:
        process.send_signal(number)
        assert alice.readall() == b"* the server is going down\n"
        alice.close()
        assert process.wait(10) == 0
        assert log_of(process).readlines()[-1].endswith("went down; 1 of 1 clients were told\n")


def test_two_signals_at_once_are_one() -> None:
    with running() as (process, (port,)), person(port, "alice") as alice:
        process.send_signal(signal.SIGSTOP)
        for number in (signal.SIGHUP, signal.SIGTERM, signal.SIGINT):
            process.send_signal(number)
        process.send_signal(signal.SIGCONT)
        assert alice.readall() == b"* the server is going down\n"
        alice.close()
        assert process.wait(10) == 0


def test_a_later_second_signal_ends_it_at_once() -> None:
    with (
        running("--listen", "tcp://127.0.0.1:0", "--line-rate", "0") as (process, (port,)),
        stuck(port),
    ):
        code = None
        while code is None:  # the first half a second of them is one; alone it would end with 0
            process.send_signal(signal.SIGTERM)
            with contextlib.suppress(subprocess.TimeoutExpired):
                code = process.wait(0.1)
        assert code == 1


def test_a_hangup_that_nohup_ignores_stays_ignored() -> None:
    nohup = ("sh", "-c", """trap "" HUP; exec "$0" "$@" """)
    with running(before=nohup) as (process, (port,)), person(port, "alice") as alice:
        process.send_signal(signal.SIGHUP)
        alice.write(b"/users\n")
        assert read_line(alice) == "* 1 here: alice\n"
        process.send_signal(signal.SIGTERM)
        assert alice.readall() == b"* the server is going down\n"
        alice.close()
        assert process.wait(10) == 0


@pytest.mark.parametrize("name", ["SIGUSR1", "SIGUSR2", "SIGALRM", "SIGVTALRM", "SIGIO"])
def test_a_signal_that_means_nothing_is_logged(name: str) -> None:
    with running() as (process, (port,)), person(port, "alice") as alice:
        os.kill(process.pid, signal.Signals[name])
        heard = next(line for line in log_of(process) if name in line)
        assert heard.endswith(f"{name} is ignored: it means nothing yet\n")
        alice.write(b"/users\n")
        assert read_line(alice) == "* 1 here: alice\n"
