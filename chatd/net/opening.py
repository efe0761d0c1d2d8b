"""What comes before the first line: whatever the first bytes of a connection say that it has to be.

They are looked at and not taken, so that what reads them next finds them where they were. Somebody at a
terminal sends none before it is greeted: whoever is silent for a moment is no program, and is not waited for
any longer.
"""

from dataclasses import dataclass
from typing import Final

from gevent import sleep

from chatd.config import Config, Plaintext
from chatd.net.certificates import Certificates
from chatd.net.logs import log
from chatd.net.transports import Listener, Transport
from chatd.net.transports.tcp import TcpTransport, is_loopback
from chatd.net.transports.tls import HandshakeFailed, TlsTransport
from chatd.net.web.serving import WebConversation
from chatd.net.web.site import Site
from chatd.protocol.errors import ConfigError
from chatd.state.networks import host_of
from chatd.state.server_state import ServerState

#: How a record of TLS begins that says hello (RFC 8446, 5.1).
_TLS: Final = b"\x16"
#: What a request of HTTP begins with. Other words may be somebody's first line.
_METHODS: Final = tuple(
    b"%s " % method for method in b"GET HEAD POST PUT DELETE OPTIONS PATCH TRACE CONNECT".split()
)
#: Seconds between two looks for more of it.
_PAUSE: Final = 0.01
_LONGEST: Final = max(map(len, _METHODS))


class Unencrypted(OSError):
    """Somebody speaks plain text who could be overheard."""


@dataclass(frozen=True, slots=True)
class Opened:
    """A connection on which a dialect is spoken; `silent`: nothing came for so long that it is to be
    greeted; `frames`: it is a WebSocket, of which so much came already."""

    transport: Transport
    silent: bool = False
    frames: bytes | None = None


def check_plaintext(config: Config, listener: Listener) -> None:
    """Raises ConfigError where strangers could read what is said."""
    private = listener.uri.startswith("unix:") or is_loopback(listener.sock.getsockname()[0])
    if not private and config.tls_certificate is None and config.plaintext is Plaintext.LOOPBACK:
        raise ConfigError(
            f"what is said to {listener.uri} could be read by others on the way; please give a certificate "
            "(--tls-certificate FILE --tls-key FILE), or allow that with --plaintext everywhere"
        )


class Opening:
    """`certificates` are None where nothing is encrypted. `plaintext` says who may speak without that, `site`
    what is answered to who speaks HTTP."""

    def __init__(
        self, state: ServerState, certificates: Certificates | None, plaintext: Plaintext, site: Site
    ) -> None:
        self._state: Final = state
        self._certificates: Final = certificates
        self._everywhere: Final = plaintext is Plaintext.EVERYWHERE
        self._site: Final = site

    def open(self, transport: Transport) -> Opened | None:
        """Waits for the first bytes and, where they ask for it, for a handshake, or for all that is asked for
        by HTTP: None, when that was answered and closed. Raises OSError where there is nobody any more, or
        nobody who speaks as we do."""
        if not isinstance(transport, TcpTransport):
            return Opened(transport)
        patience = self._site.silence_before_greeting(host_of(transport.peer))
        has_to = self._certificates is not None and not (transport.private or self._everywhere)
        # Nobody is greeted who has to encrypt, and the hello of a program may have got lost on the way.
        start = self._first(transport, self._state.limits.handshake_time if has_to else patience)
        if self._certificates is not None and start is not None and start.startswith(_TLS):
            encrypted = transport = self._encrypt(transport, self._certificates)
            if encrypted.speaks_http:
                return self._serve_web(transport)
            start = self._first(transport, patience)
        elif has_to:
            if start is not None and self._asks_http(transport, start):
                return self._serve_web(transport, wants_tls=True)
            raise Unencrypted
        if start is not None and self._asks_http(transport, start):
            return self._serve_web(transport)
        return Opened(transport, silent=start is None)

    def _serve_web(self, transport: TcpTransport, wants_tls: bool = False) -> Opened | None:
        frames = WebConversation(transport, self._site, self._state, wants_tls).run()
        return None if frames is None else Opened(transport, frames=frames)

    def _asks_http(self, transport: TcpTransport, start: bytes) -> bool:
        """Whether a method and a space came, or come right behind the part that is there."""
        now = self._state.now
        deadline = now() + self._state.limits.greet_after
        while not start.startswith(_METHODS):
            left = deadline - now()
            if left <= 0 or not (start and any(method.startswith(start) for method in _METHODS)):
                return False
            transport.wait_for_more(len(start), left)
            more = transport.peek(_LONGEST)
            if len(more) == len(start):
                if transport.input_ended():
                    return False
                sleep(_PAUSE)  # a Unix socket does not wait for more than one byte
            start = more
        return True

    def _encrypt(self, transport: TcpTransport, certificates: Certificates) -> TlsTransport:
        try:
            return TlsTransport(transport, certificates.context, self._state.limits.handshake_time)
        except HandshakeFailed as error:
            log.debug("the TLS handshake of %s failed: %s", transport.peer, error)
            raise

    def _first(self, transport: TcpTransport, patience: float) -> bytes | None:
        """The first bytes that came, nothing at the end of input; None where nothing came for so long."""
        now = self._state.now
        deadline, came = now() + patience, True
        while True:
            try:
                return transport.peek(_LONGEST)
            except BlockingIOError:  # of a record there may be a part
                left = deadline - now()
                if not came or left <= 0:
                    return None
                came = transport.wait_readable(left)
