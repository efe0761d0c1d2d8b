"""Connections that are opened one after the other: how many TLS handshakes the server makes in a second of
its CPU.

Each handshake is a whole one, with a session of its own. A connection ends once the server has answered a
ping over it: so the server has taken the client's last message, too. What all that costs beside the handshake
is seen over TCP.
"""

import socket
from contextlib import closing
from dataclasses import dataclass
from time import monotonic_ns
from typing import ClassVar, Final

from loadtests.engine.loop import Loop
from loadtests.engine.sockets import connect
from loadtests.engine.strangers import words
from loadtests.engine.transports import OPENINGS
from loadtests.measure.errors import Fault
from loadtests.measure.latency import Histogram
from loadtests.scenarios.base import RunContext, Scenario, option
from loadtests.scenarios.measures import metered, watched
from loadtests.servers.transports import TCP, TLS, transport_of

_PING: Final = b'{"type":"ping"}\n'
_PONG: Final = b'{"type":"pong"'
#: Seconds for the answer.
_PATIENCE: Final = 10.0


@dataclass(frozen=True, slots=True)
class Handshakes(Scenario):
    """One is open at a time."""

    name: ClassVar[str] = "handshakes"
    one_load: ClassVar[bool] = False
    about: ClassVar[str] = "connections that are encrypted, ask for a pong, and end, one after the other"
    columns: ClassVar[tuple[str, ...]] = (
        *("handshakes", "handshakes/CPU s", "handshake p50 ms", "handshake p99 ms"),
        *("server %", "generator %", "disturbed %", "blocked ms", "RSS MiB"),
    )
    codecs: ClassVar[tuple[str, ...]] = ("chatd",)
    transports: ClassVar[tuple[str, ...]] = (TLS, TCP)

    count: int = option(2000, "connections", least=1, most=10_000, quick=0.05)

    def run(self, context: RunContext) -> None:
        target, figures = context.target, context.run.figures
        context.run.noun = "handshakes"
        took = Histogram()

        def tell(wall: float, cpu: float) -> None:
            figures["handshakes"] = len(took)
            figures["handshakes/CPU s"] = len(took) / cpu if cpu else float("nan")
            figures["handshake p50 ms"] = took.percentile(50)
            figures["handshake p99 ms"] = took.percentile(99)
            context.run.latency = took.distribution()

        with (
            closing(Loop()) as loop,
            watched(context, loop, lambda: len(took), took),
            metered(context, tell),
        ):
            opened = OPENINGS[transport_of(target.codec)]
            for number in range(self.count):
                began = monotonic_ns()
                with closing(opened(connect(target.address, number))) as sock:
                    took.add((began,), monotonic_ns())
                    _expect_pong(sock, number)
                loop.tick()
            figures["RSS MiB"] = target.memory() / 2**20

    @property
    def connections(self) -> int:
        """Not at a time: how far it is, is told by all of them."""
        return self.count


def _expect_pong(sock: socket.socket, number: int) -> None:
    """Raises Fault."""
    sock.settimeout(_PATIENCE)
    said = b""
    try:
        sock.sendall(_PING)
        while b"\n" not in said and (more := sock.recv(4096)):
            said += more
    except OSError as error:
        raise Fault(f"connection {number} got no pong: {error}") from error
    if not (said.startswith(_PONG) and said.endswith(b"\n")):
        raise Fault(f"connection {number} got no pong, but: {words(said) or 'the end'}")
