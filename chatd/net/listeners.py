"""Where clients come from: an address becomes a listening socket of its scheme's transport."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from gevent import socket

from chatd.config import Address
from chatd.net.transports import SCHEMES, Transport
from chatd.protocol.errors import ConfigError
from chatd.protocol.limits import Limits


@dataclass(frozen=True, slots=True)
class Listener:
    """`address` is the one really bound; `accept` makes the transport of an accepted socket."""

    address: Address
    sock: socket.socket
    accept: Callable[[socket.socket, Any], Transport]


def listen(address: Address, limits: Limits) -> Listener:
    """A listener on `address`, or ConfigError with one sentence."""
    scheme = SCHEMES.get(address.scheme)
    if scheme is None:
        known = ", ".join(f"{name}://" for name in SCHEMES)
        raise ConfigError(f"cannot listen on {address}: the scheme is not one of {known}")
    try:
        sock = scheme.listen(address, limits)
    except (OSError, OverflowError) as error:
        reason = getattr(error, "strerror", None) or error
        raise ConfigError(
            f"cannot listen on {address}: {reason}; please choose another with --listen"
        ) from error
    bound = Address(address.scheme, address.host, sock.getsockname()[1])
    return Listener(bound, sock, scheme.accept)
