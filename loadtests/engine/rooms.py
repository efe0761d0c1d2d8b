"""A room of readers and talkers, driven from one epoll loop.

Everyone joins, talker 0 (the herald) waits until it has been told of the last one who came, and opens the
measurement with START: notices keep the order of events, so after START a reader's stream holds messages and
nothing else. Nothing here waits by the clock but the load itself.
"""

import select
import socket
from collections.abc import Callable, Iterable
from time import monotonic
from typing import Final, Protocol

from loadtests.engine.codecs import CODECS, HERALD, Codec, template
from loadtests.engine.histogram import Histogram
from loadtests.engine.members import (
    EchoTalker,
    FrozenReader,
    JsonTalker,
    Member,
    Reader,
    Talker,
    Voice,
    connect,
)
from loadtests.engine.stream import Fault, StreamLog

#: Events taken at a time: between two such batches the talkers get their turn.
_BATCH: Final = 64
#: Clients on their way in at a time, well below the listener's backlog.
_ARRIVING: Final = 1000
#: So many talkers have the ids of all they hear checked; the others count.
_CHECKED: Final = 10
#: The log is cut back whenever it has grown by this much, bytes.
LOG_STEP: Final = 16 * 1024 * 1024
#: The receive buffer of a frozen reader, bytes: it hides next to nothing.
FROZEN_BUFFER: Final = 4096


class Load(Protocol):
    """What the talkers do. `pump` lets those speak whose turn it is and returns the seconds until the next
    turn, or None when the load is over."""

    def pump(self, room: "Room") -> float | None: ...


class Loop:
    """epoll over raw sockets, with a handler for each."""

    def __init__(self) -> None:
        # Created before any client, so that its descriptor is one that select() takes.
        self._epoll = select.epoll()
        self._handlers: dict[int, Callable[[], None]] = {}

    def watch(self, sock: socket.socket, handler: Callable[[], None]) -> None:
        """Call `handler` when `sock` has something, from now on."""
        if sock.fileno() not in self._handlers:
            self._epoll.register(sock.fileno(), select.EPOLLIN)
        self._handlers[sock.fileno()] = handler

    def forget(self, sock: socket.socket) -> None:
        """Do not read from it any more."""
        if self._handlers.pop(sock.fileno(), None):
            self._epoll.unregister(sock.fileno())

    def turn(self, wait: float) -> None:
        """Handle what is there, or comes within `wait` seconds. epoll's own timeout counts whole
        milliseconds, too coarse for latencies of a few; select's counts microseconds."""
        if wait > 0:
            select.select([self._epoll.fileno()], [], [], wait)
        for fd, _ in self._epoll.poll(0, _BATCH):
            self._handlers[fd]()

    def until(self, done: Callable[[], bool], seconds: float, what: Callable[[], str]) -> None:
        """Turn until `done`; raise Fault with `what` is missing after `seconds`."""
        deadline = monotonic() + seconds
        while not done():
            if monotonic() > deadline:
                raise Fault(f"after {seconds:.0f} s: {what()}")
            self.turn(0.05)

    def close(self) -> None:
        self._epoll.close()


