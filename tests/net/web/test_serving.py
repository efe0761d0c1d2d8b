"""Conversations of HTTP with the real server: by raw sockets, and by curl."""

import re
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Final

import pytest
from gevent import socket, subprocess

from chatd.net.server import Server
from chatd.protocol.limits import DEFAULT
from tests.support.live import Peer, serving
from tests.support.programs import needs

GET: Final = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"


@pytest.fixture
def server() -> Iterator[Server]:
    with serving(replace(DEFAULT, head_time=0.05, http_idle=0.05, leave_time=0.05)) as one:
        yield one


class WebVisitor:
    """A raw connection, and the answers on it."""

    def __init__(self, server: Server) -> None:
        self.sock = Peer(server).sock
        self.data = b""

    def answer(self, head_only: bool = False) -> tuple[int, dict[str, str], str]:
        """The next answer's status, headers and body."""
        while (end := self.data.find(b"\r\n\r\n")) < 0:
            self._more()
        first, *lines = self.data[:end].decode().split("\r\n")
        headers = dict(line.split(": ", 1) for line in lines)
        self.data = self.data[end + 4 :]
        size = 0 if head_only else int(headers["Content-Length"])
        while len(self.data) < size:
            self._more()
        body, self.data = self.data[:size].decode(), self.data[size:]
        return int(first.split()[1]), headers, body

    def _more(self) -> None:
        data = self.sock.recv(65536)
        assert data, "the end came before the answer"
        self.data += data

    def at_end(self) -> bool:
        return not self.data and self.sock.recv(1) == b""


def test_requests_are_answered_in_order_on_one_connection(server: Server) -> None:
    visitor = WebVisitor(server)
    get = "{} {} HTTP/1.1\r\nHost: localhost\r\n\r\n"
    asked = [("GET", "/healthz"), ("HEAD", "/"), ("GET", "/x"), ("POST", "/"), ("GET", "/")]
    visitor.sock.sendall("".join(get.format(*one) for one in asked).encode())
    answers = [visitor.answer(method == "HEAD") for method, _ in asked]
    assert [status for status, _, _ in answers] == [200, 200, 404, 405, 200]
    assert answers[0][2] == "ok\n" and answers[3][1]["Allow"] == "GET, HEAD"
    assert answers[1][1]["Content-Length"] == answers[4][1]["Content-Length"]
    assert "chat server" in answers[4][2]
    assert visitor.at_end()  # nothing was asked for


def test_byte_by_byte(server: Server) -> None:
    visitor = WebVisitor(server)
    for at in range(len(GET)):
        visitor.sock.sendall(GET[at : at + 1])
    assert visitor.answer()[0] == 200


def test_many_requests_are_held_by_a_rate() -> None:
    with serving(replace(DEFAULT, free_burst=2, free_rate=1000)) as server:
        visitor = WebVisitor(server)
        visitor.sock.sendall(GET * 20)
        assert [visitor.answer()[0] for _ in range(20)] == [200] * 20


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (b"GET / HTTP/1.1\r\nHost: localhost\r\n", 408),
        (b"GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello", 400),
        (b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 50000\r\n\r\n" + b"x" * 50_000, 413),
        (b"GET / HTTP/1.1\r\nHost: localhost\r\n" + b"X: y\r\n" * 2000, 431),
        (b"GET /" + b"x" * 5000, 414),
        (b"GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n", 421),
        (b"GET / HTTP/3.0\r\nHost: localhost\r\n\r\n", 505),
    ],
)
def test_what_is_refused_is_told_and_closed(server: Server, data: bytes, status: int) -> None:
    visitor = WebVisitor(server)
    visitor.sock.sendall(data)
    found, headers, _ = visitor.answer()
    assert (found, headers["Connection"]) == (status, "close")
    assert visitor.at_end()


def test_a_part_of_a_method_may_be_somebodys_name() -> None:
    with serving(replace(DEFAULT, greet_after=0.02)) as server, Peer(server) as peer:
        peer.sock.sendall(b"PUT")
        peer.sock.sendall(b"ty\n")
        peer.expect(r"\* you are PUTty .*")


@pytest.mark.parametrize("said, answered", [(b"", b""), (b"PU", b"* you are PU ")])
def test_nothing_is_waited_for_behind_the_end(said: bytes, answered: bytes) -> None:
    with serving(replace(DEFAULT, greet_after=60)) as server, Peer(server) as peer:
        peer.sock.sendall(said)
        peer.sock.shutdown(socket.SHUT_WR)
        assert peer.sock.recv(1024).startswith(answered)


def test_where_a_browser_is_who_says_nothing_is_greeted_later() -> None:
    limits = replace(DEFAULT, greet_after=0.01, greet_browser_after=0.1)
    with serving(limits) as server:
        visitor = WebVisitor(server)
        visitor.sock.sendall(GET)
        visitor.answer()
        began = time.monotonic()
        with Peer(server) as person:
            person.expect(r"\* chatd .* - what is your name\?")
        assert time.monotonic() - began >= limits.greet_browser_after


def test_who_is_in_the_middle_of_http_does_not_hold_up_the_end(server: Server) -> None:
    visitor = WebVisitor(server)
    visitor.sock.sendall(GET)
    visitor.answer()
    server.stop()
    assert visitor.at_end()


@needs("curl")
def test_curl(server: Server) -> None:
    url = "http://" + server.addresses[0].removeprefix("tcp://")
    words = ["curl", "-sS", "-i", "--max-time", "5", f"{url}/healthz", "--next", "-sSI", f"{url}/", "--next"]
    words += ["-sS", "-d", "x=" + 100_000 * "y", "-o", "/dev/null", "-w", "%{http_code}", f"{url}/"]
    said = subprocess.run(words, check=True, stdout=subprocess.PIPE, timeout=10).stdout.decode()
    assert re.match(r"HTTP/1\.1 200 OK\r\n", said)
    assert "\r\n\r\nok\nHTTP/1.1 200 OK\r\n" in said
    assert "Content-Type: text/html; charset=utf-8\r\n" in said
    assert said.endswith("413")
