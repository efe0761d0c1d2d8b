"""Slow consumers: readers that do not read, or read 1 KiB a second, and what they cost in the others' latency
and in the server's memory.

One room, two loads: in the first everyone reads, in the second some readers are slow, with small receive
buffers, so that the backlog is in the server. Then the slow readers read their backlog, and every message
must be accounted for: delivered in its place, or counted by a `skipped` line at the place of the gap. At the
end their connections are closed, and the server must free the memory.
"""

from contextlib import closing
from dataclasses import dataclass
from time import monotonic
from typing import ClassVar, Final

from loadtests.engine.codecs import TALKERS, unfit
from loadtests.engine.crowd import Crowd, Witness
from loadtests.engine.loads import Paced
from loadtests.engine.rooms import LOG_STEP, LoadRoom
from loadtests.scenarios.base import RunContext, Scenario, nothing_due, option
from loadtests.scenarios.broadcast import LATENCIES, SHARES, SHORTEST, entered
from loadtests.scenarios.measures import measure

#: Seconds within which backlogs must be delivered once the load is over.
_GRACE: Final = 30


@dataclass(frozen=True, slots=True)
class SlowReaders(Scenario):
    """`pace` is how many bytes a second a slow reader reads; 0 is frozen: it does not read at all."""

    name: ClassVar[str] = "slow"
    one_load: ClassVar[bool] = False
    about: ClassVar[str] = "a share of the readers frozen, or reading 1 KiB/s: what it costs the others"
    columns: ClassVar[tuple[str, ...]] = (
        *("p99 without ms", *LATENCIES, "p99 ratio", "skipped", "before MiB", "peak MiB", "after MiB"),
        *("KiB each slow", *SHARES),
    )
    codecs: ClassVar[tuple[str, ...]] = ("chatd",)

    readers: int = option(1000, "people who read, the slow ones among them", least=2, quick=0.1)
    slow: int = option(10, "how many of them are slow", least=1, quick=0.1)
    pace: int = option(0, "bytes a second that a slow one reads; 0: frozen")
    talkers: int = option(10, "people who talk", least=2, most=TALKERS)
    size: int = option(2000, "bytes of a delivered message", least=SHORTEST)
    rate: float = option(100.0, "messages a second, of all talkers together", least=0.01, quick=4)
    seconds: float = option(12.0, "how long they talk, without and with slow ones", least=1, quick=0.25)

    def run(self, context: RunContext) -> None:
        figures, memory = context.run.figures, context.target.memory
        with (
            closing(Crowd(context.target, _GRACE)) as crowd,  # a loop has to be made before the connections
            entered(context, self.readers, self.talkers, size=self.size, frozen=self.slow) as room,
        ):
            measure(context, room, Paced(self.rate, self.seconds))
            figures["p99 without ms"] = without = figures["p99 ms"]
            self._settle(room)
            before = memory()
            self._doze(room)
            measure(context, room, Paced(self.rate, self.seconds))
            peak = memory("VmHWM")
            self._settle(room)
            room.run(Paced(1, 1))  # a fence: anything wrong that the slow ones were sent comes before it
            self._settle(room)
            _leave(crowd, room)
            after = memory()
        figures |= {
            "p99 ratio": figures["p99 ms"] / without,
            "delivered": sum(sleeper.delivered for sleeper in room.frozen),
            "skipped": sum(sleeper.skipped for sleeper in room.frozen),
            "before MiB": before / 2**20,
            "peak MiB": peak / 2**20,
            "after MiB": after / 2**20,
            "after / before": after / before,
            "KiB each slow": (peak - before) / self.slow / 1024,
        }

    def mistake(self, codec: str) -> str | None:
        if self.slow >= self.readers:
            return "somebody must read as fast as they can: please give fewer --slow than --readers"
        if 2 * self.size * self.rate * self.seconds > LOG_STEP:
            return f"size x rate x seconds is too much to be checked: {LOG_STEP // 2} bytes at most"
        return nothing_due(self.rate, self.seconds) or unfit(codec, self.size)

    def _doze(self, room: LoadRoom) -> None:
        """From now on the slow readers are slow."""
        for sleeper in room.frozen:
            room.forget(sleeper.sock)
        began, taken, tick = monotonic(), 0, room.tick

        def sip() -> None:
            nonlocal taken
            tick()
            due = int((monotonic() - began) * self.pace)
            if due - taken >= min(1024, self.pace) > 0:
                for sleeper in room.frozen:
                    sleeper.read(due - taken)
                taken = due

        room.tick = sip

    def _settle(self, room: LoadRoom) -> None:
        """Let the slow readers read like all others, and wait until every message is accounted for."""
        total, left = room.readers[0].delivered, [*room.frozen]
        for sleeper in left:
            room.begin(sleeper)
        room.until_all(
            left,
            lambda sleeper: not sleeper.missing(total),
            _GRACE,
            lambda: f"{left[0].lacks(total)}, and {len(left) - 1} others miss some too",
        )


def _leave(crowd: Crowd, room: LoadRoom) -> None:
    """Close the slow readers' connections, and wait until a witness was told that all of them left. The
    witness joins after all comparing is over, since the others would receive a notice about it."""
    (witness,) = crowd.admit(Witness, "w", [0])
    room.leave(room.frozen)
    everyone = len(room.frozen)
    crowd.until(
        lambda: witness.went >= everyone,
        _GRACE,
        lambda: f"the notices tell of {witness.went} of {everyone} that left",
    )
