"""The server's certificate and key, from files that are read again when they have changed."""

import os
import stat
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.ed448 import Ed448PrivateKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from cryptography.x509 import InvalidVersion
from OpenSSL import SSL

from chatd.config import Config
from chatd.net.logs import log
from chatd.net.transports.tls import ALPN_HTTP
from chatd.protocol.errors import ConfigError

#: By TLS 1.2 these keep what was said secret also when the key is known later, and are fast; TLS 1.3 has no
#: others. (Mozilla's list "intermediate" without the old ones.)
_CIPHERS: Final = b"ECDHE+AESGCM:ECDHE+CHACHA20"
#: Most programs just close their side, which OpenSSL takes for an error. It is the end of what they say, and
#: they may still read what they are answered.
_OPTIONS: Final = (
    SSL.OP_NO_RENEGOTIATION
    | SSL.OP_NO_COMPRESSION
    | SSL.OP_CIPHER_SERVER_PREFERENCE
    | SSL.OP_IGNORE_UNEXPECTED_EOF
)
#: OpenSSL's SSL_MODE_ENABLE_PARTIAL_WRITE, which pyOpenSSL sets and has no name for: a write could end after
#: the first of several records, where the other side takes short ones only (RFC 6066, 4), and the rest would
#: be lost.
_PARTIAL_WRITE: Final = 1
#: So that a session can be resumed which had a client certificate.
_SESSIONS: Final = b"chatd"

#: What TLS can sign with.
PrivateKey = RSAPrivateKey | EllipticCurvePrivateKey | Ed25519PrivateKey | Ed448PrivateKey


class Certificates:
    """`context` is for the next handshake. The constructor raises ConfigError where the files cannot be
    used."""

    def __init__(self, certificate: Path, key: Path) -> None:
        self._certificate: Final = certificate
        self._key: Final = key
        self.context = self._read()

    def reload(self) -> None:
        """Connections that there are go on. Where the files cannot be used, what was read before is."""
        try:
            self.context = self._read()
        except ConfigError as error:
            log.error("%s; the certificate of before is used", error)
        else:
            log.info("the certificate %s was read again", self._certificate)

    def _read(self) -> SSL.Context:
        key = _read_key(self._key)
        context = SSL.Context(SSL.TLS_SERVER_METHOD)
        context.set_min_proto_version(SSL.TLS1_2_VERSION)
        context.set_options(_OPTIONS)
        context.set_mode(SSL.MODE_RELEASE_BUFFERS)  # of who says nothing: a third of its memory
        context.clear_mode(_PARTIAL_WRITE)
        context.set_cipher_list(_CIPHERS)
        context.set_session_id(_SESSIONS)
        context.set_alpn_select_callback(_agree)
        # Everyone may have a certificate that it made itself: it tells who one is to whom one told that.
        context.set_verify(SSL.VERIFY_PEER, lambda *_: True)
        try:
            context.use_certificate_chain_file(os.fspath(self._certificate))
        except SSL.Error as error:
            raise _unusable(self._certificate, error) from error
        try:
            context.use_privatekey(key)
            context.check_privatekey()
        except SSL.Error as error:
            raise ConfigError(
                f"the TLS key {self._key} does not belong to the certificate {self._certificate}; please "
                "give the two that were made together"
            ) from error
        _warn_of_its_time(self._certificate, context)
        return context


def _agree(connection: SSL.Connection, offered: list[bytes]) -> Any:
    """On HTTP/1.1, where that is offered: so it is known that a browser is there, which may be silent."""
    return ALPN_HTTP if ALPN_HTTP in offered else SSL.NO_OVERLAPPING_PROTOCOLS


def _read_key(path: Path) -> PrivateKey:
    """Nobody but the server's user, and who is in a group made for that, may read it. (OpenSSL would ask at
    the terminal for the password of a key that has one, and the server would wait for it.)"""
    try:
        mode, pem = path.stat().st_mode, path.read_bytes()
    except OSError as error:
        raise ConfigError(f"the TLS key {path} cannot be read: {error.strerror}") from error
    if mode & (stat.S_IROTH | stat.S_IWOTH):
        raise ConfigError(f"everybody can read the TLS key {path}; please run chmod 600 {path}")
    try:
        key = load_pem_private_key(pem, None)
    except TypeError as error:
        raise ConfigError(f"the TLS key {path} has a password; please give one without") from error
    except (ValueError, UnsupportedAlgorithm) as error:
        raise ConfigError(f"the TLS key {path} is no key in PEM; please give such a file") from error
    if not isinstance(key, PrivateKey):
        raise ConfigError(
            f"the TLS key {path} is of no kind for TLS; please give one of RSA, ECDSA or Ed25519"
        )
    return key


def _unusable(path: Path, error: SSL.Error) -> ConfigError:
    if not os.access(path, os.R_OK):
        return ConfigError(
            f"the TLS certificate {path} cannot be read; please check where it is, and its rights"
        )
    reasons = error.args[0] if error.args else ()
    reason = next((text for _, _, text in reasons if text), "it is of no form that is understood")
    return ConfigError(f"the TLS certificate {path} cannot be used: {reason}; please give a PEM file")


def _warn_of_its_time(path: Path, context: SSL.Context) -> None:
    """The server can do without a good one until it is renewed; but its clients do not take it. Raises
    ConfigError for one that cannot be understood."""
    try:
        certificate = SSL.Connection(context).get_certificate(as_cryptography=True)
        end = None if certificate is None else certificate.not_valid_after_utc
    except (ValueError, InvalidVersion) as error:  # OpenSSL does not look at everything
        raise ConfigError(
            f"the TLS certificate {path} cannot be used: {error}; please make another"
        ) from error
    if end is not None and end < datetime.now(UTC):
        log.warning(
            "the TLS certificate %s expired on %s, and clients refuse it; please renew it, and send SIGHUP",
            path,
            f"{end:%Y-%m-%d}",
        )


def make_certificates(config: Config) -> Certificates | None:
    """None where nothing is to be encrypted. Raises ConfigError."""
    certificate, key = config.tls_certificate, config.tls_key
    if certificate is None and key is None:
        return None
    if certificate is None or key is None:
        missing = "--tls-certificate" if certificate is None else "--tls-key"
        raise ConfigError(f"TLS needs a certificate and its key; please give {missing}, too")
    return Certificates(Path(certificate), Path(key))
