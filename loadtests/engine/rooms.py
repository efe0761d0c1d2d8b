"""A room of readers and talkers, driven from one epoll loop.

Everyone joins, talker 0 (the lead) last. When the server sends nothing more by itself, the lead opens the
measurement with START. After that a reader receives messages and nothing else: chatd delays its notices of
joining, but sends them before anyone whom they name speaks. Nothing here sleeps; only the load goes by the
clock.

Each load ends with a fence: messages that are sent once everything is delivered. Whatever the server wrongly
sends after the last message (an unexpected line, a duplicate, the end of the connection) arrives before the
fence and is noticed. The first and the last talker send one each, since at some servers a sender gets no copy
of its own. Fences are in no figure.
"""

from collections.abc import Callable, Iterable
from time import monotonic, monotonic_ns
from typing import Final, Protocol

from loadtests.engine.codecs import unfit
from loadtests.engine.connector import Connector
from loadtests.engine.loop import Loop as Loop
from loadtests.engine.loop import block as block
from loadtests.engine.loose import LooseLog, LooseReader
from loadtests.engine.members import FrozenReader, Member, Reader, connect
from loadtests.engine.stream import StreamLog
from loadtests.engine.talkers import TALKERS, EchoTalker, OthersTalker, Talker, TalkerContext
from loadtests.engine.wire import LEAD, parser
from loadtests.measure.errors import Fault
from loadtests.measure.latency import Histogram

#: The log is trimmed whenever it has grown by this much, bytes.
LOG_STEP: Final = 16 * 1024 * 1024
#: The receive buffer of a frozen reader, bytes: so small that the backlog is in the server.
FROZEN_BUFFER: Final = 4096


class Load(Protocol):
    """What the talkers send. `pump` sends what is due and returns the seconds until the next message is, or
    None when the load is over."""

    def pump(self, room: "LoadRoom") -> float | None: ...


