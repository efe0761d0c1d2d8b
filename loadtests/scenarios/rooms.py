"""Many rooms: what a message costs where few hear it, beside as many deliveries in one room.

The same people are in a room of their own and in the lobby. First they talk in the lobby, where one message
has a delivery to everyone; then, with as many deliveries a second, in their rooms. So the two differ only in
how many share a message: what remains is the price of a room.
"""

from contextlib import closing
from dataclasses import dataclass
from math import nan
from typing import ClassVar

from chatd.protocol.limits import DEFAULT
from loadtests.engine.codecs import PEOPLE, unfit
from loadtests.engine.loads import Paced
from loadtests.engine.many_rooms import ManyRooms, RoomPlan
from loadtests.scenarios.base import RunContext, Scenario, nothing_due, option
from loadtests.scenarios.broadcast import LATENCIES, SHARES, SHORTEST
from loadtests.scenarios.measures import measure, watched


@dataclass(frozen=True, slots=True)
class RoomTalk(Scenario):
    """Open loop, twice. Every room's stream is checked: a line of another room fails the run."""

    name: ClassVar[str] = "rooms"
    one_load: ClassVar[bool] = False
    about: ClassVar[str] = "many rooms of a few people, beside as many deliveries a second in one room"
    columns: ClassVar[tuple[str, ...]] = (
        *("deliveries/s", "µs/delivery", "one room µs", "rooms ratio", *LATENCIES, "one room p99 ms"),
        *("all in s", "late p99 ms", *SHARES, "RSS MiB"),
    )
    codecs: ClassVar[tuple[str, ...]] = ("chatd",)

    rooms: int = option(100, "rooms in which people talk", least=1, quick=0.1)
    members: int = option(10, "people in each of them", least=3)
    talkers: int = option(2, "how many of those talk, and read too; the others only read", least=2)
    idle: int = option(0, "further rooms in which nobody talks; others are in them, in 100 each", quick=0.1)
    size: int = option(100, "bytes of a message as it is delivered in the lobby", least=SHORTEST)
    rate: float = option(500.0, "messages a second, in all rooms together", least=0.01)
    seconds: float = option(10.0, "how long they talk in one room, and then in all", least=0.1, quick=0.1)

    def run(self, context: RunContext) -> None:
        target, figures = context.target, context.run.figures
        with closing(ManyRooms(target.codec, target.address, self.plan)) as people:
            figures["all in s"] = people.join()
            with watched(context, people, people.delivered, people.histogram):
                measure(context, people, Paced(self.rate / self._shared, self.seconds))
                figures["one room µs"] = figures["µs/delivery"]
                figures["one room p99 ms"] = figures["p99 ms"]
                people.part()
                measure(context, people, Paced(self.rate, self.seconds))
        one = figures["one room µs"]
        figures["rooms ratio"] = figures["µs/delivery"] / one if one else nan

    @property
    def plan(self) -> RoomPlan:
        return RoomPlan(self.rooms, self.members, self.talkers, self.idle, self.size)

    @property
    def connections(self) -> int:
        return self.plan.people

    @property
    def _shared(self) -> float:
        """How many times as many deliveries a message has in the lobby."""
        return (self.connections - 1) / (self.members - 1)

    def mistake(self, codec: str) -> str | None:
        if self.talkers >= self.members:
            return "somebody must only read: please give fewer --talkers than --members"
        if self.connections > PEOPLE:
            return f"there are {PEOPLE} people at most: please give fewer --rooms or --members"
        if self.rooms + self.idle >= DEFAULT.rooms:
            return f"a server has {DEFAULT.rooms} rooms at most: please give fewer --rooms or --idle"
        return nothing_due(self.rate / self._shared, self.seconds) or unfit(codec, self.size)
