"""Accounts with several devices each, beside as many guests: what a delivery costs where several connections
are one person, and whether everything arrives on each."""

from contextlib import closing
from dataclasses import dataclass
from math import nan
from typing import ClassVar

from loadtests.engine.codecs import TALKERS, unfit
from loadtests.engine.device_rooms import CrowdPlan, DeviceRooms
from loadtests.engine.loads import Paced
from loadtests.scenarios.base import RunContext, Scenario, nothing_due, option
from loadtests.scenarios.broadcast import LATENCIES, SHARES, SHORTEST
from loadtests.scenarios.measures import measure, watched
from loadtests.scenarios.refilled import NOBODY, await_listening, refill
from loadtests.servers.old_people import write_accounts


@dataclass(frozen=True, slots=True)
class DeviceTalk(Scenario):
    """Open loop, twice: first as many guests talk, and then the accounts."""

    name: ClassVar[str] = "devices"
    one_load: ClassVar[bool] = False
    about: ClassVar[str] = "accounts with several devices in one room, beside as many guests"
    columns: ClassVar[tuple[str, ...]] = (
        *("deliveries/s", "µs/delivery", "guests µs", "devices ratio", *LATENCIES, "guests p99 ms"),
        *("all in s", "late p99 ms", *SHARES, "RSS MiB"),
    )
    codecs: ClassVar[tuple[str, ...]] = ("chatd",)
    server: ClassVar[str] = "chatd-always"

    people: int = option(1000, "accounts", least=2, most=100_000, quick=0.1)
    devices: int = option(3, "devices of each, all of them here", least=1, most=32)
    talkers: int = option(10, "people who talk, on their first device", least=2, most=TALKERS)
    size: int = option(100, "bytes of a message as it would be delivered in text", least=SHORTEST)
    rate: float = option(1000.0, "messages a second, of all talkers together", least=0.01)
    sample: int = option(100, "of so many readers the latencies of one are taken", least=1)
    seconds: float = option(8.0, "how long guests talk, and then accounts", least=0.1, quick=0.1)

    def run(self, context: RunContext) -> None:
        target, figures, plan = context.target, context.run.figures, self.plan
        refill(context, self.name, lambda folder: write_accounts(plan.accounts(), folder))
        with closing(DeviceRooms(target.codec, target.address)) as rooms:
            await_listening(context, rooms.fileno())
            rooms.join(plan.guests)
            with watched(context, rooms, rooms.delivered, rooms.histogram):
                measure(context, rooms, Paced(self.rate, self.seconds))
                figures["guests µs"] = figures["µs/delivery"]
                figures["guests p99 ms"] = figures["p99 ms"]
                figures["all in s"] = rooms.join(plan)
                measure(context, rooms, Paced(self.rate, self.seconds))
        guests = figures["guests µs"]
        figures["devices ratio"] = figures["µs/delivery"] / guests if guests else nan

    @property
    def plan(self) -> CrowdPlan:
        return CrowdPlan(self.people, self.devices, self.talkers, self.size, self.sample)

    @property
    def connections(self) -> int:
        return self.people * self.devices

    def mistake(self, codec: str) -> str | None:
        if codec == "chatd":
            return NOBODY
        if self.talkers > self.people:
            return "only people talk: please give fewer --talkers than --people"
        return nothing_due(self.rate, self.seconds) or unfit(codec, self.size)
