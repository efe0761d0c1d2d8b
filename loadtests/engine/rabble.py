"""Guests that nobody wants: they come from a range of addresses, and shout as fast as the server lets them,
or are silent. What they hear they drop, until they are put out: then each must have been told why.
"""

import socket
from functools import partial
from time import monotonic
from typing import Final

from chatd.protocol.dialects import JSONL
from chatd.protocol.errors import ChatError, Code
from chatd.protocol.events import Bye, Error, Event, Welcome
from chatd.protocol.limits import DEFAULT
from chatd.protocol.requests import Hello, Say
from loadtests.engine.connection import ConnectionLost, LoadConnection
from loadtests.engine.loop import Loop
from loadtests.engine.sockets import connect
from loadtests.engine.strangers import words
from loadtests.measure.errors import Fault

#: How their names begin, as nobody else's do; and how many there can be.
ROWDY: Final = "z"
MOST: Final = 20_000
#: The range that they come from, in which nobody else is, and so many addresses of it at most.
RANGE: Final = "127.200.0.0/24"
ADDRESSES: Final = 250
#: What a ban of that range is for, which they have to read.
REASON: Final = "raiding"

#: The end of what one was told: more than an error and a goodbye.
_END: Final = 2048
_LINE: Final = JSONL.encode_request(Say(text="we are here to shout, and nobody is to hear anything else"))


class Rowdy(LoadConnection):
    """One of them, who has said hello. It `is_in` once it was welcomed, or was `refused`, and has `gone`
    when the server closed its connection."""

    def __init__(self, sock: socket.socket, name: str, token: str = "") -> None:
        super().__init__(sock, name)
        self.is_in = self.refused = self.gone = False
        self._tail = b""
        self.write(JSONL.encode_request(Hello(name, token or None)))

    def read(self) -> None:
        """Raises Fault where it is sent away without being told why, or not welcomed."""
        try:
            chunk = self.receive()
        except ConnectionLost as lost:
            self._check_told(lost)
            self.gone = True
            return
        self._tail = (self._tail + chunk[-_END:])[-_END:] if self.is_in else self._tail + chunk
        if not self.is_in and b"\n" in self._tail:
            first = _event(self._tail.partition(b"\n")[0])
            self.is_in, self.refused = isinstance(first, Welcome), isinstance(first, Error)

    def shout(self, lines: int) -> None:
        """Say so many lines, unless what it said before still waits."""
        if self.is_in and not self.gone and not self.waiting:
            self.write(_LINE * lines)

    def push(self) -> bool:
        """A connection that breaks is noticed when it is read."""
        try:
            return super().push()
        except ConnectionLost:
            self.waiting = b""
            return True

    def _check_told(self, lost: ConnectionLost) -> None:
        """Whether it was told that it is banned, and why, before its connection ended; and who was in, that
        it has to go."""
        told = [None, None, *map(_event, self._tail.splitlines())]
        why, bye = told[-2:] if self.is_in else (told[-1], None)
        banned = isinstance(why, Error) and why.code == Code.BANNED and REASON in why.text
        if not banned or (self.is_in and not isinstance(bye, Bye)):
            said = words(self._tail[-200:])
            raise Fault(f"{self.name} was not told that it is banned, and why, but: {said}") from lost


def _event(line: bytes) -> Event | None:
    try:
        return JSONL.parse_event(line)
    except ChatError:
        return None


class Rabble:
    """All of them, from so many `addresses`. `ended` is when the last one that has gone had gone, seconds of
    `monotonic`."""

    def __init__(self, loop: Loop, address: tuple[str, int], addresses: int) -> None:
        self.everyone: list[Rowdy] = []
        self.ended = 0.0
        #: How many were welcomed.
        self.welcomed = 0
        self._here: set[Rowdy] = set()
        self._loop = loop
        self._address = address
        self._addresses = addresses

    def come(self, *, loud: bool = False) -> None:
        """One more connects, and gives a name; who is `loud` shouts as soon as it is in."""
        number = len(self.everyone)
        source = f"127.200.0.{1 + number % self._addresses}"
        one = Rowdy(connect(self._address, number, source=source), f"{ROWDY}{number:05d}")
        self.everyone.append(one)
        self._here.add(one)
        self._loop.watch(one.sock, partial(self._read, one, loud))

    def shout(self, which: slice, lines: int) -> None:
        """Some of them do, so many lines each."""
        for one in self.everyone[which]:
            self._shout(one, lines)

    def _shout(self, one: Rowdy, lines: int) -> None:
        one.shout(lines)
        self._loop.push_later([one])

    @property
    def here(self) -> int:
        return len(self._here)

    def close(self) -> None:
        for one in [*self._here]:
            self._forget(one)

    def _read(self, one: Rowdy, loud: bool) -> None:
        was_in = one.is_in
        one.read()
        if one.is_in and not was_in:
            self.welcomed += 1
            if loud:
                self._shout(one, DEFAULT.line_burst)
        if one.gone:
            self._forget(one)
            self.ended = monotonic()

    def _forget(self, one: Rowdy) -> None:
        self._here.discard(one)
        self._loop.unsent.discard(one)
        self._loop.forget(one.sock)
        one.sock.close()
