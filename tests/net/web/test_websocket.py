"""WebSocket against the real server, spoken by the library `websockets`."""

import struct
from dataclasses import replace
from typing import Final

import pytest
from gevent import socket
from websockets.frames import Opcode

from chatd.protocol import frames
from chatd.protocol.errors import Code
from chatd.protocol.limits import DEFAULT
from tests.support.browser import WebPeer
from tests.support.live import Peer, serving

#: Who came and left is told at once.
QUICK: Final = replace(DEFAULT, notice_interval=0.01)
MASK: Final = b"\x01\x02\x03\x04"


def sent(payload: bytes, opcode: int = frames.TEXT, fin: bool = True) -> bytes:
    return frames.client_frame(payload, MASK, opcode, fin)


def test_a_browser_talks_to_a_terminal_and_to_another_browser() -> None:
    with serving(QUICK) as server, Peer(server, "alice") as alice:
        with WebPeer(server, "bob") as bob, WebPeer(server, "carol") as carol:
            assert bob.response.headers["Sec-WebSocket-Protocol"] == "chatd.v1"
            alice.until(r"\* (bob, )?carol joined")
            bob.say(type="say", text="hi žluť", ref="1")
            assert bob.until("ack")["ref"] == "1"
            alice.expect("<bob> hi žluť")
            assert carol.until("said")["text"] == "hi žluť"
            alice.send("hello")
            assert bob.until("said")["text"] == carol.until("said")["text"] == "hello"
            bob.say(type="users", ref="2")
            listed = bob.until("users")
            assert (listed["names"], listed["ref"]) == (["alice", "bob", "carol"], "2")
            bob.say(type="users")
            assert "ref" not in bob.until("users")
            variants = {membership.feed.variant for membership in bob.connection.session.memberships}
            assert variants == {m.feed.variant for m in carol.connection.session.memberships}
            assert bob.connection.transport == "websocket"
        alice.until(r"\* .*bob.* lost connection .*")


def test_what_comes_right_behind_the_handshake_is_heard() -> None:
    with serving(QUICK) as server, Peer(server) as raw:
        host = server.addresses[0].removeprefix("tcp://")
        raw.sock.sendall(
            f"GET / HTTP/1.1\r\nHost: {host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n".encode()
            + sent(b'{"type":"hello","nick":"bob"}')
        )
        heard = b""
        while b'"welcome"' not in heard:
            heard += raw.sock.recv(1000)
        assert heard.startswith(b"HTTP/1.1 101 ")


def test_pings_are_answered_in_their_place() -> None:
    with serving(QUICK) as server, WebPeer(server) as nobody, WebPeer(server, "bob") as bob:
        for peer in (nobody, bob):
            peer.protocol.send_ping(b"are you there?")
            peer.write()
            pong = peer.frame()
            assert (pong.opcode, bytes(pong.data)) == (Opcode.PONG, b"are you there?")


def test_one_ping_for_all_browsers() -> None:
    with serving(replace(QUICK, ping_interval=0.01)) as server, Peer(server, "alice") as alice:
        bob, carol = WebPeer(server, "bob"), WebPeer(server, "carol")
        for peer in (bob, carol, bob, carol):
            while peer.frame().opcode is not Opcode.PING:
                pass
        alice.send("/users")
        alice.until(r"\* 3 here: .*")
        bob.sock.close()
        carol.sock.close()


@pytest.mark.parametrize("code", [1000, 1001, 3000, 0])
def test_a_close_is_answered_and_told_as_the_end_of_input(code: int) -> None:
    with serving(QUICK) as server, Peer(server, "alice") as alice, WebPeer(server, "bob") as bob:
        alice.expect(r"\* bob joined")
        payload = struct.pack("!H", code) if code else b""
        bob.raw(sent(b'{"type":"say","text":"bye"}') + sent(payload, frames.CLOSE) + sent(b"never read"))
        assert bob.closed()[0] == (code or 1005)
        alice.expect("<bob> bye", r"\* bob lost connection \(closed\)")


def test_the_server_closes_when_it_is_asked_to_or_goes_down() -> None:
    with serving(QUICK) as server:
        bob, carol = WebPeer(server, "bob"), WebPeer(server, "carol")
        with bob, carol:
            bob.say(type="quit")
            assert bob.until("bye")["reason"] == "quit"
            assert bob.closed() == (1000, "")
            server.stop()
            assert carol.until("bye")
            assert carol.closed() == (1001, "")


