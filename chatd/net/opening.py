"""What comes before the first line: whatever the first bytes of a connection say that it has to be.

They are looked at and not taken, so that what reads them next finds them where they were. Somebody at a
terminal sends none before it is greeted: whoever is silent for a moment is no program, and is not waited for
any longer.
"""

from dataclasses import dataclass
from typing import Final

from chatd.config import Config, Plaintext
from chatd.net.certificates import Certificates
from chatd.net.logs import log
from chatd.net.transports import Listener, Transport
from chatd.net.transports.tcp import TcpTransport, is_loopback
from chatd.net.transports.tls import HandshakeFailed, TlsTransport
from chatd.protocol.errors import ConfigError
from chatd.protocol.limits import Limits

#: How a record of TLS begins that says hello (RFC 8446, 5.1).
_TLS: Final = b"\x16"


class Unencrypted(OSError):
    """Somebody speaks plain text who could be overheard."""


@dataclass(frozen=True, slots=True)
class Opened:
    """A connection on which a dialect is spoken; `silent`: nothing came for so long that it is to be
    greeted."""

    transport: Transport
    silent: bool = False


def check_plaintext(config: Config, listener: Listener) -> None:
    """Raises ConfigError where strangers could read what is said."""
    private = listener.uri.startswith("unix:") or is_loopback(listener.sock.getsockname()[0])
    if not private and config.tls_certificate is None and config.plaintext is Plaintext.LOOPBACK:
        raise ConfigError(
            f"what is said to {listener.uri} could be read by others on the way; please give a certificate "
            "(--tls-certificate FILE --tls-key FILE), or allow that with --plaintext everywhere"
        )


class Opening:
    """`certificates` are None where nothing is encrypted. `plaintext` says who may speak without that."""

    def __init__(self, limits: Limits, certificates: Certificates | None, plaintext: Plaintext) -> None:
        self._limits: Final = limits
        self._certificates: Final = certificates
        self._everywhere: Final = plaintext is Plaintext.EVERYWHERE

    def open(self, transport: Transport) -> Opened:
        """Waits for the first byte and, where that asks for it, for a handshake. Raises OSError where there
        is nobody any more, or nobody who speaks as we do."""
        if self._certificates is None or not isinstance(transport, TcpTransport):
            return Opened(transport)
        start = _first(transport, self._limits.greet_after)
        if start == _TLS:
            return Opened(self._encrypt(transport, self._certificates))
        if not (transport.private or self._everywhere):
            raise Unencrypted
        return Opened(transport, start is None)

    def _encrypt(self, transport: TcpTransport, certificates: Certificates) -> TlsTransport:
        try:
            return TlsTransport(transport, certificates.context, self._limits.handshake_time)
        except HandshakeFailed as error:
            log.debug("the TLS handshake of %s failed: %s", transport.peer, error)
            raise


def _first(transport: TcpTransport, patience: float) -> bytes | None:
    """The first byte, nothing at the end of input; None where nothing came for so long."""
    try:
        return transport.peek(1)
    except BlockingIOError:
        return transport.peek(1) if transport.wait_readable(patience) else None
