"""Many rooms with a few people each, and all of them in the one room that everyone is in.

Everybody is in a room of their own and in the lobby, so that the same people can be heard talking in one room
and then in many. Each room has its own log of what was said: a line of another room is no message there.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from time import monotonic
from typing import Any, Final

from chatd.protocol.limits import DEFAULT
from loadtests.engine.members import Member, RoomReader
from loadtests.engine.rooms import RoomPeople, TalkingRooms
from loadtests.engine.strangers import Odd
from loadtests.engine.stream import SHOWN, StreamLog
from loadtests.engine.talkers import TALKERS
from loadtests.engine.wire import MessageTemplate, RoomCodec
from loadtests.measure.latency import Histogram

#: Seconds for everyone to come, and to be told all about it.
_PATIENCE: Final = 120.0


@dataclass(frozen=True, slots=True)
class RoomPlan:
    """So many `rooms` with so many `members` each, of whom the first `talkers` talk, in messages of `size`
    bytes; and `idle` rooms besides, in which nobody talks, with as few people as can be in so many."""

    rooms: int
    members: int
    talkers: int
    idle: int
    size: int

    @property
    def talking(self) -> int:
        """How many people are in rooms in which somebody talks. Those of a room have numbers behind each
        other; then come those of the idle rooms."""
        return self.rooms * self.members

    @property
    def people(self) -> int:
        return self.talking + -(-self.idle // DEFAULT.rooms_a_person)

    def talks(self, number: int) -> bool:
        """Whether person `number` does."""
        return number < self.talking and number % self.members < self.talkers

    def rooms_of(self, number: int) -> list[str]:
        """Where this person goes, one after the other."""
        if number < self.talking:
            return [f"r{number // self.members:05d}"]
        first = (number - self.talking) * DEFAULT.rooms_a_person
        return [f"i{room:05d}" for room in range(first, min(first + DEFAULT.rooms_a_person, self.idle))]


class SilentMember(Member):
    """Is in rooms in which nobody talks, and is to hear nothing."""

    def take(self, chunk: memoryview) -> None:
        if heard := bytes(chunk):
            raise Odd(f"{self.name} got {heard[:SHOWN]!r}, and nobody talks in its rooms", heard)


def _name(number: int) -> str:
    return f"p{number:05d}"


class ManyRooms(TalkingRooms):
    """Everyone on the server. `histogram` has the latencies of those who only read, in all rooms."""

    def __init__(self, server: str, address: tuple[str, int], plan: RoomPlan) -> None:
        super().__init__(server, address)
        assert self.codec.rooms is not None
        self._codec: RoomCodec = self.codec.rooms
        self._plan = plan
        self.histogram = Histogram()

    def join(self) -> float:
        """Log everyone in, and let them go to their rooms; return the seconds until the last one was there.
        Then all are in the lobby: what is said is said there, until they `part`."""
        plan, codec, began = self._plan, self._codec, monotonic()
        self.open(_PATIENCE)

        def enter(kind: Callable[..., Member], number: int, log: StreamLog) -> Member:
            handshake = codec.inside(plan.rooms_of(number), leads=not number)
            return self.enter(kind, number, _name(number), handshake, log)

        lobby = self._settle_in(codec.lobby, range(plan.people), enter)
        self.await_welcomes()
        joined = monotonic() - began
        self.quieten(_PATIENCE)
        self._talk_in([lobby])
        self.begin_with(lobby.talkers[0], codec.opening, _PATIENCE)
        return joined

    def part(self) -> None:
        """From now on they talk in their own rooms."""
        plan, sockets = self._plan, [member.sock for member in self.members]

        def go_on(kind: Callable[..., Member], number: int, log: StreamLog) -> Member:
            member = kind(sockets[number], _name(number), self._codec.handshake, log)
            self.begin(member)
            return member

        firsts = range(0, plan.talking, plan.members)
        everyone = [range(first, first + plan.members) for first in firsts]
        rooms = [self._settle_in(self._codec.of(plan.rooms_of(one[0])[0]), one, go_on) for one in everyone]
        self._talk_in(rooms)
        for number in range(plan.talking, plan.people):
            self.begin(SilentMember(sockets[number], _name(number), self._codec.handshake))

    def _settle_in(
        self,
        message: MessageTemplate,
        people: range,
        become: Callable[..., Any],
    ) -> RoomPeople:
        """The room of these people, in which such messages are said; each of them is made by `become`."""
        plan = self._plan
        talkers = filter(plan.talks, people)
        room = RoomPeople(StreamLog(message, plan.size, talkers))
        room.log.histogram = self.histogram
        for number in people:
            if plan.talks(number):
                room.talkers.append(become(TALKERS[self.codec.hears], number, room.log))
            else:
                reader = become(RoomReader, number, room.log)
                reader.sampled = True
                room.readers.append(reader)
        return room

    def _talk_in(self, rooms: Sequence[RoomPeople]) -> None:
        """These are the rooms now; their talkers say something room by room."""
        self.left += self.rooms
        self.rooms[:] = rooms
        self.senders = [room.talkers[turn] for turn in range(len(rooms[0].talkers)) for room in rooms]
