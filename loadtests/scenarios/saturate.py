"""Saturation: the offered load is raised until deliveries a second stop growing.

The load is a closed loop with a window of unacknowledged messages for each talker: an open loop would only
build up a backlog in front of a saturated server. The window doubles with each step; the knee is the first
step that nearly reaches the highest rate.
"""

from dataclasses import dataclass
from typing import ClassVar

from loadtests.engine.codecs import CODECS, TALKERS, unfit
from loadtests.engine.loads import Windowed
from loadtests.scenarios.base import RunContext, Scenario, option
from loadtests.scenarios.broadcast import SHARES, SHORTEST, entered
from loadtests.scenarios.capacity import Steps
from loadtests.servers.transports import TRANSPORTS


@dataclass(frozen=True, slots=True)
class Saturate(Scenario):
    """One room, one load step after another."""

    name: ClassVar[str] = "saturate"
    transports: ClassVar[tuple[str, ...]] = TRANSPORTS
    one_load: ClassVar[bool] = False
    about: ClassVar[str] = "raises the load until deliveries stop growing: the knee, and the capacity"
    columns: ClassVar[tuple[str, ...]] = (
        *(
            "window",
            "messages/s",
            "deliveries/s",
            "µs/message",
            "capacity/s",
            "capacity at/s",
            "p50 ms",
            "p99 ms",
            *SHARES,
        ),
    )

    readers: int = option(1000, "people who only read", least=1, quick=0.1)
    talkers: int = option(8, "people who talk, and read too", least=2, most=TALKERS)
    size: int = option(100, "bytes of a delivered message", least=SHORTEST)
    window: int = option(2, "unacknowledged messages a talker in the first step", least=1)
    most: int = option(1024, "… in the last step", least=1)
    sample: int = option(16, "of so many readers the latencies of one are taken", least=1)
    told: int = option(0, "1: a message is acknowledged when the server says so, not when it is read", most=1)
    seconds: float = option(2.0, "how long each step lasts", least=0.1, quick=0.15)

    def run(self, context: RunContext) -> None:
        with (
            entered(
                context,
                self.readers,
                self.talkers,
                size=self.size,
                sample=self.sample,
                told=bool(self.told),
            ) as room,
            Steps(context, room, "deliveries/s") as steps,
        ):
            window = self.window
            while window <= self.most and steps.grows() and not steps.full():
                steps.take(Windowed(window, self.seconds), window=window)
                window *= 2
            if len(steps.runs) == 1:  # with a single step no knee was asked for
                return
            if steps.grows():
                last = "with a saturated load generator" if steps.full() else "at the last window"
                context.run.mark(f"still growing {last}: no knee was reached")
            steps.back_off(self.seconds)

    def mistake(self, codec: str) -> str | None:
        if self.window > self.most:
            return "the first step is the smallest one: please give at most as much --window as --most"
        if self.told and CODECS[codec].told is None:
            return f"{codec} does not tell when a message is stored: please give --told 0, or chatd"
        return unfit(codec, self.size)
