"""Objects of a newer server: a type that is not known is skipped by every reader, whatever is in it."""

from typing import Any, get_args

import gevent
import msgspec
import pytest
from msgspec.structs import replace

from chatd.protocol.dialects import JSONL
from chatd.protocol.errors import Code
from chatd.protocol.events import Ack, Error, Event, Said, Welcome
from chatd.protocol.requests import Hello
from chatd.protocol.vocabulary import WIRE_EVENTS
from chatd_client import Chat
from chatd_client.incoming import NOT_UNDERSTOOD, UNKNOWN, event_of, to_show
from chatd_client.link import NameRefused, connect
from chatd_client.screen.lines import Composer
from tests.support.chat_process import ChatProcess
from tests.support.link_fixture import leave, online
from tests.support.scripted_server import YOU_ARE, ScriptedServer, said

pytestmark = pytest.mark.usefixtures("watchdog")

#: What newer servers may send.
NEWER = (
    {"type": "draining", "lines": 1200},
    {"type": "promoted", "from": "bob", "to": "rob"},
    {"type": "shrug", "id": 2**70, "ref": "1", "names": None, "at": [1.5]},
)


@pytest.mark.parametrize("newer", NEWER, ids=str)
def test_an_unknown_type_is_known_as_such(newer: dict[str, object]) -> None:
    assert event_of(msgspec.json.encode(newer)) is UNKNOWN


@pytest.mark.parametrize(
    "line",
    [b"", b"hi", b"{", b"[]", b"{}", b'{"type":7}', b'{"type":null}', b'{"type":"x\xff"}', b"[" * 10_000],
)
def test_what_is_no_object_with_a_type_is_not_understood(line: bytes) -> None:
    assert event_of(line) is NOT_UNDERSTOOD


@pytest.mark.parametrize("kind", get_args(WIRE_EVENTS), ids=str)
def test_a_known_type_that_lacks_its_fields_is_not_skipped(kind: type[Event]) -> None:
    line = msgspec.json.encode({"type": kind.__struct_config__.tag, "reason": 1, "ref": 1})
    assert event_of(line) is NOT_UNDERSTOOD


def test_a_known_type_may_have_new_fields() -> None:
    event = Said(room="lobby", id=1, sender="bob", text="hi", at=2)
    line = JSONL.encode(event).removesuffix(b"}\n")
    for more in (b'"mood":"action"', b'"edits":[{"type":"said"}]', b'"key":null', b'"new":1e400'):
        assert event_of(line + b"," + more + b"}") == event


def test_a_known_type_whose_field_has_another_type_is_not_understood() -> None:
    assert event_of(msgspec.json.encode(said("hi") | {"at": "noon"})) is NOT_UNDERSTOOD
    assert event_of(msgspec.json.encode(said("hi") | {"from": {"name": "bob"}})) is NOT_UNDERSTOOD


@pytest.mark.parametrize("answer", ["page", "users", "rooms", "help", "devices", "whois", "caught"])
def test_an_answer_that_is_not_understood_says_whose_it_is(answer: str) -> None:
    line = msgspec.json.encode({"type": answer, "messages": [{"type": "poll"}], "names": 1, "ref": "mine"})
    assert event_of(line) == replace(NOT_UNDERSTOOD, ref="mine")


def test_what_was_done_is_not_refused_by_an_answer_that_is_not_understood() -> None:
    for kind in ("ack", "room", "left", "error"):
        assert event_of(msgspec.json.encode({"type": kind, "names": 1, "ref": "1"})) is NOT_UNDERSTOOD


def test_what_is_shown() -> None:
    error = Error(code=Code.BAD_LINE, text="what?")
    events = [UNKNOWN, NOT_UNDERSTOOD, UNKNOWN, NOT_UNDERSTOOD, error, NOT_UNDERSTOOD, UNKNOWN]
    assert list(to_show(events)) == [NOT_UNDERSTOOD, error, NOT_UNDERSTOOD]


