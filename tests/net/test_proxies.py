"""Proxies that say for whom they speak: the header is taken off, and what has none is turned away."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from tempfile import TemporaryDirectory

import gevent
import pytest
from gevent import socket
from gevent.event import Event

from chatd.config import LOOPBACK
from chatd.net.logs import log
from chatd.net.server import Server
from chatd.protocol.limits import DEFAULT, Limits
from chatd.state.networks import UNIX
from tests.support.live import Peer, serving, unix_connected
from tests.support.proxied import LOCAL_HEADER, SIGNATURE, binary_header

LINE = b"PROXY TCP4 192.0.2.7 198.51.100.1 56324 5050\r\n"


@contextmanager
def behind_a_proxy(limits: Limits = DEFAULT) -> Iterator[Server]:
    """All of this machine are proxies."""
    with serving(limits, proxies=LOOPBACK) as server:
        yield server


def seen(server: Server) -> tuple[str, bool]:
    """Where the only one who is here comes from, and whether nobody can read what it says."""
    [connection] = server._connections
    return connection.session.peer, connection.session.private


@pytest.mark.parametrize(
    ("header", "peer"),
    [
        (LINE, "192.0.2.7:56324"),
        (b"PROXY TCP6 2001:db8::7 2001:db8::1 7 8\r\n", "[2001:db8::7]:7"),
        (binary_header("192.0.2.7", 56324), "192.0.2.7:56324"),
        (binary_header("2001:db8::7", 7, 500 * b"x"), "[2001:db8::7]:7"),
    ],
)
def test_its_header_says_who_comes(header: bytes, peer: str) -> None:
    with behind_a_proxy() as server, Peer(server) as alice:
        alice.sock.sendall(header + b"alice\n")
        alice.expect(r"\* you are alice .*")
        assert seen(server) == (peer, False)


@pytest.mark.parametrize("header", [LINE, binary_header("192.0.2.7", 56324)])
def test_however_it_is_split(header: bytes) -> None:
    with behind_a_proxy() as server, Peer(server) as alice:
        for at in range(len(header)):
            alice.sock.sendall(header[at : at + 1])
        alice.expect(r"\* chatd .* - what is your name\?")
        alice.send("alice")
        alice.expect(r"\* you are alice .*")
        assert seen(server)[0] == "192.0.2.7:56324"


def test_over_a_unix_socket_and_split(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of which the kernel tells each byte that came, so that there are pauses."""
    paused = Event()

    def pause(seconds: float) -> None:
        paused.set()
        gevent.sleep(0)

    monkeypatch.setattr("chatd.net.proxies.sleep", pause)
    with (
        TemporaryDirectory() as folder,
        serving(listen=(f"unix://{folder}/chatd.sock",), proxies=(UNIX,)) as server,
    ):
        with unix_connected(server.addresses[0]) as sock:
            sock.sendall(LINE[:20])
            paused.wait()
            sock.sendall(LINE[20:] + b"alice\n")
            assert sock.recv(1000).startswith(b"* you are alice")
            assert seen(server) == ("192.0.2.7:56324", False)
        with unix_connected(server.addresses[0]) as sock:
            sock.sendall(LINE[:20])
            sock.shutdown(socket.SHUT_WR)
            assert sock.recv(1000).startswith(b"! only a proxy")


def test_who_speaks_tls_with_the_proxy_can_be_overheard_by_nobody() -> None:
    with behind_a_proxy() as server, Peer(server) as alice:
        alice.sock.sendall(binary_header("192.0.2.7", 7, b"\x20\0\x05\x01\0\0\0\0") + b"alice\n")
        alice.expect(r"\* you are alice .*")
        assert seen(server) == ("192.0.2.7:7", True)


@pytest.mark.parametrize("header", [LOCAL_HEADER, b"PROXY UNKNOWN\r\n"])
def test_a_proxy_may_speak_for_itself(header: bytes) -> None:
    with behind_a_proxy() as server, Peer(server) as probe:
        probe.sock.sendall(header + b"probe\n")
        probe.expect(r"\* you are probe .*")
        host, port = probe.sock.getsockname()
        assert seen(server) == (f"{host}:{port}", True)


@pytest.mark.parametrize(
    ("start", "why"),
    [
        (b"alice\n", "it does not begin with a PROXY header"),
        (b"\x16\x03\x01\x02", "it does not begin with a PROXY header"),
        (b"GET / HTTP/1.1\r\n\r\n", "it does not begin with a PROXY header"),
        (b"PROXY TCP4 nonsense\r\n", "its PROXY line is not understood"),
        (SIGNATURE + b"\x31\x11\0\0", "its PROXY header has an unknown version or command, 0x31"),
    ],
)
def test_without_a_header_it_is_turned_away(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, start: bytes, why: str
) -> None:
    monkeypatch.setattr(log, "propagate", True)
    with behind_a_proxy() as server, Peer(server) as peer:
        peer.sock.sendall(start)
        peer.expect(r"! only a proxy connects from your address, and .*")
        assert peer.at_end()
    assert f"was closed: {why}" in caplog.text


def test_one_that_ends_within_its_header_is_turned_away() -> None:
    with behind_a_proxy() as server, Peer(server) as peer:
        peer.sock.sendall(LINE[:20])
        peer.sock.shutdown(socket.SHUT_WR)
        peer.expect(r"! only a proxy .*")


def test_one_that_sends_nothing_has_so_much_time() -> None:
    with behind_a_proxy(replace(DEFAULT, handshake_time=0.02)) as server, Peer(server) as peer:
        peer.expect(r"! only a proxy .*")
        assert peer.at_end()


def test_one_that_only_looks_whether_we_are_there_is_not_in_the_log(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(log, "propagate", True)
    with behind_a_proxy() as server, Peer(server) as peer:
        peer.sock.shutdown(socket.SHUT_WR)
        assert peer.at_end()
    assert "PROXY" not in caplog.text


def test_who_waits_for_a_header_does_not_hold_up_the_end() -> None:
    with behind_a_proxy() as server, Peer(server) as waits, Peer(server) as alice:
        alice.sock.sendall(LINE + b"alice\n")
        alice.expect(r"\* you are alice .*")
        server.stop()
        assert waits.at_end()


def test_those_it_speaks_for_have_the_limits_of_their_addresses() -> None:
    limits = replace(DEFAULT, address_here=1)
    with behind_a_proxy(limits) as server, Peer(server) as alice, Peer(server) as bob, Peer(server) as carol:
        alice.sock.sendall(LINE + b"alice\n")
        alice.expect(r"\* you are alice .*")
        bob.sock.sendall(LINE + b"bob\n")
        bob.expect("! 1 connections of your address are here; .*")
        assert bob.at_end()
        carol.sock.sendall(LINE.replace(b"192.0.2.7", b"192.0.2.8") + b"carol\n")
        carol.expect(r"\* you are carol .*")
        assert len(server.state.admission._here) == 2


def test_from_an_address_that_is_none_of_a_proxy_it_is_refused() -> None:
    with serving() as server, Peer(server) as forged:
        forged.sock.sendall(LINE + b"alice\n")
        forged.expect(r"! this server takes the PROXY protocol only from addresses that --proxy names; .*")
        assert forged.at_end()
