"""How `chatd admin` and the server talk: a vocabulary of its own, which no client has."""

from typing import Any

import msgspec
import pytest

from chatd.protocol import admin_events
from chatd.protocol.admin_events import AnswerEnd, PersonHead, RoomRow, SessionRow, UserRow
from chatd.protocol.admin_lines import encode, parse_answer, parse_request
from chatd.protocol.admin_requests import (
    ACTS,
    OWN,
    ErasePerson,
    ExportPerson,
    FindUser,
    ListRooms,
    ListSessions,
    ListUsers,
)
from chatd.protocol.dialects import JSONL
from chatd.protocol.errors import ChatError, Code
from chatd.protocol.events import Ack, Error, Event, Said
from chatd.protocol.moderation_requests import Ban, Kill
from chatd.protocol.requests import Request
from chatd.protocol.vocabulary import REQUESTS

USER = UserRow(name="bob", person=7, since=1, rooms=("lobby",))

#: One of each of its own.
REQUESTS_HERE: tuple[Request, ...] = (
    ListUsers(here=True),
    ListRooms(),
    ListSessions(),
    FindUser("bob"),
    ExportPerson("bob"),
    ErasePerson("bob", person=7, again=True),
    Ban(room="dev", whom="bob", seconds=5, reason="x"),
)
ANSWERS: tuple[Event, ...] = (
    USER,
    RoomRow(name="dev", people=3, slow=10),
    SessionRow(name="bob", address="::1", port=5, since=1, transport="tcp", speaks="json"),
    PersonHead(at=1, user=USER),
    admin_events.Erased(name="bob", person=7),
    AnswerEnd(),
    Ack(ref="r", id=5),
    Error(code=Code.BUSY, text="x"),
    Said(room="dev", id=5, sender="bob", text="x", at=6),
)


@pytest.mark.parametrize("request_", REQUESTS_HERE, ids=repr)
def test_a_request_comes_as_it_went(request_: Request) -> None:
    assert parse_request(encode(request_)) == request_


@pytest.mark.parametrize("event", ANSWERS, ids=lambda event: type(event).__name__)
def test_an_answer_comes_as_it_went(event: Event) -> None:
    assert parse_answer(encode(event)) == event
    assert encode(event).count(b"\n") == 1


def test_there_is_one_of_each_here() -> None:
    assert {type(one) for one in REQUESTS_HERE} >= set(OWN)
    assert not set(OWN) & set(ACTS)


@pytest.mark.parametrize("request_", [one for one in REQUESTS_HERE if type(one) in OWN], ids=repr)
def test_no_client_can_ask_for_it(request_: Request) -> None:
    with pytest.raises(ChatError) as wrong:
        JSONL.parse(encode(request_).rstrip())
    assert wrong.value.code == Code.BAD_JSON
    assert type(request_) not in REQUESTS


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"{}",
        b"users",
        b'{"type":"users"}',
        b'{"type":"say","text":"x"}',
        b'{"type":"delete","room":"dev","id":5}',
        b'{"type":"find-user"}',
        b'{"type":"erase","nick":"bob","person":"7"}',
        b'{"type":"find-user","nick":"\xff"}',
        b"[" * 4000,
    ],
    ids=lambda line: line[:30],
)
def test_what_is_nothing_of_that(line: bytes) -> None:
    with pytest.raises(ChatError) as wrong:
        parse_request(line)
    assert wrong.value.code == Code.BAD_JSON
    with pytest.raises(ChatError):
        parse_answer(line.replace(b"say", b"says"))


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"type": "kill", "nick": "bob", "reason": "\u200b"}, Code.USAGE),
        ({"type": "ban", "room": "dev", "whom": "bob", "seconds": 0}, Code.BAD_TIME),
        ({"type": "announce", "text": " "}, Code.EMPTY),
    ],
)
def test_texts_and_times_are_checked_as_those_of_clients(fields: dict[str, Any], code: Code) -> None:
    with pytest.raises(ChatError) as wrong:
        parse_request(msgspec.json.encode(fields))
    assert wrong.value.code == code


def test_texts_are_cleaned() -> None:
    found = parse_request(encode(Kill(nick="bob", reason=" a\x1b[31m\u202e ")))
    assert isinstance(found, Kill) and found.reason == "a[31m"


def test_a_request_is_no_longer_than_a_line() -> None:
    with pytest.raises(ChatError) as wrong:
        parse_request(encode(FindUser("x" * 5000)))
    assert wrong.value.code == Code.TOO_LONG
