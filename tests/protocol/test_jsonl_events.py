"""JSON lines: events, as the server writes and the client reads them."""

from typing import get_args

import pytest

from chatd.protocol import events as ev
from chatd.protocol import people_events as pe
from chatd.protocol.dialects import JSONL, TEXT
from chatd.protocol.errors import ChatError, Code
from chatd.protocol.events import Cause, Event
from chatd.protocol.history_page import HistoryPage
from chatd.protocol.limits import DEFAULT
from chatd.protocol.vocabulary import WIRE_EVENTS
from tests.protocol.test_jsonl_moderation_events import MODERATION_EVENTS

COMMAND = ev.CommandHelp(syntax='/bc "MESSAGE"', help="say it")

# Each event in the very bytes that a program reads.
EVENT_BYTES: list[tuple[Event, str]] = [
    (
        ev.Welcome("alice", "t1", "chatd 0.1.0", 3, ev.LineLimits(4096, 32)),
        '{"type":"welcome","nick":"alice","token":"t1","server":"chatd 0.1.0","users":3,'
        '"limits":{"line":4096,"name":32}}',
    ),
    (
        ev.Said("lobby", 7, "alice", 'é "x"', 1700000000000),
        '{"type":"said","room":"lobby","id":7,"from":"alice","text":"é \\"x\\"","at":1700000000000}',
    ),
    (
        ev.Said("dev", 7, "al", "a\nb", 1, "action"),
        '{"type":"said","room":"dev","id":7,"from":"al","text":"a\\nb","at":1,"kind":"action"}',
    ),
    (
        ev.DirectMessage(7, "alice", "bob", "hi", 1700000000000),
        '{"type":"dm","id":7,"from":"alice","to":"bob","text":"hi","at":1700000000000}',
    ),
    (ev.Joined(["al", "bob"], 2), '{"type":"joined","names":["al","bob"],"count":2}'),
    (ev.Left(["al"], 1), '{"type":"left","names":["al"],"count":1}'),
    (ev.Left(["al"], 1, "home"), '{"type":"left","names":["al"],"count":1,"reason":"home"}'),
    *(
        (ev.Lost(["al"], 1, cause), f'{{"type":"lost","names":["al"],"count":1,"cause":"{cause}"}}')
        for cause in Cause
    ),
    (ev.Back(["al"], 1, 8), '{"type":"back","names":["al"],"count":1,"after_s":8}'),
    (ev.Back(["al"], 1, 8, "dev"), '{"type":"back","names":["al"],"count":1,"after_s":8,"room":"dev"}'),
    (ev.UserList(["al", "bob"], 2), '{"type":"users","names":["al","bob"],"count":2}'),
    (ev.UserList(["al"], 1, "r"), '{"type":"users","names":["al"],"count":1,"ref":"r"}'),
    (ev.UserList(["al"], 1, room="dev"), '{"type":"users","names":["al"],"count":1,"room":"dev"}'),
    (ev.Joined(["al"], 1, "dev"), '{"type":"joined","names":["al"],"count":1,"room":"dev"}'),
    (
        ev.Left(["al"], 1, room="dev", ref="r"),
        '{"type":"left","names":["al"],"count":1,"room":"dev","ref":"r"}',
    ),
    (ev.RoomInfo("dev", 3, ""), '{"type":"room","room":"dev","users":3,"topic":""}'),
    (
        ev.RoomInfo("dev", 3, "work", "r"),
        '{"type":"room","room":"dev","users":3,"topic":"work","ref":"r"}',
    ),
    (
        ev.RoomList([ev.RoomEntrance("dev", 3, "work")], 7, "r"),
        '{"type":"rooms","rooms":[{"room":"dev","users":3,"topic":"work"}],"count":7,"ref":"r"}',
    ),
    (
        ev.TopicSet("dev", 7, "al", "work", 1700000000000),
        '{"type":"topic","room":"dev","id":7,"from":"al","text":"work","at":1700000000000}',
    ),
    (
        HistoryPage(room="dev", messages=[ev.Said("dev", 7, "al", "hi", 1)], more=True, ref="r"),
        '{"type":"page","room":"dev","messages":[{"type":"said","room":"dev","id":7,"from":"al","text":"hi",'
        '"at":1}],"more":true,"ref":"r"}',
    ),
    (
        HistoryPage(
            messages=[ev.Said("dev", 7, "al", "hi", 1)],
            more=False,
            found=True,
            before=[None],
            after=[ev.TopicSet("dev", 8, "al", "t", 1)],
        ),
        '{"type":"page","messages":[{"type":"said","room":"dev","id":7,"from":"al","text":"hi","at":1}],'
        '"more":false,"found":true,"before":[null],"after":[{"type":"topic","room":"dev","id":8,"from":"al",'
        '"text":"t","at":1}]}',
    ),
    (
        HistoryPage(whom="al", messages=[ev.DirectMessage(7, "al", "bob", "hi", 1)], more=False),
        '{"type":"page","with":"al","messages":[{"type":"dm","id":7,"from":"al","to":"bob","text":"hi",'
        '"at":1}],"more":false}',
    ),
    (
        ev.HelpList([COMMAND], "r"),
        '{"type":"help","commands":[{"syntax":"/bc \\"MESSAGE\\"","help":"say it"}],"ref":"r"}',
    ),
    (
        ev.Welcome("al", "t1", "chatd", 3, ev.LineLimits(4096, 32), resumed=True, account=True),
        '{"type":"welcome","nick":"al","token":"t1","server":"chatd","users":3,'
        '"limits":{"line":4096,"name":32},"resumed":true,"account":true}',
    ),
    (
        ev.UserList(["al", "bob"], 2, away=["bob"]),
        '{"type":"users","names":["al","bob"],"count":2,"away":["bob"]}',
    ),
    *MODERATION_EVENTS,
    (pe.Renamed("al", "bob"), '{"type":"renamed","from":"al","to":"bob"}'),
    (pe.Renamed("al", "al_2", "no"), '{"type":"renamed","from":"al","to":"al_2","reason":"no"}'),
    (pe.Gone("al"), '{"type":"away","nick":"al"}'),
    (pe.Gone("al", text="lunch"), '{"type":"away","nick":"al","text":"lunch"}'),
    (pe.Gone("al", away=False), '{"type":"away","nick":"al","away":false}'),
    (pe.Gone("al", kept=True), '{"type":"away","nick":"al","kept":true}'),
    (pe.Gone("al", text="tea", kept=False), '{"type":"away","nick":"al","text":"tea","kept":false}'),
    (pe.UnreadCounts([]), '{"type":"unread","unread":[]}'),
    (
        pe.UnreadCounts([pe.UnreadMessages(3, 7, "dev", mentions=1), pe.UnreadMessages(2, 0, whom="al")]),
        '{"type":"unread","unread":[{"count":3,"id":7,"room":"dev","mentions":1},'
        '{"count":2,"id":0,"with":"al"}]}',
    ),
    (pe.ReadUpTo(room="dev", id=7), '{"type":"read","room":"dev","id":7}'),
    (pe.ReadUpTo(whom="al", id=7), '{"type":"read","with":"al","id":7}'),
    (pe.Caught([], []), '{"type":"caught","first":[],"rest":[]}'),
    (
        pe.Caught([ev.DirectMessage(7, "al", "bob", "hi", 1)], [ev.Said("dev", 8, "al", "so", 2)], True, "r"),
        '{"type":"caught","first":[{"type":"dm","id":7,"from":"al","to":"bob","text":"hi","at":1}],'
        '"rest":[{"type":"said","room":"dev","id":8,"from":"al","text":"so","at":2}],"more":true,"ref":"r"}',
    ),
    (pe.DeviceList([]), '{"type":"devices","devices":[]}'),
    (
        pe.DeviceList([pe.DeviceInfo(2, "phone", 1, 5, here=True, this=False)], "r"),
        '{"type":"devices","devices":[{"number":2,"name":"phone","created":1,"used":5,"here":true,'
        '"this":false}],"ref":"r"}',
    ),
    (
        pe.Identity("al", account=False, here=True, since=1, rooms=[]),
        '{"type":"whois","nick":"al","account":false,"here":true,"since":1,"rooms":[]}',
    ),
    (
        pe.Identity("al", True, False, 1, ["dev"], away="", left=9, ref="r"),
        '{"type":"whois","nick":"al","account":true,"here":false,"since":1,"rooms":["dev"],"away":"",'
        '"left":9,"ref":"r"}',
    ),
    (pe.Done("so be it"), '{"type":"done","text":"so be it"}'),
    (pe.Done("yours", "t1", "r"), '{"type":"done","text":"yours","token":"t1","ref":"r"}'),
    (ev.Ack("r", 7), '{"type":"ack","ref":"r","id":7}'),
    (
        ev.Error(Code.EMPTY, "the message is empty"),
        '{"type":"error","code":"empty","text":"the message is empty"}',
    ),
    (ev.Error(Code.USAGE, "no", "r"), '{"type":"error","code":"usage","text":"no","ref":"r"}'),
    (ev.Skipped("lobby", 37), '{"type":"skipped","room":"lobby","count":37}'),
    (ev.Skipped("", 3, 7, 9), '{"type":"skipped","room":"","count":3,"after":7,"before":9}'),
    (ev.Mark(9), '{"type":"mark","id":9}'),
    (ev.Waiting(5), '{"type":"waiting","lines":5}'),
    (ev.Pong(), '{"type":"pong"}'),
    (ev.Pong(""), '{"type":"pong","ref":""}'),
    (ev.Bye("quit"), '{"type":"bye","reason":"quit"}'),
]


