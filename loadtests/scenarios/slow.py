"""Readers that take nothing, or 1 KiB a second: what they cost the others, and the server's memory.

One room, two loads: in the first everyone reads, in the second a share is slow, with small receive buffers so
that nothing is hidden in them. Then the slow ones read what waits for them and must account for every
message: delivered in its place, or counted by a `skipped` line that stands at the place of the gap. At last
their connections break, and the server's memory must return.
"""

from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from time import monotonic
from typing import ClassVar, Final

from loadtests.engine.codecs import unfit
from loadtests.engine.loads import Paced
from loadtests.engine.members import FrozenReader
from loadtests.engine.rooms import LOG_STEP, LoadRoom
from loadtests.engine.stream import Fault
from loadtests.scenarios.base import Scenario, ServerUnderTest, Stage, nothing_due, option
from loadtests.scenarios.broadcast import LATENCIES, SHARES, SHORTEST, enter, watch
from loadtests.scenarios.crowd import NOTICE_FORMATS, Guest, Witness
from loadtests.scenarios.measures import Tick, measure

#: Seconds for what must happen by itself once the load is over.
_GRACE: Final = 30


@dataclass(frozen=True, slots=True)
class SlowReaders(Scenario):
    """`pace` 0 is frozen."""

    name: ClassVar[str] = "slow"
    about: ClassVar[str] = "a share of the readers frozen, or reading 1 KiB/s: what it costs the others"
    columns: ClassVar[tuple[str, ...]] = (
        *("p99 without ms", *LATENCIES, "p99 ratio", "skipped", "before MiB", "peak MiB", "after MiB"),
        *("KiB each slow", *SHARES),
    )
    codecs: ClassVar[tuple[str, ...]] = ("chatd",)

    readers: int = option(1000, "people who read, the slow ones among them", least=2, quick=0.1)
    slow: int = option(10, "how many of them are slow", least=1, quick=0.1)
    pace: int = option(0, "bytes a second that a slow one reads; 0: frozen")
    talkers: int = option(10, "people who talk", least=2)
    size: int = option(2000, "bytes of a delivered message", least=SHORTEST)
    rate: float = option(100.0, "messages a second, of all talkers together", least=0.01, quick=4)
    seconds: float = option(12.0, "how long they talk, without and with slow ones", least=1, quick=0.25)

    def run(self, stage: Stage) -> None:
        figures, memory = stage.run.figures, stage.target.memory
        room = enter(stage, self.readers, self.talkers, self.size, frozen=self.slow, start=_awake)
        with closing(room), watch(stage, room) as tick:
            measure(stage, room, self._load(), tick)
            figures["p99 without ms"] = without = figures["p99 ms"]
            self._settle(room)
            before = memory()
            measure(stage, room, self._load(), self._slowly(room, tick))
            peak = memory("VmHWM")
            self._settle(room)
            room.run(Paced(1, 1))  # a fence: whatever else the slow ones were sent stands before it
            self._settle(room)
            _leave(room, stage.target)
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

    @property
    def connections(self) -> int:
        return self.readers + self.talkers

    def mistake(self) -> str | None:
        if self.slow >= self.readers:
            return "somebody must read as fast as they can: please give fewer --slow than --readers"
        if 2 * self.size * self.rate * self.seconds > LOG_STEP:
            return f"size x rate x seconds is too much to be checked: {LOG_STEP // 2} bytes at most"
        return nothing_due(self.rate, self.seconds)

    def unfit(self, codec: str) -> str | None:
        return unfit(codec, size=self.size, talkers=self.talkers)

    def _load(self) -> Paced:
        return Paced(self.rate, self.seconds)

    def _slowly(self, room: LoadRoom, tick: Tick) -> Tick:
        """From now on the slow ones are slow."""
        for sleeper in room.frozen:
            room.forget(sleeper.sock)
        began, taken = monotonic(), 0

        def sip() -> None:
            nonlocal taken
            tick()
            due = int((monotonic() - began) * self.pace)
            if due - taken >= min(1024, self.pace) > 0:
                for sleeper in room.frozen:
                    _sip(sleeper, due - taken)
                taken = due

        return sip

    def _settle(self, room: LoadRoom) -> None:
        """Wait until the slow ones, who read again, can account for everything."""
        total = room.readers[0].position // self.size
        for sleeper in room.frozen:
            room.watch(sleeper.sock, sleeper.read)
        missing = list(room.frozen)

        def settled() -> bool:
            for sleeper in missing:
                sleeper.take(memoryview(b""))  # it may have been ahead of those it is compared with
            missing[:] = unsettled(missing, total)
            return not missing

        room.until(
            settled,
            _GRACE,
            lambda: (
                f"{missing[0].delivered} delivered + {missing[0].skipped} skipped of {total} for "
                f"{missing[0].name}, a slow reader, and {len(missing) - 1} others miss some too"
            ),
        )


def unsettled(sleepers: Sequence[FrozenReader], total: int) -> list[FrozenReader]:
    """Those who cannot account for all messages yet; Fault where somebody has more than there were."""
    for one in sleepers:
        if one.delivered + one.skipped > total:
            raise Fault(
                f"{one.delivered} delivered + {one.skipped} skipped for {one.name}, a slow reader, and there "
                f"were {total}"
            )
    return [one for one in sleepers if one.delivered + one.skipped != total]


def _awake(room: LoadRoom) -> None:
    """At first the slow ones read like everyone."""
    for sleeper in room.frozen:
        room.watch(sleeper.sock, sleeper.read)


def _sip(sleeper: FrozenReader, most: int) -> None:
    """Read so many bytes, if they are there."""
    try:
        data = sleeper.sock.recv(most)
    except BlockingIOError:
        return
    except OSError as error:
        raise Fault(f"{sleeper.name}, a slow reader, lost its connection: {error}") from error
    if not data:
        raise Fault(f"{sleeper.name}, a slow reader, was closed by the server")
    sleeper.take(memoryview(data))


def _leave(room: LoadRoom, target: ServerUnderTest) -> None:
    """The slow readers' connections break; wait until somebody has been told of them all. That one comes when
    nobody's stream is compared any more."""
    for member in (*room.readers, *room.talkers, *room.frozen):
        room.forget(member.sock)
    notices = NOTICE_FORMATS[target.codec]
    guest = Guest(target, 0, "witness", notices.handshake.of("witness"))
    with closing(guest.sock):
        witness, here = Witness(guest, notices), False

        def arrive() -> None:
            nonlocal here
            here = guest.arrive()
            if here:
                room.watch(guest.sock, witness.read)

        room.watch(guest.sock, arrive)
        room.until(lambda: here, _GRACE, lambda: "somebody who came last was not welcomed")
        for sleeper in room.frozen:
            sleeper.sock.close()
        everyone = len(room.frozen)
        room.until(
            lambda: witness.went >= everyone,
            _GRACE,
            lambda: f"the notices tell of {witness.went} of {everyone} that left",
        )
        room.forget(guest.sock)
