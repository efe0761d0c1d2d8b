"""The limits by address, with real connections: who is turned away, what it is told, and what costs."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest
from gevent import socket

from chatd.net.logs import log
from chatd.net.server import Server
from chatd.protocol.limits import DEFAULT
from tests.support.accounts import ask, registered
from tests.support.certificates import self_signed
from tests.support.live import Peer, address_of, serving
from tests.support.world import Player, World


@contextmanager
def bounded(line_rate: float = 0, **limits: Any) -> Iterator[Server]:
    """A server that counts those of this machine, too, unless they come from 127.0.0.9."""
    with serving(replace(DEFAULT, **limits), line_rate, exempt=()) as server:
        yield server


def told(server: Server, source: str = "127.0.0.1") -> bytes:
    """What somebody hears who connects from that address, and says nothing but its name."""
    with socket.create_connection(address_of(server.addresses[0]), source_address=(source, 0)) as sock:
        sock.sendall(b"dave\n")
        with sock.makefile("rb") as file:
            return file.readline()


def left(peer: Peer) -> None:
    """It has gone, and its place is free."""
    peer.send("/quit")
    peer.until(r"\* bye")
    peer.sock.close()


def test_so_many_of_an_address_at_a_time() -> None:
    with bounded(address_here=2) as server:
        alice, _ = Peer(server, "alice"), Peer(server, "bob")
        assert told(server) == (
            b"! 2 connections of your address are here; please close one, or come back when one has ended\n"
        )
        assert told(server, "127.0.0.2").startswith(b"* you are dave")
        left(alice)
        while (heard := told(server)).startswith(b"! 2 connections"):  # until the server has closed it, too
            pass
        assert heard.startswith(b"* you are dave")


def test_so_many_in_a_time_and_when_to_come_back() -> None:
    with bounded(address_connects=2, address_time=1000.0) as server:
        assert told(server).startswith(b"* you are dave")
        assert told(server).startswith((b"* you are dave", b"! the name"))
        heard = told(server).decode()
        found = re.fullmatch(
            r"! too many connections came from your address; please come back in (\d+) s\n", heard
        )
        assert found and 490 < int(found[1]) <= 500
        assert told(server, "127.0.0.2").startswith((b"* you are dave", b"! the name"))


def test_who_is_turned_away_is_in_the_log_once(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(log, "propagate", True)
    with bounded(address_here=1) as server, Peer(server, "alice"):
        for _ in range(3):
            assert told(server).startswith(b"! ")
    lines = [text for text in caplog.messages if "turned away" in text]
    assert re.fullmatch(r"127\.0\.0\.1:\d+ was turned away: 1 connections of your address .*", lines[0])
    assert "(2 more times since the last such line)" in lines[1] and len(lines) == 2


def test_this_machine_is_exempt() -> None:
    limits = replace(DEFAULT, address_here=1, address_connects=1)
    with serving(limits) as server:
        peers = [Peer(server, nick) for nick in ("alice", "bob", "carol")]
        assert all(peer.connection._pacer._share is None for peer in peers)


def test_names_that_are_refused_cost() -> None:
    with bounded(address_connects=4, address_time=1e6, name_cost=1) as server:
        peer = Peer(server)
        for _ in range(2):
            peer.send('{"type":"hello","nick":"bad name"}')
            peer.expect(r'\{"type":"error",.*')
        peer.send('{"type":"hello","nick":"alice"}')
        peer.expect(r'\{"type":"welcome",.*')
        assert told(server).startswith(b"* you are dave")
        assert told(server).startswith(b"! too many connections")


def test_a_handshake_that_fails_costs() -> None:
    files = self_signed()
    settings: dict[str, Any] = {
        "exempt": (),
        "tls_certificate": str(files.certificate),
        "tls_key": str(files.key),
    }
    limits = replace(DEFAULT, address_connects=3, address_time=1e6, handshake_cost=2)
    with serving(limits, **settings) as server:
        with socket.create_connection(address_of(server.addresses[0])) as sock:
            sock.sendall(b"\x16\x03\x01\x00\x05hello")
            while sock.recv(1000):  # until it is closed
                pass
        assert told(server).startswith(b"! too many connections")


def test_a_wrong_password_costs_and_a_right_one_does_not() -> None:
    world = World(replace(DEFAULT, address_connects=9, address_time=1e6, login_cost=5))
    registered(world, "alice")
    player = Player(world, address="192.0.2.1:7")
    assert ask(player, type="hello", nick="alice", password="wrong horse")[0]["code"] == "wrong-password"
    for expected in (True, True, True, True, False):
        came = world.state.admission.enter("192.0.2.1", world.state.now()) is None
        assert came is expected


def test_the_lines_of_an_address_have_a_rate_together() -> None:
    """Each has said less than it may by itself."""
    limits = {"line_burst": 4, "address_lines": 1, "tell_waiting": 0.001, "address_line_bytes": 10**9}
    with bounded(line_rate=1e-3, **limits) as server:
        alice, bob = Peer(server, "alice"), Peer(server, "bob")
        alice.send("one")
        bob.expect(r"<alice> one")
        bob.send("two")
        alice.until(r"<bob> two")
        alice.send("three")
        alice.expect(r"\* .*wait.*")


def test_and_so_have_their_bytes_whatever_they_are() -> None:
    limits = {"line_burst": 4, "address_lines": 1, "tell_waiting": 0.001, "address_line_bytes": 100}
    with bounded(line_rate=1e-3, **limits) as server, Peer(server) as robot:
        robot.send('{"type":"hello","nick":"robot"}')
        robot.expect(r'\{"type":"welcome",.*')
        robot.send('{"type":"ping","ref":"' + "x" * 50 + '"}')
        robot.expect(r'\{"type":"pong",.*')
        for _ in range(3):
            robot.send('{"type":"ping","more":"' + "x" * 300 + '"}')
        robot.until(r'\{"type":"waiting",.*')


def test_and_those_of_requests_of_http() -> None:
    limits = {"line_burst": 4, "address_lines": 1, "address_line_bytes": 100}
    with bounded(line_rate=1e-3, **limits) as server, Peer(server) as browser:
        request = "GET /healthz HTTP/1.1\r\nHost: localhost\r\nX-Long: " + "x" * 400 + "\r\n\r\n"
        browser.sock.sendall(request.encode())
        assert browser.sock.recv(1024).startswith(b"HTTP/1.1 200 ")
        share = server.state.admission.share_of("127.0.0.1")
        assert share is not None and share.take_lines(server.state.now(), 0) > 0
