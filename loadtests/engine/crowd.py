"""Thousands of clients that join, stay and leave, and send nothing: the parts of `storm` and `idle`.

What a guest receives after its welcome is read and dropped. A witness is a guest that counts the notices of
joining and leaving.
"""

import re
import socket
from collections.abc import Iterable
from dataclasses import replace
from functools import partial
from typing import TypeVar

from loadtests.engine.connector import Connector
from loadtests.engine.members import Member
from loadtests.engine.strangers import check_company
from loadtests.engine.wire import Codec, Handshake
from loadtests.servers.target import ServerUnderTest


class Guest(Member):
    """It has started when it is welcomed: nobody sends it START."""

    def __init__(
        self, sock: socket.socket, name: str, codec: Codec, handshake: Handshake | None = None
    ) -> None:
        super().__init__(sock, name, replace(handshake or codec.reader, start=b""))

    def take(self, chunk: memoryview) -> None:
        """Drop it."""


class Witness(Guest):
    """Counts the notices that it receives."""

    came = went = pongs = 0
    _tail = b""

    def __init__(self, sock: socket.socket, name: str, codec: Codec) -> None:
        assert codec.notices and codec.direct
        super().__init__(sock, name, codec, codec.notices.handshake)
        self._notices, self._fence = codec.notices, codec.direct.fence

    def ping(self) -> None:
        """The pong comes after everything that the server sent before it read this."""
        self.write(self._fence.then)

    def take(self, chunk: memoryview) -> None:
        data = self._tail + chunk
        cut = data.rfind(b"\n") + 1
        lines, self._tail = data[:cut], data[cut:]
        check_company(lines)
        self.came += _count(self._notices.came, lines)
        self.went += _count(self._notices.went, lines)
        self.pongs += lines.count(self._fence.seen)


_Guest = TypeVar("_Guest", bound=Guest)


def _count(pattern: re.Pattern[bytes], lines: bytes) -> int:
    found = pattern.findall(lines)
    return sum(map(int, found)) if pattern.groups else len(found)


class Crowd(Connector):
    """All guests. A part that takes longer than `patience` seconds is given up."""

    def __init__(self, target: ServerUnderTest, patience: float = 60) -> None:
        super().__init__(target.codec, target.address, patience)

    def admit(self, kind: type[_Guest], prefix: str, numbers: Iterable[int]) -> list[_Guest]:
        """Log in guests with these numbers; returns when all are welcomed."""
        self.open(self._patience)
        guests = [self.enter(kind, number, f"{prefix}{number:05d}", self.codec) for number in numbers]
        self.await_welcomes()
        return guests

    def expect_silence(self) -> None:
        """From now on nobody is told of anyone, unless somebody else is on the server."""
        for member in self.members:
            self.watch(member.sock, partial(_listen, member, bytearray()))


def _listen(member: Member, heard: bytearray) -> None:
    heard += member.receive()
    check_company(heard)
