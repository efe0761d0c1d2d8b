"""A room of readers and talkers, driven from one epoll loop.

Everyone joins, talker 0 (the lead) last. When the server sends nothing more by itself, the lead opens the
measurement with START. After that a reader receives messages and nothing else: chatd delays its notices of
joining, but sends them before anyone whom they name speaks. Nothing here sleeps; only the load goes by the
clock.

The fence after each load is a message by the first and one by the last talker, since at some servers a sender
gets no copy of its own.
"""

from time import monotonic, monotonic_ns
from typing import Final

from loadtests.engine.connector import Connector
from loadtests.engine.loads import LoadGroup
from loadtests.engine.loose import LooseLog, LooseReader
from loadtests.engine.members import FrozenReader, Member, RoomMember, RoomReader
from loadtests.engine.stream import StreamLog
from loadtests.engine.talkers import TALKERS, RoomTalker
from loadtests.engine.wire import LEAD

#: The log is trimmed whenever it has grown by this much, bytes.
LOG_STEP: Final = 16 * 1024 * 1024
#: The receive buffer of a frozen reader, bytes: so small that the backlog is in the server.
FROZEN_BUFFER: Final = 4096


class LoadRoom(Connector, LoadGroup):
    """The clients of one chat room on the server. `size` is that of a message in bytes, as the line that
    chatd or the floor delivers; another server's record of the same text has `log.size` bytes. Latencies are
    taken of one reader in `sample`. The first `frozen` readers may stop reading, and are in no figure."""

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
    ) -> None:
        super().__init__(server, address)
        log = LooseLog if self.codec.loose else StreamLog
        self.log = log(self.codec.message, size, talkers, readers)
        self.histogram = self.log.histogram
        self.readers: list[RoomReader] = []
        self.senders: list[RoomTalker] = []
        self.frozen: list[FrozenReader] = []
        self._plan = (readers, talkers, sample, frozen)
        self._trim_at = LOG_STEP
        #: Messages of fences, and their deliveries; and those of all others, while a fence is in flight.
        self._fences = self._fence_deliveries = self._delivered = 0

    # -- arriving --------------------------------------------------------------------------------------

    def join(self, seconds: float = 120) -> float:
        """Log everyone in; return the seconds until the last welcome. Raises Fault where it takes longer than
        `seconds`: some peers need hours for what others do in a second."""
        readers, talkers, sample, frozen = self._plan
        began, codec, log = monotonic(), self.codec, self.log
        kind = LooseReader if codec.loose else RoomReader
        self.open(seconds)
        for index in range(readers):
            name = f"r{index:05d}"
            if index < frozen:
                slow = self.enter(FrozenReader, index, name, codec.reader, log, receive=FROZEN_BUFFER)
                self.frozen.append(slow)
            else:
                reader = self.enter(kind, index, name, codec.reader, log)
                reader.sampled = index % sample == 0
                self.readers.append(reader)
        talker = TALKERS[codec.hears]
        others = [self.enter(talker, 0, f"t{number:03d}", codec.talker, log) for number in range(1, talkers)]
        self.await_welcomes()
        self.senders += [self.enter(talker, 0, LEAD, codec.lead, log), *others]
        self.await_welcomes()
        return monotonic() - began

    def start(self, seconds: float = 30) -> None:
        """Send START when all have settled, and wait until everyone has received it."""
        everyone = len(self.members)
        self.until(
            lambda: self.settled == everyone,
            seconds,
            lambda: f"{self.settled} of {everyone} have been told all that comes by itself",
        )
        self.senders[0].write(self.codec.opening)
        self.await_started(everyone, seconds)

    # -- measuring -------------------------------------------------------------------------------------

    def owed(self) -> list[tuple[Member, int]]:
        total = sum(talker.number for talker in self.senders)
        return [(member, total) for member in (*self.readers, *self.senders)]

    def fence(self, grace: float) -> None:
        self._delivered = self.delivered()
        self.log.counting = False
        for talker in self.senders[:: max(len(self.senders) - 1, 1)]:
            talker.say(1, monotonic_ns())
            self._fences += 1
        self.push_later(self.senders)
        self.await_all(grace)
        self._fence_deliveries = self._heard() - self._delivered
        self.log.counting = True

    def delivered(self) -> int:
        return self._heard() - self._fence_deliveries if self.log.counting else self._delivered

    def sent(self) -> int:
        return super().sent() - self._fences

    def _heard(self) -> int:
        return sum(one.delivered for one in self.readers) + sum(one.delivered for one in self.senders)

    def turn(self, wait: float) -> None:
        super().turn(wait)
        if len(self.log.log) > self._trim_at:
            for talker in self.senders:
                talker.hear(memoryview(b""))  # pass over its own messages
            everyone: list[RoomMember] = [*self.readers, *self.frozen, *self.senders]
            self.log.trim(min(member.position for member in everyone))
            self._trim_at = len(self.log.log) + LOG_STEP
