"""One client of chatd in JSON lines, and the check of everything that it receives.

A participant comes and goes at any time, says what it likes, and does not need to know what others say. What
it receives is compared with the room's log a whole chunk at a time: the lines that the log has behind the
participant's last message, joined, must be what the chunk begins with. Only where they differ a line is
looked at by itself: it is news to the log, or no message of the room (an answer, a notice, …).
"""

import re
import socket
from bisect import bisect_right
from collections.abc import Callable
from itertools import accumulate
from time import monotonic_ns
from typing import ClassVar, Final

from chatd.protocol import events
from chatd.protocol.dialects import JSONL
from chatd.protocol.errors import ChatError, Code
from chatd.protocol.events import Bye, DirectMessage, Error, Event, Said, Skipped, Welcome
from chatd.protocol.requests import Hello, Quit
from loadtests.engine import stamps
from loadtests.engine.connection import ConnectionLost
from loadtests.engine.room_log import HOLE
from loadtests.engine.speaker import Answered, Asked, Company, Speaker, nobody_waits
from loadtests.measure.errors import Fault

#: More than the longest line that a server sends, bytes.
_LONGEST: Final = 2 * 1024 * 1024

_SAID: Final = b'{"type":"said"'
_NOTICE: Final = re.compile(rb'\{"type":"(joined|back|left|lost)",')
#: It stands behind the names, in which no string can hold this. They may be a hundred thousand bytes, which
#: `find` passes over ten times as fast as a pattern.
_COUNT: Final = b'],"count":'
_DIGITS: Final = re.compile(rb"\d{1,9}")
#: Names to try where a stranger has ours.
_NAMES: Final = 5


