"""What every transport promises (see transports/contract.py), held against each row of the table; and a
server on one that is not TCP."""

import contextlib
import errno
import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from tempfile import TemporaryDirectory

import gevent
import pytest
from gevent import socket

from chatd.net.certificates import Certificates
from chatd.net.listeners import listen
from chatd.net.transports import SCHEMES, Listener, Transport, tcp
from chatd.net.transports.tcp import TcpTransport
from chatd.net.transports.tls import TlsTransport
from chatd.protocol.limits import DEFAULT, Limits
from tests.support.certificates import self_signed
from tests.support.live import WATCHDOG, Peer, address_of, serving, unix_connected

#: For each scheme: a URI that can be listened on, and how to connect to the one that is bound.
OTHER_SIDES: dict[str, tuple[str, Callable[[str], socket.socket]]] = {
    "tcp": ("tcp://127.0.0.1:0", lambda uri: socket.create_connection(address_of(uri))),
    "unix": ("unix://FOLDER/chatd.sock", unix_connected),
}


def test_every_scheme_is_tried() -> None:
    assert OTHER_SIDES.keys() == SCHEMES.keys()


def encrypted(plain: Transport, other: socket.socket) -> tuple[Transport, socket.socket]:
    """Both ends, with TLS on top."""
    assert isinstance(plain, TcpTransport)
    files = self_signed()
    context = Certificates(files.certificate, files.key).context
    server = gevent.spawn(TlsTransport, plain, context, WATCHDOG)
    client = files.client().wrap_socket(other, server_hostname="localhost")
    return server.get(), client


@pytest.fixture(params=[*OTHER_SIDES, "tls"])
def ends(request: pytest.FixtureRequest) -> Iterator[tuple[Transport, socket.socket]]:
    """A transport, and the other side's socket."""
    uri, connect = OTHER_SIDES["tcp" if request.param == "tls" else request.param]
    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(TemporaryDirectory())  # its path is short
        (listener,) = listen(uri.replace("FOLDER", folder), DEFAULT)
        stack.enter_context(contextlib.closing(listener))
        stack.enter_context(gevent.Timeout(WATCHDOG))
        other = connect(listener.uri)
        transport = listener.accept(*listener.sock.accept())
        if request.param == "tls":
            transport, other = encrypted(transport, other)
        with contextlib.closing(transport), contextlib.closing(other):
            yield transport, other


def until(is_so: Callable[[], bool]) -> None:
    """The kernel tells nobody when it is so; the watchdog ends what never is."""
    while not is_so():
        gevent.sleep(0)


def test_bytes_come_and_go(ends: tuple[Transport, socket.socket]) -> None:
    transport, other = ends
    other.sendall(b"hello")
    assert transport.wait_readable(None)
    assert transport.receive(3) + transport.receive(100) == b"hello"
    assert transport.send(b"there") == 5
    assert other.recv(100) == b"there"


def test_not_now_is_a_blocking_io_error_in_both_directions(ends: tuple[Transport, socket.socket]) -> None:
    transport, _ = ends
    with pytest.raises(BlockingIOError):
        transport.receive(100)
    with pytest.raises(BlockingIOError):
        while True:
            assert transport.send(bytes(65536)) > 0


def test_what_was_not_taken_may_be_another_next_time(ends: tuple[Transport, socket.socket]) -> None:
    """But for what was begun: of that the rest comes. (Whoever is behind skips messages.)"""
    transport, other = ends
    told = b""
    with contextlib.suppress(BlockingIOError):
        while True:
            data = os.urandom(50_000)
            sent = transport.send(data)
            told += data[:sent]
            if sent < len(data):
                break
    rest = data[sent : sent + 1] + b"another"
    received = bytearray()

    def read() -> None:
        while data := other.recv(65536):
            received.extend(data)

    reader = gevent.spawn(read)
    while rest:
        with contextlib.suppress(BlockingIOError):
            sent = transport.send(rest)
            told, rest = told + rest[:sent], rest[sent:]
        gevent.sleep(0)
    until(lambda: len(received) == len(told))
    reader.kill()
    assert received == told


def test_patience_ends(ends: tuple[Transport, socket.socket]) -> None:
    transport, _ = ends
    assert not transport.wait_readable(0.001)
    assert not transport.wait_readable(-1)  # the time was over before


@pytest.mark.parametrize("patience", [None, WATCHDOG])
def test_who_waits_is_told_that_somebody_closed_the_transport(
    ends: tuple[Transport, socket.socket], patience: float | None
) -> None:
    transport, _ = ends
    gevent.spawn(transport.close)
    with pytest.raises(OSError) as error:
        transport.wait_readable(patience)
    assert error.value.errno == errno.EBADF


@pytest.mark.parametrize("patience", [None, WATCHDOG])
def test_who_is_interrupted_in_a_wait_leaves_nothing_behind(
    ends: tuple[Transport, socket.socket], patience: float | None
) -> None:
    """The interruption comes in the same turn of the loop as the bytes that were waited for."""
    transport, other = ends
    waiting = gevent.spawn(transport.wait_readable, patience)
    gevent.sleep(0)
    other.sendall(b"hello")
    waiting.kill()
    assert waiting.successful() and isinstance(waiting.value, gevent.GreenletExit)
    assert transport.wait_readable(patience) and transport.receive(100) == b"hello"
    waiting = gevent.spawn(transport.wait_readable, patience)
    gevent.sleep(0)
    other.sendall(b"more")
    assert waiting.get()


