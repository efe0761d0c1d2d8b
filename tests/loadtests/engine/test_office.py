"""What the people of a working day must get, and what the office notices when they do not."""

import re
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from socket import socketpair
from time import monotonic_ns
from typing import Any

import msgspec
import pytest

from chatd.protocol.events import DirectMessage, Event, Joined, Pong, Said
from loadtests.engine import office as office_module
from loadtests.engine.colleagues import Colleague, Log, RoomMessage, Visit, text
from loadtests.engine.office import Office
from loadtests.measure.errors import Fault
from loadtests.measure.latency import Histogram
from tests.support.reception import Spoil, receiving, right

SIZE = 30

# -- the log -------------------------------------------------------------------------------------------


def said(id: int, speaker: str = "m00001", number: int = 0) -> bytes:
    words = text(SIZE, 1, number)
    return b'{"type":"said","room":"lobby","id":%d,"from":"%b","text":"%b"}' % (id, speaker.encode(), words)


def test_everyone_hears_the_same_but_their_own() -> None:
    log = Log()
    # m2 speaks second and is ahead of the others, who have not got that one yet.
    assert log.take(said(4), 0, b"m00002") == 4
    assert log.take(said(6), 4, b"m00002") == 6
    assert log.take(said(5, "m00002"), 0, b"m00001") == 5
    last = log.take(said(4), 0, b"m00003")
    last = log.take(said(5, "m00002"), last, b"m00003")
    assert log.take(said(6), last, b"m00003") == 6
    assert log.ids == [4, 5, 6]
    assert log.take(said(6), None, b"v00001") == 6  # who comes later begins where it begins


@pytest.mark.parametrize(
    ("line", "last"),
    [(said(6), 4), (said(4), 4), (said(5, "m00009"), 4), (b"{}", 4), (said(5, "m00007"), 4)],
    ids=["missing", "twice", "changed", "odd", "its own"],
)
def test_what_differs_is_a_fault(line: bytes, last: int) -> None:
    log = Log()
    for place, id in enumerate((4, 5, 6)):
        log.take(said(id), (0, 4, 5)[place], b"m00003")
    with pytest.raises(Fault, match="m00007 got"):
        log.take(line, last, b"m00007")


def logged(*messages: tuple[int, str, int]) -> Log:
    """Of ids, speakers and numbers."""
    log, last = Log(), 0
    for id, speaker, number in messages:
        last = log.take(said(id, speaker, number), last, b"m00009")
    return log


SAYINGS = [RoomMessage(name, text(SIZE, 1, at)) for at, name in enumerate((b"m00001", b"m00002", b"m00001"))]


@pytest.mark.parametrize(
    ("messages", "sentence"),
    [
        ([(4, "m00001", 0), (5, "m00002", 1), (6, "m00001", 2)], ""),
        ([(4, "m00002", 1), (5, "m00001", 0), (6, "m00001", 2)], ""),  # of two, either may be first
        ([(4, "m00001", 2), (5, "m00002", 1), (6, "m00001", 0)], "m00001: message 0 came after 2"),
        ([(4, "m00001", 0), (5, "m00001", 0), (6, "m00001", 2)], "m00001: message 0 came after 0"),
        ([(4, "m00001", 0), (6, "m00001", 2)], "2 of 3 room messages came"),
        ([(4, "m00002", 0)], "nobody said"),
        ([(4, "m00001", 7)], "nobody said"),
    ],
    ids=["right", "another order", "swapped", "twice", "missing", "another's", "invented"],
)
def test_what_all_hear_is_what_was_said(messages: list[tuple[int, str, int]], sentence: str) -> None:
    log = logged(*messages)
    if sentence:
        with pytest.raises(Fault, match=sentence):
            log.verify(SAYINGS)
    else:
        log.verify(SAYINGS)


@pytest.mark.parametrize(
    ("first", "last", "heard", "right"),
    [
        (5, 7, 3, True),
        (4, 8, 5, True),
        (6, 7, 2, False),
        (5, 6, 2, False),
        (5, 7, 2, False),
        (None, None, 0, False),
    ],
    ids=["exact", "more around it", "late", "too short", "gap", "nothing"],
)
def test_a_visitor_misses_nothing(first: int | None, last: int | None, heard: int, right: bool) -> None:
    """What was said as number 1 or later, up to id 7."""
    log = logged(*((4 + number, "m00001", number) for number in range(5)))
    visit = Visit("v00001", 1, 7, first, last, heard)
    assert (log.lacks(visit) == "") == right


def test_a_visitor_during_whose_time_nobody_speaks_misses_nothing() -> None:
    assert logged((4, "m00001", 0)).lacks(Visit("v00001", 1, 4, None, None, 0)) == ""


# -- direct messages -----------------------------------------------------------------------------------


def written(number: int, to: str = "m00001", size: int = SIZE) -> bytes:
    return b'{"type":"dm","id":7,"from":"m00002","to":"%b","text":"%b","at":0}' % (
        to.encode(),
        text(size, 1, number),
    )


