"""What `chat` in line mode sends and prints, against a scripted server."""

import os

import gevent
import pytest

from chatd.protocol.limits import DEFAULT
from chatd_client import Chat
from chatd_client.line_mode import LineMode
from tests.support.chat_process import ChatProcess
from tests.support.link_fixture import reconnected, resumed
from tests.support.scripted_server import (
    BYE,
    NOT_UNDERSTOOD,
    WELCOME,
    YOU_ARE,
    ScriptedServer,
    mark,
    room_of,
    said,
    users_of,
)

pytestmark = pytest.mark.usefixtures("watchdog")


# -- talking ---------------------------------------------------------------------------------------------


def test_a_talk() -> None:
    with ScriptedServer() as peer, ChatProcess(peer.target) as chat:
        peer.welcome()
        chat.shows(YOU_ARE)
        chat.types("hi\n\n//shrug\n")
        peer.hears(type="say", text="hi", ref="1")
        peer.hears(type="say", text="/shrug", ref="2")
        peer.says({"type": "ack", "ref": "1", "id": 1}, {"type": "ack", "ref": "2", "id": 2}, said("hello"))
        chat.shows("<bob> hello\n")
        chat.types('/dm bob "psst"\n')
        peer.hears(type="dm", to="bob", text="psst", ref="3")
        assert b"psst" not in chat.screen
        peer.says({"type": "ack", "ref": "3", "id": 1})
        chat.shows("[dm to bob] psst\n")
        peer.says({"type": "dm", "id": 2, "from": "bob", "to": "alice", "text": "yes?", "at": 0})
        peer.says({"type": "lost", "names": ["bob"], "count": 1, "cause": "reset"})
        chat.shows("* bob lost connection (reset)\n")
        chat.closes_keyboard()
        peer.hears_quit()
        code, screen, errors = chat.ends()
    assert (code, errors) == (0, "")
    assert screen == (
        f"{YOU_ARE}<bob> hello\n[dm to bob] psst\n[dm from bob] yes?\n* bob lost connection (reset)\n* bye\n"
    )


def test_lists_come_from_the_server() -> None:
    with ScriptedServer() as peer, ChatProcess(peer.target) as chat:
        peer.welcome()
        chat.types("/users\n/help\n/quit so long\n")
        peer.hears(type="users")
        peer.hears(type="help")
        peer.hears(type="quit", reason="so long")
        names = [f"person{number}" for number in range(100)]
        peer.says({"type": "users", "names": names, "count": 100})
        commands = [{"syntax": "/a", "help": "does a"}, {"syntax": "/b", "help": "does b"}]
        peer.says({"type": "help", "commands": commands}, BYE)
        code, screen, _ = chat.ends()
    lines = screen.splitlines()
    assert code == 0
    assert lines[1].startswith("* 100 here: person0, ")
    assert lines[2].startswith("* person")
    assert lines[-3:] == ["* /a - does a", "* /b - does b", "* bye"]


def test_the_end_of_input_waits_for_every_answer() -> None:
    with ScriptedServer() as peer, ChatProcess(peer.target) as chat:
        peer.welcome()
        chat.types("one\n/dm bob two\n/quit")  # the last line needs no end
        chat.closes_keyboard()
        peer.hears(type="say", text="one", ref="1")
        peer.hears(type="dm", to="bob", text="two", ref="2")
        peer.says({"type": "ack", "ref": "1", "id": 1}, said("meanwhile"))
        chat.shows("meanwhile")
        assert peer.has_heard_nothing()
        peer.says({"type": "error", "code": "no-such-nick", "text": "bob is not here", "ref": "2"})
        peer.hears_quit()
        code, screen, _ = chat.ends()
    assert code == 0
    assert screen.endswith("! bob is not here\n* bye\n")


def test_answers_to_nothing_are_harmless() -> None:
    with ScriptedServer() as peer, ChatProcess(peer.target) as chat:
        peer.welcome()
        peer.says({"type": "ack", "ref": "9", "id": 1}, {"type": "pong"})
        peer.says({"type": "error", "code": "bad-line", "text": "what?"}, WELCOME)
        chat.closes_keyboard()
        peer.hears_quit()
        assert chat.ends() == (0, f"{YOU_ARE}! what?\n{YOU_ARE}* bye\n", "")


def test_what_is_malformed_stays_here() -> None:
    with ScriptedServer() as peer, ChatProcess(peer.target) as chat:
        peer.welcome()
        chat.types(b'/nope\x1b[2J\n/dm bob\n/bc "a\n\xff\n \nfine\n')
        peer.hears(type="say", text="fine", ref="1")
        peer.says({"type": "ack", "ref": "1", "id": 1})
        chat.closes_keyboard()
        peer.hears_quit()
        code, _, errors = chat.ends()
    assert code == 0
    assert errors.splitlines() == [
        "! there is no command /nope[2J; /help lists the commands",
        '! please write /dm NAME "MESSAGE"',
        '! the quotes do not match; please write /bc "MESSAGE", with \\" for a quote inside',
        "! the line is not valid UTF-8; please send UTF-8",
        "! the message is empty; write something to say",
    ]


