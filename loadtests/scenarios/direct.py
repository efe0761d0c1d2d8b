"""Direct messages: the cost of a message to one receiver, where no work is shared between receivers."""

from contextlib import closing
from dataclasses import dataclass
from typing import ClassVar

from loadtests.engine.codecs import PEOPLE, unfit
from loadtests.engine.loads import Paced, Windowed
from loadtests.engine.people import People
from loadtests.scenarios.base import RunContext, Scenario, nothing_due, option
from loadtests.scenarios.broadcast import LATENCIES, SHARES, SHORTEST
from loadtests.scenarios.capacity import Steps
from loadtests.scenarios.measures import measure, watched


@dataclass(frozen=True, slots=True)
class DirectMessaging(Scenario):
    """Without a rate it is a closed loop: each person keeps `window` unacknowledged messages in flight, and
    latency counts from the send. With a rate it is an open loop, and latency counts from the due time. Only
    the closed loop gives a capacity."""

    name: ClassVar[str] = "direct"
    about: ClassVar[str] = "people who write to one another, at a rate or as fast as a window allows"
    columns: ClassVar[tuple[str, ...]] = (
        *("messages/s", "capacity/s", "capacity at/s", "per CPU s", "µs/message"),
        *(*LATENCIES, "late p99 ms", *SHARES),
    )

    people: int = option(1000, "people; each writes to eight others", least=16, most=PEOPLE, quick=0.1)
    window: int = option(16, "unacknowledged messages of each", least=1)
    rate: float = option(0.0, "messages a second, of all together; 0: as the window allows")
    size: int = option(100, "bytes of a delivered message", least=SHORTEST)
    seconds: float = option(5.0, "how long they write, once all are in", least=0.1, quick=0.2)

    def run(self, context: RunContext) -> None:
        target, figures = context.target, context.run.figures
        with closing(People(target.address, self.people, server=target.codec, size=self.size)) as people:
            people.join()
            try:
                with watched(context, people, people.delivered, people.histogram):
                    self._write(context, people)
            finally:
                figures.pop("µs/delivery", None)  # a message has one: it would be the same again

    def _write(self, context: RunContext, people: People) -> None:
        if self.rate:
            measure(context, people, Paced(self.rate, self.seconds))
            return
        with Steps(context, people, "messages/s") as steps:
            steps.take(Windowed(self.window, self.seconds, batch=(self.window + 1) // 2))
            steps.back_off(self.seconds)

    def mistake(self, codec: str) -> str | None:
        idle = nothing_due(self.rate, self.seconds) if self.rate else None
        return idle or unfit(codec, self.size, direct=True)
