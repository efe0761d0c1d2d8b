"""A room of readers and talkers, driven from one epoll loop.

Everyone joins, and when nothing else will come by itself talker 0 (the herald) opens the measurement with
START. Where joining is told later than it happens, at chatd, the herald waits until it has been told of the
last who came: notices keep the order of events, so after START a reader's stream holds messages and nothing
else. Nothing here waits by the clock but the load itself.
"""

import socket
from collections.abc import Callable, Iterable
from select import EPOLLIN
from time import monotonic, monotonic_ns
from typing import ClassVar, Final, Protocol

from loadtests.engine.codecs import CODECS
from loadtests.engine.loose import LooseLog, LooseReader
from loadtests.engine.members import FrozenReader, Member, Reader, connect
from loadtests.engine.stream import Fault, StreamLog
from loadtests.engine.system import original
from loadtests.engine.talkers import TALKERS, EchoTalker, Place, Talker
from loadtests.engine.wire import Codec, Hears, parser
from loadtests.latency import Histogram

_epoll: Final = original("select", "epoll")
_select: Final = original("select", "select")
#: Events taken at a time: between two such batches the talkers get their turn.
_BATCH: Final = 64
#: The log is cut back whenever it has grown by this much, bytes.
LOG_STEP: Final = 16 * 1024 * 1024
#: The receive buffer of a frozen reader, bytes: it hides next to nothing.
FROZEN_BUFFER: Final = 4096


class Load(Protocol):
    """What the talkers do. `pump` lets those speak whose turn it is and returns the seconds until the next
    turn, or None when the load is over."""

    def pump(self, room: "Room") -> float | None: ...


def block(fd: int, seconds: float) -> None:
    """Wait until there is something to read at `fd`. epoll's own timeout counts whole milliseconds, too
    coarse for latencies of a few; select's counts microseconds."""
    _select([fd], [], [], seconds)


class Loop:
    """epoll over raw sockets, with a handler for each. `wait` is how all loops of this process wait: where
    others live in it, as under locust, it is set to one that gives way to them."""

    wait: ClassVar[Callable[[int, float], None]] = staticmethod(block)

    def __init__(self) -> None:
        # Created before any client, so that its descriptor is one that select() takes.
        self._epoll = _epoll()
        self._handlers: dict[int, Callable[[], None]] = {}

    def watch(self, sock: socket.socket, handler: Callable[[], None]) -> None:
        """Call `handler` when `sock` has something, from now on."""
        if sock.fileno() not in self._handlers:
            self._epoll.register(sock.fileno(), EPOLLIN)
        self._handlers[sock.fileno()] = handler

    def forget(self, sock: socket.socket) -> None:
        """Do not read from it any more."""
        if self._handlers.pop(sock.fileno(), None):
            self._epoll.unregister(sock.fileno())

    def turn(self, wait: float) -> None:
        """Handle what is there, or comes within `wait` seconds."""
        if wait > 0:
            Loop.wait(self._epoll.fileno(), wait)
        for fd, _ in self._epoll.poll(0, _BATCH):
            self._handlers[fd]()

    def until(self, done: Callable[[], bool], seconds: float, what: Callable[[], str]) -> None:
        """Turn until `done`; raise Fault with `what` is missing after `seconds`."""
        deadline = monotonic() + seconds
        while not done():
            if monotonic() > deadline:
                raise Fault(f"after {max(seconds, 0):.0f} s: {what()}")
            self.turn(0.05)

    def close(self) -> None:
        self._epoll.close()


