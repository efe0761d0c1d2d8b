"""Logging in all clients of a room, or all people: as many at a time as the server's listen backlog holds,
until the last one is welcomed.

There is one deadline for all of them together, since some peers need minutes where others need a second.
Within it the server must answer somebody every few seconds: one that accepts connections and then sends
nothing, or something unexpected, is not the server that was asked for.
"""

from collections.abc import Callable
from time import monotonic
from typing import Final

from loadtests.engine.codecs import CODECS
from loadtests.engine.loop import Loop
from loadtests.engine.members import Member
from loadtests.engine.wire import Codec
from loadtests.measure.errors import Fault

#: Seconds without any progress of any client's login, after which the run is given up.
PATIENCE: Final = 10.0


class Connector(Loop):
    """`everyone` is the number of clients that will join."""

    def __init__(self, server: str, address: tuple[str, int], everyone: int) -> None:
        super().__init__()
        self.server = server
        self.address = address
        self.codec: Codec = CODECS[server]
        self._everyone = everyone
        self._entered = self._welcomed = self._settled = self._started = 0
        #: Steps that all clients together have taken.
        self._steps = 0
        self._join_by = 0.0

    def _open(self, seconds: float) -> None:
        """Start the deadline: all must be welcomed within so many seconds from now."""
        self._join_by = monotonic() + seconds

    def _enter(self, member: Member, begin: Callable[[], None]) -> None:
        """Send hello, then wait where too many are still logging in. `begin` is called when the member has
        received START."""
        member.enter()
        self._entered += 1
        self.watch(member.sock, lambda: self._arrive(member, begin))
        if self._entered - self._welcomed >= self.codec.arriving:
            self._await_welcomes(self.codec.arriving // 2)

    def _arrive(self, member: Member, begin: Callable[[], None]) -> None:
        welcomed, settled, steps = member.welcomed, member.settled, member.steps
        try:
            member.arrive()
        except Fault as fault:
            if self._welcomed:
                raise
            raise Fault(f"{fault}; {self._advice}") from fault
        self._welcomed += member.welcomed and not welcomed
        self._settled += member.settled and not settled
        self._steps += member.steps - steps
        if member.started:
            self._started += 1
            begin()

    def _await_welcomes(self, missing: int) -> None:
        """Wait until at most `missing` of those that have entered are not yet welcomed."""
        steps, until = self._steps, monotonic() + PATIENCE

        def done() -> bool:
            nonlocal steps, until
            if self._steps > steps:
                steps, until = self._steps, monotonic() + PATIENCE
            elif monotonic() > until:
                raise Fault(
                    f"the server has not answered anyone on their way in for {PATIENCE:g} s, when "
                    f"{self._welcomed} of {self._everyone} were welcomed; {self._advice}"
                )
            return self._entered - self._welcomed <= missing

        self.until(
            done,
            self._join_by - monotonic(),
            lambda: f"{self._welcomed} of {self._everyone} were welcomed in the time given to all",
        )

    @property
    def _advice(self) -> str:
        host, port = self.address
        return f"is there a {self.server} server at {host}:{port}? please check --server and --host"
