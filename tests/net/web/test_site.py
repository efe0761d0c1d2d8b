"""What is answered to a request, by its headers."""

from dataclasses import replace
from typing import Any, Final

import pytest

from chatd.net.web.answers import Switch, WebAnswer
from chatd.net.web.heads import WebRequest
from chatd.net.web.hosts import KnownHosts
from chatd.net.web.site import Site
from chatd.protocol.limits import DEFAULT
from chatd.store.memory import MemoryLog
from tests.support.world import World

#: The handshake of RFC 6455, 1.2, and its answer.
HANDSHAKE: Final = {
    "host": "localhost:5050",
    "upgrade": "websocket",
    "connection": "keep-alive, Upgrade",
    "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
    "sec-websocket-version": "13",
}
ACCEPT: Final = ("Sec-WebSocket-Accept", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")


def request(path: str = "/", method: str = "GET", modern: bool = True, **headers: str | None) -> WebRequest:
    named: dict[str, tuple[str, ...]] = {
        name.replace("_", "-"): (value,) for name, value in headers.items() if value is not None
    }
    return WebRequest(method, path, named, modern)


def ask(one: WebRequest, encrypted: bool = False) -> WebAnswer | Switch:
    return Site(World().state, KnownHosts(["box"])).answer(one, encrypted)


def refused(one: WebRequest) -> tuple[int, str]:
    answer = ask(one)
    assert isinstance(answer, WebAnswer)
    return answer.status, answer.body.decode()


def shake(**changed: Any) -> WebRequest:
    named: dict[str, Any] = {name.replace("-", "_"): value for name, value in HANDSHAKE.items()}
    return request(**{**named, **changed})


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({}, ()),
        ({"origin": "http://localhost:5050"}, ()),
        ({"upgrade": "WebSocket"}, ()),
        ({"sec_websocket_protocol": "other, chatd.v1"}, (("Sec-WebSocket-Protocol", "chatd.v1"),)),
    ],
)
def test_a_websocket(changed: dict[str, str], told: tuple[Any, ...]) -> None:
    answer = ask(shake(**changed))
    assert answer == Switch((ACCEPT, *told))
    assert isinstance(answer, Switch)
    lines = [
        "HTTP/1.1 101 Switching Protocols",
        "Upgrade: websocket",
        "Connection: Upgrade",
        ": ".join(ACCEPT),
    ]
    assert answer.encode().decode().split("\r\n")[:4] == lines


@pytest.mark.parametrize(
    ("changed", "status"),
    [
        ({"origin": "null"}, 403),
        ({"origin": "http://evil.example"}, 403),
        ({"host": "evil.example", "origin": "http://evil.example"}, 421),
        ({"connection": "keep-alive"}, 400),
        ({"connection": None}, 400),
        ({"sec_websocket_version": "8"}, 426),
        ({"sec_websocket_version": None}, 426),
        ({"sec_websocket_key": None}, 400),
        ({"sec_websocket_key": "x"}, 400),
        ({"sec_websocket_key": "dGhlIHNhbXBsZSBub25j"}, 400),
        ({"sec_websocket_key": "dGhlIHNhbXBsZSBub25jZQ==!"}, 400),
        ({"sec_websocket_protocol": "other"}, 400),
        ({"modern": False}, 400),
        ({"method": "HEAD"}, 400),
        ({"method": "POST"}, 405),
    ],
)
def test_no_websocket(changed: dict[str, Any], status: int) -> None:
    assert refused(shake(**changed))[0] == status


def test_a_page_of_two_origins_is_none() -> None:
    twice = shake()
    twice.headers["origin"] = ("http://localhost:5050", "http://localhost:5050")
    assert refused(twice)[0] == 403


def test_which_version_is_wanted() -> None:
    answer = ask(shake(sec_websocket_version="8"))
    assert isinstance(answer, WebAnswer)
    assert answer.headers == (("Sec-WebSocket-Version", "13"), ("Upgrade", "websocket"))


