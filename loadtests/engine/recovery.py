"""People who talk on while their server is killed and started again, and all come back.

What becomes due meanwhile is said as soon as its speaker is back, and counts as due then. Those who lost
their connection try again every few milliseconds, the first of them alone, until somebody listens; then so
many at a time as the server's listen backlog holds.
"""

import errno
import socket
from concurrent.futures import Future, ThreadPoolExecutor
from time import monotonic
from typing import Final, Protocol

from loadtests.engine.participant import Participant
from loadtests.engine.residents import ARRIVING, Residents
from loadtests.engine.resumer import Absences, Resumer
from loadtests.engine.sockets import connect
from loadtests.measure.errors import Fault

#: Seconds between two attempts to find the server up again, and until it must be.
_PROBED: Final = 0.005
_PATIENCE: Final = 30.0
#: Connections of one turn: between two turns the others are read.
_A_TURN: Final = 16


class MortalServer(Protocol):
    """What goes down, is killed, and comes back; another thread waits for its end, as that takes time."""

    def go_down(self) -> None: ...
    def kill(self) -> None: ...
    def come_back(self) -> None: ...


class Recovery(Residents):
    """`listened` and `resumed` have the seconds from each kill until somebody listened, and until the last
    one had been told all that it missed."""

    def __init__(self, address: tuple[str, int], people: int, size: int, server: MortalServer) -> None:
        self.absences = Absences()
        self.listened: list[float] = []
        self.resumed: list[float] = []
        self._server = server
        self._due = 0
        self._killed = self._probed = 0.0
        self._killer = ThreadPoolExecutor(1)
        self._dying: Future[None] | None = None
        super().__init__(address, people, size)

    @property
    def missed(self) -> int:
        """Messages that were delivered to somebody who had been away when they were said."""
        return sum(one.missed for one in self._people)

    @property
    def again(self) -> int:
        """Messages that were sent again."""
        return sum(one.again for one in self._people)

    def kill(self, due: int) -> None:
        """The server is to be killed, as soon as all are back from the time before."""
        self._due += 1

    def make(self, name: str, sock: socket.socket, slow: bool) -> Participant:
        return Resumer(self, name, sock, self.absences, self.count)

    def turn(self, wait: float) -> None:
        if self.absences.left:
            wait = 0 if self._connects else min(wait, _PROBED)
        super().turn(wait)
        if self.absences.left:
            self._bring_back()
        elif self._killed:
            self.resumed.append(monotonic() - self._killed)
            self._killed = 0.0
        elif self._due:
            self._kill()

    def fence(self, grace: float) -> None:
        self.wait_until(lambda: not self._due and not self._killed, "everybody is back", grace)
        self.ping_all()
        super().fence(grace)

    def explanation(self) -> str:
        left = self.absences.left
        return f"; {len(left)} are not, such as {next(iter(left)).name}" if left else ""

    def close(self) -> None:
        self._killer.shutdown()
        super().close()

    @property
    def _people(self) -> list[Resumer]:
        return [one for one in self.senders if isinstance(one, Resumer)]

    @property
    def _connects(self) -> bool:
        """Whether somebody can connect at once."""
        known = len(self.listened) == self.absences.kills
        return known and bool(self.absences.away) and len(self.absences.arriving) < ARRIVING

    def _kill(self) -> None:
        self._due -= 1
        self._killed = monotonic()
        self.absences.kill(self._people)
        self._server.go_down()
        self._dying = self._killer.submit(self._server.kill)

    def _bring_back(self) -> None:
        """Some of those who are away connect again."""
        if self._dying is not None:
            if not self._dying.done():
                return
            self._dying.result()  # raises what went wrong
            self._dying = None
            self._server.come_back()
        if len(self.listened) < self.absences.kills:
            self._probe()
        for _ in range(_A_TURN):
            if not self._connects:
                break
            self._connect()

    def _probe(self) -> None:
        """See whether the server listens again."""
        now, away = monotonic(), self.absences.away
        if not away or now < self._probed + _PROBED:
            return
        self._probed = now
        try:
            self._connect()
        except Fault as fault:
            refused = getattr(fault.__cause__, "errno", None) == errno.ECONNREFUSED
            if not refused or now > self._killed + _PATIENCE:
                raise
        else:
            self.listened.append(now - self._killed)

    def _connect(self) -> None:
        """The one who has been away for longest."""
        one = self.absences.away[0]
        sock = connect(self._address, one.index)
        self.absences.away.popleft()
        one.resume(sock)
