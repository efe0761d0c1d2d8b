"""A server under fire goes down in its time. Not a measurement: the bound is generous."""

import contextlib
import re
import resource
import signal
import socket
import subprocess
import sys
import time
from collections import deque
from collections.abc import Callable
from itertools import count
from pathlib import Path

import pytest

#: chatd, with less time to go down than the default.
_CHATD = """
import dataclasses
from chatd import __main__
from chatd.net import server
from chatd.protocol.limits import DEFAULT
server.Server.__init__.__defaults__ = (dataclasses.replace(DEFAULT, down_time=1.0),)
raise SystemExit(__main__.main(["--data", "memory", "--listen", "tcp://127.0.0.1:0", "--line-rate", "0"]))
"""

#: Attacks a server at this address while the function that it is given says so.
Fire = Callable[[tuple[str, int], Callable[[], bool]], None]


def frozen_and_flooding(address: tuple[str, int], under_fire: Callable[[], bool]) -> None:
    """Clients that send without end and never read: each uses up its time slice at every turn."""
    with contextlib.ExitStack() as stack:
        socks = [stack.enter_context(socket.create_connection(address)) for _ in range(150)]
        for number, sock in enumerate(socks):
            sock.sendall(b"user%d\n" % number)
            sock.setblocking(False)
        while under_fire():
            for sock in socks[20:]:
                with contextlib.suppress(OSError):
                    sock.send(b"/nonsense\n" * 6000)


def coming_and_going(address: tuple[str, int], under_fire: Callable[[], bool]) -> None:
    """Thousands of connections a second, each of which joins and leaves at once."""
    most = min(3000, resource.getrlimit(resource.RLIMIT_NOFILE)[0] // 2)
    open_ones: deque[socket.socket] = deque()
    numbers = count()
    while under_fire():
        sock = socket.socket()
        sock.setblocking(False)
        open_ones.append(sock)
        with contextlib.suppress(OSError):
            sock.connect_ex(address)
            sock.send(b"user%d\n/quit\n" % next(numbers))
        if len(open_ones) > most:
            open_ones.popleft().close()
    for sock in open_ones:
        sock.close()


@pytest.mark.parametrize(("fire", "seconds"), [(frozen_and_flooding, 1), (coming_and_going, 1.5)])
def test_under_fire_it_goes_down_in_time(fire: Fire, seconds: float, tmp_path: Path) -> None:
    log = tmp_path / "log"
    with log.open("wb") as stderr, subprocess.Popen([sys.executable, "-c", _CHATD], stderr=stderr) as process:
        try:
            while not (port := re.search(r"tcp://127.0.0.1:(\d+)", log.read_text())):
                time.sleep(0.01)
            asked_at = time.monotonic() + seconds

            def under_fire() -> bool:
                if time.monotonic() > asked_at and not signalled:
                    process.send_signal(signal.SIGTERM)
                    signalled.append(True)
                return process.poll() is None

            signalled: list[bool] = []
            fire(("127.0.0.1", int(port[1])), under_fire)
            assert time.monotonic() - asked_at < 1.0 + 2.0
            assert process.returncode == 0
        finally:
            process.kill()