@pytest.mark.parametrize(
    ("one", "status"),
    [
        (request("/x", host="a"), 404),
        (request("/", "POST", host="box"), 405),
        (request("/healthz", "DELETE", host="box"), 405),
        (request("/", host="evil.example"), 421),
        (request("http://evil.example/", host="box"), 421),
        (request("/", host=""), 421),
        (request("*", "OPTIONS", host="box"), 404),
        (request("box:80", "CONNECT", host="box"), 404),
    ],
)
def test_what_is_not_there(one: WebRequest, status: int) -> None:
    found, text = refused(one)
    assert found == status and text.endswith("\n")


@pytest.mark.parametrize(
    "one",
    [
        request("/", host="box"),
        request("/?x", "HEAD", host="BOX:1"),
        request("http://box", host="box"),
        request("HTTP://box/?x", host="box"),
        request("/", modern=False),
    ],
)
def test_the_page(one: WebRequest) -> None:
    answer = ask(one)
    assert isinstance(answer, WebAnswer) and answer.status == 200
    assert answer.kind.startswith("text/html")


def test_the_page_names_the_host_that_was_meant() -> None:
    """A target with a host counts, and the header beside it is nothing that was looked at."""
    answer = ask(request("http://box:1/", host="evil.example"))
    assert isinstance(answer, WebAnswer)
    assert b"box:1" in answer.body and b"evil" not in answer.body


def test_what_the_page_says() -> None:
    answer = ask(request(host="box:5050"))
    assert isinstance(answer, WebAnswer)
    page = answer.body.decode()
    for words in ("chat box:5050", "nc box 5050", "ws://box:5050/"):
        assert f"<code>{words}</code>" in page
    assert "<script" not in page
    encrypted = ask(request(host="[::1]"), encrypted=True)
    assert isinstance(encrypted, WebAnswer)
    for words in ("chat chats://[::1]:443", "-connect [::1]:443", "wss://[::1]/"):
        assert words in encrypted.body.decode()


def test_what_every_answer_says_to_a_browser() -> None:
    for path in ("/", "/x"):
        answer = ask(request(path, host="box"))
        assert isinstance(answer, WebAnswer)
        head, _, body = answer.encode(0.0).partition(b"\r\n\r\n")
        assert body == answer.body and answer.encode(0.0, head_only=True) == head + b"\r\n\r\n"
        lines = head.decode().split("\r\n")
        assert "X-Content-Type-Options: nosniff" in lines and "Referrer-Policy: no-referrer" in lines
        assert f"Content-Length: {len(body)}" in lines and "Connection: keep-alive" in lines
        assert "Date: Thu, 01 Jan 1970 00:00:00 GMT" in lines
        policy = next(line for line in lines if line.startswith("Content-Security-Policy: "))
        assert "default-src 'none'" in policy and "script" not in policy and "unsafe" not in policy


def test_whether_the_log_takes_entries(monkeypatch: pytest.MonkeyPatch) -> None:
    site = Site(World().state, KnownHosts(()))
    for takes, status in ((True, 200), (False, 503)):
        monkeypatch.setattr(MemoryLog, "takes", takes)
        answer = site.answer(request("/healthz", host="whoever"), False)
        assert isinstance(answer, WebAnswer) and answer.status == status


def test_an_address_that_spoke_http_is_greeted_later_for_a_while() -> None:
    world = World(replace(DEFAULT, addresses=2))
    site = Site(world.state, KnownHosts(()))
    site.note_browser("192.0.2.1")
    site.note_browser("[2001:db8::1]")
    site.note_browser("192.0.2.3")  # one too many

    def later() -> list[bool]:
        addresses = ("192.0.2.1", "[2001:db8::2]", "192.0.2.2", "192.0.2.3")
        return [site.silence_before_greeting(address) > DEFAULT.greet_after for address in addresses]

    assert later() == [True, True, False, False]
    world.now += DEFAULT.browser_time + 60
    assert later() == [False, False, False, False]
    site.note_browser("192.0.2.2")
    assert later() == [False, False, True, False]
