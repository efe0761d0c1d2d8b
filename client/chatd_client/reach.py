"""How a server is reached: by TLS, or in plain text. Decided once, before the first attempt.

`chats://HOST` is TLS, and so is any HOST that is not this machine; `chat://HOST` is plain text, and that is
said each time. A name counts as this machine where all its addresses are loopback; where that changes later,
nothing is said to it.
"""

from collections.abc import Callable
from typing import Final

from chatd.protocol.errors import ConfigError
from chatd.protocol.sanitize import clean
from chatd_client.known_server import KnownServer
from chatd_client.link_errors import CertificateRefused, LinkError
from chatd_client.target import PLAIN, TLS, Target
from chatd_client.trust_options import TrustOptions
from chatd_client.wire import AskTrust, PlainText, Security, is_here, unreachable

_NO_OPTIONS: Final = TrustOptions()


def security_of(target: Target, options: TrustOptions = _NO_OPTIONS) -> Security:
    """Raises ConfigError for options that cannot be."""
    if target.scheme == PLAIN and options.given:
        raise ConfigError(
            f"{PLAIN}:// is plain text, without a certificate; please write {TLS}://{clean(target.host)}"
        )
    if target.scheme == PLAIN:
        return PlainText()
    if not target.scheme and not options.given and is_here(target.host):
        return PlainText(anywhere=False)
    from chatd_client.trust import ServerTrust  # which takes as long as all else, where it is not needed

    return ServerTrust(KnownServer.at(target.host, target.port), options)


def warning_of(target: Target, options: TrustOptions) -> str:
    """What the user has to know each time; "" for nothing."""
    if options.insecure:
        return (
            f"the certificate of {clean(target.host)} is not looked at (--insecure): whoever is on the way "
            "can read and change everything, passwords included"
        )
    if target.scheme == PLAIN and not is_here(target.host):
        return (
            f"the connection to {clean(target.host)} is not encrypted ({PLAIN}://): whoever is on the way "
            "can read and change everything, passwords included"
        )
    return ""


def settle(
    security: Security, target: Target, ask: AskTrust, tell: Callable[[str], None], patient: bool = False
) -> None:
    """Ask the user about a server that was never seen, where that has to be. Raises LinkError; `patient`: not
    where there is only no way to it now.
    """
    try:
        security.settle(target.host, target.port, ask, tell)
    except (OSError, UnicodeError) as error:
        if not patient:
            raise unreachable(target.host, target.port, error) from None
    except CertificateRefused:
        raise
    except LinkError:
        if not patient:
            raise