class Participant(Speaker):
    """Room messages that it heard have ids from `first` to `last`; up to `checked` their number is known to
    be right, and `heard` counts those above. Ids up to `floor` were known before it entered (-1: everything
    after them is checked); what was said after it was `welcomed` must reach it, and, when it has left,
    everything up to the id `until`. `joined` and `left` count the people of whom it was told. One that is
    `slow` may read so slowly that messages are skipped."""

    #: What is done with each event; anything else is a Fault.
    taken: ClassVar[dict[type[Event], Callable[..., None]]]

    def __init__(self, company: Company, name: str, sock: socket.socket, slow: bool = False) -> None:
        super().__init__(company, name, sock)
        self.is_in = False
        self.floor = self.checked = self.last = company.log.known
        self.first = self.heard = self.skipped = self.joined = self.left = self.welcomed = 0
        #: Called with the next message of the room, or None when the connection ends.
        self.awaiting: Callable[[Said | None], None] | None = None
        #: Under which its latencies are counted.
        self.delivery = "deliver slow" if slow else "deliver"
        self._slow = slow
        self._tail = b""

    def enter(self, done: Answered = nobody_waits) -> None:
        """Give the name; `done` is called with the welcome, or an error."""
        self._all.ours.add(self.name)
        self._asked.append(Asked(None, "join", monotonic_ns(), done))
        self._request(Hello(self.name))

    def leave(self, done: Answered = nobody_waits, *, silently: bool = False) -> None:
        """Wait for everything that is due, then say /quit, or just close; `done` is called at the end."""
        self.until, owed = self._log.known, self.due.copy()
        self._all.leaves()

        def parted(answer: Event | None) -> None:
            if answer is None:
                done(None)
                return
            self._asked.append(Asked(None, "quit", monotonic_ns(), done))
            for sender, count in owed.items():
                if self.received[sender] < count:
                    raise Fault(f"{self.name} got {self.received[sender]} of {count} from {sender}: missing")
            if silently:
                self._all.end(self, "left")
            else:
                self._request(Quit())

        self.ping(parted)

    def hang_up(self) -> None:
        super().hang_up()
        if self.awaiting is not None:
            self.awaiting(None)

    # -- what it receives ----------------------------------------------------------------------------------

    def read(self) -> None:
        """The socket is readable."""
        try:
            self.take(self._tail + self.receive())
        except ConnectionLost as lost:
            self.lost(lost)
        except Fault as fault:
            self._all.end(self, str(fault), fault=True)

    def take(self, data: bytes) -> None:
        """Check received bytes, of which the first are the unfinished line of the last ones. Raises Fault."""
        at, end = 0, data.rfind(b"\n") + 1
        self._tail = data[end:]
        if len(self._tail) > _LONGEST:
            raise Fault(f"{self.name} was sent a line of more than 2 MiB: {self._tail[:120]!r}…")
        while at < end and self.ended is None:
            if self.first and not self.skipped and data.startswith(_SAID, at):
                at = self._compare(data, at, end)
            if at < end:
                line = data[at : data.index(b"\n", at) + 1]
                at += len(line)
                self._look(line)

    def _compare(self, data: bytes, at: int, end: int) -> int:
        """Take the lines that the log has next; return where the rest begins."""
        log, own, ids = self._log, self._own, self._log.ids
        start = log.after(self.last)
        stop = min(start + data.count(b"\n", at, end), len(ids))
        if own and own[-1] > self.last:
            mine = own[bisect_right(own, self.last) :]
            while mine and start < stop and ids[start] == mine[0]:
                start += 1
                del mine[0]
            stop = min(stop, log.after(mine[0] - 1)) if mine else stop
        expected = b"".join(log.lines[start:stop])
        if not data.startswith(expected, at):
            ends = [0, *accumulate(map(len, log.lines[start:stop]))]
            agreed = bisect_right(ends, False, key=lambda end: not data.startswith(expected[:end], at)) - 1
            expected, stop = expected[: ends[agreed]], start + agreed
        if stop > start:
            self._hear(start, stop)
        return at + len(expected)

    def _hear(self, start: int, stop: int) -> None:
        """These messages of the log have arrived."""
        log = self._log
        self.last = log.ids[stop - 1]
        self.heard += stop - start
        self.deliveries += stop - start
        dues = log.dues[start:stop]
        self._all.times[self.delivery].add(dues if all(dues) else filter(None, dues), monotonic_ns())
        if self.awaiting is not None:
            awaiting, self.awaiting = self.awaiting, None
            awaiting(JSONL.parse_event(log.lines[start]))  # type: ignore[arg-type]  # it is a Said

    def _look(self, line: bytes) -> None:
        """One line that is not what the log has next."""
        if notice := _NOTICE.match(line):
            count = _DIGITS.match(line, line.index(_COUNT) + len(_COUNT))
            assert count is not None, line
            if notice[1] in (b"joined", b"back"):
                self.joined += int(count[0])
            else:
                self.left += int(count[0])
        elif not self.is_in and not line.startswith(b"{"):
            # Who is slow to give a name is greeted as a person, and so is who is turned away.
            self.unread = line
        else:
            try:
                event = JSONL.parse_event(line)
            except ChatError as error:
                raise Fault(f"{self.name} got {line[:120]!r}: {error}") from error
            self.taken.get(type(event), Participant._odd)(self, event, line)

    def _odd(self, event: Event, line: bytes) -> None:
        raise Fault(f"{self.name} got {line[:200]!r}, which nobody expects")

    def _take_said(self, said: Said, line: bytes) -> None:
        log = self._log
        if said.id <= self.last or said.sender == self.name:
            raise Fault(f"{self.name} got {line[:200]!r} behind id {self.last}: doubled, or out of order")
        at = log.find(said.id)
        if at is None or log.lines[at] == HOLE:
            self._all.receive(self.name, said, line)
            at = log.after(said.id) - 1
        if log.lines[at] != line:
            raise Fault(f"{self.name} got {line[:200]!r}, and others {log.lines[at][:200]!r}: changed")
        if not self.first:
            self.first, self.checked = said.id, said.id - 1
        elif (missed := self._others(self.last, said.id - 1)) != self.skipped:
            raise Fault(f"{self.name} got {line[:200]!r} behind id {self.last}: {missed} are missing")
        self.heard, self.skipped = self.heard + self.skipped, 0
        self._hear(at, at + 1)

    def _take_direct(self, message: DirectMessage, line: bytes) -> None:
        stamp = stamps.read(message.sender, message.to, message.text)
        if message.to != self.name:
            raise Fault(f"{self.name} got {line[:200]!r}: it is not theirs")
        if stamp.number < 0 and message.sender not in self._all.ours:
            return  # a stranger's
        if stamp.number != (expected := self.received[message.sender]):
            why = "changed" if stamp.number < 0 else "doubled" if stamp.number < expected else "missing"
            raise Fault(f"{self.name} got {line[:200]!r}, and number {expected} is due: {why}")
        self.received[message.sender] += 1
        self.deliveries += 1
        if stamp.due:
            self._all.times["deliver direct"].add((stamp.due,), monotonic_ns())

    def _take_refusal(self, error: Error, line: bytes) -> None:
        if not self.is_in and error.code == Code.TAKEN_NICK and self.name.count("_") < _NAMES:
            self.name += "_"
            self.enter(self._asked.popleft().done)
        else:
            self._take_error(error, line)

    def _take_welcome(self, welcome: Welcome, line: bytes) -> None:
        if self.is_in or welcome.nick != self.name:
            self._odd(welcome, line)
        self.is_in, self.welcomed, self.unread = True, monotonic_ns(), b""
        asked = self._asked.popleft()
        self._all.times["join"].add((asked.begun,), self.welcomed)
        self._all.arrived(self)
        asked.done(welcome)

    def _take_skipped(self, skipped: Skipped, line: bytes) -> None:
        if not self._slow:
            raise Fault(f"{self.name} read too slowly: {skipped.count} messages were skipped")
        self.skipped += skipped.count

    def _take_bye(self, bye: Bye, line: bytes) -> None:
        left = bool(self._asked) and self._asked[0].kind == "quit"
        if left:
            self._all.parted(self)
        self._all.end(self, "left" if left else f"{self.name} was sent away: {bye.reason}", fault=not left)

    def _pass(self, event: Event, line: bytes) -> None:
        """It says nothing that is checked."""

    # -- whether everything came ---------------------------------------------------------------------------

    def reach(self) -> int:
        """The id up to which it needs nothing more: its own messages may follow its last. Of one that is not
        acknowledged yet it is not known whether others' before it are still on their way."""
        log, at = self._log, self._log.after(self.last)
        while at < len(log.ids) and log.authors[at][0] == self.name and log.ids[at] not in log.unacknowledged:
            at += 1
        return log.ids[at - 1] if at and log.ids[at - 1] > self.last else self.last

    def lacks(self) -> int:
        """How many room messages it lacks: said after it had read its welcome, or behind the first it got. A
        welcome tells no id: of those said before it was read, a loss ahead of that first cannot be known."""
        log, missing = self._log, 0
        until = self.until if self.ended is not None else -1
        if self.floor >= 0 and self.welcomed:
            start, stop = log.after(self.floor), log.after(self.first - 1 if self.first else until)
            messages = zip(log.dues[start:stop], log.authors[start:stop], strict=True)
            missing = sum(due >= self.welcomed and author[0] != self.name for due, author in messages)
        if self.first:
            missing += self._others(self.checked, max(self.last, until)) - self.heard - self.skipped
        return missing

    def settle(self, id: int) -> None:
        """Nothing is missing, and the log up to `id` can no longer change."""
        if self.first and self.first <= id:
            self.floor = -1
            self.checked = max(self.checked, id)
            self.heard = self._others(self.checked, self.last)
            del self._own[: bisect_right(self._own, id)]

    def _others(self, above: int, upto: int) -> int:
        """How many messages with ids in (above, upto] are of others."""
        if upto <= above:
            return 0
        own = bisect_right(self._own, upto) - bisect_right(self._own, above)
        return self._log.after(upto) - self._log.after(above) - own


Participant.taken = {
    Said: Participant._take_said,
    DirectMessage: Participant._take_direct,
    events.Ack: Participant._take_answer,
    events.UserList: Participant._take_answer,
    events.Pong: Participant._take_answer,
    Error: Participant._take_refusal,
    Welcome: Participant._take_welcome,
    Skipped: Participant._take_skipped,
    Bye: Participant._take_bye,
    events.Waiting: Participant._pass,
}
