"""A room in which people talk, while some ask what was said before: pages of it, or what has some words.

Those who ask are in the room, too, and hear all of it, as any client does; what they hear is checked by the
readers of the room. Their questions are asked in turn at a fixed rate, and each answer is checked. Besides,
one writes notes in another room, to be acknowledged, and another searches for some of them at once, again and
again until each is found: that is how long the index takes.
"""

import re
import socket
from collections import defaultdict, deque
from collections.abc import Callable, Sequence
from dataclasses import replace
from secrets import token_hex
from time import monotonic, monotonic_ns
from typing import Any, Final, NamedTuple

from msgspec.structs import replace as changed

from chatd.protocol.dialects import JSONL
from chatd.protocol.errors import ChatError
from chatd.protocol.events import Ack, Error, Event
from chatd.protocol.history_page import HistoryPage
from chatd.protocol.requests import History, Say, Search
from loadtests.engine.members import Member
from loadtests.engine.questions import Question
from loadtests.engine.rooms import LoadRoom
from loadtests.engine.strangers import Odd
from loadtests.engine.stream import SHOWN
from loadtests.engine.wire import Handshake, Step
from loadtests.measure.errors import Fault
from loadtests.measure.latency import Histogram
from loadtests.servers.old_messages import DEV

_REFUSED: Final = re.compile(rb'\{"type":"error"')
#: Of so many notes one is looked for; and after so many seconds again, while it is not found.
_SOUGHT: Final = 20
_AGAIN: Final = 0.05
#: What an asker hears and need not look at: lines that begin so.
_HEARD: Final = tuple(b'{"type":"%b"' % kind for kind in (b"said", b"mark", b"joined", b"left", b"lost"))


class AskedFor(NamedTuple):
    """What is not answered yet; `take` is called with the answer, which is of a type that is `due`."""

    ref: str
    due: tuple[type[Event], ...]
    take: Callable[[Any], None]


class Asker(Member):
    """Speaks JSON lines, and is in the lobby and in one more room."""

    def __init__(self, sock: socket.socket, name: str, handshake: Handshake) -> None:
        welcomed, *others = handshake.steps
        join = b'{"type":"join","room":"%b","ref":"in"}\n' % DEV.encode()
        steps = (replace(welcomed, then=join), *others, Step(b'"ref":"in"'))
        super().__init__(sock, name, replace(handshake, steps=steps, refused=_REFUSED))
        #: What it asked, in the order in which it will be answered.
        self.asked: deque[AskedFor] = deque()
        self._refs = 0
        self._tail = b""

    def write_down(self, text: str, take: Callable[[Ack], None]) -> None:
        """In the other room, to be acknowledged."""
        self._ask(Say(text, DEV), (Ack,), take)

    def ask(self, request: History | Search, take: Callable[[HistoryPage], None]) -> None:
        """A question that must be answered."""
        self._ask(request, (HistoryPage,), take)

    def try_to_ask(self, request: History | Search, take: Callable[[HistoryPage | Error], None]) -> None:
        """A question that may be refused."""
        self._ask(request, (HistoryPage, Error), take)

    def _ask(
        self, request: Say | History | Search, due: tuple[type[Event], ...], take: Callable[[Any], None]
    ) -> None:
        self._refs += 1
        self.asked.append(AskedFor(str(self._refs), due, take))
        self.write(JSONL.encode_request(changed(request, ref=str(self._refs))))

    def take(self, chunk: memoryview) -> None:
        *lines, self._tail = (self._tail + chunk).split(b"\n")
        for line in lines:
            if not line.startswith(_HEARD):
                self._answer(line + b"\n")

    def _answer(self, line: bytes) -> None:
        try:
            event = JSONL.parse_event(line)
        except ChatError as error:
            raise Odd(f"{self.name} got {line[:SHOWN]!r}: {error}", line) from error
        if not self.asked or getattr(event, "ref", None) != self.asked[0].ref:
            raise Odd(f"{self.name} got {line[:SHOWN]!r}, and did not ask for that", line)
        _, due, take = self.asked.popleft()
        if not isinstance(event, due):
            raise Odd(f"{self.name} got {line[:SHOWN]!r} as an answer", line)
        take(event)


class AskedRoom(LoadRoom):
    """A LoadRoom with so many `askers` besides, who ask the `questions` in turn. `answers` has the latencies
    by the kind of question, from when it was due; `acks` those of notes, from when each was due until it was
    acknowledged; `lags` the seconds from the acknowledgement until a search found it."""

    def __init__(self, server: str, address: tuple[str, int], crowd: tuple[int, int, int], size: int) -> None:
        readers, talkers, self._who_ask = crowd
        super().__init__(server, address, readers, talkers, size=size)
        assert self.codec.told is not None
        self._handshake = self.codec.told.handshake
        self.questions: Sequence[Question] = ()
        self.answers: defaultdict[str, Histogram] = defaultdict(Histogram)
        self.acks = Histogram()
        self.lags: list[float] = []
        self._askers: list[Asker] = []
        self._note = token_hex(4)
        #: The note that is looked for, and when it was acknowledged and is to be looked for again.
        self._sought = ""
        self._acked = self._again = 0.0

    def join(self, seconds: float = 120) -> float:
        """The askers come first, since the lead has to come last."""
        self.open(seconds)
        for number in range(self._who_ask + 2):
            self._askers.append(self.enter(Asker, 0, f"a{number:05d}", self._handshake))
        return super().join(seconds)

    # -- what they do --------------------------------------------------------------------------------------

    def ask(self, number: int, due: int) -> None:
        """The next question, by the next asker."""
        question = self.questions[number % len(self.questions)]
        asker = self._askers[2 + number % self._who_ask]

        def answered(page: HistoryPage) -> None:
            self.answers[question.kind].add((due,), monotonic_ns())
            try:
                question.check(page)
            except Fault as fault:
                raise Fault(f"{asker.name} asked for {question.kind}, and {fault}") from fault

        asker.ask(question.request, answered)
        self.push_later([asker])

    def note(self, number: int, due: int) -> None:
        """Something is said that has a word of its own, which may be looked for once it is acknowledged."""
        word = f"note{self._note}n{number}"

        def acked(ack: Ack) -> None:
            self.acks.add((due,), monotonic_ns())
            if not number % _SOUGHT and not self._sought:
                self._sought, self._acked = word, monotonic()
                self._seek()

        self._askers[0].write_down(f"{word} is what is looked for", acked)
        self.push_later(self._askers[:1])

    def _seek(self) -> None:
        self._again = 0.0
        self._askers[1].ask(Search(words=self._sought), self._found)
        self.push_later(self._askers[1:2])

    def _found(self, page: HistoryPage) -> None:
        if page.messages:
            self.lags.append(monotonic() - self._acked)
            self._sought = ""
        else:
            self._again = monotonic() + _AGAIN

    def turn(self, wait: float) -> None:
        if self._again and monotonic() >= self._again:
            self._seek()
        super().turn(min(wait, _AGAIN) if self._sought else wait)

    def fence(self, grace: float) -> None:
        """All questions are answered, and the note that is looked for is found."""
        self.until(
            lambda: not self._sought and not any(one.asked for one in self._askers),
            grace,
            lambda: f"{self._sought} is not found" if self._sought else "not every question is answered",
        )
        super().fence(grace)
