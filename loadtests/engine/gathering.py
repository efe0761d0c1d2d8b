"""All participants of one process: one epoll loop that reads for all of them, and one log of the room.

Once a second somebody calls `settle`: it checks that nobody misses anything, drops what everyone has, and
returns what a ledger needs to check the same across all processes.
"""

import socket
from collections import Counter, defaultdict
from collections.abc import Callable
from secrets import token_hex

from chatd.protocol.events import Said
from loadtests.engine import stamps
from loadtests.engine.ledger import DASH, TOLD, Report
from loadtests.engine.loop import Loop
from loadtests.engine.participant import Participant
from loadtests.engine.room_log import HOLE, RoomLog
from loadtests.engine.speaker import Company, Speaker
from loadtests.measure.errors import Fault
from loadtests.measure.latency import Histogram


class Gathering(Loop, Company):
    """`times` has the latencies by what was done: `connect`, `join`, `say` (until it is acknowledged),
    `direct`, `users`, `deliver`, `deliver direct`, `deliver slow`. `failed` is called with what failed, and
    why."""

    def __init__(self, failed: Callable[[str, str], None] = lambda kind, why: None) -> None:
        super().__init__()
        self.log = RoomLog()
        self.times: defaultdict[str, Histogram] = defaultdict(Histogram)
        self.failed = failed
        self.faults: list[str] = []
        self.fault_count = 0
        #: All whose connection is open, and those among them who have a name.
        self.everyone: set[Participant] = set()
        self.present: dict[str, Speaker] = {}
        #: All names that somebody of this process has asked for. A stranger's may look like them.
        self.ours: set[str] = set()
        self.tag = f"u{token_hex(4)}"
        self.count = self._past = self._lacked = self._reports = 0
        self._names: list[str] | None = None
        self._departed: list[Participant] = []
        self._acked: list[tuple[int, int]] = []
        #: Numbers of messages whose speaker's connection ended before they were acknowledged.
        self._cut: list[int] = []
        #: How many direct messages went to each person of another process, by sender; and came from there to
        #: each who has left.
        self._wrote: defaultdict[str, Counter[str]] = defaultdict(Counter)
        self._left: dict[str, dict[str, int]] = {}

    # -- who is here ---------------------------------------------------------------------------------------

    def name(self) -> str:
        """One that nobody has had; `count` is how many there were."""
        self.count += 1
        return f"{self.tag}{DASH}{self.count}"

    def add(self, sock: socket.socket, name: str = "", *, slow: bool = False) -> Participant:
        """Somebody who is connected; `slow` is allowed to read so slowly that messages are skipped."""
        one = Participant(self, name or self.name(), sock, slow)
        self.everyone.add(one)
        self.attend(one)
        return one

    def attend(self, one: Participant) -> None:
        """Read what it is sent, from now on."""
        self.watch(one.sock, one.read)

    def arrived(self, one: Speaker) -> None:
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
        return self.is_ours(name) and (name not in self.present or self.present[name].until >= 0)

    def end(self, one: Speaker, why: str, *, fault: bool = False) -> None:
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
        self._cut += one.unanswered()
        if fault:
            self.accuse(why)
        elif isinstance(one, Participant) and one.until >= 0:
            self._departed.append(one)
        one.hang_up()

    def accuse(self, sentence: str) -> None:
        """The server did something wrong."""
        self.fault_count += 1
        if self.fault_count <= TOLD:
            self.faults.append(sentence)

    def close(self) -> None:
        for one in [*self.everyone]:
            self.end(one, "closed")
        super().close()

    # -- what they tell --------------------------------------------------------------------------------------

    @property
    def delivered(self) -> int:
        """Deliveries so far, of room and direct messages."""
        return self._past + sum(one.deliveries for one in self.everyone)

    def is_ours(self, name: str) -> bool:
        """Whether somebody of this process has, or had, that name."""
        return name in self.ours

    def receive(self, reader: str, said: Said, line: bytes) -> None:
        """The first of us has received this message. Raises Fault."""
        stamp = stamps.read(said.sender, said.room, said.text)
        if stamp.number < 0 and self.is_ours(said.sender):
            raise Fault(f"{reader} got {line[:200]!r}, which {said.sender} did not say: changed")
        speaker = self.present.get(said.sender)
        if speaker is not None and stamp.number >= 0 and self.log.find(said.id) is None:
            speaker.came(said.id, stamp.number)
        self.log.receive(said.id, line, said.sender, stamp)

    def acknowledged(self, id: int, number: int) -> None:
        """One of us was told the id of its message to the room."""
        self._acked.append((id, number))

    def reached(self, sender: str, to: str) -> None:
        """A direct message was acknowledged."""
        if to in self.present:
            self.present[to].due[sender] += 1
        elif not self.is_ours(to):
            self._wrote[to][sender] += 1

    def parted(self, one: Participant) -> None:
        """It got everything up to its `bye`."""
        others = {sender: count for sender, count in one.received.items() if not self.is_ours(sender)}
        self._left[one.name] = others

    # -- whether everything came -----------------------------------------------------------------------------

    def settle(self, *, last: bool = False) -> Report:
        """Check, forget what is done with, and tell what other processes need; `last` is for the end, when
        all have left."""
        for one in [*self.everyone, *self._departed]:
            if lacks := one.lacks():
                self._lacked += lacks
                sentence = f"{one.name} did not get {lacks} messages that were said while they were here"
                if one.ended is None:
                    self.end(one, sentence, fault=True)
                else:
                    self.accuse(sentence)
                    self._departed.remove(one)
        log, before = self.log, self.log.settled
        settled = min((one.reach() for one in self.everyone), default=log.known)
        settled = max(min([settled, *(id - 1 for id in log.unacknowledged)]), before)
        settled = log.known if last else settled
        report = Report(
            tag=self.tag,
            number=self._reports,
            last=last,
            settled=settled if self.everyone else -1,
            spans=self._spans(before, settled),
            seen=self._seen(settled),
            acked=([id for id, _ in self._acked], [number for _, number in self._acked]),
            cut=self._cut,
            wrote={to: dict(senders) for to, senders in self._wrote.items()},
            left=self._left,
            got=(got := self.delivered),
            due=got + self._lacked,
            faults=self.faults,
            fault_count=self.fault_count,
        )
        self._reports += 1
        self._acked, self._left = [], {}
        self._wrote.clear()
        self._departed = [one for one in self._departed if max(one.until, one.last) > settled]
        for one in [*self.everyone, *self._departed]:
            one.settle(settled)
        log.settle(settled)
        return report

    def _spans(self, before: int, settled: int) -> list[list[int]]:
        """Merged, of what was settled now."""
        spans: list[list[int]] = []
        ends = ((one.first, one.reach()) for one in [*self.everyone, *self._departed] if one.first)
        for first, last in sorted((max(first, before + 1), min(last, settled)) for first, last in ends):
            if spans and first <= spans[-1][1] + 1:
                spans[-1][1] = max(spans[-1][1], last)
            elif first <= last:
                spans.append([first, last])
        return spans

    def _seen(self, settled: int) -> dict[str, tuple[list[int], list[int]]]:
        log = self.log
        seen: dict[str, tuple[list[int], list[int]]] = {}
        for at in range(log.after(settled)):
            if log.lines[at] == HOLE:
                continue
            id, number, sender = log.ids[at], log.numbers[at], log.senders[at]
            ids, numbers = seen.setdefault(sender.rpartition(DASH)[0], ([], []))
            ids.append(id)
            numbers.append(number)
        return seen
