"""A few talkers send to everyone, at a fixed rate that does not depend on the server (an open loop)."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import Any, ClassVar

from loadtests.engine.codecs import TALKERS, unfit
from loadtests.engine.loads import Paced
from loadtests.engine.rooms import LoadRoom
from loadtests.engine.transports import TlsSocket, encryption_cost
from loadtests.scenarios.base import RunContext, Scenario, nothing_due, option
from loadtests.scenarios.measures import measure, watched
from loadtests.servers.transports import TLS, TRANSPORTS, transport_of

LATENCIES = ("p50 ms", "p99 ms", "p99.9 ms", "worst ms")
SHARES = ("server %", "generator %", "disturbed %", "blocked ms")
#: The engine's lines are `<t001> NUMBER TIME x…`: no message is shorter.
SHORTEST = 40


@dataclass(frozen=True, slots=True)
class Broadcast(Scenario):
    """Open loop: each message has a due time, however slow the server is, and its latency counts from that.
    So a slow server never slows the load (no coordinated omission), and a load generator that is late shows
    as latency and as a mark."""

    name: ClassVar[str] = "broadcast"
    transports: ClassVar[tuple[str, ...]] = TRANSPORTS
    about: ClassVar[str] = "readers, talkers and an even rate, latencies from the moment a message is due"
    columns: ClassVar[tuple[str, ...]] = (
        *("deliveries/s", "µs/delivery", "OpenSSL µs", *LATENCIES, "late p99 ms", *SHARES, "RSS MiB"),
    )

    readers: int = option(1000, "people who only read", least=1, quick=0.1)
    talkers: int = option(10, "people who talk, and read too", least=2, most=TALKERS)
    size: int = option(100, "bytes of a delivered message", least=SHORTEST)
    rate: float = option(1000.0, "messages a second, of all talkers together", least=0.01)
    sample: int = option(1, "of so many readers the latencies of one are taken", least=1)
    seconds: float = option(20.0, "how long they talk, once all are in", least=0.1, quick=0.1)

    def run(self, context: RunContext) -> None:
        with entered(context, self.readers, self.talkers, size=self.size, sample=self.sample) as room:
            before = TlsSocket.records
            measure(context, room, Paced(self.rate, self.seconds))
        if transport_of(context.target.codec) == TLS:
            _compare_encryption(context, room, TlsSocket.records - before)

    def mistake(self, codec: str) -> str | None:
        return nothing_due(self.rate, self.seconds) or unfit(codec, self.size)


def _compare_encryption(context: RunContext, room: LoadRoom, records: int) -> None:
    """What OpenSSL alone needs for each delivery: for the same bytes, in as many records as were received."""
    heard = sum(one.heard for one in room.rooms)  # with the fence
    size = round(heard * room.log.size / records)
    cost = encryption_cost(context.target.address, size)
    context.run.figures |= {"record bytes": size, "OpenSSL µs": 1e6 * cost * records / heard}


@contextmanager
def entered(context: RunContext, readers: int, talkers: int, **options: Any) -> Iterator[LoadRoom]:
    """A LoadRoom with these options in which everyone has joined and received START. What is delivered in
    this block is sampled."""
    target = context.target
    with closing(LoadRoom(target.codec, target.address, readers, talkers, **options)) as room:
        context.run.figures["all in s"] = room.join()
        room.start()
        with watched(context, room, room.delivered, room.histogram):
            yield room