class Room(Loop):
    """`size` is that of a delivered line, bytes; one reader in `sample` has its latencies taken, and the
    first `frozen` readers stop reading at START."""

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
        self.log = StreamLog(size, talkers)
        self.histogram = Histogram()
        self.lateness = Histogram()
        self.readers: list[Reader] = []
        self.talkers: list[Talker] = []
        self.frozen: list[FrozenReader] = []
        self._plan = (readers, talkers, sample, frozen)
        self._trim_at = LOG_STEP
        self._total = 0
        self._entered = 0
        self._welcomed = 0
        self._started = 0

    # -- arriving --------------------------------------------------------------------------------------

    def join(self) -> float:
        """Bring everyone in; return the seconds until the last welcome."""
        readers, talkers, sample, frozen = self._plan
        began = monotonic()
        self._talker(0)
        for index in range(readers):
            self._reader(index, frozen=index < frozen, sampled=index % sample == 0)
        for number in range(1, talkers - 1):
            self._talker(number)
        self._await_welcomes(0)
        self._talker(talkers - 1)
        self._await_welcomes(0)
        return monotonic() - began

    def start(self, seconds: float = 30) -> None:
        """Say START when the notices are through, and wait until everyone has seen it."""
        herald, last = self.talkers[0], self.talkers[-1].name.encode()
        if self.codec.is_json:
            self.until(
                lambda: b'"%b"' % last in herald.head,
                seconds,
                lambda: "no notice of the last one",
            )
        herald.sock.send(self.codec.start)
        everyone = len(self.readers) + len(self.talkers) + len(self.frozen)
        self.until(
            lambda: self._started == everyone, seconds, lambda: f"{self._started} of {everyone} saw START"
        )

    def _reader(self, index: int, *, frozen: bool, sampled: bool) -> None:
        name = f"r{index:05d}"
        marks = (self.codec.reader_welcome, self.codec.reader_start)
        sock = connect(self.address, index, FROZEN_BUFFER if frozen else None)
        if frozen:
            sleeper = FrozenReader(sock, name, marks, self.log)
            self.frozen.append(sleeper)
            self._enter(sleeper, self.codec.reader_hello)
        else:
            reader = Reader(sock, name, marks, self.log, self.histogram if sampled else None)
            self.readers.append(reader)
            self._enter(reader, self.codec.reader_hello)

    def _talker(self, number: int) -> None:
        name = f"t{number:03d}"
        codec = self.codec
        marks = (codec.talker_welcome, codec.herald_start if name == HERALD else codec.talker_start)
        sock = connect(self.address, number)
        voice = Voice(sock, template(codec, name, self.size))
        talker: Talker
        if codec.is_json:
            talker = JsonTalker(sock, name, marks, voice, number < _CHECKED)
        else:
            talker = EchoTalker(sock, name, marks, self.log, voice)
        self.talkers.append(talker)
        self._enter(talker, codec.talker_hello)

    def _enter(self, member: Member, hello: bytes) -> None:
        """Give the name, and wait where many others are still on their way in."""
        if hello:
            member.sock.send(hello % member.name.encode())
        self._entered += 1
        self.watch(member.sock, lambda: self._arrive(member))
        if self._entered - self._welcomed > _ARRIVING:
            self._await_welcomes(_ARRIVING // 2)

    def _arrive(self, member: Member) -> None:
        welcomed = member.welcomed
        member.arrive()
        self._welcomed += member.welcomed and not welcomed
        if member.started:
            self._started += 1
            if isinstance(member, FrozenReader):
                self.forget(member.sock)
            else:
                self.watch(member.sock, member.read)

    def _await_welcomes(self, missing: int, seconds: float = 60) -> None:
        self.until(
            lambda: self._entered - self._welcomed <= missing,
            seconds,
            lambda: f"{self._welcomed} of {self._entered} were welcomed",
        )

    # -- measuring -------------------------------------------------------------------------------------

    def run(self, load: Load, grace: float = 30, tick: Callable[[], None] = lambda: None) -> int:
        """Let the talkers speak, and wait until everyone has everything; return how many messages it
        was. A room may run one load after another. `tick` is called at least every 50 ms meanwhile."""
        while (wait := load.pump(self)) is not None:
            self._pass(min(wait, 0.05))
            tick()
        total = sum(talker.voice.sent for talker in self.talkers)
        deadline = monotonic() + grace
        members: Iterable[Reader | Talker] = (*self.readers, *self.talkers)
        while missing := [member for member in members if member.missing(total)]:
            if monotonic() > deadline:
                names = ", ".join(f"{member.name} {member.missing(total)}" for member in missing[:5])
                raise Fault(f"{grace:.0f} s after the last message {len(missing)} still miss some: {names}")
            members = missing
            self._pass(0.05)
            tick()
        said, self._total = total - self._total, total
        return said

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
            followers = (*self.readers, *(one for one in self.talkers if isinstance(one, EchoTalker)))
            self.log.trim(min(follower.position for follower in followers))
            self._trim_at = len(self.log.log) + LOG_STEP
