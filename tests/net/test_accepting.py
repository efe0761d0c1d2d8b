"""Accepting: in turns, and through a lack of descriptors."""

import contextlib
import os
import resource
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gevent
import pytest
from gevent import socket

from chatd.net.accepting import Acceptor
from chatd.net.listeners import listen
from chatd.net.logs import log
from chatd.net.repeated import RepeatedWarning
from chatd.net.transports import Transport
from chatd.net.yielding import give_way
from chatd.protocol.limits import DEFAULT
from tests.net.test_logs import fill
from tests.support.chatd_process import CHATD, log_of, running
from tests.support.live import WATCHDOG, address_of
from tests.support.processes import free_port


@contextlib.contextmanager
def accepting(admit: Any, settled: Any = lambda: True) -> Iterator[tuple[str, int]]:
    """An acceptor that is at work, two connections a turn; the address to connect to."""
    (listener,) = listen("tcp://127.0.0.1:0", DEFAULT)
    acceptor = Acceptor(listener, admit, settled, 2, RepeatedWarning())
    acceptor.start()
    with gevent.Timeout(WATCHDOG):
        yield address_of(listener.uri)
    acceptor.stop()


def test_more_are_accepted_when_those_before_have_begun() -> None:
    admitted: list[Transport] = []
    begun = 0
    with accepting(admitted.append, lambda: begun == len(admitted)) as address:
        peers = [socket.create_connection(address) for _ in range(5)]
        for expected in (2, 4, 5):
            while len(admitted) < expected:
                give_way()
            for _ in range(10):
                give_way()
            assert len(admitted) == expected
            begun = expected
    for transport in admitted:
        transport.close()
    for peer in peers:
        peer.close()


def test_an_error_while_one_is_accepted_costs_only_that_one(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(log, "propagate", True)
    admitted: list[Transport] = []

    def admit(transport: Transport) -> None:
        if not admitted:
            admitted.append(transport)
            raise ZeroDivisionError
        transport.send(b"welcome")
        transport.close()

    with accepting(admit) as address:
        with socket.create_connection(address) as first:
            assert first.recv(100) == b""
        with socket.create_connection(address) as second:
            assert second.recv(100) == b"welcome"
    assert "ZeroDivisionError" in caplog.text


def limit_files(pid: int, spare: int) -> None:
    """As many as are open now, and so many more."""
    used = len(list(Path(f"/proc/{pid}/fd").iterdir()))
    _, hard = resource.prlimit(pid, resource.RLIMIT_NOFILE)
    resource.prlimit(pid, resource.RLIMIT_NOFILE, (used + spare, hard))


def test_no_descriptors_left_is_one_line_and_passes() -> None:
    with running() as (process, (port,)), gevent.Timeout(WATCHDOG):
        address = ("127.0.0.1", port)
        limit_files(process.pid, 2)
        peers = [socket.create_connection(address) for _ in range(20)]
        assert next(line for line in log_of(process) if "cannot accept" in line).endswith(
            "WARNING cannot accept connections: Too many open files\n"
        )
        limit_files(process.pid, 100)
        for number, peer in enumerate(peers):
            peer.sendall(b"user%d\n/quit\n" % number)
        for peer in peers:
            assert b"* bye" in peer.makefile("rb").read()
            peer.close()
        process.send_signal(signal.SIGTERM)
        rest = log_of(process).read()
        assert "Traceback" not in rest
        assert rest.count("cannot accept") <= 1  # how often it happened


def test_without_descriptors_and_with_a_stuck_stderr_people_are_served() -> None:
    port = free_port()
    read, write = os.pipe()
    fill(write)
    command = [*CHATD, "--listen", f"tcp://127.0.0.1:{port}"]
    with subprocess.Popen(command, stderr=write) as process, gevent.Timeout(WATCHDOG):
        try:
            while True:
                with contextlib.suppress(ConnectionRefusedError):
                    alice = socket.create_connection(("127.0.0.1", port))
                    break
            lines = alice.makefile("rb")
            alice.sendall(b'{"type":"hello","nick":"alice"}\n')
            assert b'"welcome"' in lines.readline()
            limit_files(process.pid, 0)
            burst = [socket.create_connection(("127.0.0.1", port)) for _ in range(50)]
            for number in range(10):
                alice.sendall(b'{"type":"ping","ref":"%d"}\n' % number)
                assert lines.readline() == b'{"type":"pong","ref":"%d"}\n' % number
            process.send_signal(signal.SIGTERM)
            assert b"going down" in lines.readline()
            lines.close()
            for sock in (alice, *burst):
                sock.close()
            assert process.wait(WATCHDOG) == 0
        finally:
            process.kill()
            os.close(read)
            os.close(write)


def test_errors_of_the_event_loop_go_to_the_log_and_block_nothing() -> None:
    code = (
        "import gevent, os, sys\n"
        "from chatd.net import hub_errors, logs\n"
        "writer = logs.start('info')\n"
        "hub_errors.to_the_log()\n"
        "class Bad:\n"
        "    def __del__(self): raise KeyError('finalizer')\n"
        "def fail(): raise ValueError('greenlet')\n"
        "gevent.spawn(fail).join()\n"
        "Bad()\n"
        "os.write(1, b'alive')\n"
        "sys.stdin.read()\n"
        "writer.drain()\n"
    )
    read, write = os.pipe()
    size = fill(write)
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=write
    ) as process:
        assert process.stdin is not None and process.stdout is not None
        os.close(write)
        assert process.stdout.read(5) == b"alive"
        process.stdin.close()
        with open(read, "rb") as stderr:
            said = stderr.read()[size:].decode()
        assert process.wait(10) == 0
    assert "ERROR an error in the event loop, in a Greenlet\nTraceback" in said
    assert "\nValueError: greenlet\n" in said
    assert "ERROR an error in Bad.__del__\nTraceback" in said
    assert "\nKeyError: 'finalizer'\n" in said
