"""Logging in all clients of a run: as many at a time as the server's listen backlog holds, until the last one
is welcomed.

There is one deadline for all of them together, since some peers need minutes where others need a second.
Within it somebody must get on every few seconds: a server that accepts connections and then sends nothing,
or talks and welcomes nobody, is not the server that was asked for.
"""

from collections.abc import Callable, Iterable
from functools import partial
from time import monotonic, monotonic_ns
from typing import Final, TypeVar

from loadtests.engine.codecs import CODECS
from loadtests.engine.loop import Loop
from loadtests.engine.members import Member
from loadtests.engine.sockets import connect
from loadtests.engine.transports import OPENINGS
from loadtests.engine.wire import START, Codec
from loadtests.measure.errors import Fault
from loadtests.measure.latency import Histogram

#: Seconds in which nobody who logs in was welcomed or made a step, after which the run is given up.
PATIENCE: Final = 10.0
#: Seconds without any received byte after which all pending notices have been delivered.
_QUIET: Final = 0.5

_Client = TypeVar("_Client", bound=Member)


class Connector(Loop):
    """All connections of a run to one server; `joins` has the latencies from connecting to the welcome.
    `patience` is PATIENCE where it is not given."""

    def __init__(self, server: str, address: tuple[str, int], patience: float | None = None) -> None:
        super().__init__()
        self.server = server
        self.address = address
        self.codec: Codec = CODECS[server]
        self.members: list[Member] = []
        self.joins = Histogram()
        self.welcomed = self.settled = self.started = 0
        self._patience = PATIENCE if patience is None else patience
        self._join_by = 0.0
        #: When somebody was welcomed or made a step last, seconds of `monotonic`.
        self._stepped = 0.0

    def open(self, seconds: float) -> None:
        """Start the deadline: all must be welcomed within so many seconds from now."""
        self._join_by = monotonic() + seconds

    def enter(
        self, kind: Callable[..., _Client], index: int, *what: object, receive: int | None = None
    ) -> _Client:
        """Connect client number `index`, which is made of its socket and of `what` its `kind` takes besides;
        send hello, then wait where too many are still logging in."""
        began = monotonic_ns()
        sock = OPENINGS[self.codec.transport](connect(self.address, index, receive))
        member = kind(sock, *what)
        self.members.append(member)
        member.enter()
        self.watch(member.sock, partial(self._arrive, member, began))
        if len(self.members) - self.welcomed >= self.codec.arriving:
            self.await_welcomes(self.codec.arriving // 2)
        return member

    def begin(self, member: Member) -> None:
        """The member has received START: from now on it checks what it receives."""
        self.watch(member.sock, member.read)

    def await_welcomes(self, missing: int = 0) -> None:
        """Wait until at most `missing` of those that have entered are not yet welcomed."""
        self._stepped = monotonic()

        def done() -> bool:
            if monotonic() > self._stepped + self._patience:
                raise Fault(
                    f"the server has brought nobody on their way in further for {self._patience:g} s, when "
                    f"{self._count} were welcomed; {self._advice}"
                )
            return len(self.members) - self.welcomed <= missing

        self.until(
            done,
            self._join_by - monotonic(),
            lambda: f"{self._count} were welcomed in the time given to all",
        )

    def quieten(self, seconds: float = 60) -> None:
        """Wait until nobody has received anything for a while: all notices of joining are delivered."""
        self.until(
            lambda: monotonic() - self.active > _QUIET,
            seconds,
            lambda: "the server still sends to people to whom nobody speaks",
        )

    def await_started(self, count: int, seconds: float) -> None:
        """Wait until so many have received START."""
        self.until(
            lambda: self.started == count,
            seconds,
            lambda: f"{self.started} of {len(self.members)} received {START.decode()}",
        )

    def leave(self, members: Iterable[Member]) -> None:
        """Close these connections, without a word; they may enter again."""
        gone = set(members)
        for member in gone:
            self.forget(member.sock)
            member.sock.close()
        self.members = [member for member in self.members if member not in gone]
        self.welcomed -= len(gone)

    def close(self) -> None:
        self.leave(self.members)
        super().close()

    def _arrive(self, member: Member, began: int) -> None:
        steps, welcomed, settled = member.steps, member.welcomed, member.settled
        try:
            member.arrive()
        except Fault as fault:
            if self.welcomed:
                raise
            raise Fault(f"{fault}; {self._advice}") from fault
        if member.steps > steps:
            self._stepped = monotonic()
        if member.welcomed and not welcomed:
            self.welcomed += 1
            self.joins.add((began,), monotonic_ns())
        self.settled += member.settled and not settled
        if member.started:
            self.started += 1
            self.begin(member)

    @property
    def _count(self) -> str:
        return f"{self.welcomed} of {len(self.members)}"

    @property
    def _advice(self) -> str:
        host, port = self.address
        return f"is there a {self.server} server at {host}:{port}? please check --server and --host"
