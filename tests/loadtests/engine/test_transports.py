"""Clients over TLS: what they read, what they do where the other side does not, and what is wrong there."""

import socket
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from threading import Thread

import pytest

from loadtests.engine.connection import ConnectionLost, LoadConnection
from loadtests.engine.sockets import connect
from loadtests.engine.transports import RECORD, TlsSocket, encryption_cost, shake_hands
from loadtests.measure.errors import Fault, Unusable
from loadtests.measure.result import Run
from loadtests.plans.runs import check, perform
from loadtests.scenarios.base import RunContext
from loadtests.scenarios.broadcast import Broadcast
from loadtests.scenarios.handshakes import Handshakes
from loadtests.scenarios.mixed import Mixed
from loadtests.servers.target import ServerUnderTest
from tests.support.stub_server import Stream, Wrong, serving
from tests.support.tls_front import fronted, server_context

#: So that nobody waits for long where it fails.
_SECOND = 1.0


@pytest.fixture
def pair() -> Iterator[tuple[LoadConnection, socket.socket]]:
    """A client over TLS, and the server's end."""
    accepted = list[socket.socket]()

    def accept() -> None:
        accepted.append(server_context().wrap_socket(listener.accept()[0], server_side=True))

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = Thread(target=accept)
        thread.start()
        client = LoadConnection(shake_hands(connect(listener.getsockname(), 0)), "r00001")
        thread.join()
    accepted[0].settimeout(_SECOND)
    with closing(client.sock), closing(accepted[0]):
        yield client, accepted[0]


def test_nothing_is_read_where_nothing_was_sent(pair: tuple[LoadConnection, socket.socket]) -> None:
    client, _ = pair
    assert bytes(client.receive()) == b""


def test_a_read_takes_a_whole_record_and_leaves_nothing(pair: tuple[LoadConnection, socket.socket]) -> None:
    client, server = pair
    before = TlsSocket.records
    server.sendall(b"a" * RECORD)
    server.sendall(b"b" * 10)
    read = list[bytes]()
    while sum(map(len, read)) < RECORD + 10:
        if chunk := bytes(client.receive()):
            assert client.sock.pending() == 0  # type: ignore[attr-defined]  # it is a TLS socket
            read.append(chunk)
    assert read == [b"a" * RECORD, b"b" * 10] and TlsSocket.records == before + 2


def test_what_the_socket_does_not_take_is_sent_later(pair: tuple[LoadConnection, socket.socket]) -> None:
    client, server = pair
    sent = bytes(range(256)) * 40_000
    client.write(sent)
    assert client.waiting
    client.write(b"end")
    got = bytearray()
    while len(got) < len(sent) + 3:
        client.push() if client.waiting else None
        got += server.recv(65536)
    assert got == sent + b"end" and not client.waiting


def test_the_end_is_noticed(pair: tuple[LoadConnection, socket.socket]) -> None:
    client, server = pair
    server.shutdown(socket.SHUT_RDWR)  # without an end of TLS
    with pytest.raises(ConnectionLost, match=r"r00001 (was closed by the server|lost its connection)"):
        while True:
            client.receive()


@pytest.mark.parametrize("reply", [b"", b"* welcome\n"], ids=["the end", "plain text"])
def test_who_does_not_speak_tls(reply: bytes) -> None:
    def answer() -> None:
        for _ in range(2):
            client, _ = listener.accept()
            with client:
                client.recv(4096)
                client.sendall(reply)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = Thread(target=answer)
        thread.start()
        with pytest.raises(Fault, match=r"^the TLS handshake failed: "):
            shake_hands(connect(listener.getsockname(), 0))
        with pytest.raises((Fault, OSError)):
            encryption_cost(listener.getsockname(), 100)
        thread.join()


# -- whole scenarios -----------------------------------------------------------------------------------

TALK = Broadcast(readers=4, talkers=2, rate=300, seconds=0.2)


def test_a_broadcast_over_tls_tells_what_openssl_needs() -> None:
    run = Run("chatd-tls")
    with serving() as stub, fronted(stub.address) as address:
        perform(TALK, RunContext(ServerUnderTest("chatd-tls", address), run))
    assert run.faults == []
    assert run.figures["deliveries"] == 60 * 5 and run.figures["OpenSSL µs"] > 0
    assert run.figures["record bytes"] >= 100


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [(Wrong(Stream.READER, here=""), "missing"), (Wrong(Stream.READER, here="", after="ba"), "out of order")],
    ids=["missing", "out of order"],
)
def test_what_goes_wrong_within_tls_is_noticed(wrong: Wrong, sentence: str) -> None:
    run = Run("chatd-tls")
    with serving(wrong, at=20) as stub, fronted(stub.address) as address:
        perform(TALK, RunContext(ServerUnderTest("chatd-tls", address), run))
    assert run.faults and sentence in run.faults[0] and "OpenSSL µs" not in run.figures


@contextmanager
def ponging(answer: bytes) -> Iterator[tuple[str, int]]:
    """Answers one line of each who comes."""

    def serve() -> None:
        with suppress(OSError):  # the end
            while True:
                client, _ = listener.accept()
                with client:
                    assert client.recv(4096) == b'{"type":"ping"}\n'
                    client.sendall(answer)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = Thread(target=serve)
        thread.start()
        yield listener.getsockname()
        listener.shutdown(socket.SHUT_RDWR)
        thread.join()


def shaken(server: str, answer: bytes) -> Run:
    run = Run(server)
    with ponging(answer) as plain, fronted(plain) as encrypted:
        address = plain if server == "chatd" else encrypted
        perform(Handshakes(count=5), RunContext(ServerUnderTest(server, address), run))
    return run


@pytest.mark.parametrize("server", ["chatd", "chatd-tls"])
def test_handshakes_are_counted(server: str) -> None:
    run = shaken(server, b'{"type":"pong"}\n')
    assert run.faults == [] and run.noun == "handshakes"
    assert run.figures["handshakes"] == 5 and run.figures["handshake p99 ms"] > 0


@pytest.mark.parametrize(
    ("answer", "told"),
    [(b"! what is that?\n", "what is that"), (b"", "the end"), (b'{"type":"po', "po")],
)
def test_a_handshake_without_a_pong_is_a_fault(answer: bytes, told: str) -> None:
    run = shaken("chatd-tls", answer)
    assert run.faults and "connection 0 got no pong, but: " in run.faults[0] and told in run.faults[0]


def test_what_does_not_go_over_tls_is_refused() -> None:
    with pytest.raises(Unusable, match="mixed does not go over tls yet; please choose another scenario"):
        check(Mixed(), "chatd-tls")
