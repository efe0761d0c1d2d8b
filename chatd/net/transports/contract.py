"""What a transport is: how the bytes of one connection come and go.

What every transport promises:

1. `receive` and `send` return at once. "Not now" is BlockingIOError, in both directions. A send may also
   have to wait for something to be received, as in TLS: then `send_needs_input` says so.
2. `receive` returns b"" at the end of input; `send` returns how many bytes it took, at least one.
3. What goes wrong is an OSError, which says why (see os_errors.py).
4. Only `wait_readable` waits. It returns at once where bytes wait inside the transport, as decrypted ones
   may.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from gevent import socket

from chatd.protocol.limits import Limits


class Transport(Protocol):
    """See the module's promises. `peer` is the other side's address, for the log. `private`: nobody between
    the two sides can read what they say. `fingerprint` is the SHA-256 of the other side's certificate, in
    hex; empty where it gave none."""

    peer: str
    private: bool
    fingerprint: str

    @property
    def scheme(self) -> str:
        """As in the URI of its listener."""

    def receive(self, size: int, /) -> bytes: ...

    def send(self, data: bytes | memoryview, /) -> int: ...

    def wait_readable(self, patience: float | None) -> bool:
        """Until there is something to receive; False when there was nothing in `patience` seconds."""

    def fileno(self) -> int: ...

    @property
    def send_needs_input(self) -> bool:
        """Whether the last `send` that said "not now" waits until the socket is readable, not writable."""

    def input_ended(self) -> bool:
        """Whether the other side has closed its side, even if not all that came before was received yet."""

    def raise_error(self) -> None:
        """Raise the error that the connection broke with, if it did, without reading."""

    def unacknowledged(self) -> int:
        """How many bytes (the end counts as one) the other side's system has not acknowledged yet."""

    def shutdown(self) -> None:
        """Nothing more is sent; reading goes on."""

    def close(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Listener:
    """A listening socket, the URI that it is really bound to, and what makes the transport of an accepted
    socket and its peer's address; `remove` is called after it was closed."""

    uri: str
    sock: socket.socket
    accept: Callable[[socket.socket, Any], Transport]
    remove: Callable[[], None] = lambda: None

    def close(self) -> None:
        self.sock.close()
        self.remove()


#: A row of the table: listens on a URI, at one place or at several (a name may have more than one address).
#: Raises ConfigError for a URI that is not understood, OSError for one that cannot be had: nothing is bound
#: then.
Listen = Callable[[str, Limits], list[Listener]]
