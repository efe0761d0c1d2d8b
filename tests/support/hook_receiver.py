"""A receiver of webhooks: a real HTTP server on a port of its own, which answers as a test says."""

import contextlib
import json
import ssl
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import gevent
from gevent import socket
from gevent.event import Event as Flag
from gevent.queue import Queue
from gevent.server import StreamServer
from gevent.ssl import SSLContext

#: Bytes, or what does something with the socket.
HookAnswer = bytes | Callable[[Any], None]

#: What it answers where a test says nothing else.
TAKEN = b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n"

#: Of nobody but these tests: for the name hooks.example, until 2126.
_CERTIFICATE = """\
-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgZuFV32yo7mbMMXk0
zjv6jpd8HuAQhmVsFZvzqc22JRmhRANCAASP2mgDAWq47MxlSjjAGrCUg+aRehGO
191CHxeWTqoYk4yH7yd/q7aSMsYBy+dETLbFdUhDIFpRJonyGdXEzy9W
-----END PRIVATE KEY-----
-----BEGIN CERTIFICATE-----
MIIBojCCAUegAwIBAgIUQFzmjLBoe/tSfJnJFZk4sHDf+RgwCgYIKoZIzj0EAwIw
GDEWMBQGA1UEAwwNaG9va3MuZXhhbXBsZTAgFw0yNjExMjYxMjU2NDJaGA8yMTI2
MTEwMjEyNTY0MlowGDEWMBQGA1UEAwwNaG9va3MuZXhhbXBsZTBZMBMGByqGSM49
AgEGCCqGSM49AwEHA0IABI/aaAMBarjszGVKOMAasJSD5pF6EY7X3UIfF5ZOqhiT
jIfvJ3+rtpIyxgHL50RMtsV1SEMgWlEmifIZ1cTPL1ajbTBrMB0GA1UdDgQWBBQT
inIu7EmuPyvVEVKBNiZFtQGBSDAfBgNVHSMEGDAWgBQTinIu7EmuPyvVEVKBNiZF
tQGBSDAPBgNVHRMBAf8EBTADAQH/MBgGA1UdEQQRMA+CDWhvb2tzLmV4YW1wbGUw
CgYIKoZIzj0EAwIDSQAwRgIhAMNkVKBLrJ2VwRearQFcQHMUccy+ewb6pSUN3j/I
sqWvAiEA67AAhcTt3XoNyglYtKdDYdlHUmjnBeH8cdCy49Vhq1I=
-----END CERTIFICATE-----
"""


def status(code: int, *headers: str) -> bytes:
    """An answer without a body."""
    lines = [f"HTTP/1.1 {code} Whatever", "Content-Length: 0", "Connection: close", *headers]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


@dataclass
class ReceivedPost:
    """A request, as it came."""

    line: str
    headers: dict[str, str]
    body: bytes

    @property
    def events(self) -> list[dict[str, Any]]:
        found = json.loads(self.body)["events"]
        assert isinstance(found, list)
        return found

    @property
    def texts(self) -> list[str]:
        return [event["text"] for event in self.events]

    @property
    def skipped(self) -> int:
        return int(json.loads(self.body)["skipped"])


@dataclass
class HookReceiver:
    """`answers` are for the first requests, in turn."""

    port: int = 0
    answers: list[HookAnswer] = field(default_factory=list)
    received: "Queue[ReceivedPost]" = field(default_factory=Queue)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook?a=b"

    def next(self) -> ReceivedPost:
        """The next request, once it has come."""
        return self.received.get()

    def serve(self, sock: Any, address: object) -> None:
        with contextlib.suppress(OSError), contextlib.closing(sock):
            stream = sock.makefile("rb")
            line = stream.readline().decode().rstrip()
            if not line:
                return
            headers = {}
            while header := stream.readline().decode().rstrip():
                name, _, value = header.partition(": ")
                headers[name.lower()] = value
            body = stream.read(int(headers["content-length"]))
            answer = self.answers.pop(0) if self.answers else TAKEN
            self.received.put(ReceivedPost(line, headers, body))
            if isinstance(answer, bytes):
                sock.sendall(answer)
            else:
                answer(sock)


@contextlib.contextmanager
def receiving(
    *answers: bytes | Callable[[Any], None], tls: SSLContext | None = None
) -> Iterator[HookReceiver]:
    """A receiver, with a certificate where there is a context."""
    receiver = HookReceiver(answers=list(answers))
    address = ("127.0.0.1", 0)
    server = (
        StreamServer(address, receiver.serve, ssl_context=tls)
        if tls
        else StreamServer(address, receiver.serve)
    )
    server.start()
    assert server.server_port is not None
    receiver.port = server.server_port
    try:
        yield receiver
    finally:
        server.stop(timeout=0)


def dead_port() -> int:
    """Where nobody listens."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def hangs(first: bytes = b"") -> tuple[Callable[[Any], None], Flag]:
    """An answer that begins so and goes on when the flag is set."""
    go_on = Flag()

    def answer(sock: Any) -> None:
        sock.sendall(first)
        go_on.wait()
        sock.sendall(TAKEN)

    return answer, go_on


def floods(sock: Any) -> None:
    """An answer that never ends, as fast as it is read."""
    sock.sendall(b"HTTP/1.1 100 Continue\r\n")
    while True:
        sock.sendall(b"X-More: and more\r\n" * 20 + b"\r\nHTTP/1.1 100 Continue\r\n")
        gevent.sleep(0)


def contexts(folder: Path) -> tuple[SSLContext, SSLContext]:
    """For a receiver that is called hooks.example, and for a sender who trusts its certificate."""
    path = folder / "hooks.example.pem"
    path.write_text(_CERTIFICATE)
    receiver = SSLContext(ssl.PROTOCOL_TLS_SERVER)
    receiver.load_cert_chain(path)
    sender = SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    sender.load_verify_locations(path)
    return receiver, sender
