"""Where clients come from: a URI becomes the listeners of its scheme's transport."""

from chatd.net.transports import SCHEMES, Listener, tcp
from chatd.protocol.errors import ConfigError
from chatd.protocol.limits import Limits


def listen(uri: str, limits: Limits) -> list[Listener]:
    """The listeners on `uri`, or ConfigError with one sentence."""
    name, separator, _ = uri.partition("://")
    if not name or not separator:
        raise tcp.not_understood(uri)
    scheme = SCHEMES.get(name.lower())
    if scheme is None:
        known = ", ".join(f"{name}://" for name in SCHEMES)
        raise ConfigError(f"cannot listen on {uri}: the scheme is not one of {known}")
    try:
        return scheme(uri, limits)
    except (OSError, OverflowError) as error:
        reason = getattr(error, "strerror", None) or error
        raise ConfigError(f"cannot listen on {uri}: {reason}; please choose another with --listen") from error
