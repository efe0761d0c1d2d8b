"""What a client of chatd sends, and the answers that it must get.

Answers come in the order of the requests, so those that are due are a queue. Each request takes a function
that is called with its answer, or with None when the connection ends before.
"""

import socket
from bisect import insort
from collections import Counter, defaultdict, deque
from collections.abc import Callable
from time import monotonic_ns
from typing import Any, NamedTuple, Protocol

from chatd.protocol.dialects import JSONL
from chatd.protocol.errors import Code
from chatd.protocol.events import Ack, Error, Event, Pong, Said, UserList
from chatd.protocol.requests import LOBBY, Direct, Ping, Request, Say, Users
from chatd.protocol.sanitize import clean
from loadtests.engine import stamps
from loadtests.engine.connection import LoadConnection
from loadtests.engine.room_log import RoomLog
from loadtests.measure.errors import Fault
from loadtests.measure.latency import Histogram

Answered = Callable[[Event | None], None]


def nobody_waits(answer: Event | None) -> None:
    """For a request whose answer is only checked."""


class Asked(NamedTuple):
    """A request that is not answered yet; `number` and `to` are those of a message."""

    ref: str | None
    kind: str
    begun: int
    done: Answered
    number: int = 0
    to: str = ""


class Company(Protocol):
    """What a client needs of the gathering that it belongs to."""

    log: RoomLog
    times: defaultdict[str, Histogram]
    failed: Callable[[str, str], None]
    unsent: set[LoadConnection]
    ours: set[str]

    def is_ours(self, name: str) -> bool: ...
    def arrived(self, one: "Speaker") -> None: ...
    def leaves(self) -> None: ...
    def has_left(self, name: str) -> bool: ...
    def end(self, one: "Speaker", why: str, *, fault: bool = False) -> None: ...
    def receive(self, reader: str, said: Said, line: bytes) -> None: ...
    def acknowledged(self, id: int, number: int) -> None: ...
    def reached(self, sender: str, to: str) -> None: ...
    def parted(self, one: Any) -> None: ...


class Speaker(LoadConnection):
    """One connection of a gathering. `said` and `sent` count its messages, to the room and by person; `due`
    counts direct messages to it that were acknowledged, by sender, and `deliveries` what it received. When it
    leaves, `until` is the highest id of the room that anyone knows; before, it is -1."""

    def __init__(self, gathering: Company, name: str, sock: socket.socket) -> None:
        super().__init__(sock, name)
        #: Why its connection has ended.
        self.ended: str | None = None
        self.said = self.deliveries = 0
        self.until = -1
        self.due: Counter[str] = Counter()
        self.sent: Counter[str] = Counter()
        self._all = gathering
        self._log = gathering.log
        self._asked: deque[Asked] = deque()
        self._refs = self._acked = 0
        #: Ids of its own messages that the log has; and by number of those whose acknowledgement is due.
        self._own: list[int] = []
        self._early: dict[int, int] = {}

    def say(self, text: str, done: Answered = nobody_waits, due: int = 0) -> None:
        """To the room; `due` is when that should have been, if not now."""
        due, number = due or monotonic_ns(), self.said
        self.said += 1
        words = stamps.stamp(self.name, LOBBY, clean(text), number, due)
        self._request(Say(text=words, ref=self._ask("say", done, due, number)))

    def direct(self, to: str, text: str, done: Answered = nobody_waits, due: int = 0) -> None:
        """To one person."""
        due, number = due or monotonic_ns(), self.sent[to]
        self.sent[to] += 1
        words = stamps.stamp(self.name, to, clean(text), number, due)
        self._request(Direct(to=to, text=words, ref=self._ask("direct", done, due, number, to)))

    def list_users(self, done: Answered) -> None:
        """Ask who is here."""
        self._request(Users(ref=self._ask("users", done)))

    def ping(self, done: Answered) -> None:
        """The pong comes after everything that the server has sent before."""
        self._request(Ping(ref=self._ask("ping", done)))

    def push(self) -> bool:
        try:
            return super().push()
        except Fault as fault:
            self._all.end(self, str(fault), fault=True)
            return True

    def unanswered(self) -> list[int]:
        """The numbers of its messages to the room of which it does not know whether they were said."""
        return [one.number for one in self._asked if one.kind == "say"]

    def hang_up(self) -> None:
        """The connection has ended: nothing is answered any more."""
        asked, self._asked = self._asked, deque()
        self._log.unacknowledged.difference_update(self._early.values())
        for one in asked:
            one.done(None)

    def came(self, id: int, number: int) -> None:
        """Somebody received this message of this speaker. Raises Fault."""
        if number < self._acked or number in self._early:
            raise Fault(f"message {number} of {self.name} came again, with the id {id}: doubled")
        self._early[number] = id
        insort(self._own, id)
        self._log.unacknowledged.add(id)

    def _ask(self, kind: str, done: Answered, begun: int = 0, number: int = 0, to: str = "") -> str:
        self._refs += 1
        self._asked.append(Asked(str(self._refs), kind, begun or monotonic_ns(), done, number, to))
        return str(self._refs)

    def _request(self, request: Request) -> None:
        if self.ended is not None:
            self.hang_up()
            return
        self.write(JSONL.encode_request(request))
        if self.waiting and self.ended is None:
            self._all.unsent.add(self)

    def _due_answer(self, event: Ack | UserList | Pong | Error) -> Asked:
        """The request that this answers; a line that could not be read is refused without its ref. Raises
        Fault."""
        is_unread = isinstance(event, Error) and event.ref is None
        if not self._asked or (self._asked[0].ref != event.ref and not is_unread):
            raise Fault(f"{self.name} got {event}, and the answer to another request was due")
        return self._asked.popleft()

    def _take_answer(self, event: Ack | UserList | Pong, line: bytes) -> None:
        asked = self._due_answer(event)
        if not isinstance(event, Pong):
            self._all.times[asked.kind].add((asked.begun,), monotonic_ns())
        if isinstance(event, Ack) and asked.to:
            self._all.reached(self.name, asked.to)
        elif isinstance(event, Ack):
            self._acknowledged(event.id, asked)
        asked.done(event)

    def _acknowledged(self, id: int, asked: Asked) -> None:
        early = self._early.pop(asked.number, None)
        if early is None:
            insort(self._own, id)
        elif early != id:
            raise Fault(f"message {asked.number} of {self.name} has the id {id}, and came as {early}")
        self._acked = asked.number + 1
        self._log.acknowledge(id, self.name, asked.number, asked.begun)
        self._all.acknowledged(id, asked.number)

    def _take_error(self, error: Error, line: bytes) -> None:
        asked = self._due_answer(error)
        if asked.to and self.sent[asked.to] == asked.number + 1:
            self.sent[asked.to] -= 1
        if error.code != Code.NO_SUCH_NICK or not self._all.has_left(asked.to):
            self._all.failed(asked.kind, f"{error.code}: {error.text}")
        asked.done(error)