@pytest.mark.parametrize(
    ("lines", "sentence"),
    [
        ([written(0), written(0)], "message 1 was next"),
        ([written(1)], "message 0 was next"),
        ([written(0, size=SIZE + 1)], "message 0 was next"),
        ([written(0, to="m00003")], "what was written to m00003"),
        ([written(0)[:-1]], 'm00001 got b\'{"type":"dm"'),
    ],
    ids=["twice", "missing", "changed", "another's", "odd"],
)
def test_direct_messages_are_numbered(lines: list[bytes], sentence: str) -> None:
    ours, theirs = socketpair()
    with ours, theirs:
        one = Colleague(ours, "m00001", Log(), Histogram(), SIZE)
        with pytest.raises(Fault, match=sentence):
            for line in lines:
                one.take(line)


# -- an office, and who wrongs it ----------------------------------------------------------------------


def a_day(office: Office) -> None:
    """Three who stay; a visitor who hears all of three messages, and leaves; two direct messages each."""
    office.join()
    office.come(1)
    office.until(lambda: bool(office._since), 5, lambda: "the visitor is not welcome")
    for who in (0, 1, 0):
        office.say(who, monotonic_ns())
    for whom in (1, 2, 1, 2):
        office.write(0, whom, monotonic_ns())
    # So that somebody has all of them before the visitor asks for their pong.
    office.until(lambda: len(office.log.ids) == 3, 5, lambda: "not all have come")
    office.go(1)
    office.settle()


def wronged(spoil: Spoil, monkeypatch: pytest.MonkeyPatch) -> str:
    """The sentence with which such a day ends."""
    monkeypatch.setattr(office_module, "_GRACE", 0.5)
    with receiving(spoil) as address, closing(Office(address, 3, SIZE)) as office:
        with pytest.raises(Fault) as fault:
            a_day(office)
        return str(fault.value)


def test_a_right_day() -> None:
    with receiving(right) as address, closing(Office(address, 3, SIZE)) as office:
        ticks = Counter[str]()
        office.tick = lambda: ticks.update(["tick"])
        a_day(office)
        assert (office.said, office.written, office.came) == (3, 4, 1)
        assert office.delivered == 2 + 1 + 3 + 3 + 4
        assert len(office.histogram) == 9 and len(office.direct) == 4
        assert ticks["tick"] > 0


@dataclass
class WrongEvent:
    """In place of so manieth event of that kind that `nick` gets (or each: None) come those."""

    nick: str
    kind: type[Event]
    at: int | None
    instead: Callable[[Any], Sequence[Event]]
    count: Counter[str] = field(default_factory=Counter)

    def __call__(self, nick: str, event: Event) -> Sequence[Event]:
        if not nick.startswith(self.nick) or not isinstance(event, self.kind):
            return (event,)
        number = self.count[nick]
        self.count[nick] += 1
        return self.instead(event) if self.at in (number, None) else (event,)


def nothing(event: Event) -> Sequence[Event]:
    return ()


def twice(event: Event) -> Sequence[Event]:
    return (event, event)


def after_another(event: Event) -> Sequence[Event]:
    return (Joined(["nobody"], 1), event)


def other_text(event: Any) -> Sequence[Event]:
    return (msgspec.structs.replace(event, text=event.text[:-1] + "y"),)


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        (WrongEvent("v", Said, None, nothing), "v00001 got 0 room messages"),
        (WrongEvent("v", Said, 0, nothing), "v00001 got 2 room messages"),
        (WrongEvent("v", Said, 1, nothing), "v00001 got "),
        (WrongEvent("v", Said, 2, nothing), "v00001 got 2 room messages"),
        (WrongEvent("v", Said, 1, twice), "v00001 got .* not what the others got"),
        (WrongEvent("v", Pong, 0, nothing), "v00001 got no answer to their ping"),
        (WrongEvent("", Said, None, other_text), "nobody said"),
        (WrongEvent("m00002", Said, 2, nothing), "m00002 got 2 of 3 room messages"),
        (WrongEvent("m00002", DirectMessage, 1, nothing), "m00002 got 1 of 2 direct messages"),
        (WrongEvent("m00002", DirectMessage, 0, nothing), "message 0 was next"),
        (WrongEvent("m00002", DirectMessage, 0, twice), "message 1 was next"),
        # The first pong ends the joining; before the second one all that is due has come.
        (WrongEvent("m00000", Pong, 1, after_another), "m00000 got 2 of 1 notices of joining"),
    ],
    ids=[
        *("a visitor hears nothing", "not the first", "not the second", "not the last", "one twice"),
        *("no pong", "changed for all", "one less", "a direct one less", "not the first direct one"),
        *("a direct one twice", "a notice behind the last"),
    ],
)
def test_a_wrong_day(wrong: WrongEvent, sentence: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert re.search(sentence, wronged(wrong, monkeypatch))