@pytest.mark.parametrize(("event", "line"), EVENT_BYTES)
def test_events_in_their_bytes(event: Event, line: str) -> None:
    assert JSONL.encode(event) == line.encode() + b"\n"
    assert JSONL.parse_event(line.encode()) == event
    assert JSONL.parse_event(b'{"new":[],' + line[1:].encode()) == event


def test_every_event_is_in_the_table() -> None:
    assert {type(event) for event, _ in EVENT_BYTES} == set(get_args(WIRE_EVENTS))


def test_a_direct_message_that_was_sent_is_acknowledged_where_it_gave_a_ref() -> None:
    assert JSONL.encode(ev.Sent("bob", "hi", 7, None)) == b""
    assert JSONL.encode(ev.Sent("bob", "hi", 7, "r")) == b'{"type":"ack","ref":"r","id":7}\n'
    assert JSONL.encode(ev.Sent("bob", "hi", 7, "")) == b'{"type":"ack","ref":"","id":7}\n'


class _Reader:
    nick = "al"


def test_bytes_that_many_share_become_the_answer_to_one() -> None:
    shared = JSONL.encode(ev.UserList(["al"], 1))
    assert JSONL.address(_Reader(), shared, None) == (shared,)
    pieces = JSONL.address(_Reader(), shared, 'a"b')
    assert b"".join(pieces) == b'{"type":"users","names":["al"],"count":1,"ref":"a\\"b"}\n'
    assert TEXT.address(_Reader(), b"* 1 here: al\n", "r") == (b"* 1 here: al\n",)


