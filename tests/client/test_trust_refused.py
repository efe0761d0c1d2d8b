"""A certificate that is wrong, or a server that speaks no TLS: one sentence each."""

import os
import socket
import ssl
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import gevent
import pytest

from chatd_client import tls_wire
from chatd_client.known_server import KnownCertificate, KnownServer
from chatd_client.link import LinkError
from chatd_client.link_errors import CertificateRefused
from tests.support.certificates import self_signed
from tests.support.encrypted import TlsPeer, encrypted_server, port_of
from tests.support.live import Peer, address_of, serving
from tests.support.trusting import MINE, OTHER, link, refusal, settled, trust, vouch

pytestmark = pytest.mark.usefixtures("watchdog")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "certificates" / "server.json"


@pytest.fixture(autouse=True)
def nobody_vouches(monkeypatch: pytest.MonkeyPatch) -> None:
    vouch(monkeypatch, os.devnull)


@pytest.fixture
def port() -> Iterator[int]:
    with encrypted_server(MINE) as server:
        yield port_of(server)


@pytest.mark.parametrize("vouched", [True, False])
def test_one_that_has_expired(vouched: bool, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    old = self_signed("localhost", -3)
    vouch(monkeypatch, old.certificate if vouched else os.devnull)
    with encrypted_server(old) as server:
        port = port_of(server)
        with pytest.raises(
            CertificateRefused, match=f"^the certificate of localhost port {port} has expired"
        ):
            settled(trust(file), port, True)
        known = KnownCertificate(old.fingerprint, 1)
        KnownServer(file).keep(known)
        assert "has expired" in refusal(trust(file), port)
        assert "has expired" in refusal(trust(file, fingerprint=old.fingerprint), port)
        assert KnownServer(file).find() == known


@pytest.mark.parametrize(
    ("listen", "host", "sentence"),
    [
        ("127.0.0.1", "localhost", "is for another host; is the address right?"),
        ("127.0.0.2", "127.0.0.2", "is not for this address; please give the name of the host"),
    ],
)
def test_one_for_another_host(
    listen: str, host: str, sentence: str, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    vouch(monkeypatch, OTHER.certificate)
    with encrypted_server(OTHER, host=listen) as server:
        said = refusal(trust(file), port_of(server), host)
        assert said == f"the certificate of {host} port {port_of(server)} {sentence}"


@pytest.mark.parametrize(
    ("code", "sentence"),
    [
        (9, "is not valid yet; is the clock of this machine right?"),
        (23, "was revoked; please ask those who run it"),
        (26, "is not good: unsuitable purpose"),
    ],
)
def test_what_else_can_be_wrong(
    code: int, sentence: str, port: int, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As OpenSSL says it."""

    def wrong(sock: socket.socket, *given: object) -> None:
        sock.close()
        error = ssl.SSLCertVerificationError("certificate verify failed")
        error.verify_code, error.verify_message = code, "unsuitable purpose"
        raise error

    monkeypatch.setattr("chatd_client.trust.TlsWire", wrong)
    assert refusal(trust(file), port) == f"the certificate of localhost port {port} {sentence}"


def test_one_that_is_not_understood(port: int, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(data: bytes) -> None:
        raise ValueError("error parsing asn1 value")

    monkeypatch.setattr("cryptography.x509.load_der_x509_certificate", broken)
    with pytest.raises(CertificateRefused, match="is not understood"):
        settled(trust(file), port, True)


def test_whatever_its_names_are_it_may_be_trusted_by_itself(file: Path) -> None:
    with encrypted_server(OTHER) as server:
        settled(trust(file), port_of(server), True)
        with link(trust(file), port_of(server)):
            pass


def test_a_server_without_tls(file: Path) -> None:
    with serving() as server, pytest.raises(LinkError) as refused:
        link(trust(file), address_of(server.addresses[0])[1])
    assert str(refused.value).startswith("there is no TLS with localhost port ")
    assert str(refused.value).endswith("if it speaks plain text, please write chat:// before the host")


def test_a_server_that_turns_one_away_before_the_handshake(file: Path) -> None:
    """By its limits of an address, or as it is full: it says so in plain text."""
    files = self_signed()
    with serving(max_clients=1, tls_certificate=str(files.certificate), tls_key=str(files.key)) as server:
        address = address_of(server.addresses[0])
        with Peer(server, "bob"), pytest.raises(LinkError) as refused:
            link(trust(file), address[1])
    server_said = "or somebody in between, has turned you away: the server is full"
    assert str(refused.value) == f"localhost port {address[1]}, {server_said}"


def test_a_server_that_says_nothing(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tls_wire, "HANDSHAKE_TIME", 0.001)
    with closing(TlsPeer(MINE)) as peer, pytest.raises(LinkError, match="timed out"):
        link(trust(file), peer.port)


def test_a_server_that_ends_at_once(file: Path) -> None:
    with closing(TlsPeer(MINE)) as peer:
        ending = gevent.spawn(lambda: peer.accept_plain().close())
        with pytest.raises(LinkError, match="localhost port"):
            link(trust(file), peer.port)
        ending.get()


def test_the_users_own_certificate(port: int, file: Path) -> None:
    own = self_signed("somebody", -1)
    options = {"insecure": True, "certificate": own.certificate, "key": own.key}
    with encrypted_server(MINE) as server, link(trust(file, **options), port_of(server)):
        (person,) = server.state.roster
        assert person.sessions[0].connection.fingerprint == own.fingerprint
