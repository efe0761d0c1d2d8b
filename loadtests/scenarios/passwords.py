"""Somebody tries thousands of passwords, and nobody else is to notice; nor is he to learn which names are
registered."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from heapq import merge
from typing import ClassVar, Final

from loadtests.engine.codecs import TALKERS, unfit
from loadtests.engine.connector import Connector
from loadtests.engine.guessed_room import GuessedRoom
from loadtests.engine.guessing import NameComparison, register
from loadtests.engine.loads import Schedule, TimedAct, evenly
from loadtests.engine.sockets import is_local
from loadtests.measure.errors import Fault, Unusable
from loadtests.scenarios.base import RunContext, Scenario, nothing_due, option
from loadtests.scenarios.broadcast import LATENCIES, SHARES, SHORTEST
from loadtests.scenarios.measures import measure, watched

#: Pings a second, of all who ask.
_PINGS: Final = 50
#: Most tries of a comparison.
_MOST: Final = 10_000


@dataclass(frozen=True, slots=True)
class PasswordGuessing(Scenario):
    """First it compares how long a refusal takes for names that are registered and for others; then people
    talk for a while, and then while somebody else tries passwords, from one address. Open loop."""

    name: ClassVar[str] = "passwords"
    one_load: ClassVar[bool] = False
    about: ClassVar[str] = "somebody tries thousands of passwords while others talk"
    columns: ClassVar[tuple[str, ...]] = (
        *("tries", "hashed", "p99 before ms", *LATENCIES, "p99 growth ms", "ping p99 ms", "ping worst ms"),
        *("wrong p50 ms", "unknown p50 ms", "names differ %", "late p99 ms", *SHARES, "RSS MiB"),
    )
    codecs: ClassVar[tuple[str, ...]] = ("chatd",)

    readers: int = option(10, "people who only read; their latencies are taken", least=1)
    talkers: int = option(100, "people who talk, and read too", least=2, most=TALKERS)
    size: int = option(100, "bytes of a delivered message", least=SHORTEST)
    rate: float = option(200.0, "messages a second, of all talkers together", least=0.01)
    tries: int = option(10_000, "wrong passwords, evenly over the time", least=1, quick=0.02)
    seconds: float = option(
        60.0, "how long they are tried; before that people talk alone, 15 s at most", least=0.1, quick=0.02
    )
    compared: int = option(
        200, "tries for registered names, and as many for others", least=2, most=_MOST, quick=0.05
    )

    def run(self, context: RunContext) -> None:
        target, figures = context.target, context.run.figures
        if not is_local(target.address):
            raise Unusable("passwords connects from many addresses of this machine: please leave out --host")
        names = [f"q{number:05d}" for number in range(NameComparison.names(self.compared))]
        with closing(Connector(target.codec, target.address)) as loop:
            register(loop, names)
            self._compare(context, NameComparison(loop, target.address, names))
        crowd = (self.readers, self.talkers)
        with closing(GuessedRoom(target.codec, target.address, crowd, self.size, names)) as room:
            figures["all in s"] = room.join()
            room.start()
            with watched(context, room, room.delivered, room.histogram):
                measure(context, room, Schedule(self._acts(min(self.seconds, 15.0), guessing=False)))
                before = figures["p99 before ms"] = figures["p99 ms"]
                room.pings.counts.clear()
                try:
                    measure(context, room, Schedule(self._acts(self.seconds, guessing=True)))
                finally:
                    figures |= {"tries": room.guessers.tried, "hashed": room.guessers.hashed}
                    figures["ping p99 ms"], figures["ping worst ms"] = (
                        room.pings.percentile(99),
                        room.pings.worst(),
                    )
                    figures["p99 growth ms"] = figures["p99 ms"] - before
            context.run.mark(f"the answers to wrong passwords: {room.guessers.told()}")
            if not room.guessers.hashed:
                raise Fault("no password was answered at all")

    def _compare(self, context: RunContext, comparison: NameComparison) -> None:
        figures = context.run.figures
        comparison.run(self.compared)
        wrong, unknown = comparison.wrong.percentile(50), comparison.unknown.percentile(50)
        figures["wrong p50 ms"], figures["unknown p50 ms"] = wrong, unknown
        figures["names differ %"] = 100 * abs(wrong - unknown) / min(wrong, unknown)

    def _acts(self, seconds: float, *, guessing: bool) -> Iterator[TimedAct]:
        """What is said, asked and tried, by due time."""
        return merge(
            evenly(self.rate, seconds, GuessedRoom.say_next),
            evenly(_PINGS, seconds, GuessedRoom.ping),
            evenly(self.tries / self.seconds if guessing else 0, seconds, GuessedRoom.guess),
            key=lambda act: act.due,
        )

    @property
    def connections(self) -> int:
        return self.readers + self.talkers + self.tries

    def mistake(self, codec: str) -> str | None:
        return nothing_due(self.rate, self.seconds) or unfit(codec, self.size)
