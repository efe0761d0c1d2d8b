"""People who write to one another: what a message to one costs, where nothing is shared."""

from contextlib import closing, suppress
from dataclasses import dataclass
from typing import ClassVar

from loadtests.engine.people import People
from loadtests.engine.stream import Fault
from loadtests.scenarios.base import DIRECT, Scenario, Stage, option
from loadtests.scenarios.broadcast import LATENCIES, SHARES, SHORTEST
from loadtests.scenarios.measures import Meter, latencies, lateness, watched


@dataclass(frozen=True, slots=True)
class Direct(Scenario):
    """Without a rate each keeps `window` unacknowledged messages on the way, and latencies count from the
    send; with one, from the moment a message is due."""

    name: ClassVar[str] = "direct"
    about: ClassVar[str] = "people who write to one another, at a rate or as fast as a window allows"
    columns: ClassVar[tuple[str, ...]] = (
        *("messages/s", "per CPU s", "µs/message", *LATENCIES, "late p99 ms", *SHARES),
    )

    people: int = option(1000, "people, each of whom writes to eight others", least=16, quick=0.1)
    window: int = option(16, "unacknowledged messages of each", least=1)
    rate: float = option(0.0, "messages a second, of all together; 0: as the window allows")
    size: int = option(100, "bytes of a delivered message", least=SHORTEST)
    seconds: float = option(5.0, "how long they write, once all are in", least=0.1, quick=0.2)

    def run(self, stage: Stage) -> None:
        run, target = stage.run, stage.target
        with closing(
            People(target.address, self.people, self.window, server=target.codec, size=self.size)
        ) as people:
            people.join()

            def received() -> int:
                return sum(person.received for person in people.people)

            with watched(stage, DIRECT, received, people.histogram) as tick:
                meter = Meter(target)
                try:
                    people.talk(self.seconds, rate=self.rate or None, tick=tick)
                finally:
                    with suppress(Fault):  # the server has ended: whoever found out tells
                        wall, cpu = meter.read(run)
                        messages = received()
                        run.figures |= {
                            "messages/s": messages / wall,
                            "deliveries": messages,
                            "per CPU s": messages / cpu if cpu else float("nan"),
                            "µs/message": 1e6 * cpu / messages if messages else float("nan"),
                        }
                        latencies(run, people.histogram)
                        lateness(run, people.lateness)

    @property
    def connections(self) -> int:
        return self.people