class Room(Loop):
    """`size` is that of a message, bytes: of the line that chatd or the floor delivers for it; a peer's
    record of the same text is `log.size`. One reader in `sample` has its latencies taken, and the first
    `frozen` readers stop reading at START."""

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
        super().__init__()
        self.codec: Codec = CODECS[server]
        self.address = address
        self.size = size
        form = self.codec.form
        log = LooseLog if self.codec.loose else StreamLog
        self.log = log(form.size(size), talkers, parser(form, size))
        if self.log.size > self.codec.longest:
            raise Fault(
                f"{server} carries {self.codec.longest} bytes at most, and a message of {size} takes "
                f"{self.log.size}; please choose a smaller size"
            )
        self.histogram = Histogram()
        self.lateness = Histogram()
        self.readers: list[Reader] = []
        self.talkers: list[Talker] = []
        self.frozen: list[FrozenReader] = []
        self._plan = (readers, talkers, sample, frozen)
        self._place = Place(self.log, form, size, readers)
        self._trim_at = LOG_STEP
        self._total = 0
        self._entered = 0
        self._welcomed = 0
        self._settled = 0
        self._started = 0
        self._join_by = 0.0

    # -- arriving --------------------------------------------------------------------------------------

    def join(self, seconds: float = 120) -> float:
        """Bring everyone in; return the seconds until the last welcome. Fault where it takes more than that:
        some peers need hours for what others do in a second."""
        readers, talkers, sample, frozen = self._plan
        began = monotonic()
        self._join_by = began + seconds
        self._talker(0)
        for index in range(readers):
            if talkers == 1 and index == readers - 1:
                self._await_welcomes(0)
            self._reader(index, frozen=index < frozen, sampled=index % sample == 0)
        for number in range(1, talkers - 1):
            self._talker(number)
        self._await_welcomes(0)
        if talkers > 1:
            self._talker(talkers - 1)
            self._await_welcomes(0)
        return monotonic() - began

    def start(self, seconds: float = 30) -> None:
        """Say START when all have settled, and wait until everyone has seen it."""
        everyone = len(self.readers) + len(self.talkers) + len(self.frozen)
        self.until(
            lambda: self._settled == everyone,
            seconds,
            lambda: f"{self._settled} of {everyone} have heard that all are here",
        )
        self.talkers[0].sock.send(self.codec.opening or self.codec.form.opening())
        self.until(
            lambda: self._started == everyone, seconds, lambda: f"{self._started} of {everyone} saw START"
        )

    def _reader(self, index: int, *, frozen: bool, sampled: bool) -> None:
        name = f"r{index:05d}"
        way = self.codec.reader.of(name)
        sock = connect(self.address, index, FROZEN_BUFFER if frozen else None)
        if frozen:
            sleeper = FrozenReader(sock, name, way, self.log)
            self.frozen.append(sleeper)
            self._enter(sleeper)
        else:
            histogram = self.histogram if sampled else None
            if isinstance(self.log, LooseLog):
                reader: Reader = LooseReader(sock, name, way, self.log, histogram)
            else:
                reader = Reader(sock, name, way, self.log, histogram)
            self.readers.append(reader)
            self._enter(reader)

    def _talker(self, number: int) -> None:
        name = f"t{number:03d}"
        readers, talkers, *_ = self._plan
        # Who comes last: when the herald has been told of that one, it has been told of all.
        last = f"t{talkers - 1:03d}" if talkers > 1 else f"r{readers - 1:05d}"
        way = self.codec.talker if number else self.codec.herald
        talker = TALKERS[self.codec.hears](connect(self.address, 0), name, way.of(name, last), self._place)
        self.talkers.append(talker)
        self._enter(talker)

    def _enter(self, member: Member) -> None:
        """Say hello, and wait where many others are still on their way in."""
        member.enter()
        self._entered += 1
        self.watch(member.sock, lambda: self._arrive(member))
        arriving = self.codec.arriving
        if self._entered - self._welcomed >= arriving:
            self._await_welcomes(arriving // 2)

    def _arrive(self, member: Member) -> None:
        welcomed, settled = member.welcomed, member.settled
        member.arrive()
        self._welcomed += member.welcomed and not welcomed
        self._settled += member.settled and not settled
        if member.started:
            self._started += 1
            if isinstance(member, FrozenReader):
                self.forget(member.sock)
            else:
                self.watch(member.sock, member.read)

    def _await_welcomes(self, missing: int) -> None:
        everyone = sum(self._plan[:2])
        self.until(
            lambda: self._entered - self._welcomed <= missing,
            self._join_by - monotonic(),
            lambda: f"{self._welcomed} of {everyone} were welcomed in the time given to all",
        )

    # -- measuring -------------------------------------------------------------------------------------

    def run(self, load: Load, grace: float = 30, tick: Callable[[], None] = lambda: None) -> int:
        """Let the talkers speak, and wait until everyone has everything; return how many messages it
        was, the fence among them: a last message that is said when all have come, so that whatever else is
        sent after them, an odd line, one too many or the connection's end, stands before it and is seen. A
        room may run one load after another. `tick` is called at least every 50 ms meanwhile."""
        while (wait := load.pump(self)) is not None:
            self._pass(min(wait, 0.05))
            tick()
        self._await_all(grace, tick)
        self.talkers[-1].voice.say(1, monotonic_ns())
        self._await_all(grace, tick)
        total = sum(talker.voice.sent for talker in self.talkers)
        said, self._total = total - self._total, total
        return said

    def _await_all(self, grace: float, tick: Callable[[], None]) -> None:
        total = sum(talker.voice.sent for talker in self.talkers)
        deadline = monotonic() + grace
        members: Iterable[Reader | Talker] = (*self.readers, *self.talkers)
        while missing := [member for member in members if member.missing(total)]:
            if monotonic() > deadline:
                names = ", ".join(f"{member.name} {member.missing(total)}" for member in missing[:5])
                raise Fault(f"{grace:g} s after the last message {len(missing)} still miss some: {names}")
            members = missing
            self._pass(0.05)
            tick()

    @property
    def audience(self) -> int:
        """How many each message is delivered to: those who talk hear each other, but not at every server."""
        listening = 0 if self.codec.hears is Hears.REPLIES else len(self.talkers) - 1
        return len(self.readers) + listening

    def delivered(self) -> int:
        """Messages that have come to someone other than their sender, so far."""
        return sum(member.delivered for member in (*self.readers, *self.talkers))

    def close(self) -> None:
        for member in (*self.readers, *self.talkers, *self.frozen):
            self.forget(member.sock)
            member.sock.close()
        super().close()

    def _pass(self, wait: float) -> None:
        """One turn, and what has to be done now and then."""
        waiting = [talker.voice for talker in self.talkers if talker.voice.waiting]
        self.turn(min(wait, 0.001) if waiting else wait)
        for voice in waiting:
            voice.push()
        if len(self.log.log) > self._trim_at:
            echoed = (one for one in self.talkers if isinstance(one, EchoTalker))
            followers: list[Reader | FrozenReader] = [*self.readers, *self.frozen, *echoed]
            self.log.trim(min(follower.position for follower in followers))
            self._trim_at = len(self.log.log) + LOG_STEP
