"""A client's end of a WebSocket, for speed: it writes lines as frames, and reads frames as they come.

All messages of a load have one size, and so their frames have one head, which is compared with all the rest:
nothing has to be taken apart. Only pings, which a server sends whenever it likes, are taken out and answered.
"""

import socket
from base64 import b64encode
from contextlib import suppress
from secrets import token_bytes
from typing import Any, Final

from chatd.protocol.frames import PONG, client_frame
from loadtests.engine.strangers import words
from loadtests.measure.errors import Fault

#: Seconds for the upgrade, and for a frame to be taken.
_PATIENCE: Final = 10.0
_PING: Final = b"\x89\x00"
#: No mask hides anything here; this one costs nothing.
_MASK: Final = bytes(4)
_PONG: Final = client_frame(b"", _MASK, PONG)
_UPGRADE: Final = (
    "GET / HTTP/1.1\r\nHost: {host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n\r\n"
)
_UPGRADED: Final = b"HTTP/1.1 101 "


class WebSocket(socket.socket):
    """Non-blocking where it reads; a write is taken whole. JSON is ASCII here, so no byte of a message is one
    of a ping."""

    def send(self, data: Any, flags: int = 0) -> int:
        lines = bytes(data).splitlines()
        self._send_whole(b"".join(client_frame(line, _MASK) for line in lines))
        return len(data)

    def recv_into(self, buffer: Any, nbytes: int = 0, flags: int = 0) -> int:
        got = super().recv_into(buffer, nbytes, flags)
        if buffer.find(_PING, 0, got) < 0 and not buffer.endswith(_PING[:1], 0, got):
            return got
        data = bytes(buffer[:got])
        if data.endswith(_PING[:1]):  # of a ping, or of the head of a frame
            self.settimeout(_PATIENCE)
            data += super().recv(1)
            self.setblocking(False)
        rest = data.replace(_PING, b"")
        self._send_whole(_PONG * ((len(data) - len(rest)) // len(_PING)))
        if not rest:
            raise BlockingIOError
        buffer[: len(rest)] = rest
        return len(rest)

    def _send_whole(self, frames: bytes) -> None:
        self.settimeout(_PATIENCE)
        self.sendall(frames)
        self.setblocking(False)


def upgrade(sock: socket.socket) -> socket.socket:
    """The same connection, after the upgrade. Raises Fault."""
    host, port = sock.getpeername()[:2]
    request = _UPGRADE.format(host=f"{host}:{port}", key=b64encode(token_bytes(16)).decode())
    web, answer = WebSocket(fileno=sock.detach()), b""
    web.settimeout(_PATIENCE)
    with suppress(OSError):  # what was said until then is told
        web.sendall(request.encode())
        while b"\r\n\r\n" not in answer and (more := web.recv(4096)):
            answer += more
    if not (answer.startswith(_UPGRADED) and answer.endswith(b"\r\n\r\n")):
        web.close()
        raise Fault(f"the server makes no WebSocket of it, but says: {words(answer) or 'nothing'}")
    web.setblocking(False)
    return web
