"""What befalls a run and is not the server's fault, and in which words it is told: lost processes, strangers
with names like ours, refusals."""

from collections.abc import Sequence

import pytest

from chatd.protocol.events import Ack, Error, Event, UserList
from chatd.protocol.limits import MIB
from tests.support.model_chat import Meeting


def test_of_a_process_that_is_lost_only_that_is_said() -> None:
    """After its last report somebody in it said something to the room and to somebody in the other."""
    meeting = Meeting()
    with meeting.chat as chat:
        here, there = (chat.join(gathering) for gathering in meeting.gatherings)
        chat.rest()
        meeting.settle()
        there.one.say("hello")
        there.one.direct(here.nick, "psst")
        there.one.direct(here.nick, "and again")
        here.one.direct(there.nick, "psst")
        chat.rest()
        here.one.leave()
        chat.rest()
        meeting.ledger.take(meeting.gatherings[0].settle(last=True))
        assert meeting.ledger.open == [meeting.gatherings[1].tag]
        meeting.ledger.close()
    assert meeting.ledger.faults == ["1 of 2 workers were lost, and what their users received is not known"]
    assert meeting.ledger.due == meeting.ledger.got  # none of which it is known that it is missing


def test_reports_of_a_test_that_began_elsewhere_are_not_heard() -> None:
    meeting = Meeting()
    with meeting.chat as chat:
        here, there = (chat.join(gathering) for gathering in meeting.gatherings)
        meeting.gatherings[1].settle()  # to another master
        chat.rest()
        there.one.say("hello")
        here.one.say("hello")
        chat.rest()
        meeting.end()
    assert meeting.faults == [] and [*meeting.ledger.workers] == [meeting.gatherings[0].tag]


def test_a_refusal_that_names_no_request_is_that_of_the_oldest() -> None:
    """A line that is too long is refused unread."""
    refused: list[tuple[str, str]] = []

    def spoil(client: int, event: Event) -> Sequence[Event]:
        is_long = isinstance(event, Ack) and event.ref == "1"
        return (Error("too-long", "a line has at most 4096 bytes"),) if is_long else (event,)

    meeting = Meeting(spoil)
    with meeting.chat as chat:
        talker, reader = (chat.join(gathering) for gathering in meeting.gatherings)
        talker.gathering.failed = lambda kind, why: refused.append((kind, why))
        chat.rest()
        answers: list[Event | None] = []
        talker.one.direct(reader.nick, "psst" * 2000, answers.append)
        talker.one.list_users(answers.append)
        chat.rest()
    assert refused == [("direct", "too-long: a line has at most 4096 bytes")]
    assert [type(answer) for answer in answers] == [Error, UserList]
    assert meeting.gatherings[0].faults == []


def test_who_only_has_a_name_like_ours_is_a_stranger() -> None:
    meeting = Meeting()
    with meeting.chat as chat:
        reader = chat.join(meeting.gatherings[0])
        chat.rest()
        stranger = f"{meeting.gatherings[0].tag}-99"
        assert reader.nick in meeting.gatherings[0].ours and stranger not in meeting.gatherings[0].ours
        chat.say(stranger, "hello")
        chat.write(stranger, reader, "psst")
        chat.rest()
        meeting.end()
    assert meeting.faults == []


def test_who_is_turned_away_tells_why() -> None:
    """A server that is full says so in text: it does not know yet how the client speaks."""
    meeting = Meeting()
    with meeting.chat as chat:
        client = chat.join(meeting.gatherings[0])
        client.sock.recv(100)
        client.sock.send(b"! the server is full\n")
        client.sock.close()
        client.gathering.turn(0)
        client.gathering.turn(0)
    (fault,) = meeting.gatherings[0].faults
    assert fault.endswith("was closed by the server, which said: ! the server is full")


@pytest.mark.parametrize(
    ("odd", "sentence"),
    [
        (b'{"type":"joined","names":[],"count":' + b"9" * 5000 + b"}\n", ""),
        (b"x" * 3 * MIB, "was sent a line of more than 2 MiB"),
    ],
)
def test_odd_lines_are_no_defect_of_ours(odd: bytes, sentence: str) -> None:
    meeting = Meeting()
    with meeting.chat as chat:
        client = chat.join(meeting.gatherings[0])
        chat.rest()
        client.out += odd
        while client.out and not client.over:
            chat.deliver(client, 65536)
    faults = meeting.gatherings[0].faults
    assert len(faults) == bool(sentence) and all(sentence in fault for fault in faults)
