"""Somebody who tries passwords: from one address, a connection for each, as fast as the server lets it; and
how long the server takes to refuse one, for a name that is registered and for one that nobody has.

What was hashed is seen from outside: only a password that was tried is answered `wrong-password`. All others
wait until the server closes their connection.
"""

import socket
from collections import Counter
from collections.abc import Callable
from time import monotonic_ns
from typing import Final

from chatd.protocol.dialects import JSONL
from chatd.protocol.errors import ChatError, Code
from chatd.protocol.events import Bye, Error, Event, Waiting
from chatd.protocol.requests import Hello
from loadtests.engine.connection import ConnectionLost, LoadConnection
from loadtests.engine.connector import Connector
from loadtests.engine.loop import Loop
from loadtests.engine.members import Member
from loadtests.engine.sockets import connect, elsewhere
from loadtests.engine.strangers import words
from loadtests.measure.errors import Fault
from loadtests.measure.latency import Histogram

#: Which is wrong for everyone, and long enough to be tried.
_WRONG: Final = "guessed-%06d"
#: Seconds until an answer must have come.
_PATIENCE: Final = 60.0
#: Tries of one account in the comparison of names: fewer than the server allows at once.
_A_NAME: Final = 10
#: Where the connections of guessers come from; those of the comparison come from others.
_GUESSERS: Final = elsewhere(0)


class Guess(LoadConnection):
    """One try of one password. `done` is called with the code of what it was answered, which is empty where
    the connection was closed without a word."""

    def __init__(
        self, loop: Loop, sock: socket.socket, name: str, done: "Callable[[Guess, str], None]"
    ) -> None:
        super().__init__(sock, name)
        self._loop = loop
        self._done = done
        loop.watch(sock, self._read)

    def give(self, number: int) -> None:
        """A wrong password, which is another one each time."""
        self.write(JSONL.encode_request(Hello(self.name, password=_WRONG % number)))

    def close(self) -> None:
        self._loop.forget(self.sock)
        self.sock.close()

    def _read(self) -> None:
        try:
            self.unread += self.receive()
        except ConnectionLost:
            self._end("")
            return
        while (end := self.unread.find(b"\n") + 1) and self.sock.fileno() >= 0:
            line, self.unread = self.unread[:end], self.unread[end:]
            self._take(line)

    def _take(self, line: bytes) -> None:
        try:
            event: Event | None = JSONL.parse_event(line)
        except ChatError:
            event = None
        if isinstance(event, Error):
            self._end(event.code)
        elif not isinstance(event, Waiting | Bye):
            raise Fault(f"{self.name}, with a wrong password, got: {words(line)}")

    def _end(self, code: str) -> None:
        self.close()
        self._done(self, code)


class Guessers:
    """All that is tried from one address. `answers` counts codes."""

    def __init__(self, loop: Loop, address: tuple[str, int], names: list[str]) -> None:
        self.answers: Counter[str] = Counter()
        self.tried = 0
        self._loop = loop
        self._address = address
        self._names = names
        self._open: set[Guess] = set()

    @property
    def hashed(self) -> int:
        return self.answers[Code.WRONG_PASSWORD]

    def told(self) -> str:
        """How many got which answer, for people."""
        answers = [f"{count} {code or 'closed'}" for code, count in self.answers.most_common()]
        waiting = self.tried - self.answers.total()
        return ", ".join([*answers, f"{waiting} waited until the end"] if waiting else answers)

    def guess(self, number: int) -> None:
        """One more, of the names in turn."""
        sock = connect(self._address, number, source=_GUESSERS)
        one = Guess(self._loop, sock, self._names[number % len(self._names)], self._ended)
        self._open.add(one)
        one.give(number)
        self.tried += 1

    def end(self) -> None:
        """Those who still wait give up."""
        for one in self._open:
            one.close()
        self._open.clear()

    def _ended(self, one: Guess, code: str) -> None:
        self._open.discard(one)
        self.answers[code] += 1


class _Registrant(Member):
    """Makes its name an account. Nobody knows the password afterwards."""

    def take(self, chunk: memoryview) -> None:
        """Drop it."""


def register(loop: Connector, names: list[str], seconds: float = _PATIENCE) -> None:
    """Make accounts of these names, and leave."""
    assert loop.codec.devices is not None
    handshake = loop.codec.devices.registering()
    loop.open(seconds)
    everyone = [loop.enter(_Registrant, 0, name, handshake) for name in names]
    loop.await_welcomes()
    loop.leave(everyone)


class NameComparison:
    """How long a refusal takes, where the name is registered (`wrong`), and where it is not (`unknown`). Each
    try comes from an address of its own, so that none has to wait for its turn."""

    def __init__(self, loop: Loop, address: tuple[str, int], names: list[str]) -> None:
        self.wrong = Histogram()
        self.unknown = Histogram()
        self._loop = loop
        self._address = address
        self._names = names

    @staticmethod
    def names(tries: int) -> int:
        """How many accounts are needed for so many tries."""
        return -(-tries // _A_NAME)

    def run(self, tries: int) -> None:
        """So many of each kind, in turn, and which comes first in turn, too: what changes meanwhile changes
        both alike."""
        for number in range(tries):
            kinds = [(self._names[number % len(self._names)], self.wrong), (f"u{number:05d}", self.unknown)]
            for place, (name, histogram) in enumerate(kinds[:: -1 if number % 2 else 1]):
                self._try(name, 2 * number + place, histogram)

    def _try(self, name: str, number: int, histogram: Histogram) -> None:
        codes: list[str] = []
        sock = connect(self._address, number, source=elsewhere(1 + number))
        one = Guess(self._loop, sock, name, lambda guess, code: codes.append(code))
        began = monotonic_ns()
        one.give(number)
        try:
            self._loop.until(lambda: bool(codes), _PATIENCE, lambda: f"{name} gets no answer to a password")
        finally:
            one.close()
        histogram.add((began,), monotonic_ns())
        if codes != [Code.WRONG_PASSWORD]:
            raise Fault(f"{name} gave a wrong password, and was told {codes[0] or 'nothing'}")
