"""What a client of chatd sends, the answers that it must get, and the company of all such clients of one
process: who is here, and what they tell each other's checks.

Answers come in the order of the requests, so those that are due are a queue. Each request takes a function
that is called with its answer, or with None when the connection ends before.
"""

import socket
from bisect import insort
from collections import Counter, defaultdict, deque
from collections.abc import Callable
from secrets import token_hex
from time import monotonic_ns
from typing import Any, NamedTuple

from chatd.protocol.dialects import JSONL
from chatd.protocol.errors import Code
from chatd.protocol.events import Ack, Error, Event, Pong, Said, UserList
from chatd.protocol.requests import LOBBY, Direct, Ping, Request, Say, Users
from chatd.protocol.sanitize import clean
from loadtests.engine import stamps
from loadtests.engine.connection import ConnectionLost, LoadConnection
from loadtests.engine.ledger import TOLD, Report
from loadtests.engine.loop import Loop
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


class Company(Loop):
    """All speakers of one process: who is here, and what they tell. `times` has the latencies by what was
    done: `connect`, `join`, `say` (until it is acknowledged), `direct`, `users`, `deliver`, `deliver direct`,
    `deliver slow`. `failed` is called with what failed, and why."""

    def __init__(self, failed: Callable[[str, str], None] = lambda kind, why: None) -> None:
        super().__init__()
        self.log = RoomLog()
        self.times: defaultdict[str, Histogram] = defaultdict(Histogram)
        self.failed = failed
        self.faults: list[str] = []
        self.fault_count = 0
        #: All whose connection is open (Participants), and those among them who have a name.
        self.everyone: set[Any] = set()
        self.present: dict[str, Speaker] = {}
        #: All names that somebody of this process has asked for. A stranger's may look like them.
        self.ours: set[str] = set()
        self._past = 0
        self._names: list[str] | None = None
        self._departed: list[Any] = []
        #: What has to be told of since the last one.
        self.report = Report(f"u{token_hex(4)}")

    def arrived(self, one: "Speaker") -> None:
        """It was welcomed."""
        self.present[one.name] = one
        self._names = None

    def leaves(self) -> None:
        """Somebody has begun to leave."""
        self._names = None

    def names(self) -> list[str]:
        """Of all who are in, and not leaving."""
        if self._names is None:
            self._names = [name for name, one in self.present.items() if one.until < 0]
        return self._names

    def has_left(self, name: str) -> bool:
        """Whether that is the name of somebody of this process who has left, or is leaving."""
        return name in self.ours and (name not in self.present or self.present[name].until >= 0)

    def end(self, one: "Speaker", why: str, *, fault: bool = False) -> None:
        """Its connection has ended, or ends now."""
        if one.ended is not None:
            return
        one.ended = why
        self.forget(one.sock)
        one.sock.close()
        self.everyone.discard(one)
        self.unsent.discard(one)
        self.present.pop(one.name, None)
        self._names = None
        self._past += one.deliveries
        self.report.cut += one.unanswered()
        if fault:
            self.accuse(why)
        elif one.until >= 0:
            self._departed.append(one)
        one.hang_up()

    def accuse(self, sentence: str) -> None:
        """The server did something wrong."""
        self.fault_count += 1
        if self.fault_count <= TOLD:
            self.faults.append(sentence)

    def delivered(self) -> int:
        """Deliveries so far, of room and direct messages."""
        now: int = sum(one.deliveries for one in self.everyone)
        return self._past + now

    def receive(self, reader: str, said: Said, line: bytes) -> None:
        """The first of us has received this message. Raises Fault."""
        stamp = stamps.read(said.sender, said.room, said.text)
        if stamp.number < 0 and said.sender in self.ours:
            raise Fault(f"{reader} got {line[:200]!r}, which {said.sender} did not say: changed")
        speaker = self.present.get(said.sender)
        if speaker is not None and stamp.number >= 0 and self.log.find(said.id) is None:
            speaker.came(said.id, stamp.number)
        self.log.receive(said.id, line, said.sender, stamp)

    def reached(self, sender: str, to: str) -> None:
        """A direct message was acknowledged."""
        if to in self.present:
            self.present[to].due[sender] += 1
        elif to not in self.ours:
            senders = self.report.wrote.setdefault(to, {})
            senders[sender] = senders.get(sender, 0) + 1

    def parted(self, one: "Speaker") -> None:
        """It got everything up to its `bye`."""
        others = {sender: count for sender, count in one.received.items() if sender not in self.ours}
        self.report.left[one.name] = others


class Speaker(LoadConnection):
    """One connection of a gathering. `sent` counts its messages by receiver, which is "" for the room; `due`
    counts direct messages to it that were acknowledged, by sender, `received` those that came, and
    `deliveries` all messages that came. When it leaves, `until` is the highest id of the room that anyone
    knows; before, it is -1."""

    def __init__(self, company: Company, name: str, sock: socket.socket) -> None:
        super().__init__(sock, name)
        #: Why its connection has ended.
        self.ended: str | None = None
        self.deliveries = 0
        self.until = -1
        self.due: Counter[str] = Counter()
        self.received: Counter[str] = Counter()
        self.sent: Counter[str] = Counter()
        self._all = company
        self._log = company.log
        self._asked: deque[Asked] = deque()
        self._refs = self._acked = 0
        #: Ids of its own messages that the log has; and by number of those whose acknowledgement is due.
        self._own: list[int] = []
        self._early: dict[int, int] = {}

    def say(self, text: str, done: Answered = nobody_waits, due: int = 0) -> None:
        """To the room; `due` is when that should have been, if not now."""
        text, ref = self._stamped("say", "", text, done, due)
        self._request(Say(text=text, ref=ref))

    def direct(self, to: str, text: str, done: Answered = nobody_waits, due: int = 0) -> None:
        """To one person."""
        text, ref = self._stamped("direct", to, text, done, due)
        self._request(Direct(to=to, text=text, ref=ref))

    def list_users(self, done: Answered) -> None:
        """Ask who is here."""
        self._request(Users(ref=self._ask("users", done)))

    def ping(self, done: Answered) -> None:
        """The pong comes after everything that the server has sent before."""
        self._request(Ping(ref=self._ask("ping", done)))

    def push(self) -> bool:
        try:
            return super().push()
        except ConnectionLost as lost:
            self.lost(lost)
            return True

    def lost(self, why: ConnectionLost) -> None:
        """Its connection has ended, which it did not ask for."""
        self._all.end(self, str(why), fault=True)

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

    def _stamped(self, kind: str, to: str, text: str, done: Answered, due: int) -> tuple[str, str]:
        """The text of a message to the room, or `to` a person, with its stamp; and its ref."""
        due, number = due or monotonic_ns(), self.sent[to]
        self.sent[to] += 1
        text = stamps.stamp(self.name, to or LOBBY, clean(text), number, due)
        return text, self._ask(kind, done, due, number, to)

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
        self._all.report.acked[id] = asked.number

    def _take_error(self, error: Error, line: bytes) -> None:
        asked = self._due_answer(error)
        if asked.to and self.sent[asked.to] == asked.number + 1:
            self.sent[asked.to] -= 1
        if error.code != Code.NO_SUCH_NICK or not self._all.has_left(asked.to):
            self._all.failed(asked.kind, f"{error.code}: {error.text}")
        asked.done(error)