class LoadRoom(Connector):
    """The clients of one chat room on the server, in the load generator's process. `size` is that of a
    message in bytes, as the line that chatd or the floor delivers; another server's record of the same text
    has `log.size` bytes. Latencies are taken of one reader in `sample`, and the first `frozen` readers stop
    reading at START."""

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
        if why := unfit(server, size=size, talkers=talkers):
            raise Fault(why)
        super().__init__(server, address, readers + talkers)
        self.size = size
        message = self.codec.message
        log = LooseLog if self.codec.loose else StreamLog
        self.log = log(message.size(size), talkers, parser(message, size))
        self.histogram = Histogram()
        self.lateness = Histogram()
        self.readers: list[Reader] = []
        self.talkers: list[Talker] = []
        self.frozen: list[FrozenReader] = []
        self._plan = (readers, talkers, sample, frozen)
        self._context = TalkerContext(self.log, message, size, readers)
        self._trim_at = LOG_STEP
        self._said = 0
        #: Deliveries of fences; and of all other messages, while a fence is in flight.
        self._fences = 0
        self._delivered = 0

    # -- arriving --------------------------------------------------------------------------------------

    def join(self, seconds: float = 120) -> float:
        """Log everyone in; return the seconds until the last welcome. Raises Fault where it takes longer than
        `seconds`: some peers need hours for what others do in a second."""
        readers, talkers, sample, frozen = self._plan
        began = monotonic()
        self._open(seconds)
        for index in range(readers):
            self._reader(index, frozen=index < frozen, sampled=index % sample == 0)
        for number in range(1, talkers):
            self._talker(f"t{number:03d}")
        self._await_welcomes(0)
        self._talker(LEAD)
        self._await_welcomes(0)
        return monotonic() - began

    def start(self, seconds: float = 30) -> None:
        """Send START when all have settled, and wait until everyone has received it."""
        everyone = self._everyone
        self.until(
            lambda: self._settled == everyone,
            seconds,
            lambda: f"{self._settled} of {everyone} have been told all that comes by itself",
        )
        self.talkers[0].sock.send(self.codec.opening or self.codec.message.opening())
        self.until(
            lambda: self._started == everyone, seconds, lambda: f"{self._started} of {everyone} saw START"
        )

    def _reader(self, index: int, *, frozen: bool, sampled: bool) -> None:
        name = f"r{index:05d}"
        handshake = self.codec.reader.of(name)
        sock = connect(self.address, index, FROZEN_BUFFER if frozen else None)
        if frozen:
            sleeper = FrozenReader(sock, name, handshake, self.log)
            self.frozen.append(sleeper)
            self._enter(sleeper, lambda: self._begin(sleeper))
        else:
            histogram = self.histogram if sampled else None
            if isinstance(self.log, LooseLog):
                reader: Reader = LooseReader(sock, name, handshake, self.log, histogram)
            else:
                reader = Reader(sock, name, handshake, self.log, histogram)
            self.readers.append(reader)
            self._enter(reader, lambda: self._begin(reader))

    def _talker(self, name: str) -> None:
        handshake = self.codec.lead if name == LEAD else self.codec.talker
        talker = TALKERS[self.codec.hears](connect(self.address, 0), name, handshake.of(name), self._context)
        self.talkers.append(talker)
        self.talkers.sort(key=lambda one: one.name)
        self._enter(talker, lambda: self._begin(talker))

    def _begin(self, member: Member) -> None:
        """The member has received START."""
        if isinstance(member, FrozenReader):
            self.forget(member.sock)
        else:
            self.watch(member.sock, member.read)

    # -- measuring -------------------------------------------------------------------------------------

    def run(self, load: Load, grace: float = 30, tick: Callable[[], None] = lambda: None) -> int:
        """Let the talkers send, and wait until everything is delivered; return the number of messages. A room
        may run one load after another. `tick` is called at least every 50 ms meanwhile."""
        while (wait := load.pump(self)) is not None:
            self._pass(min(wait, 0.05))
            tick()
        self._await_all(grace, tick)
        self._fence(grace, tick)
        total = sum(talker.sender.sent for talker in self.talkers)
        said, self._said = total - self._said, total
        return said

    def _fence(self, grace: float, tick: Callable[[], None]) -> None:
        self._delivered = self.delivered()
        self.log.counting = False
        for talker in self.talkers[:: max(len(self.talkers) - 1, 1)]:
            talker.sender.fence(monotonic_ns())
        self._await_all(grace, tick)
        self._fences = self._heard() - self._delivered
        self.log.counting = True

    def _await_all(self, grace: float, tick: Callable[[], None]) -> None:
        total = sum(talker.sender.number for talker in self.talkers)
        deadline = monotonic() + grace
        members: Iterable[Reader | Talker] = (*self.readers, *self.talkers)
        while missing := [member for member in members if member.missing(total)]:
            if monotonic() > deadline:
                names = ", ".join(f"{member.name} {member.missing(total)}" for member in missing[:5])
                raise Fault(f"{grace:g} s after the last message {len(missing)} still miss some: {names}")
            members = missing
            self._pass(0.05)
            tick()

    def delivered(self) -> int:
        """Deliveries so far: messages received by anyone but their sender."""
        return self._heard() - self._fences if self.log.counting else self._delivered

    def _heard(self) -> int:
        return sum(member.delivered for member in (*self.readers, *self.talkers))

    def close(self) -> None:
        for member in (*self.readers, *self.talkers, *self.frozen):
            self.forget(member.sock)
            member.sock.close()
        super().close()

    def _pass(self, wait: float) -> None:
        """One turn of the loop; send what sockets did not take, and trim the log when it has grown."""
        waiting = [talker.sender for talker in self.talkers if talker.sender.waiting]
        self.turn(min(wait, 0.001) if waiting else wait)
        for sender in waiting:
            sender.push()
        if len(self.log.log) > self._trim_at:
            followers: list[Reader | FrozenReader | OthersTalker] = [*self.readers, *self.frozen]
            for talker in self.talkers:
                if isinstance(talker, OthersTalker):
                    talker.follow()
                if isinstance(talker, EchoTalker | OthersTalker):
                    followers.append(talker)
            self.log.trim(min(follower.position for follower in followers))
            self._trim_at = len(self.log.log) + LOG_STEP