_BROKEN = [
    (b"\x81\x02hi", 1002, Code.BAD_LINE),
    (b"\xc1" + sent(b"hi")[1:], 1002, Code.BAD_LINE),
    (sent(b"x" * 126, frames.PING), 1002, Code.BAD_LINE),
    (b"\x81\xff\x80" + bytes(7) + MASK, 1002, Code.BAD_LINE),
    (sent(b"\x03\xed", frames.CLOSE), 1002, Code.BAD_LINE),
    (sent(b"hi", frames.BINARY), 1003, Code.BAD_LINE),
    (sent(b"\xc3", fin=False) + sent(b"(", frames.CONTINUATION), 1007, Code.BAD_UTF8),
    (sent(b"x" * (64 * 1024 + 1)), 1009, Code.TOO_LONG),
    (sent(b"", fin=False) + 10_000 * sent(b"", frames.CONTINUATION, False), 1009, Code.TOO_LONG),
]


@pytest.mark.parametrize(("data", "close", "code"), _BROKEN, ids=lambda it: f"{it}"[:20])
def test_what_breaks_the_protocol_is_told_and_closed(data: bytes, close: int, code: Code) -> None:
    with serving(QUICK) as server, Peer(server, "alice") as alice, WebPeer(server, "bob") as bob:
        alice.expect(r"\* bob joined")
        bob.raw(data)
        error = bob.until("error")
        assert error["code"] == code
        found, reason = bob.closed()
        assert found == close and error["text"].startswith(reason) and reason
        alice.expect(r"\* bob lost connection \(closed\)")


def test_a_message_that_is_too_long_is_told_as_a_line_is() -> None:
    with serving(QUICK) as server, WebPeer(server, "bob") as bob:
        text = sent(b'{"type":"say","text":"' + b"x" * 5000 + b'"}')
        bob.raw(text + sent(b'{"type":"ping","ref":"1"}'))
        assert bob.until("error")["code"] == Code.TOO_LONG
        assert bob.until("pong")["ref"] == "1"


def test_before_the_name_it_closes() -> None:
    with serving(QUICK) as server, WebPeer(server) as bob:
        bob.raw(sent(b" " * 2000))
        assert bob.hear()["code"] == Code.TOO_LONG
        assert bob.closed()[0] == 1009


def test_what_is_no_json_is_told() -> None:
    with serving(QUICK) as server, WebPeer(server, "bob") as bob:
        for payload, code in ((b"hi", Code.BAD_JSON), (b"", None), (b'{"type":"say","text":""}', Code.EMPTY)):
            bob.raw(sent(payload))
            if code is not None:
                assert bob.until("error")["code"] == code


def test_who_never_gives_a_name_is_closed() -> None:
    with serving(replace(QUICK, name_time=0.05)) as server, WebPeer(server) as bob:
        assert bob.hear()["code"] == Code.TIMEOUT
        assert bob.closed()[0] == 1000


def test_a_page_of_another_site_does_not_come_in() -> None:
    with serving(QUICK) as server:
        for origin, status in (("https://evil.example", 403), ("null", 403)):
            with WebPeer(server, origin=origin) as evil:
                assert evil.response.status_code == status
                assert evil.next() is None


def test_a_reader_that_is_behind_is_told_what_was_skipped() -> None:
    limits = replace(QUICK, room_waiting=20_000, send_buffer=4096)
    with serving(limits) as server, Peer(server, "alice") as alice:
        slow = socket.socket()
        slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        slow.connect(alice.sock.getpeername())
        with WebPeer(server, "bob", sock=slow) as bob:
            alice.expect(r"\* bob joined")
            count = 60
            for number in range(count):
                alice.send(f"{number} " + "x" * 1000)
            alice.send("/users")
            alice.until(r"\* 2 here: .*")
            said, skipped = 0, 0
            while said + skipped < count:
                heard = bob.hear()
                if heard["type"] == "said":
                    said += 1
                elif heard["type"] == "skipped":
                    skipped += heard["count"]
                    assert heard["before"] > heard["after"] > 0
            assert skipped
