"""Whether the server is the one that was meant: over TLS, before anything is said to it.

1. A certificate that the system's store vouches for, and that is for the host, is trusted.
2. One for which nobody vouches (a self-signed one) is trusted once the user has said so, who was shown its
   SHA-256, or has given that (`--fingerprint`). It is *pinned*: from then on the server has to have this one,
   whatever names are in it, until it expires; or one that the store vouches for, and then the pin is gone.
3. Another one than is pinned is refused, and so is one for which nobody vouches at a server that had one for
   which the store does. Only `--fingerprint` gets past that.
4. One that has expired, or is for another host, is refused.
5. Nobody is asked while a link is opened: `settle` asks, before the first one.
6. With `--insecure` any certificate will do, and nothing is remembered: neither of it, nor a token.
"""

import ssl
from collections.abc import Callable
from functools import cached_property
from typing import Final

from chatd.protocol.errors import ConfigError
from chatd.protocol.fingerprints import shown_fingerprint
from chatd.protocol.sanitize import clean
from chatd_client.known_server import VOUCHED_FOR, KnownCertificate, KnownServer
from chatd_client.link_errors import CertificateRefused, LinkError
from chatd_client.tls_wire import PlainRefusal, TlsWire
from chatd_client.trust_options import TrustOptions
from chatd_client.wire import AskTrust, connect_tcp

#: By OpenSSL's number for what is wrong: nobody vouches for it, but the user may.
_UNVOUCHED: Final = frozenset((18, 19, 20, 21))
#: In our words, with what to do; other errors are told in OpenSSL's words.
_WRONGS: Final = {
    9: "is not valid yet; is the clock of this machine right?",
    10: "has expired; please tell those who run it, or look whether the clock of this machine is right",
    23: "was revoked; please ask those who run it",
    62: "is for another host; is the address right?",
    64: "is not for this address; please give the name of the host",
}

_HAS_EXPIRED: Final = "The certificate that you trusted until now has expired.\n"
_ASK_THEM: Final = (
    "Please ask those who run it; if they have a new certificate, and tell you the same SHA-256, give that "
    "once: --fingerprint SHA256"
)


class UnvouchedCertificate(CertificateRefused):
    """One that the user may trust: `known` is what would be remembered then."""

    def __init__(self, server: str, known: KnownCertificate) -> None:
        self.known = known
        self.question = (
            f"Nobody whom this system trusts vouches for the certificate of {server}: it may be anyone's.\n"
            f"Its SHA-256:\n{_in_two_rows(known.fingerprint)}\n"
            "Those who run the server can tell you whether that is right."
        )
        super().__init__(
            f"nobody whom this system trusts vouches for the certificate of {server}; if its SHA-256 is what "
            "those who run it say, please give it once: --fingerprint "
            f"{shown_fingerprint(known.fingerprint)}"
        )


