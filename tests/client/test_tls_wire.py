"""TLS over a socket: both ways at once, time-outs in between, and ends."""

import re
import ssl
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import gevent
import msgspec
import pytest
from gevent import socket
from gevent.ssl import SSLSocket
from gevent.subprocess import DEVNULL, PIPE, Popen

from chatd.protocol.events import Welcome
from chatd.protocol.requests import Hello
from chatd_client import link
from chatd_client.tls_wire import TlsWire
from chatd_client.wire import AskTrust, Wire, connect_tcp
from tests.support.certificates import self_signed
from tests.support.encrypted import TlsPeer
from tests.support.programs import needs
from tests.support.scripted_server import WELCOME

pytestmark = pytest.mark.usefixtures("watchdog")

#: More than the buffers of two sockets hold.
SMALL = 64 * 1024
LARGE = bytes(range(256)) * 8 * 1024


@pytest.fixture
def tls() -> Iterator[TlsPeer]:
    with closing(TlsPeer(self_signed())) as peer:
        yield peer


def trusting() -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(self_signed().certificate))


def wired(peer: TlsPeer) -> tuple[TlsWire, SSLSocket]:
    """With small buffers on the way to the server."""
    accepting: Any = gevent.spawn(peer.accept, SMALL)
    plain = connect_tcp("127.0.0.1", peer.port)
    plain.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SMALL)
    wire = TlsWire(plain, trusting(), "localhost")
    return wire, accepting.get()


def received(sock: Any, size: int) -> bytes:
    data = bytearray()
    while len(data) < size:
        more = sock.recv(65536)
        assert more
        data += more
    return bytes(data)


def test_what_stands_behind_a_name_is_in_no_certificate(tls: TlsPeer) -> None:
    for name in ("localhost.", "127.0.0.1%lo"):
        accepting: Any = gevent.spawn(tls.accept)
        wire = TlsWire(connect_tcp("127.0.0.1", tls.port), trusting(), name)
        with closing(wire), closing(accepting.get()):
            assert wire.fingerprint == self_signed().fingerprint


def test_both_sides_write_more_than_there_is_room_for(tls: TlsPeer) -> None:
    wire, server = wired(tls)
    with closing(wire), closing(server):
        writing: list[Any] = [gevent.spawn(wire.send, LARGE), gevent.spawn(server.sendall, LARGE)]
        reading = [gevent.spawn(received, one, len(LARGE)) for one in (wire, server)]
        assert [one.get() == LARGE for one in reading] == [True, True]
        assert writing[0].get()


def test_who_reads_does_not_wait_for_who_writes(tls: TlsPeer) -> None:
    """The other side reads nothing before it was heard."""
    wire, server = wired(tls)
    with closing(wire), closing(server):
        writing = gevent.spawn(wire.send, LARGE)
        while not wire._writing.locked():
            gevent.sleep(0)
        server.sendall(b"hello")
        assert wire.recv(100) == b"hello" and not writing.ready()
        assert received(server, len(LARGE)) == LARGE and writing.get()


def test_what_was_being_written_when_time_was_up_is_written_first(tls: TlsPeer) -> None:
    wire, server = wired(tls)
    with closing(wire), closing(server):
        writing = gevent.spawn(wire.send, LARGE)
        while not wire._writing.locked():
            gevent.sleep(0)
        writing.kill()
        second = gevent.spawn(wire.send, b"second")
        assert received(server, len(LARGE) + 6) == LARGE + b"second" and second.get()


def test_what_has_come_is_had_without_waiting(tls: TlsPeer) -> None:
    wire, server = wired(tls)
    with closing(wire), closing(server):
        assert wire.recv_now(10) is None
        server.sendall(b"hello, you")
        assert wire.recv(5) == b"hello"
        assert wire.recv_now(100) == b", you"  # is decrypted already
        assert wire.recv_now(100) is None


@needs("openssl")
def test_keys_that_the_server_changes() -> None:
    """OpenSSL's own program does so on demand (K), and has us change ours."""
    command = ["openssl", "s_server", "-accept", "127.0.0.1:0", "-naccept", "1"]
    command += ["-cert", str(self_signed().certificate), "-key", str(self_signed().key)]
    with Popen(command, stdin=PIPE, stdout=PIPE, stderr=DEVNULL, bufsize=0) as server:
        keyboard, shown = server.stdin, server.stdout
        assert keyboard and shown
        while not (port := re.search(rb"^ACCEPT .*:(\d+)", shown.readline())):
            pass
        with closing(TlsWire(connect_tcp("127.0.0.1", int(port[1])), trusting(), "localhost")) as wire:
            for word in (b"one\n", b"two\n"):
                keyboard.write(b"K\n")
                wire.send(
                    b"before " + word
                )  # it looks at its keyboard first, which takes one command at a time
                while shown.readline() != b"before " + word:
                    pass
                keyboard.write(word)
                assert wire.recv(100) == word
                wire.send(b"after " + word)
                while shown.readline() != b"after " + word:
                    pass
            keyboard.write(b"Q\n")
            assert wire.recv(100) == b""


@pytest.mark.parametrize("goodbye", [True, False])
def test_the_end_with_a_goodbye_and_without(goodbye: bool, tls: TlsPeer) -> None:
    wire, server = wired(tls)
    with closing(wire):
        if goodbye:
            gevent.spawn(server.unwrap)
            assert wire.recv(10) == wire.recv_now(10) == b""
        server.close()
        assert wire.recv(10) == wire.recv(10) == b""


def test_a_reset_is_an_error_of_reading_and_not_of_writing(tls: TlsPeer) -> None:
    wire, server = wired(tls)
    with closing(wire):
        server.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        server.close()
        with pytest.raises(OSError):
            wire.recv(10)
        assert not wire.send(b"hello")


def test_garbage_is_an_error(tls: TlsPeer) -> None:
    wire, server = wired(tls)
    with closing(wire), closing(server):
        server._sock.send(  # type: ignore[attr-defined]
            b"HTTP/1.1 400 Bad Request\r\n\r\n"
        )
        with pytest.raises(ssl.SSLError):
            wire.recv(10)
        assert not wire.send(b"hello")


class OneWire:
    """Reaches one server, and asks nothing."""

    tokens = ""

    def open(self, host: str, port: int) -> Wire:
        return TlsWire(connect_tcp(host, port), trusting(), "localhost")

    def settle(self, host: str, port: int, ask: AskTrust, tell: object) -> None: ...


def test_a_link_over_it_ends_as_every_link(tls: TlsPeer) -> None:
    def serve() -> None:
        sock = tls.accept()
        assert b'"nick":"alice"' in sock.recv(4096)
        sock.sendall(msgspec.json.encode(WELCOME) + b"\n")
        sock.close()

    server = gevent.spawn(serve)
    with link.connect("127.0.0.1", tls.port, Hello("alice"), security=OneWire()) as connected:
        assert [type(event) for events in connected for event in events] == [Welcome]
        assert connected.end == "the server closed the connection"
    server.get()
