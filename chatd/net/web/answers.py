"""What an answer of HTTP looks like on the wire.

Each says of itself, to a browser, that it is no script, belongs in nobody's frame, and is told to nobody.
"""

from dataclasses import dataclass
from email.utils import formatdate
from http import HTTPStatus
from typing import Final

#: What every answer has. (No Strict-Transport-Security: it would hold for all that runs on this host.)
_ALWAYS: Final = (
    ("X-Content-Type-Options", "nosniff"),
    ("X-Frame-Options", "DENY"),
    ("Referrer-Policy", "no-referrer"),
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
)
#: Of what is no page.
NOTHING: Final = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"

_Headers = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class WebAnswer:
    """`keeps`: more may be asked for on the same connection."""

    status: int
    body: bytes = b""
    headers: _Headers = ()
    kind: str = "text/plain; charset=utf-8"
    policy: str = NOTHING
    cache: str = "no-store"
    keeps: bool = False

    def encode(self, now: float, head_only: bool = False) -> bytes:
        """`now` is the time of day in seconds since the epoch; `head_only`: the answer to HEAD."""
        fields: _Headers = (
            ("Date", formatdate(now, usegmt=True)),
            ("Content-Type", self.kind),
            ("Content-Length", str(len(self.body))),
            ("Cache-Control", self.cache),
            ("Content-Security-Policy", self.policy),
            ("Connection", "keep-alive" if self.keeps else "close"),
            *_ALWAYS,
            *self.headers,
        )
        return _head(self.status, fields) + (b"" if head_only else self.body)


@dataclass(frozen=True, slots=True)
class Switch:
    """From here on the connection is a WebSocket."""

    headers: _Headers

    def encode(self) -> bytes:
        return _head(101, (("Upgrade", "websocket"), ("Connection", "Upgrade"), *self.headers))


def _head(status: int, fields: _Headers) -> bytes:
    lines = [
        f"HTTP/1.1 {status} {HTTPStatus(status).phrase}",
        *(f"{name}: {value}" for name, value in fields),
    ]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("ascii")


def refusal(status: int, text: str, *headers: tuple[str, str], keeps: bool = False) -> WebAnswer:
    """A sentence that says what to do."""
    return WebAnswer(status, f"{text}\n".encode(), headers, keeps=keeps)
