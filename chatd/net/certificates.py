"""The server's certificate and key, from files that are read again when they have changed."""

import os
import stat
from pathlib import Path
from typing import Final

from OpenSSL import SSL

from chatd.config import Config
from chatd.net.logs import log
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
#: So that a session can be resumed which had a client certificate.
_SESSIONS: Final = b"chatd"


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
        _check_key(self._key)
        context = SSL.Context(SSL.TLS_SERVER_METHOD)
        context.set_min_proto_version(SSL.TLS1_2_VERSION)
        context.set_options(_OPTIONS)
        context.set_mode(SSL.MODE_RELEASE_BUFFERS)  # of who says nothing: a third of its memory
        context.set_cipher_list(_CIPHERS)
        context.set_session_id(_SESSIONS)
        # Everyone may have a certificate that it made itself: it tells who one is to whom one told that.
        context.set_verify(SSL.VERIFY_PEER, lambda *_: True)
        try:
            context.use_certificate_chain_file(os.fspath(self._certificate))
        except SSL.Error as error:
            raise _unusable(self._certificate, "certificate", error) from error
        try:
            context.use_privatekey_file(os.fspath(self._key))
            context.check_privatekey()
        except SSL.Error as error:
            raise _unusable(self._key, "key", error) from error
        return context


def _check_key(path: Path) -> None:
    """Nobody but the server's user, and who is in a group made for that, may read it."""
    try:
        mode = path.stat().st_mode
    except OSError as error:
        raise ConfigError(f"the TLS key {path} cannot be read: {error.strerror}") from error
    if mode & (stat.S_IROTH | stat.S_IWOTH):
        raise ConfigError(f"everybody can read the TLS key {path}; please run chmod 600 {path}")


def _unusable(path: Path, what: str, error: SSL.Error) -> ConfigError:
    if not os.access(path, os.R_OK):
        return ConfigError(f"the TLS {what} {path} cannot be read; please check where it is, and its rights")
    reasons = error.args[0] if error.args else ()
    reason = next((text for _, _, text in reasons if text), "it is of no form that is understood")
    if what == "key" and "mismatch" in reason:
        reason = "it does not belong to the certificate"
    return ConfigError(f"the TLS {what} {path} cannot be used: {reason}; please give a PEM file")


def make_certificates(config: Config) -> Certificates | None:
    """None where nothing is to be encrypted. Raises ConfigError."""
    certificate, key = config.tls_certificate, config.tls_key
    if certificate is None and key is None:
        return None
    if certificate is None or key is None:
        missing = "--tls-certificate" if certificate is None else "--tls-key"
        raise ConfigError(f"TLS needs a certificate and its key; please give {missing}, too")
    return Certificates(Path(certificate), Path(key))
