"""A room in which people talk while somebody tries passwords, and a few ask all the time whether the server
is there."""

import socket
from dataclasses import replace
from time import monotonic_ns
from typing import Final

from loadtests.engine.guessing import Guessers
from loadtests.engine.members import Member
from loadtests.engine.rooms import LoadRoom
from loadtests.engine.wire import Handshake, Step
from loadtests.measure.errors import Fault
from loadtests.measure.latency import Histogram

#: Those who ask: one alone may not ask as often.
PROBERS: Final = 4


class Prober(Member):
    """Asks at fixed times; `pings` has how long each answer took from then, and `asked` the times of those
    that are not answered."""

    def __init__(
        self, sock: socket.socket, name: str, handshake: Handshake, fence: Step, pings: Histogram
    ) -> None:
        super().__init__(sock, name, handshake)
        self.asked: list[int] = []
        self._fence = fence
        self._pings = pings

    def ping(self, due: int) -> None:
        self.asked.append(due)
        self.write(self._fence.then)

    def take(self, chunk: memoryview) -> None:
        data = self.unread + chunk
        cut = data.rfind(b"\n") + 1
        self.unread = data[cut:]
        if count := data.count(self._fence.seen, 0, cut):
            if count > len(self.asked):
                raise Fault(f"{self.name} got more answers than it asked for: doubled")
            self._pings.add(self.asked[:count], monotonic_ns())
            del self.asked[:count]


class GuessedRoom(LoadRoom):
    """A LoadRoom with probers; `pings` has how long each was without an answer. Somebody else tries passwords
    of `names`."""

    def __init__(
        self, server: str, address: tuple[str, int], crowd: tuple[int, int], size: int, names: list[str]
    ) -> None:
        readers, talkers = crowd
        super().__init__(server, address, readers, talkers, size=size)
        self.pings = Histogram()
        self.guessers = Guessers(self, address, names)
        self._probers: list[Prober] = []

    def join(self, seconds: float = 120) -> float:
        """The probers come first, since the lead has to come last."""
        assert self.codec.devices is not None and self.codec.direct is not None
        handshake, fence = replace(self.codec.devices.handshake, start=b""), self.codec.direct.fence
        self.open(seconds)
        for number in range(PROBERS):
            name = f"a{number:05d}"
            self._probers.append(self.enter(Prober, 0, name, handshake, fence, self.pings))
        return super().join(seconds)

    def ping(self, number: int, due: int) -> None:
        """The next prober asks."""
        self._probers[number % PROBERS].ping(due)

    def guess(self, number: int, due: int) -> None:
        """One more password is tried."""
        self.guessers.guess(number)

    def close(self) -> None:
        self.guessers.end()
        super().close()

    def fence(self, grace: float) -> None:
        """Whoever still guesses gives up, and all questions are answered."""
        self.guessers.end()
        self.until(
            lambda: not any(one.asked for one in self._probers),
            grace,
            lambda: "not every ping is answered",
        )
        super().fence(grace)