def test_the_end_of_input_is_no_bytes_and_can_be_answered(ends: tuple[Transport, socket.socket]) -> None:
    transport, other = ends
    other._sock.shutdown(socket.SHUT_WR)  # type: ignore[attr-defined]  # (of TLS the other's own is the end)
    assert transport.wait_readable(None)
    assert transport.receive(100) == b""
    assert transport.send(b"bye") == 3
    transport.shutdown()
    assert other.recv(100) == b"bye"
    assert other.recv(100) == b""


def test_unacknowledged_falls_to_nothing(ends: tuple[Transport, socket.socket]) -> None:
    transport, other = ends
    with contextlib.suppress(BlockingIOError):
        while True:
            transport.send(bytes(65536))
    assert transport.unacknowledged() > 0
    reader = gevent.spawn(lambda: [None for _ in iter(lambda: other.recv(65536), b"")])
    until(lambda: transport.unacknowledged() == 0)
    reader.kill()


def test_a_reset_is_raised_without_reading(ends: tuple[Transport, socket.socket]) -> None:
    transport, other = ends
    transport.raise_error()
    transport.send(b"what is not read")  # which makes it a reset over a Unix socket
    other.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    other.close()
    assert transport.wait_readable(None)
    with pytest.raises(OSError) as error:
        transport.raise_error()
    assert error.value.errno == errno.ECONNRESET


@pytest.mark.parametrize(
    ("peer", "shown"), [(("127.0.0.1", 99), "127.0.0.1:99"), (("::1", 99, 0, 0), "[::1]:99")], ids=str
)
def test_the_peer_as_the_log_names_it(peer: tuple[str, int], shown: str) -> None:
    with contextlib.closing(socket.socket()) as sock:
        assert TcpTransport(sock, peer).peer == shown


@pytest.mark.parametrize(
    ("peer", "here", "private"),
    [
        ("127.0.0.1", "127.0.0.1", True),
        ("127.8.8.8", "127.0.0.2", True),
        ("::1", "::1", True),
        ("::ffff:127.0.0.1", "::ffff:127.0.0.1", True),
        ("192.0.2.1", "127.0.0.1", False),
        ("127.0.0.1", "192.0.2.1", False),
        ("::ffff:192.0.2.1", "::ffff:127.0.0.1", False),
        ("2001:db8::1", "::1", False),
        ("::127", "::1", False),
        ("::ffff:128.0.0.1", "::1", False),
    ],
)
def test_only_what_stays_on_the_machine_is_private(peer: str, here: str, private: bool) -> None:
    with contextlib.closing(socket.socket()) as sock:

        class Named:
            """A socket with this address."""

            _sock = sock

            def getsockname(self) -> tuple[str, int]:
                return here, 5050

        assert TcpTransport(Named(), (peer, 99)).private is private  # type: ignore[arg-type]


def test_a_connection_over_loopback_is_private(ends: tuple[Transport, socket.socket]) -> None:
    transport, _ = ends
    assert transport.private


class Grudging(TcpTransport):
    """Takes and gives a byte at a time, and between two of them says "not now", as TLS may in either
    direction."""

    __slots__ = ("_now",)

    def __init__(self, sock: socket.socket, peer: tuple[str, int]) -> None:
        super().__init__(sock, peer)
        self._now = {"receive": False, "send": False}

    def _turn(self, what: str) -> None:
        self._now[what] = not self._now[what]
        if not self._now[what]:
            raise BlockingIOError

    @property
    def receive(self) -> Callable[[int], bytes]:
        return self._receive

    @property
    def send(self) -> Callable[[bytes | memoryview], int]:
        return self._send

    def _receive(self, size: int) -> bytes:
        self._turn("receive")
        return super().receive(1)

    def _send(self, data: bytes | memoryview) -> int:
        self._turn("send")
        return super().send(data[:1])


def test_a_server_speaks_through_whatever_transport_the_table_has(monkeypatch: pytest.MonkeyPatch) -> None:
    def grudging(uri: str, limits: Limits) -> list[Listener]:
        return [replace(listener, accept=Grudging) for listener in tcp.listen(uri, limits)]

    monkeypatch.setitem(SCHEMES, "tcp", grudging)
    with serving(replace(DEFAULT, greet_after=0.001)) as server:
        alice, bob = Peer(server), Peer(server)
        alice.send("alice")
        alice.until(r"\* you are alice.*")
        bob.send("bob")
        alice.until(r"\* bob joined")
        bob.send("hello", '/dm alice "psst"')
        alice.expect("<bob> hello", r"\[dm from bob\] psst")
        alice.send("/quit")
        alice.expect(r"\* bye")
        assert alice.at_end()
        bob.until(r"\* alice left")
