"""Many rooms with a few people each, and all of them in the one room that everyone is in.

Everybody is in a room of their own and in the lobby, so that the same people can be heard talking in one room
and then in many. Each room has its own log of what was said: a line of another room is no message there.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from time import monotonic
from typing import Any, Final

from loadtests.engine.members import Member, RoomReader
from loadtests.engine.rooms import RoomPeople, TalkingRooms
from loadtests.engine.stream import StreamLog
from loadtests.engine.talkers import TALKERS
from loadtests.engine.wire import MessageTemplate, RoomCodec
from loadtests.measure.latency import Histogram

#: Seconds for everyone to come, and to be told all about it.
_PATIENCE: Final = 120.0


@dataclass(frozen=True, slots=True)
class RoomPlan:
    """So many `rooms` with so many `members` each, of whom the first `talkers` talk, in messages of `size`
    bytes; and `idle` rooms besides, which some of them are in, too, and in which nobody talks."""

    rooms: int
    members: int
    talkers: int
    idle: int
    size: int

    @property
    def people(self) -> int:
        return self.rooms * self.members

    def talks(self, number: int) -> bool:
        """Whether person `number` does; those of a room have numbers behind each other."""
        return number % self.members < self.talkers

    def idlers(self, number: int) -> list[str]:
        """The idle rooms that this person goes to."""
        return [f"i{room:05d}" for room in range(number, self.idle, self.people)]


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
            home = f"r{number // plan.members:05d}"
            handshake = codec.inside(home, plan.idlers(number), leads=not number)
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

        self._talk_in(
            [
                self._settle_in(
                    self._codec.of(f"r{room:05d}"),
                    range(room * plan.members, (room + 1) * plan.members),
                    go_on,
                )
                for room in range(plan.rooms)
            ]
        )

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