def test_the_servers_line_limit_holds_for_the_encoded_line() -> None:
    empty = len('{"type":"say","text":"","ref":"1","key":"12345678.1"}')
    fits = "x" * (200 - empty)
    with ScriptedServer() as peer, ChatProcess(peer.target) as chat:
        peer.welcome(limits={"line": 200, "name": 32})
        chat.types(f"{fits}x\n")
        chat.types('"' * 190 + "\n")  # short enough when typed; each quote becomes two bytes
        chat.types("/quit " + '"' * 190 + "\n/quit " + "“" * 60 + "\n")
        chat.types("y" * 201 + "\n")
        for _ in range(64):
            chat.types("z" * 65536)  # 4 MiB
        chat.types(f"\n/bc {fits[1:]}\n")
        peer.hears(type="say", text=fits[1:], ref="1")
        peer.says({"type": "ack", "ref": "1", "id": 1})
        chat.closes_keyboard()
        peer.hears_quit()
        code, _, errors = chat.ends()
    assert code == 0
    too_long = "! a line has at most 200 bytes; please send shorter ones"
    assert errors.splitlines().count(too_long) == 4
    assert len(errors.splitlines()) == 6


# -- what a server may send --------------------------------------------------------------------------------


def test_split_byte_by_byte() -> None:
    with ScriptedServer() as peer, ChatProcess(peer.target) as chat:
        peer.welcome()
        for byte in b'\n{"type":"joined","names":["b\xc3\xa9"],"count":1}\r\n':
            peer.sends(bytes((byte,)))
        chat.shows("* bé joined\n")
        chat.closes_keyboard()
        peer.hears_quit()
        assert chat.ends()[0] == 0


def test_hostile_text_cannot_reach_the_terminal() -> None:
    evil = "".join(
        map(chr, (*range(0x20), *range(0x7F, 0xA0), *range(0x2028, 0x202F), *range(0x2066, 0x206A)))
    )
    with ScriptedServer() as peer, ChatProcess(peer.target) as chat:
        peer.welcome(nick=f"{evil}alice")
        peer.says(said(f"a{evil}b", sender=f"b{evil}ob"))
        peer.says({"type": "users", "names": [f"x{evil}"], "count": 1})
        peer.says({"type": "help", "commands": [{"syntax": evil, "help": "\x1b]0;title\x07"}]})
        peer.says({"type": "left", "names": [evil], "count": 1, "reason": f"why{evil}"})
        peer.says({"type": "error", "code": "internal", "text": evil})
        chat.closes_keyboard()
        peer.hears(type="quit")
        peer.says({"type": "bye", "reason": f"gone{evil}"})
        code, screen, errors = chat.ends()
    assert (code, errors) == (0, "")
    assert all(line.isprintable() for line in screen.split("\n"))
    assert "\n<b  ob> a \n<b  ob> b\n" in screen


def test_what_is_not_understood_is_noticed_at_its_place() -> None:
    longest = DEFAULT.line_to_client
    with ScriptedServer() as peer, ChatProcess(peer.target) as chat:
        peer.welcome()
        for garbage in (b"hello?", b"{", b'{"type":7}', b'{"type":"said"}', b"\xff", b"[" * 100_000):
            peer.sends(garbage + b"\n")
        peer.says({"type": "skipped", "room": "lobby", "count": 1}, said("x" * (longest + 1)))
        peer.sends(b"x" * 3 * longest + b"\n")
        peer.says(said("still here"))
        chat.closes_keyboard()
        peer.hears_quit()
        code, screen, errors = chat.ends()
    assert (code, errors) == (0, "")
    assert screen == (
        f"{YOU_ARE}{NOT_UNDERSTOOD * 6}* 1 message skipped\n{NOT_UNDERSTOOD * 2}<bob> still here\n* bye\n"
    )


def test_the_longest_line_is_shown() -> None:
    with ScriptedServer() as peer, ChatProcess(peer.target) as chat:
        peer.welcome(limits={"line": 10**12, "name": 32})
        text = "x" * (DEFAULT.line_to_client - 100)
        peer.says(said(text))
        chat.closes_keyboard()
        peer.hears_quit()
        assert chat.ends() == (0, f"{YOU_ARE}<bob> {text}\n* bye\n", "")


# -- at a terminal -----------------------------------------------------------------------------------------


def test_at_a_terminal_it_comes_back(
    peer: ScriptedServer, waits: list[float], capfd: pytest.CaptureFixture[str]
) -> None:
    (keyboard, types), (screen, shows) = os.pipe(), os.pipe()

    def run() -> None:
        with Chat(peer.target, reconnect=True) as chat:
            LineMode(chat, keyboard, shows).run()

    running = gevent.spawn(run)
    peer.welcome()
    os.write(types, b"one\n")
    peer.hears(type="say", text="one", ref="1")
    peer.says(said("hello", id=3))
    peer.hangs_up()
    resumed(peer, seen=3)
    peer.hears(type="say", text="one", ref="1")
    peer.says(said("hello", id=3), said("one", "alice", 4) | {"key": peer.keys["1"]}, said("missed", id=5))
    peer.says(room_of("lobby"), users_of("lobby", "alice"), mark(5), users_of("lobby", "alice", "bob"))
    peer.says({"type": "bye", "reason": "the server is going down"})
    reconnected(peer, seen=5)
    os.write(types, b"/quit\n")
    peer.hears_quit()
    running.get()
    shown = os.read(screen, 65536).decode().splitlines()
    for fd in (keyboard, types, screen, shows):
        os.close(fd)
    you_are = YOU_ARE.rstrip()
    assert shown == [
        you_are,
        "<bob> hello",
        you_are,
        "<bob> missed",
        "* 2 here: alice, bob",
        you_are,
        "* bye",
    ]
    assert capfd.readouterr().err.splitlines() == [
        "! the server closed the connection; connecting again",
        "! the server is going down; connecting again",
        "* what was said meanwhile may be missing",
    ]