class ServerTrust:
    """How a server is reached by TLS."""

    def __init__(self, known: KnownServer, options: TrustOptions) -> None:
        self.tokens = "" if options.insecure else "devices-tls"
        self._known, self._options = known, options
        self._unchecked, self._bare = _context(options), _context(options)
        self._unchecked.check_hostname = False
        self._unchecked.verify_mode = ssl.CERT_NONE
        self._tell: Callable[[str], None] = lambda sentence: None

    @cached_property
    def _vouched(self) -> ssl.SSLContext:
        self._bare.load_default_certs()  # 60 ms, which a server that is known by its SHA-256 does not need
        return self._bare

    def settle(self, host: str, port: int, ask: AskTrust, tell: Callable[[str], None]) -> None:
        """Ask about a server of which nothing is known yet. See `wire.Security`."""
        self._tell = tell
        known = self._known.find()
        if self._options.insecure or self._options.fingerprint or (known and not known.expired):
            return
        try:
            self.open(host, port).close()
        except UnvouchedCertificate as error:
            trusted = ask(_HAS_EXPIRED * (known is not None) + error.question)
            if trusted is None:
                raise
            if not trusted:
                raise CertificateRefused(f"the certificate of {_server(host, port)} is not trusted") from None
            self._keep(error.known)

    def open(self, host: str, port: int) -> TlsWire:
        """See `wire.Security`."""
        if self._options.insecure:
            return self._shake_hands(host, port, self._unchecked)
        known = self._known.find()
        pinned = self._options.fingerprint or ("" if known is None or known.expired else known.fingerprint)
        changed = None
        if pinned:
            wire = self._shake_hands(host, port, self._unchecked)
            if wire.fingerprint == pinned:
                return self._as_given(wire, host, port)
            wire.close()
            changed = CertificateRefused(_other(_server(host, port), pinned, wire.fingerprint))
            if self._options.fingerprint:
                raise changed
        try:
            wire = self._shake_hands(host, port, self._vouched)
        except ssl.SSLCertVerificationError as error:
            raise changed or self._refused(host, port, error) from None
        if known != VOUCHED_FOR:
            self._keep(VOUCHED_FOR)
        return wire

    def _as_given(self, wire: TlsWire, host: str, port: int) -> TlsWire:
        """What the user has given is pinned from now on."""
        known = self._known.find()
        if known is None or known.expired or known.fingerprint != wire.fingerprint:
            try:
                self._keep(_checked(wire, _server(host, port)))
            except LinkError:
                wire.close()
                raise
        return wire

    def _refused(self, host: str, port: int, error: ssl.SSLCertVerificationError) -> LinkError:
        server = _server(host, port)
        if error.verify_code not in _UNVOUCHED:
            wrong = _WRONGS.get(error.verify_code, f"is not good: {clean(error.verify_message)}")
            return CertificateRefused(f"the certificate of {server} {wrong}")
        wire = self._shake_hands(host, port, self._unchecked)  # of a handshake that fails none is to be had
        wire.close()
        certificate = _checked(wire, server)
        if self._known.find() == VOUCHED_FOR:
            return CertificateRefused(_unvouched_now(server, wire.fingerprint))
        return UnvouchedCertificate(server, certificate)

    def _keep(self, known: KnownCertificate) -> None:
        if why := self._known.keep(known):
            self._tell(why)

    @staticmethod
    def _shake_hands(host: str, port: int, context: ssl.SSLContext) -> TlsWire:
        sock = connect_tcp(host, port)
        try:
            return TlsWire(sock, context, host)
        except ssl.SSLCertVerificationError:
            raise
        except ssl.SSLError as error:
            raise LinkError(_no_tls(_server(host, port), error)) from None


def _context(options: TrustOptions) -> ssl.SSLContext:
    """Raises ConfigError for a certificate of the user's that cannot be used."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.options |= ssl.OP_NO_RENEGOTIATION
    if options.certificate is not None:
        files = options.certificate, options.key
        try:
            context.load_cert_chain(*files, password=lambda: "")
        except ssl.SSLError:
            raise ConfigError(
                f"{clean(str(options.certificate))} and its key cannot be used; please give PEM files that "
                "belong together, and a key without a password"
            ) from None
        except OSError as error:
            names = " or ".join(clean(str(file)) for file in files if file)
            raise ConfigError(f"cannot read {names}: {str(error.strerror).lower()}") from None
    return context


def _checked(wire: TlsWire, server: str) -> KnownCertificate:
    """What is remembered of the server's certificate. Raises CertificateRefused for one that has expired."""
    from cryptography import x509  # importing it takes a while, and it is needed once for a server

    try:
        end = x509.load_der_x509_certificate(wire.der).not_valid_after_utc
    except ValueError:
        raise CertificateRefused(f"the certificate of {server} is not understood") from None
    known = KnownCertificate(wire.fingerprint, int(end.timestamp()))
    if known.expired:
        raise CertificateRefused(
            f"the certificate of {server} has expired, on {end:%Y-%m-%d}; please tell those who run it, who "
            "can make another"
        )
    return known


def _in_two_rows(fingerprint: str) -> str:
    """To be compared in a terminal of 80 columns."""
    shown = shown_fingerprint(fingerprint)
    half = len(shown) // 2
    return f"  {shown[:half]}\n  {shown[half + 1 :]}"


def _server(host: str, port: int) -> str:
    return f"{clean(host)} port {port}"


def _other(server: str, pinned: str, found: str) -> str:
    return (
        f"the certificate of {server} is NOT THE ONE that you trust: somebody may be in between. Its SHA-256 "
        f"is {shown_fingerprint(found)}, and was {shown_fingerprint(pinned)}. {_ASK_THEM}"
    )


def _unvouched_now(server: str, found: str) -> str:
    return (
        f"nobody whom this system trusts vouches for the certificate of {server} ANY MORE: somebody may be "
        f"in between. Its SHA-256 is {shown_fingerprint(found)}. {_ASK_THEM}"
    )


def _no_tls(server: str, error: ssl.SSLError) -> str:
    if isinstance(error, PlainRefusal):
        return f"{server}, or somebody in between, has turned you away: {clean(error.why)}"
    reason = str(error.reason or "it ended").replace("_", " ").lower()
    return (
        f"there is no TLS with {server} ({clean(reason)}); if it speaks plain text, please write chat:// "
        "before the host"
    )
