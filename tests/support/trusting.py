"""A client that is to trust a server over TLS, and a user who is asked."""

from pathlib import Path

import pytest

from chatd.protocol.requests import Hello
from chatd_client.known_server import KnownServer
from chatd_client.link import Link, connect
from chatd_client.link_errors import CertificateRefused
from chatd_client.trust import ServerTrust
from chatd_client.trust_options import TrustOptions
from tests.support.certificates import self_signed

MINE = self_signed()
OTHER = self_signed("other.example", 2)


class TrustAsked:
    """Somebody at a terminal, or nobody; `told` are complaints."""

    def __init__(self, answer: bool | None) -> None:
        self.answer = answer
        self.questions: list[str] = []
        self.told: list[str] = []

    def __call__(self, question: str) -> bool | None:
        self.questions.append(question)
        return self.answer


def vouch(monkeypatch: pytest.MonkeyPatch, file: Path | str) -> None:
    """The system's store holds this."""
    monkeypatch.setenv("SSL_CERT_FILE", str(file))
    monkeypatch.setenv("SSL_CERT_DIR", "/nowhere")


def trust(file: Path | None, **options: object) -> ServerTrust:
    return ServerTrust(KnownServer(file), TrustOptions(**options))  # type: ignore[arg-type]


def settled(trust: ServerTrust, port: int, answer: bool | None = None, host: str = "localhost") -> TrustAsked:
    asked = TrustAsked(answer)
    trust.settle(host, port, asked, asked.told.append)
    return asked


def link(trust: ServerTrust, port: int, host: str = "localhost", nick: str = "alice") -> Link:
    return connect(host, port, Hello(nick), security=trust)


def refusal(trust: ServerTrust, port: int, host: str = "localhost") -> str:
    with pytest.raises(CertificateRefused) as refused:
        link(trust, port, host)
    assert "\n" not in str(refused.value)
    return str(refused.value)
