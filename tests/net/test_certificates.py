"""Which files a server takes for its certificate, and where it wants one."""

import contextlib
import ssl
from dataclasses import replace
from pathlib import Path
from typing import Any

import gevent
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from gevent import socket

from chatd.config import Config, Plaintext
from chatd.net.certificates import Certificates, make_certificates
from chatd.net.opening import Opening, Unencrypted, check_plaintext
from chatd.net.transports import Listener
from chatd.net.transports.tcp import TcpTransport
from chatd.net.web.hosts import KnownHosts
from chatd.net.web.site import Site
from chatd.protocol.errors import ConfigError
from chatd.protocol.limits import DEFAULT
from tests.support.certificates import CertificateFiles, of_no_version, self_signed
from tests.support.live import WATCHDOG, Peer, serving
from tests.support.world import World


def test_a_new_certificate_is_for_the_next_handshake(tmp_path: Path) -> None:
    first, second = self_signed(), self_signed("localhost", 2)
    paths = CertificateFiles(tmp_path / "c.pem", tmp_path / "k.pem", "")
    paths.key.touch(0o600)
    for files in (first, second):
        paths.certificate.write_bytes(files.certificate.read_bytes())
        paths.key.write_bytes(files.key.read_bytes())
        if files is first:
            certificates = Certificates(paths.certificate, paths.key)
            before = certificates.context
    certificates.reload()
    after = certificates.context
    assert after is not before
    paths.key.write_text("nonsense")
    certificates.reload()
    assert certificates.context is after


WRONG = (
    ("key.pem", "nonsense", "the TLS key {0}/key.pem is no key in PEM; please give such a file"),
    ("certificate.pem", "nonsense", "the TLS certificate {0}/certificate.pem cannot be used: "),
    ("key.pem", "other", "the TLS key {0}/key.pem does not belong to the certificate {0}/certificate.pem"),
    ("key.pem", "open", "everybody can read the TLS key {0}/key.pem; please run chmod 600 {0}/key.pem"),
    ("key.pem", "encrypted", "the TLS key {0}/key.pem has a password; please give one without"),
    ("key.pem", "of no use", "the TLS key {0}/key.pem is of no kind for TLS; please give one of RSA, "),
    ("key.pem", "gone", "the TLS key {0}/key.pem cannot be read: No such file"),
    ("certificate.pem", "gone", "the TLS certificate {0}/certificate.pem cannot be read"),
)


def in_pem(key: Any, password: bytes = b"") -> bytes:
    way = serialization.BestAvailableEncryption(password) if password else serialization.NoEncryption()
    pem: bytes = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, way)
    return pem


@pytest.mark.parametrize(("name", "what", "sentence"), WRONG)
def test_files_that_cannot_be_used_are_one_sentence(
    tmp_path: Path, name: str, what: str, sentence: str
) -> None:
    files = self_signed()
    for path in (files.certificate, files.key):
        (tmp_path / path.name).touch(0o600)
        (tmp_path / path.name).write_bytes(path.read_bytes())
    path = tmp_path / name
    match what:
        case "nonsense":
            path.write_text("nonsense")
        case "other":
            path.write_bytes(self_signed("other").key.read_bytes())
        case "open":
            path.chmod(0o644)
        case "encrypted":
            path.write_bytes(in_pem(load_pem_private_key(path.read_bytes(), None), b"secret"))
        case "of no use":
            path.write_bytes(in_pem(X25519PrivateKey.generate()))
        case _:
            path.unlink()
    with pytest.raises(ConfigError) as error:
        Certificates(tmp_path / "certificate.pem", tmp_path / "key.pem")
    assert str(error.value).startswith(sentence.format(tmp_path))
    assert "\n" not in str(error.value)


def test_one_that_has_expired_is_used_with_a_warning(caplog: pytest.LogCaptureFixture) -> None:
    for files, said in ((self_signed(), 0), (self_signed("localhost", -1), 1)):
        caplog.clear()
        with caplog.at_level("WARNING", "chatd"):
            Certificates(files.certificate, files.key)
        assert [f"{files.certificate} expired on " in text for text in caplog.messages] == [True] * said


def test_one_that_nobody_understands_is_one_sentence(tmp_path: Path) -> None:
    """It was a traceback, also where the files were read again."""
    files, file = self_signed(), tmp_path / "strange.pem"
    file.write_text(ssl.DER_cert_to_PEM_cert(of_no_version(files)))
    with pytest.raises(ConfigError, match=r"strange\.pem cannot be used: .*; please make another"):
        Certificates(file, files.key)


