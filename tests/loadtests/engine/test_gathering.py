"""People who come and go in two processes, on a server that is right, and on one that wrongs somebody."""

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from time import monotonic_ns
from typing import Any

import msgspec
import pytest

from chatd.protocol.events import Ack, DirectMessage, Error, Event, Pong, Said, Skipped, UserList, Welcome
from chatd.protocol.requests import LOBBY
from loadtests.engine import stamps
from tests.support.model_chat import Meeting, Spoiling, changed, nothing, twice, unspoiled

# -- a meeting, and who wrongs it ------------------------------------------------------------------------


def scene(spoil: Spoiling = unspoiled) -> Meeting:
    """0, 1 and 2 are in one process, 3 and 4 in another. All but 4, who comes later, hear six messages and
    some that were written to 1; 1 leaves first."""
    meeting = Meeting(spoil)
    with meeting.chat as chat:
        people = [chat.join(meeting.gatherings[number // 3]) for number in range(4)]
        chat.rest()
        for number in (0, 0, 3):
            people[number].one.say("hello")
        chat.rest()
        meeting.settle()
        chat.join(meeting.gatherings[1])
        chat.rest()
        for number in (0, 3, 0):
            people[number].one.say("again")
            people[number].one.direct(people[1].nick, "psst")
        chat.rest()
        people[1].one.leave()
        chat.rest()
        meeting.end()
    return meeting


def test_a_right_meeting() -> None:
    meeting = scene()
    assert meeting.faults == []
    assert meeting.ledger.got == meeting.ledger.due == meeting.chat.deliveries == 6 * 3 + 3 + 3
    times = meeting.gatherings[0].times
    found = {kind: len(times[kind]) for kind in ("join", "say", "direct", "deliver", "deliver direct")}
    assert found == {"join": 3, "say": 4, "direct": 2, "deliver": 4 * 2 + 2 * 3, "deliver direct": 3}


@dataclass
class WrongStream:
    """In place of event `at` of that kind that a client gets (or each: None) come those."""

    client: int | None
    kind: type[Event]
    at: int | None
    instead: Callable[[Any], Sequence[Event]]
    count: Counter[int] = field(default_factory=Counter)

    def __call__(self, client: int, event: Event) -> Sequence[Event]:
        if self.client not in (client, None) or not isinstance(event, self.kind):
            return (event,)
        number = self.count[client]
        self.count[client] += 1
        return self.instead(event) if self.at in (number, None) else (event,)


def with_id(id: int) -> Callable[[Any], Sequence[Event]]:
    return lambda event: (msgspec.structs.replace(event, id=id),)


def to_another(event: Any) -> Sequence[Event]:
    return (msgspec.structs.replace(event, to="somebody"),)


def again_under_another_id(event: Any) -> Sequence[Event]:
    return (event, msgspec.structs.replace(event, id=event.id + 1000))


def with_a_copy(event: Any) -> Sequence[Event]:
    """Behind it comes another under a new id, of the same sender, with other words."""
    return (event, msgspec.structs.replace(event, id=event.id + 1000, text="hello"))


def swapped(client: int | None) -> Spoiling:
    """The first message that this client, or everybody, gets comes behind the second."""
    held: dict[int, list[Event]] = {}

    def spoil(number: int, event: Event) -> Sequence[Event]:
        messages = held.setdefault(number, [])
        if client not in (number, None) or not isinstance(event, Said) or len(messages) > 1:
            return (event,)
        messages.append(event)
        return messages[::-1] if len(messages) > 1 else ()

    return spoil


@pytest.mark.parametrize(
    ("spoil", "sentence"),
    [
        (WrongStream(1, Said, 1, nothing), "1 are missing|did not get 1 messages"),
        (WrongStream(1, Said, 0, nothing), "did not get 1 messages"),
        (WrongStream(1, Said, 5, nothing), "did not get 1 messages"),
        (WrongStream(4, Said, 0, nothing), "did not get 1 messages"),
        (WrongStream(1, Said, None, nothing), "did not get 6 messages"),
        (WrongStream(None, Said, 1, nothing), "did not get 1 messages|1 are missing|is missing in a process"),
        (WrongStream(3, Said, 1, nothing), "with the id 2, is missing in a process"),
        (WrongStream(3, Said, 1, changed), "with the id 2: changed"),
        (WrongStream(1, Said, 1, twice), "doubled, or out of order"),
        (WrongStream(None, Said, 1, twice), "doubled, or out of order"),
        (WrongStream(None, Said, 0, again_under_another_id), "came again, with the id 1001: doubled"),
        (swapped(1), "are missing|doubled, or out of order"),
        (swapped(None), "doubled, or out of order"),
        (WrongStream(1, Said, 1, changed), "-2 got .* which .*-1 did not say: changed"),
        (WrongStream(2, Said, 1, changed), "-3 got .* and others .*: changed"),
        (WrongStream(1, Said, 1, with_a_copy), "-2 got .* which .*-1 did not say: changed"),
        (WrongStream(None, Said, 1, with_a_copy), "-2 got .* which .*-1 did not say: changed"),
        (WrongStream(None, Said, 1, changed), "was changed|came as|changed, or doubled"),
        (WrongStream(0, Ack, 0, nothing), "the answer to another request was due"),
        (WrongStream(0, Ack, 0, twice), "the answer to another request was due"),
        (WrongStream(0, Ack, 1, with_id(77)), "came again, with the id 2: doubled"),
        (WrongStream(1, DirectMessage, 0, nothing), "number 0 is due: missing"),
        (WrongStream(1, DirectMessage, 1, nothing), "got 1 of 2 from .*: missing"),
        (WrongStream(1, DirectMessage, 2, nothing), "got 0 of 1 from .*: missing"),
        (WrongStream(1, DirectMessage, 0, twice), "number 1 is due: doubled"),
        (WrongStream(1, DirectMessage, 0, changed), "number 0 is due: changed"),
        (WrongStream(1, DirectMessage, 0, to_another), "it is not theirs"),
        (WrongStream(2, Pong, 0, nothing), "2 is stuck"),
        (WrongStream(1, Said, 1, lambda event: (event, Skipped(LOBBY, 3))), "read too slowly"),
        (WrongStream(1, Said, 1, lambda event: (event, UserList([], 0))), "another request was due"),
        (WrongStream(1, Said, 1, lambda event: (event, Error("odd", "odd"))), "another request was due"),
    ],
)
def test_whoever_is_wronged_is_found(spoil: Spoiling, sentence: str) -> None:
    faults = scene(spoil).faults
    assert any(re.search(sentence, fault) for fault in faults), faults


@pytest.mark.parametrize(("told", "is_right"), [(2, True), (1, False), (3, False)])
def test_what_is_skipped_for_a_slow_reader_must_be_counted(told: int, is_right: bool) -> None:
    """It does not get the second and the third of four, and is told so at their place."""

    def spoil(client: int, event: Event) -> Sequence[Event]:
        if client != 1 or not isinstance(event, Said) or event.id not in (2, 3):
            return (event,)
        return (Skipped(LOBBY, told),) if event.id == 2 else ()

    meeting = Meeting(spoil)
    with meeting.chat as chat:
        talker = chat.join(meeting.gatherings[0])
        chat.join(meeting.gatherings[0], slow=True)
        chat.rest()
        for _ in range(4):
            talker.one.say("hello")
        chat.rest()
        meeting.end()
    assert (meeting.faults == []) == is_right
    times = meeting.gatherings[0].times
    assert len(times["deliver slow"]) > 0 and not times["deliver"]  # its latencies are not the others'


def test_latencies_are_those_of_who_waits() -> None:
    """From when a message was due."""
    meeting = Meeting()
    with meeting.chat as chat:
        talker, reader = (chat.join(meeting.gatherings[0]) for _ in range(2))
        chat.rest()
        talker.one.say("hello", due=monotonic_ns() - 50_000_000)
        talker.one.direct(reader.nick, "psst", due=monotonic_ns() - 70_000_000)
        chat.rest()
        meeting.end()
    times = meeting.gatherings[0].times
    assert (len(times["deliver"]), len(times["deliver direct"])) == (1, 1)
    assert times["deliver"].percentile(0) >= 50 and times["deliver direct"].percentile(0) >= 70
    assert meeting.ledger.got == 1 + 1 and meeting.faults == []


def test_what_was_said_on_another_machine_is_checked_and_not_timed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its clock is another."""
    meeting = Meeting()
    with meeting.chat as chat:
        talker, reader = (chat.join(meeting.gatherings[0]) for _ in range(2))
        elsewhere = chat.join(meeting.gatherings[1])
        chat.rest()
        monkeypatch.setattr(stamps, "HOST", "0" * 8)
        elsewhere.one.say("hello")
        elsewhere.one.direct(reader.nick, "psst")
        monkeypatch.undo()
        talker.one.say("hello")
        chat.rest()
        meeting.end()
    times = meeting.gatherings[0].times
    assert (len(times["deliver"]), len(times["deliver direct"])) == (1, 0)
    assert len(meeting.gatherings[1].times["direct"]) == 1  # until it is acknowledged: that is one clock
    assert meeting.ledger.got == meeting.ledger.due == 2 + 1 + 2 and meeting.faults == []


def test_whoever_waits_is_told_of_the_next_message_or_of_the_end() -> None:
    meeting = Meeting()
    heard: list[Said | None] = []
    answers: list[Event | None] = []
    with meeting.chat as chat:
        talker, reader = (chat.join(meeting.gatherings[0]) for _ in range(2))
        chat.rest()
        reader.one.awaiting = heard.append
        talker.one.say("hello", answers.append)
        talker.one.direct("nobody", "psst", answers.append)
        talker.one.list_users(answers.append)
        chat.rest()
        reader.one.awaiting = heard.append
        talker.one.say("not answered any more", answers.append)
        meeting.end()
    assert [said and said.text.partition(" ~")[0] for said in heard[:1]] == ["hello"]
    assert [type(answer) for answer in answers] == [Ack, Error, UserList, Ack]


def test_whoever_leaves_is_told_of_the_end_also_where_something_is_missing() -> None:
    meeting, answers = Meeting(WrongStream(1, DirectMessage, 0, nothing)), list[Event | None]()
    with meeting.chat as chat:
        writer, reader = (chat.join(meeting.gatherings[0]) for _ in range(2))
        chat.rest()
        writer.one.direct(reader.nick, "psst")
        chat.rest()
        reader.one.leave(answers.append)
        chat.rest()
        meeting.end()
    assert answers == [None] and len(meeting.faults) == 1


def test_that_somebody_has_just_left_is_no_failure() -> None:
    meeting, refused = Meeting(), list[str]()
    with meeting.chat as chat:
        writer, reader = (chat.join(meeting.gatherings[0]) for _ in range(2))
        writer.gathering.failed = lambda kind, why: refused.append(kind)
        chat.rest()
        assert {*writer.gathering.names()} == {writer.nick, reader.nick}
        name = reader.nick
        reader.one.leave()
        assert writer.gathering.names() == [writer.nick]
        chat.handle(reader)
        chat.deliver(reader)
        chat.handle(reader)
        writer.one.direct(name, "psst")
        writer.one.direct("nobody", "psst")
        chat.rest()
        meeting.end()
    assert refused == ["direct"] and meeting.faults == []


def test_a_name_that_a_stranger_has_is_changed() -> None:
    def spoil(client: int, event: Event) -> Sequence[Event]:
        if isinstance(event, Welcome) and not event.nick.endswith("__"):
            return (Error("taken-nick", "the name is taken"),)
        return (event,)

    meeting = Meeting(spoil)
    with meeting.chat as chat:
        client = chat.join(meeting.gatherings[0])
        chat.rest()
        assert client.one.is_in and client.one.name.endswith("-1__")
        meeting.end()
    assert meeting.faults == []
