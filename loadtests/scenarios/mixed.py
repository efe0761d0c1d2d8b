"""A working day: most people are idle, some send bursts, some write direct messages, some join and leave.

The day is generated beforehand from a seed, as a list of acts with the times at which they are due (an open
loop). Those who stay must receive everything: every room message but their own, in the same order as all
others; every direct message to them, in each sender's order; a notice of everyone who joined or left.
Visitors must receive everything from their welcome until they leave, without a gap.
"""

import random
from contextlib import closing
from dataclasses import dataclass
from typing import ClassVar

from loadtests.engine.loads import Schedule, TimedAct
from loadtests.engine.workday import Workday
from loadtests.scenarios.base import RunContext, Scenario, option
from loadtests.scenarios.broadcast import LATENCIES, SHARES
from loadtests.scenarios.measures import measure, watched

_SECOND = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Mixed(Scenario):
    """Speaks chatd's JSON lines only."""

    name: ClassVar[str] = "mixed"
    about: ClassVar[str] = "a working day: mostly idle, bursts, some direct messages, some come and go"
    columns: ClassVar[tuple[str, ...]] = (
        *("deliveries/s", "µs/delivery", *LATENCIES, "direct p99 ms", "said", "written", "came"),
        *("late p99 ms", *SHARES),
    )
    codecs: ClassVar[tuple[str, ...]] = ("chatd",)

    people: int = option(1000, "people who stay", least=3, quick=0.1)
    bursts: float = option(3.0, "bursts a second: someone has a lot to say", least=0)
    burst: int = option(10, "messages of a burst, one each 20 ms", least=1)
    direct: float = option(100.0, "direct messages a second", least=0)
    churn: float = option(10.0, "people a second who come, stay for a tenth of the day, and go", least=0)
    size: int = option(100, "bytes of a message's text", least=1)
    seconds: float = option(20.0, "how long the day is", least=0.5, quick=0.15)
    seed: int = option(1, "another one draws another day")

    def run(self, context: RunContext) -> None:
        figures = context.run.figures
        with closing(Workday(context.target.address, self.people, self.size)) as work:
            work.join()
            with watched(context, work, work.delivered, work.histogram):
                try:
                    measure(context, work, Schedule(day(self)))
                finally:
                    figures |= {"said": work.said, "written": work.written, "came": work.came}
                    figures["direct p99 ms"] = work.times["deliver direct"].percentile(99)

    @property
    def connections(self) -> int:
        return self.people + int(self.churn * self.seconds) + 1

    def mistake(self, codec: str) -> str | None:
        if not day(self):
            return "nobody does anything on such a day: please give more --bursts, --direct or --churn"
        return None


def day(mixed: Mixed) -> list[TimedAct]:
    """All acts of the day, by due time."""
    chance = random.Random(mixed.seed)
    stay = mixed.seconds / 10
    seconds = mixed.seconds - stay  # the last visitor has time to stay and to leave
    acts: list[TimedAct] = []

    def times(a_second: float) -> list[int]:
        return [int(chance.random() * seconds * _SECOND) for _ in range(round(a_second * seconds))]

    for due in times(mixed.bursts):
        who = chance.randrange(mixed.people)
        acts += [TimedAct(due + at * _SECOND // 50, Workday.say_next, (who,)) for at in range(mixed.burst)]
    for due in times(mixed.direct):
        acts.append(TimedAct(due, Workday.direct, tuple(chance.sample(range(mixed.people), 2))))
    for visitor, due in enumerate(sorted(times(mixed.churn))):
        acts.append(TimedAct(due, Workday.come, (visitor,)))
        acts.append(TimedAct(due + int(stay * _SECOND), Workday.go, (visitor,)))
    return sorted(acts, key=lambda act: act.due)
