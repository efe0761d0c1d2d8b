"""A client's end of a WebSocket: the upgrade, frames, and pings wherever they come."""

import select
import socket
from collections.abc import Iterator
from contextlib import closing
from threading import Thread

import pytest

from chatd.protocol.frames import text_frame
from loadtests.engine.codecs import CODECS
from loadtests.engine.connection import LoadConnection
from loadtests.engine.sockets import connect
from loadtests.engine.web_socket import WebSocket, upgrade
from loadtests.engine.wire import parser
from loadtests.measure.errors import Fault
from loadtests.servers.transports import WEBSOCKET, over

PING = b"\x89\x00"
PONG = b"\x8a\x80\0\0\0\0"
UPGRADED = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n"


def upgraded(answer: bytes) -> tuple[socket.socket, socket.socket, bytes]:
    """Both ends after the upgrade, and what was asked for."""
    came = list[tuple[socket.socket, bytes]]()

    def accept() -> None:
        server, asked = listener.accept()[0], b""
        while b"\r\n\r\n" not in asked:
            asked += server.recv(4096)
        server.sendall(answer)
        if not answer.endswith(b"\r\n\r\n"):
            server.shutdown(socket.SHUT_WR)
        came.append((server, asked))

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = Thread(target=accept)
        thread.start()
        try:
            client = upgrade(connect(listener.getsockname(), 0))
        except Fault:
            thread.join()
            came[0][0].close()
            raise
        thread.join()
    return client, *came[0]


@pytest.fixture
def pair() -> Iterator[tuple[LoadConnection, socket.socket]]:
    client, server, asked = upgraded(UPGRADED)
    assert asked.startswith(b"GET / HTTP/1.1\r\nHost: 127.0.0.1:") and b"Upgrade: websocket\r\n" in asked
    server.settimeout(1)
    with closing(client), closing(server):
        yield LoadConnection(client, "r00001"), server


@pytest.mark.parametrize(
    ("answer", "told"),
    [(b"HTTP/1.1 403 Forbidden\r\n\r\n", "403"), (b"", "nothing"), (b"* hello\n", "hello")],
)
def test_who_makes_no_web_socket_of_it(answer: bytes, told: str) -> None:
    with pytest.raises(Fault, match=f"makes no WebSocket of it, but says: .*{told}"):
        upgraded(answer)


def test_lines_are_written_as_frames(pair: tuple[LoadConnection, socket.socket]) -> None:
    client, server = pair
    client.write(b'{"type":"ping"}\n{"type":"quit"}\n')
    assert not client.waiting
    got = b""
    while len(got) < 2 * (6 + 15):
        got += server.recv(4096)
    assert got == b"".join(b"\x81\x8f\0\0\0\0" + line for line in (b'{"type":"ping"}', b'{"type":"quit"}'))


def received(client: LoadConnection, server: socket.socket, *parts: bytes) -> bytes:
    """What the client reads when these come one by one, each once the one before it was read."""
    got = b""
    for part in parts:
        server.sendall(part)
        select.select([client.sock], [], [], 1)
        got += bytes(client.receive())
    return got


SAID = text_frame(b'{"type":"said"}')


@pytest.mark.parametrize(
    "stream",
    [PING, PING + SAID, SAID + PING, SAID + PING + SAID, PING + PING],
    ids=lambda stream: stream.hex(),
)
def test_pings_are_answered_and_seen_by_nobody(
    pair: tuple[LoadConnection, socket.socket], stream: bytes
) -> None:
    client, server = pair
    pings = stream.count(PING)
    assert received(client, server, stream) == stream.replace(PING, b"")
    assert server.recv(4096) == PONG * pings


@pytest.mark.parametrize(
    ("begun", "rest"),
    [
        (SAID + PING[:1], PING[1:] + SAID),
        (text_frame(b"x" * 0x89)[:4], text_frame(b"x" * 0x89)[4:]),  # a head, not a ping
    ],
    ids=["ping", "head"],
)
def test_the_first_byte_of_a_ping_waits_for_the_second(
    pair: tuple[LoadConnection, socket.socket], monkeypatch: pytest.MonkeyPatch, begun: bytes, rest: bytes
) -> None:
    client, server = pair
    left = [rest]

    def wait(sock: WebSocket, seconds: float) -> None:
        """The rest comes once the client waits for it."""
        if left:
            server.sendall(left.pop())
        socket.socket.settimeout(sock, seconds)

    monkeypatch.setattr(WebSocket, "settimeout", wait)
    got, whole = received(client, server, begun), (begun + rest).replace(PING, b"")
    assert not left and begun[-1:] == PING[:1]
    while len(got) < len(whole):
        got += received(client, server, b"")
    assert got == whole


def test_the_head_of_a_frame_is_a_part_of_the_record() -> None:
    message = CODECS[over("chatd", WEBSOCKET)].message
    for size in (50, 100, 137, 1000):
        record = message.record("t001", size) % (7, 5)
        head = text_frame(record[2 if record[1] < 126 else 4 :])
        assert record == head and len(record) == message.size(size)
        assert parser(message, size)(record) == (1, 7, 5)
        assert parser(message, size)(record[:1] + b"\x00" + record[2:]) is None
