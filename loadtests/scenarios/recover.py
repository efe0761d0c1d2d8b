"""The server is killed with SIGKILL while people talk, and started again on the same log: all come back.

Everybody is a JSON client with a token, which tells the server what it has seen; what was not answered is
sent again with its key. What was acknowledged must reach everyone once, in the one order of the room,
whenever the server was killed.
"""

from contextlib import closing
from dataclasses import dataclass
from typing import ClassVar

from loadtests.engine.codecs import PEOPLE
from loadtests.engine.loads import Schedule, TimedAct
from loadtests.engine.recovery import Recovery
from loadtests.measure.errors import Unusable
from loadtests.scenarios.base import RunContext, Scenario, nothing_due, option
from loadtests.scenarios.broadcast import SHARES
from loadtests.scenarios.measures import measure, watched

_SECOND = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Recover(Scenario):
    """Open loop. Its kills are spread evenly over the time; one waits until all are back from the one
    before."""

    name: ClassVar[str] = "recover"
    one_load: ClassVar[bool] = False
    about: ClassVar[str] = "kills the server under load, and starts it again: everyone misses nothing"
    columns: ClassVar[tuple[str, ...]] = (
        *("listened s", "resumed s", "missed", "sent again", "deliveries/s", "µs/delivery", "p50 ms"),
        *("late p99 ms", *SHARES, "RSS MiB"),
    )
    codecs: ClassVar[tuple[str, ...]] = ("chatd",)
    server: ClassVar[str] = "chatd-always"

    people: int = option(1000, "people who talk in turn", least=2, most=PEOPLE, quick=0.1)
    kills: int = option(1, "how often the server is killed", least=1)
    size: int = option(100, "bytes of a message's text", least=1)
    rate: float = option(200.0, "messages a second, of all people together", least=0.01)
    seconds: float = option(10.0, "how long they talk", least=0.5, quick=0.1)

    def run(self, context: RunContext) -> None:
        target, figures = context.target, context.run.figures
        if target.process is None:
            raise Unusable("recover kills the server, which must be its own: please leave out --host")
        with closing(Recovery(target.address, self.people, self.size, target)) as people:
            people.join()
            with watched(context, people, people.delivered, people.histogram):
                try:
                    measure(context, people, Schedule(self.acts()))
                finally:
                    figures |= {"missed": people.missed, "sent again": people.again}
                    for name, seconds in (("listened s", people.listened), ("resumed s", people.resumed)):
                        if seconds:
                            figures[name] = max(seconds)

    def acts(self) -> list[TimedAct]:
        """What is said, and when the server is killed."""
        numbers, apart = range(int(self.rate * self.seconds)), self.seconds * _SECOND / (self.kills + 1)
        acts = [TimedAct(int(k * _SECOND / self.rate), Recovery.say_next, (k,)) for k in numbers]
        acts += [TimedAct(int(apart * (kill + 1)), Recovery.kill, ()) for kill in range(self.kills)]
        return sorted(acts, key=lambda act: act.due)

    def mistake(self, codec: str) -> str | None:
        if codec == "chatd":
            return "a chatd that stores nothing forgets everyone: please give --server chatd-always"
        return nothing_due(self.rate, self.seconds)
