"""TLS on the port that speaks everything else, too: with Python's TLS and with OpenSSL's program."""

import contextlib
import hashlib
import json
import ssl
import subprocess
from pathlib import Path
from typing import Any
from unittest import mock

import gevent
import pytest
from gevent import socket
from gevent.ssl import SSLSocket
from OpenSSL import SSL

from chatd.net.server import Server
from chatd.net.transports.tls import TlsTransport
from tests.support.certificates import of_no_version, self_signed
from tests.support.encrypted import encrypted_server
from tests.support.live import Peer, address_of
from tests.support.programs import needs


def connected(server: Server, context: Any = None) -> SSLSocket:
    context = context or self_signed().client()
    plain = socket.create_connection(address_of(server.addresses[0]))
    wrapped: SSLSocket = context.wrap_socket(plain, server_hostname="localhost")
    return wrapped


def lines(sock: Any, count: int) -> list[str]:
    received = b""
    while received.count(b"\n") < count:
        data = sock.recv(65536)
        assert data, received
        received += data
    return received.decode().splitlines()


def ended(peer: Peer) -> bool:
    """After an alert at most; a reset is an end, too, where the server had not read everything."""
    with contextlib.suppress(ConnectionResetError):
        while peer.sock.recv(4096):
            pass
    return True


def test_text_json_and_plain_text_on_one_port() -> None:
    with encrypted_server() as server, connected(server) as alice, connected(server) as robot:
        alice.sendall(b"alice\n")
        assert lines(alice, 1) == ["* you are alice - 1 here - /help lists the commands"]
        robot.sendall(b'{"type":"hello","nick":"robot"}\n')
        assert '"nick":"robot"' in lines(robot, 1)[0]
        with Peer(server, "bob") as bob:
            bob.send("hello")
            while "<bob> hello" not in lines(alice, 1):
                pass
            sessions = [person.sessions[0] for person in server.state.roster]
            assert [one.connection.transport for one in sessions] == ["tls", "tls", "tcp"]
            assert [one.private for one in sessions] == [True, True, True]


def test_who_waits_to_be_asked_is_asked() -> None:
    with encrypted_server() as server, connected(server) as alice:
        assert lines(alice, 1)[0].endswith("what is your name?")
        with Peer(server) as bob:
            bob.expect(r"\* chatd .* - what is your name\?")


def openssl(
    server: Server, *options: str, typed: bytes = b"alice\n/help\n/quit\n", quiet: str = "-quiet"
) -> tuple[str, str]:
    """What its program shows of a session, and its complaints; one that is not quiet takes commands."""
    host, port = address_of(server.addresses[0])
    command = ["openssl", "s_client", quiet, "-connect", f"{host}:{port}", *options]
    pipe = subprocess.PIPE
    process = subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe)
    shown, complaints = gevent.get_hub().threadpool.apply(process.communicate, (typed,))
    return shown.decode(), complaints.decode()


@needs("openssl")
@pytest.mark.parametrize("version", ["-tls1_2", "-tls1_3"])
def test_openssl(version: str) -> None:
    with encrypted_server() as server:
        trusted = ("-verify_return_error", "-CAfile", str(self_signed().certificate))
        shown, _ = openssl(server, version, *trusted)
        assert shown.splitlines()[-1] == "* bye"


@needs("openssl")
@pytest.mark.parametrize("version", ["-tls1_2", "-tls1_3"])
def test_who_takes_short_records_only_gets_all(version: str) -> None:
    """OpenSSL may write one of them, and leave the rest to the next call."""
    with encrypted_server() as server:
        whole, short = openssl(server, version)[0], openssl(server, version, "-maxfraglen", "512")[0]
        assert len(whole) > 512 and short == whole


@needs("openssl")
def test_older_versions_are_refused() -> None:
    with encrypted_server() as server:
        shown, complaints = openssl(server, "-tls1_1", "-cipher", "ALL:@SECLEVEL=0")
        assert shown == "" and "alert protocol version" in complaints


@needs("openssl")
def test_to_negotiate_anew_is_refused() -> None:
    """A handshake costs the server more than who asks for it."""
    with encrypted_server() as server:
        _, complaints = openssl(server, "-tls1_2", typed=b"R\n", quiet="-brief")
        assert "RENEGOTIATING" in complaints and "no renegotiation" in complaints


def test_the_certificate_of_a_client_is_asked_for_and_not_judged() -> None:
    own = self_signed("somebody", -1)
    context = self_signed().client()
    context.load_cert_chain(own.certificate, own.key)
    with encrypted_server() as server, connected(server, context) as alice, connected(server) as bob:
        for sock, name in ((alice, b"alice\n"), (bob, b"bob\n")):
            sock.sendall(name)
            lines(sock, 1)
        found = [person.sessions[0].connection.fingerprint for person in server.state.roster]
        assert found == [own.fingerprint, ""]


