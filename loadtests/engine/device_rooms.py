"""The same crowd in the lobby twice: as guests, each with a name of its own, and as accounts with several
devices each.

All are programs that hear the same records. The first device of some people talks; what it says comes to all
others, its own further devices too, which are readers like any other. So each delivery is checked in both
cases, at the cost of a memcmp.
"""

from time import monotonic
from typing import Final, NamedTuple

from loadtests.engine.members import RoomReader
from loadtests.engine.rooms import RoomPeople, TalkingRooms
from loadtests.engine.stream import StreamLog
from loadtests.engine.talkers import OthersTalker
from loadtests.engine.wire import DeviceCodec, Handshake
from loadtests.measure.latency import Histogram
from loadtests.servers.old_people import OldAccount, token_of

#: Seconds for everyone to come, and to be told all about it.
_PATIENCE: Final = 120.0


class CrowdPlan(NamedTuple):
    """So many people with so many devices each, of whom the first `talkers` talk, on their first device, in
    messages of `size` bytes. Of one reader in `sample` the latencies are taken. Where they are `registered`
    each device has a token."""

    people: int
    devices: int
    talkers: int
    size: int
    sample: int
    registered: bool = True

    @property
    def guests(self) -> "CrowdPlan":
        """As many connections, each of a guest."""
        return self._replace(people=self.people * self.devices, devices=1, registered=False)

    def name(self, person: int) -> str:
        """A guest cannot have the name of an account."""
        talker, reader = "pd" if self.registered else "tr"
        return f"{talker}{person:03d}" if person < self.talkers else f"{reader}{person:05d}"

    def accounts(self) -> list[OldAccount]:
        """What the server must know of them."""
        return [OldAccount(person, self.name(person), self.devices) for person in range(self.people)]


class DeviceRooms(TalkingRooms):
    """Whoever is on the server now: guests, or accounts with their devices."""

    def __init__(self, server: str, address: tuple[str, int]) -> None:
        super().__init__(server, address)
        assert self.codec.devices is not None
        self._codec: DeviceCodec = self.codec.devices
        self.histogram = Histogram()

    def join(self, plan: CrowdPlan) -> float:
        """Log in all of them; return the seconds until the last one was there. Those who were here leave."""
        self._leave_all()
        began = monotonic()
        self.open(_PATIENCE)
        room = RoomPeople(StreamLog(self._codec.message, plan.size, range(plan.talkers)))
        room.log.histogram = self.histogram
        # The lead comes last, with its first device last: nobody is announced behind it.
        for person in reversed(range(plan.people)):
            if not person:
                self.await_welcomes()
            for device in reversed(range(plan.devices)):
                self._seat(room, plan, person, device)
        self.await_welcomes()
        joined = monotonic() - began
        room.talkers.reverse()
        self.rooms[:] = [room]
        self.senders = room.talkers
        self.quieten(_PATIENCE)
        self.begin_with(room.talkers[0], self._codec.opening, _PATIENCE)
        return joined

    def _seat(self, room: RoomPeople, plan: CrowdPlan, person: int, device: int) -> None:
        """One connection."""
        name, index = plan.name(person), len(self.members)
        talks = person < plan.talkers and not device
        handshake: Handshake = self._codec.entering(
            token_of(name, device) if plan.registered else "", leads=talks and not person
        )
        if talks:
            room.talkers.append(self.enter(OthersTalker, index, name, handshake, room.log))
        else:
            reader = self.enter(RoomReader, index, name, handshake, room.log)
            reader.sampled = index % plan.sample == 0
            room.readers.append(reader)

    def _leave_all(self) -> None:
        self.left += self.rooms
        self.rooms.clear()
        self.leave(self.members)
        self.settled = self.started = 0
