"""Rooms of readers and talkers, driven from one epoll loop.

Everyone joins, the lead last. When the server sends nothing more by itself, the lead opens the
measurement with START. After that a reader receives messages and nothing else: chatd delays its notices of
joining, but sends them before anyone whom they name speaks. Nothing here sleeps; only the load goes by the
clock.

The fence after each load is a message by the first and one by the last talker of each room, since at some
servers a sender gets no copy of its own.
"""

from collections.abc import Sequence
from time import monotonic, monotonic_ns
from typing import Final

from loadtests.engine.connector import Connector
from loadtests.engine.loads import LoadGroup
from loadtests.engine.loose import LooseLog, LooseReader
from loadtests.engine.members import FrozenReader, Member, RoomMember, RoomReader
from loadtests.engine.stream import StreamLog
from loadtests.engine.talkers import TALKERS, RoomTalker, ToldTalker
from loadtests.engine.wire import LEAD

#: The log is trimmed whenever it has grown by this much, bytes.
LOG_STEP: Final = 16 * 1024 * 1024
#: The receive buffer of a frozen reader, bytes: so small that the backlog is in the server.
FROZEN_BUFFER: Final = 4096


class RoomPeople:
    """Who is in one room, and the log with which their streams are compared. `frozen` readers may stop
    reading, and are in no figure."""

    def __init__(self, log: StreamLog) -> None:
        self.log = log
        self.readers: list[RoomReader] = []
        self.talkers: list[RoomTalker] = []
        self.frozen: list[FrozenReader] = []
        self.trim_at = LOG_STEP

    @property
    def said(self) -> int:
        """By all its talkers."""
        return sum(talker.number for talker in self.talkers)

    @property
    def heard(self) -> int:
        """Deliveries to all but the frozen."""
        return sum(one.delivered for one in self.readers) + sum(one.delivered for one in self.talkers)

    def owed(self) -> list[tuple[Member, int]]:
        """What each must have received by now."""
        said = self.said
        return [(member, said) for member in (*self.readers, *self.talkers)]

    def end_talk(self) -> list[RoomTalker]:
        """Let the first and the last talker say one more; returns them."""
        speakers = self.talkers[:: max(len(self.talkers) - 1, 1)]
        for talker in speakers:
            talker.say(1, monotonic_ns())
        return speakers

    def trim(self) -> None:
        """Where the log has grown long, forget what everyone has received."""
        if len(self.log.log) <= self.trim_at:
            return
        for talker in self.talkers:
            talker.hear(memoryview(b""))  # pass over its own messages
        everyone: list[RoomMember] = [*self.readers, *self.frozen, *self.talkers]
        self.log.trim(min(member.position for member in everyone))
        self.trim_at = len(self.log.log) + LOG_STEP


class TalkingRooms(Connector, LoadGroup):
    """The clients of a server, and the rooms in which they talk now; `senders` say something in turn. Rooms
    that they have `left` are counted, too."""

    def __init__(self, server: str, address: tuple[str, int]) -> None:
        super().__init__(server, address)
        self.rooms: list[RoomPeople] = []
        self.left: list[RoomPeople] = []
        self.senders: Sequence[RoomTalker] = []
        #: Messages of fences, and their deliveries; and those of all others, while a fence is in flight.
        self._fences = self._fence_deliveries = self._delivered = 0
        self._fencing = False
        self._turns = 0

    def begin_with(self, lead: Member, opening: bytes, seconds: float = 30) -> None:
        """Let the lead send START when all have settled, and wait until everyone has received it."""
        everyone = len(self.members)
        self.until(
            lambda: self.settled == everyone,
            seconds,
            lambda: f"{self.settled} of {everyone} have been told all that comes by itself",
        )
        lead.write(opening)
        self.await_started(everyone, seconds)

    def owed(self) -> list[tuple[Member, int]]:
        return [one for room in self.rooms for one in room.owed()]

    def fence(self, grace: float) -> None:
        self._delivered, self._fencing = self.delivered(), True
        for room in self.rooms:
            room.log.counting = False
            speakers = room.end_talk()
            self._fences += len(speakers)
            self.push_later(speakers)
        self.await_all(grace)
        self._fence_deliveries = self._heard() - self._delivered
        for room in self.rooms:
            room.log.counting = True
        self._fencing = False

    def delivered(self) -> int:
        return self._delivered if self._fencing else self._heard() - self._fence_deliveries

    def sent(self) -> int:
        return sum(room.said for room in (*self.left, *self.rooms)) - self._fences

    def turn(self, wait: float) -> None:
        super().turn(wait)
        if self.rooms:  # each in its turn, since there may be thousands
            self._turns += 1
            self.rooms[self._turns % len(self.rooms)].trim()

    def _heard(self) -> int:
        return sum(room.heard for room in (*self.left, *self.rooms))


class LoadRoom(TalkingRooms):
    """The clients of one chat room on the server. `size` is that of a message in bytes, as the line that
    chatd or the floor delivers; another server's record of the same text has `log.size` bytes. Latencies are
    taken of one reader in `sample`. The first `frozen` readers may stop reading. Where talkers are `told`, a
    message counts as acknowledged when the server says so, and not when a reader has it."""

    def __init__(
        self,
        server: str,
        address: tuple[str, int],
        readers: int,
        talkers: int,
        *,
        size: int = 100,
        sample: int = 1,
        frozen: int = 0,
        told: bool = False,
    ) -> None:
        super().__init__(server, address)
        log = LooseLog if self.codec.loose else StreamLog
        room = RoomPeople(log(self.codec.message, size, range(talkers), readers))
        self.rooms.append(room)
        self.log = room.log
        self.histogram = room.log.histogram
        self.readers, self.senders, self.frozen = room.readers, room.talkers, room.frozen
        self._plan = (readers, talkers, sample, frozen)
        self._told = self.codec.told if told else None

    def join(self, seconds: float = 120) -> float:
        """Log everyone in; return the seconds until the last welcome. Raises Fault where it takes longer than
        `seconds`: some peers need hours for what others do in a second."""
        readers, talkers, sample, frozen = self._plan
        (room,) = self.rooms
        began, codec, log = monotonic(), self.codec, self.log
        kind = LooseReader if codec.loose else RoomReader
        self.open(seconds)
        for index in range(readers):
            name = f"r{index:05d}"
            if index < frozen:
                slow = self.enter(FrozenReader, index, name, codec.reader, log, receive=FROZEN_BUFFER)
                room.frozen.append(slow)
            else:
                reader = self.enter(kind, index, name, codec.reader, log)
                reader.sampled = index % sample == 0
                room.readers.append(reader)
        others = [self._enter_talker(f"t{number:03d}") for number in range(1, talkers)]
        self.await_welcomes()
        room.talkers += [self._enter_talker(LEAD), *others]
        self.await_welcomes()
        return monotonic() - began

    def _enter_talker(self, name: str) -> RoomTalker:
        told, codec, leads = self._told, self.codec, name == LEAD
        if told is not None:
            handshake = told.lead if leads else told.handshake
            return self.enter(ToldTalker, 0, name, handshake, self.log, told.message)
        return self.enter(TALKERS[codec.hears], 0, name, codec.lead if leads else codec.talker, self.log)

    def start(self, seconds: float = 30) -> None:
        """Everyone has settled, and receives START."""
        self.begin_with(self.senders[0], (self._told or self.codec).opening, seconds)