def test_a_certificate_of_a_client_may_hold_anything(tmp_path: Path) -> None:
    """Of a version that there is not, for example, which OpenSSL takes and other libraries do not."""
    own = self_signed("somebody", -1)
    strange = of_no_version(own)
    file = tmp_path / "strange.pem"
    file.write_text(ssl.DER_cert_to_PEM_cert(strange))
    context = self_signed().client()
    context.load_cert_chain(file, own.key)
    with encrypted_server() as server, connected(server, context) as alice:
        alice.sendall(b"alice\n")
        lines(alice, 1)
        found = [person.sessions[0].connection.fingerprint for person in server.state.roster]
        assert found == [hashlib.sha256(strange).hexdigest()]


def test_a_read_ends_after_each_record() -> None:
    """Else one client that updates its keys without end would be read from without end. (Nothing in Python
    sends such records.)"""
    modes: list[int] = []

    class ReadingTransport(TlsTransport):
        @property
        def speaks_http(self) -> bool:
            modes.append(SSL._lib.SSL_set_mode(self._tls._ssl, 0))  # type: ignore[attr-defined]
            return super().speaks_http

    patched = mock.patch("chatd.net.opening.TlsTransport", ReadingTransport)
    with patched, encrypted_server() as server, connected(server) as alice:
        alice.sendall(b"alice\n")
        lines(alice, 1)
    assert [mode & SSL._lib.SSL_MODE_AUTO_RETRY for mode in modes] == [0]  # type: ignore[attr-defined]


class Owing:
    """OpenSSL that has to answer before it reads on."""

    def recv(self, size: int) -> bytes:
        raise SSL.WantWriteError

    def pending(self) -> int:
        return 0


def test_who_does_not_take_answers_is_not_looked_at_all_the_time() -> None:
    here, there = socket.socketpair()
    with contextlib.closing(here), contextlib.closing(there), gevent.Timeout(10):
        there.sendall(b"updates of keys")
        here.setblocking(False)
        with contextlib.suppress(BlockingIOError):
            while True:
                here.send(bytes(4096))
        transport = TlsTransport.__new__(TlsTransport)
        transport._take(here, "203.0.113.7:5050", private=True)
        transport._tls, transport._peeked = Owing(), b""  # type: ignore[assignment]
        with pytest.raises(BlockingIOError):
            transport.receive(4096)
        assert not transport.wait_readable(0.001)
        with pytest.raises(BlockingIOError):
            transport.receive(4096)
        waiting = gevent.spawn(transport.wait_readable, None)
        there.setblocking(False)
        with contextlib.suppress(BlockingIOError):
            while True:
                there.recv(65536)
        assert waiting.get()


@pytest.mark.parametrize(
    "start", [b"\x16", b"\x16garbage\r\n\r\n", b"\x16\x03\x01\x00\x05hello", b"\x16" * 500]
)
def test_what_begins_as_tls_and_is_none_disturbs_nobody(start: bytes) -> None:
    with encrypted_server(handshake_time=0.2) as server, connected(server) as alice:
        with Peer(server) as other:
            other.sock.sendall(start)
            assert ended(other)
        alice.sendall(b"alice\n")
        assert lines(alice, 1)
        assert not server._openings


def test_whoever_stops_in_the_middle_is_closed_in_time() -> None:
    with encrypted_server(handshake_time=0.05) as server:
        half = [Peer(server) for _ in range(20)]
        for one in half:
            one.sock.sendall(b"\x16\x03\x01")
        assert [one.sock.recv(10) for one in half] == [b""] * 20
        assert not server._openings


def test_a_server_that_ends_waits_for_no_handshake() -> None:
    with encrypted_server() as server, Peer(server) as half:
        half.sock.sendall(b"\x16\x03\x01")
        while not server._openings:
            gevent.sleep(0)
        server.stop()
        assert ended(half)


def test_plain_text_before_the_handshake_is_no_part_of_what_is_encrypted() -> None:
    """Whoever sits in between may put it there: the handshake fails, as it is no TLS."""
    with (
        encrypted_server() as server,
        contextlib.closing(socket.create_connection(address_of(server.addresses[0]))) as plain,
    ):
        plain.sendall(b"mallory\n")
        assert b"you are mallory" in plain.recv(4096)
        with pytest.raises(ssl.SSLError):
            self_signed().client().wrap_socket(plain, server_hostname="localhost")


def test_a_slow_reader_gets_everything_as_it_was() -> None:
    """What is skipped is told; nothing else is lost, and no record is another than it began as."""
    count = 3000
    with encrypted_server(room_waiting=64 * 1024, send_buffer=4096) as server:
        slow = connected(server)
        with contextlib.closing(slow), slow.makefile("rb") as told, Peer(server, "bob") as bob:
            slow.sendall(b'{"type":"hello","nick":"slow"}\n')
            assert json.loads(told.readline())["type"] == "welcome"
            for number in range(count):
                bob.send(f"{number} " + "x" * 900)
            bob.send("/users")
            bob.until(r"\* 2 here: .*")
            seen = skipped = 0
            while seen + skipped < count:
                event = json.loads(told.readline())
                if event["type"] == "said":
                    assert int(event["text"].split()[0]) == seen + skipped
                    seen += 1
                elif event["type"] == "skipped":
                    skipped += event["count"]
            assert seen and skipped