def test_a_message_to_a_room_has_its_id_where_the_dialect_shows_one() -> None:
    said = ev.Said("lobby", 7, "al", "hi", 1)
    assert JSONL.id_of(JSONL.encode(said)) == 7
    assert TEXT.id_of(TEXT.encode(said)) is None


def test_programs_are_not_greeted() -> None:
    assert JSONL.encode(ev.Greeting("chatd 0.1.0")) == b""
    assert JSONL.encode(pe.PasswordWanted("alice")) == b""


def test_words_of_a_newer_server_are_passed_on() -> None:
    error = JSONL.parse_event(b'{"type":"error","code":"new","text":"x","more":1}')
    assert error == ev.Error("new", "x")
    assert JSONL.parse_event(b'{"type":"lost","names":[],"count":1,"cause":"new"}') == ev.Lost([], 1, "new")


def test_a_list_of_20000_names_fits_a_line_to_a_client() -> None:
    names = [f"{number:x>32}" for number in range(20_000)]
    assert len(JSONL.encode(ev.UserList(names, 20_000, "x" * 64))) <= DEFAULT.line_to_client + 1


NO_EVENTS: list[bytes] = [
    *(b"", b"* chatd 0.1.0 - what is your name?", b"! the server is full", b'{"type":"greeting"}'),
    *(b'{"type":"ack","ref":"1"}', b'{"type":"ack","ref":"1","id":1.5}', b'{"type":"say","text":"hi"}'),
    *(b'{"type":"bye","reason":"\xff"}', b'{"type":"bye","reason":"\\ud800"}'),
    b'{"type":"ack","ref":"1","id":' + b"9" * 5000 + b"}",
    b'{"type":"pong","x":' + b"[" * 100_000,
]


@pytest.mark.parametrize("line", NO_EVENTS)
def test_what_is_no_event(line: bytes) -> None:
    with pytest.raises(ChatError) as caught:
        JSONL.parse_event(line)
    assert caught.value.code in (Code.BAD_JSON, Code.BAD_UTF8)