# -- every reader ------------------------------------------------------------------------------------------


def test_a_bot_skips_it_also_before_the_welcome(peer: ScriptedServer) -> None:
    def serve() -> None:
        peer.accept()
        peer.says(*NEWER)
        peer.says({"type": "welcome", "nick": "alice", "token": "t", "server": "s", "users": 1, "new": [1],
                   "limits": {"line": 4096, "name": 32, "rooms": 9}})  # fmt: skip

    server = gevent.spawn(serve)
    with Chat(peer.target) as al:
        server.get()
        al.say("hi")
        peer.hears(type="say", text="hi", ref="1")
        peer.says(*NEWER, said("hello") | {"mood": 1}, *NEWER, {"type": "ack", "ref": "1", "id": 1, "at": 0})
        assert al.flush() == []
        events = iter(al)
        assert [type(next(events)) for _ in range(3)] == [Welcome, Said, Ack]
        gevent.spawn(peer.hears_quit)


def test_a_refusal_may_have_new_fields(peer: ScriptedServer) -> None:
    connecting = gevent.spawn(connect_refused, peer.port)
    peer.accept()
    peer.says(*NEWER, {"type": "error", "code": "taken-nick", "text": "taken", "try": ["alice2"]})
    assert connecting.get() == "taken"


def connect_refused(port: int) -> str:
    with pytest.raises(NameRefused) as caught:
        connect("127.0.0.1", port, Hello("alice"))
    return str(caught.value)


def test_the_screen_skips_it(peer: ScriptedServer) -> None:
    fixture = online(peer)
    peer.says(*NEWER, said("hello"))
    fixture.expect(Said)
    leave(peer, fixture)


def test_line_mode_skips_it(peer: ScriptedServer) -> None:
    with ChatProcess(peer.target) as chat:
        peer.welcome()
        peer.says(*NEWER, said("hello"))
        chat.closes_keyboard()
        peer.hears_quit()
        assert chat.ends() == (0, f"{YOU_ARE}<bob> hello\n* bye\n", "")


def check_send_shows_nothing_of(peer: ScriptedServer, *objects: dict[str, Any]) -> None:
    with ChatProcess("send", peer.target, "hi") as chat:
        peer.welcome()
        peer.hears(type="say", text="hi", ref="1")
        peer.says(*objects, {"type": "ack", "ref": "1", "id": 1})
        peer.hears_quit()
        assert chat.ends() == (0, "", "")


def test_send_skips_it(peer: ScriptedServer) -> None:
    check_send_shows_nothing_of(peer, *NEWER)


def test_tail_skips_it(peer: ScriptedServer) -> None:
    with ChatProcess("tail", peer.target) as chat:
        peer.welcome()
        peer.says(*NEWER, said("hello"), {"type": "bye", "reason": "gone"})
        code, screen, errors = chat.ends()
        assert (code, errors) == (1, "! gone\n")
        assert screen.count("\n") == 1


# -- how many lines wait: shown to a person, of no use to a program ----------------------------------------

WAITING = {"type": "waiting", "lines": 12}
TOLD = "12 of your lines wait to be handled"


def test_line_mode_tells_how_many_lines_wait(peer: ScriptedServer) -> None:
    with ChatProcess(peer.target) as chat:
        peer.welcome()
        peer.says(WAITING)
        chat.closes_keyboard()
        peer.hears_quit()
        assert chat.ends() == (0, f"{YOU_ARE}* {TOLD}\n* bye\n", "")


def test_send_says_nothing_of_lines_that_wait(peer: ScriptedServer) -> None:
    check_send_shows_nothing_of(peer, WAITING)


def test_the_screen_tells_how_many_lines_wait() -> None:
    [line] = Composer("alice", "%H:%M", lambda: 0.0).event(event_of(msgspec.json.encode(WAITING)))
    assert (line.mark, line.text) == ("*", TOLD)
