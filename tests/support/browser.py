"""A client of WebSocket, spoken by the library `websockets`, over gevent's sockets: like a page in a browser,
with its Origin."""

import json
from types import TracebackType
from typing import Any

from gevent import socket
from websockets.client import ClientProtocol
from websockets.frames import Close, Frame, Opcode
from websockets.http11 import Response
from websockets.uri import parse_uri

from chatd.net.connection import Connection
from chatd.net.server import Server
from tests.support.live import address_of


class WebPeer:
    """Connected, and named where a `nick` is given: then it has read its welcome. `response` is the answer to
    the handshake."""

    def __init__(
        self, server: Server, nick: str = "", origin: str = "", sock: socket.socket | None = None
    ) -> None:
        host, port = address_of(server.addresses[0])
        self.server = server
        self.sock = sock or socket.create_connection((host, port))
        self.protocol = ClientProtocol(
            parse_uri(f"ws://{host}:{port}/"),
            origin=origin or f"http://{host}:{port}",  # type: ignore[arg-type]
            subprotocols=["chatd.v1"],  # type: ignore[list-item]
        )
        self.protocol.send_request(self.protocol.connect())
        self._events: list[Any] = []
        self.write()
        self.response = self.next()
        assert isinstance(self.response, Response)
        if nick:
            self.say(type="hello", nick=nick)
            self.until("welcome")

    def __enter__(self) -> "WebPeer":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.sock.close()

    @property
    def connection(self) -> Connection:
        """The server's side of this connection."""
        host, port = self.sock.getsockname()[:2]
        return next(it for it in self.server._connections if it.session.peer == f"{host}:{port}")

    def write(self) -> None:
        """What the library wants sent."""
        self.sock.sendall(b"".join(self.protocol.data_to_send()))

    def raw(self, data: bytes) -> None:
        self.sock.sendall(data)

    def say(self, **fields: object) -> None:
        """One object."""
        self.protocol.send_text(json.dumps(fields).encode())
        self.write()

    def next(self) -> Any:
        """The next event of the library: a frame; None at the end."""
        while not self._events:
            data = self.sock.recv(65536)
            if not data:
                return None
            self.protocol.receive_data(data)
            self._events += self.protocol.events_received()
            self.write()
        return self._events.pop(0)

    def frame(self) -> Frame:
        found = self.next()
        assert isinstance(found, Frame), found
        return found

    def hear(self) -> dict[str, Any]:
        """The next object."""
        while (frame := self.frame()).opcode is Opcode.PING:
            pass
        assert frame.opcode is Opcode.TEXT, frame
        heard: dict[str, Any] = json.loads(bytes(frame.data))
        return heard

    def until(self, kind: str) -> dict[str, Any]:
        """The next object of this type."""
        while (heard := self.hear())["type"] != kind:
            pass
        return heard

    def closed(self) -> tuple[int, str]:
        """Everything up to the server's close, and why that was; then it has closed the connection, too."""
        while (frame := self.frame()).opcode is not Opcode.CLOSE:
            pass
        found = Close.parse(bytes(frame.data))
        assert self.next() is None
        return int(found.code), found.reason
