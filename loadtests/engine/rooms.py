"""A room of readers and talkers, driven from one epoll loop.

Everyone joins, talker 0 (the lead) last. When the server sends nothing more by itself, the lead opens the
measurement with START. After that a reader receives messages and nothing else: chatd delays its notices of
joining, but sends them before anyone whom they name speaks. Nothing here sleeps; only the load goes by the
clock.

The fence after each load is a message by the first and one by the last talker, since at some servers a sender
gets no copy of its own.
"""

from collections.abc import Sequence
from functools import partial
from time import monotonic, monotonic_ns
from typing import Final

from loadtests.engine.loads import LoadGroup
from loadtests.engine.loose import LooseLog, LooseReader
from loadtests.engine.members import FrozenReader, Member, RoomContext, RoomMember, RoomReader
from loadtests.engine.stream import StreamLog
from loadtests.engine.talkers import TALKERS, RoomTalker
from loadtests.engine.wire import LEAD, parser

#: The log is trimmed whenever it has grown by this much, bytes.
LOG_STEP: Final = 16 * 1024 * 1024
#: The receive buffer of a frozen reader, bytes: so small that the backlog is in the server.
FROZEN_BUFFER: Final = 4096


class LoadRoom(LoadGroup):
    """The clients of one chat room on the server. `size` is that of a message in bytes, as the line that
    chatd or the floor delivers; another server's record of the same text has `log.size` bytes. Latencies are
    taken of one reader in `sample`, and the first `frozen` readers stop reading at START."""

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
        message = self.codec.message
        log = LooseLog if self.codec.loose else StreamLog
        self.log = log(message.size(size), talkers, parser(message, size))
        self.readers: list[RoomReader] = []
        self.talkers: list[RoomTalker] = []
        self.frozen: list[FrozenReader] = []
        self._plan = (readers, talkers, sample, frozen)
        self._context = RoomContext(self.log, message, size, readers, self.histogram)
        self._trim_at = LOG_STEP
        #: Deliveries of fences; and of all other messages, while a fence is in flight.
        self._fences = 0
        self._delivered = 0

    # -- arriving --------------------------------------------------------------------------------------

    def join(self, seconds: float = 120) -> float:
        """Log everyone in; return the seconds until the last welcome. Raises Fault where it takes longer than
        `seconds`: some peers need hours for what others do in a second."""
        readers, talkers, sample, frozen = self._plan
        began = monotonic()
        self.open(seconds)
        for index in range(readers):
            self._reader(index, sampled=index % sample == 0, frozen=index < frozen)
        others = [self._talker(f"t{number:03d}") for number in range(1, talkers)]
        self.await_welcomes()
        self.talkers += [self._talker(LEAD), *others]
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
        self.talkers[0].write(self.codec.opening or self.codec.message.opening())
        self.until(
            lambda: self.started == everyone, seconds, lambda: f"{self.started} of {everyone} saw START"
        )

    def begin(self, member: Member) -> None:
        if isinstance(member, FrozenReader):
            self.forget(member.sock)
        else:
            super().begin(member)

    def _reader(self, index: int, *, sampled: bool, frozen: bool) -> None:
        name, handshake = f"r{index:05d}", self.codec.reader
        if frozen:
            make = partial(FrozenReader, name=name, handshake=handshake, context=self._context)
            self.frozen.append(self.enter(index, make, FROZEN_BUFFER))
        else:
            kind = LooseReader if self.codec.loose else RoomReader
            reader = self.enter(index, lambda sock: kind(sock, name, handshake, self._context))
            reader.sampled = sampled
            self.readers.append(reader)

    def _talker(self, name: str) -> RoomTalker:
        handshake = self.codec.lead if name == LEAD else self.codec.talker
        return self.enter(0, lambda sock: TALKERS[self.codec.hears](sock, name, handshake, self._context))

    # -- measuring -------------------------------------------------------------------------------------

    @property
    def senders(self) -> Sequence[RoomTalker]:
        return self.talkers

    def owed(self) -> list[tuple[Member, int]]:
        total = sum(talker.number for talker in self.talkers)
        return [(member, total) for member in (*self.readers, *self.talkers)]

    def fence(self, grace: float) -> None:
        self._delivered = self.delivered()
        self.log.counting = False
        for talker in self.talkers[:: max(len(self.talkers) - 1, 1)]:
            talker.fence(monotonic_ns())
        self.push_later(self.talkers)
        self.await_all(grace)
        self._fences = self._heard() - self._delivered
        self.log.counting = True

    def delivered(self) -> int:
        return self._heard() - self._fences if self.log.counting else self._delivered

    def _heard(self) -> int:
        return sum(one.delivered for one in self.readers) + sum(one.delivered for one in self.talkers)

    def turn(self, wait: float) -> None:
        super().turn(wait)
        if len(self.log.log) > self._trim_at:
            for talker in self.talkers:
                talker.hear(memoryview(b""))  # pass over its own messages
            everyone: list[RoomMember] = [*self.readers, *self.frozen, *self.talkers]
            self.log.trim(min(member.position for member in everyone))
            self._trim_at = len(self.log.log) + LOG_STEP