def test_one_file_is_not_enough() -> None:
    assert make_certificates(Config()) is None
    for config, missing in (
        (Config(tls_key="k"), "--tls-certificate"),
        (Config(tls_certificate="c"), "--tls-key"),
    ):
        with pytest.raises(ConfigError, match=f"please give {missing}, too"):
            make_certificates(config)


class Bound:
    """A listening socket with this address."""

    def __init__(self, host: str) -> None:
        self._host = host

    def getsockname(self) -> tuple[str, int]:
        return self._host, 5050


@pytest.mark.parametrize(
    ("uri", "host", "changed", "allowed"),
    [
        ("tcp://127.0.0.1:5050", "127.0.0.1", {}, True),
        ("tcp://[::1]:5050", "::1", {}, True),
        ("tcp://0.0.0.0:5050", "0.0.0.0", {}, False),
        ("tcp://[::]:5050", "::", {}, False),
        ("tcp://192.0.2.1:5050", "192.0.2.1", {}, False),
        ("tcp://192.0.2.1:5050", "192.0.2.1", {"plaintext": Plaintext.EVERYWHERE}, True),
        ("tcp://192.0.2.1:5050", "192.0.2.1", {"tls_certificate": "c", "tls_key": "k"}, True),
        ("unix:///run/chatd.sock", "", {}, True),
    ],
)
def test_where_strangers_could_listen_a_server_does_not_start(
    uri: str, host: str, changed: dict[str, Any], allowed: bool
) -> None:
    listener = Listener(uri, Bound(host), TcpTransport)  # type: ignore[arg-type]
    if allowed:
        check_plaintext(Config(**changed), listener)
        return
    with pytest.raises(ConfigError, match=r"--tls-certificate FILE.*--plaintext everywhere"):
        check_plaintext(Config(**changed), listener)


def opening(plaintext: Plaintext = Plaintext.LOOPBACK, **limits: Any) -> Opening:
    files = self_signed()
    state = World(replace(DEFAULT, **limits)).state
    return Opening(state, Certificates(files.certificate, files.key), plaintext, Site(state, KnownHosts(())))


def stranger(sock: socket.socket) -> TcpTransport:
    transport = TcpTransport.__new__(TcpTransport)
    transport._take(sock, "203.0.113.7:5050", private=False)
    return transport


@pytest.mark.parametrize(("plaintext", "let_in"), [(Plaintext.LOOPBACK, False), (Plaintext.EVERYWHERE, True)])
def test_a_stranger_in_plain_text(plaintext: Plaintext, let_in: bool) -> None:
    here, there = socket.socketpair()
    with contextlib.closing(here), contextlib.closing(there):
        transport = stranger(here)
        there.sendall(b"hello\n")
        if let_in:
            opened = opening(plaintext).open(transport)
            assert opened is not None and opened.transport is transport
        else:
            with pytest.raises(Unencrypted):
                opening(plaintext).open(transport)


@pytest.mark.parametrize("start", [b"", b"G"])
def test_more_of_a_request_is_not_waited_for_where_nothing_comes_any_more(start: bytes) -> None:
    """Thousands may connect and close at once; each was looked at for a quarter of a second."""
    here, there = socket.socketpair()
    with contextlib.closing(here), contextlib.closing(there), gevent.Timeout(WATCHDOG):
        there.sendall(start)
        there.close()
        opened = opening(Plaintext.EVERYWHERE, greet_after=2 * WATCHDOG).open(stranger(here))
        assert opened is not None and opened.frames is None


def test_a_stranger_whose_hello_is_late_may_still_encrypt() -> None:
    here, there = socket.socketpair()
    with contextlib.closing(here), contextlib.closing(there), gevent.Timeout(WATCHDOG):
        opening_it = gevent.spawn(opening(greet_after=0).open, stranger(here))
        gevent.idle()
        context = self_signed().client()
        with contextlib.closing(context.wrap_socket(there, server_hostname="localhost")) as encrypted:
            encrypted.sendall(b"alice\n")
            opened = opening_it.get()
            assert opened is not None and opened.transport.scheme == "tls"


def test_a_stranger_is_told_what_to_do() -> None:
    with serving() as server:

        def refuse(transport: object) -> None:
            raise Unencrypted

        server._opening.open = refuse  # type: ignore[method-assign]
        with Peer(server) as stranger:
            stranger.expect(r"! others could read what you say: this server wants TLS; .*")
            assert stranger.sock.recv(10) == b""
