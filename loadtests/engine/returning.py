"""Thousands of people with accounts who come back at once, each with the token of a device; and what each is
told that it has not read."""

import socket
from collections.abc import Callable
from time import monotonic_ns
from typing import Final

from chatd.protocol.dialects import JSONL
from chatd.protocol.errors import ChatError
from chatd.protocol.people_events import UnreadCounts
from loadtests.engine.connector import Connector
from loadtests.engine.members import Member
from loadtests.engine.strangers import words
from loadtests.engine.wire import DeviceCodec, Handshake
from loadtests.measure.errors import Fault
from loadtests.measure.latency import Histogram
from loadtests.servers.old_people import token_of
from loadtests.servers.old_unread import OldUnread, UnreadCount

#: How the lines begin that are looked at.
_COUNTS: Final = b'{"type":"unread"'
_ERROR: Final = b'{"type":"error"'


class AccountReturner(Member):
    """Is back when it was told its counts, which must be `due`; `back` is called then with the time at which
    it connected. What else it hears (who is in its rooms, who came back, too) it drops."""

    def __init__(
        self,
        sock: socket.socket,
        name: str,
        handshake: Handshake,
        due: dict[str, UnreadCount],
        back: Callable[[int], None],
    ) -> None:
        super().__init__(sock, name, handshake)
        self.is_back = False
        self._began = monotonic_ns()
        self._due = due
        self._back = back
        self._tail = b""

    def take(self, chunk: memoryview) -> None:
        data = self._tail + chunk
        cut = data.rfind(b"\n") + 1
        lines, self._tail = data[:cut], data[cut:]
        if (at := _begins(lines, _ERROR)) >= 0:
            raise Fault(f"{self.name} is back, and was told: {words(lines[at:])}")
        at = _begins(lines, _COUNTS)
        while at >= 0:
            end = lines.index(b"\n", at) + 1
            self._count(lines[at:end])
            lines = lines[end:]
            at = _begins(lines, _COUNTS)

    def _count(self, line: bytes) -> None:
        if self.is_back:
            raise Fault(f"{self.name} was told twice how much it has not read: doubled")
        try:
            told = JSONL.parse_event(line)
        except ChatError as error:
            raise Fault(f"{self.name} got {line[:120]!r}: {error}") from error
        assert isinstance(told, UnreadCounts)
        got = {
            f"#{one.room}" if one.room else one.whom or "": UnreadCount(one.count, one.mentions, one.id)
            for one in told.unread
        }
        for place in {**self._due, **got}:
            if (said := got.get(place)) != (due := self._due.get(place)):
                raise Fault(f"{self.name} was told of {place}: {_shown(said)}, and it is {_shown(due)}")
        if len(told.unread) != len(got):
            raise Fault(f"{self.name} was told of the same room or person twice: doubled")
        self.is_back = True
        self._back(self._began)


def _begins(lines: bytes, start: bytes) -> int:
    """Where a line begins so; -1 where none does."""
    return 0 if lines.startswith(start) else lines.find(b"\n" + start) + 1 or -1


def _shown(counted: UnreadCount | None) -> str:
    if counted is None:
        return "nothing"
    return f"{counted.unread} unread, {counted.mentions} mentions, behind id {counted.mark}"


class Return(Connector):
    """All of them; of each is `due` what it must be told. `returned` counts those who are back, and `times`
    has how long each took, from connecting until it had its counts."""

    def __init__(self, server: str, address: tuple[str, int], due: list[dict[str, UnreadCount]]) -> None:
        super().__init__(server, address)
        assert self.codec.devices is not None
        self._codec: DeviceCodec = self.codec.devices
        self._due = due
        self.returned = 0
        self.times = Histogram()

    @property
    def counts(self) -> int:
        """All that are compared."""
        return sum(map(len, self._due))

    def come_back(self, seconds: float) -> None:
        """All come as fast as they are let in, whether those before them have their counts or not; returns
        when all have them. Raises Fault where that takes more than so many seconds."""
        self.open(seconds)
        for number, due in enumerate(self._due):
            name = OldUnread.name(number)
            handshake = self._codec.returning(token_of(name, 0))
            self.enter(AccountReturner, number, name, handshake, due, self._note)
        self.await_welcomes()
        self.until(
            lambda: self.returned == len(self._due),
            seconds,
            lambda: f"{self.returned} of {len(self._due)} were told how much they have not read",
        )

    def _note(self, began: int) -> None:
        self.returned += 1
        self.times.add((began,), monotonic_ns())
