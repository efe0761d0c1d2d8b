"""How those of a room, and people who write to each other, come in: so many at a time as the server's backlog
holds, until the last is welcome.

All have a time in common, since some peers need minutes where others need a second. Within it the server must
answer somebody every few seconds: one that accepts and says nothing, or something else, is not the server
that it is taken for.
"""

from collections.abc import Callable
from time import monotonic
from typing import Final

from loadtests.engine.codecs import CODECS
from loadtests.engine.loop import Loop
from loadtests.engine.members import Member
from loadtests.engine.stream import Fault
from loadtests.engine.wire import Codec

#: Seconds in which nobody took a step on the way in, after which nobody will.
PATIENCE: Final = 10.0


class Entrance(Loop):
    """`everyone` is how many will come."""

    def __init__(self, server: str, address: tuple[str, int], everyone: int) -> None:
        super().__init__()
        self.server = server
        self.address = address
        self.codec: Codec = CODECS[server]
        self._everyone = everyone
        self._entered = self._welcomed = self._settled = self._started = 0
        #: Of all together.
        self._steps = 0
        self._join_by = 0.0

    def _open(self, seconds: float) -> None:
        """They come from now on, and all must be welcome in so many seconds."""
        self._join_by = monotonic() + seconds

    def _enter(self, member: Member, begin: Callable[[], None]) -> None:
        """Say hello, and wait where many others are still on their way in. `begin` is called when the member
        has started."""
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
        """Until no more than so many of those who have entered are not welcome yet."""
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
