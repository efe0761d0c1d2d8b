"""A POST to a receiver of every kind, and to an address that may be."""

import re
from collections.abc import Iterator
from pathlib import Path

import gevent
import pytest
from gevent.ssl import PROTOCOL_TLS_CLIENT, SSLContext

from chatd.net.http_post import DeliveryError, PostAnswer, Poster, resolve, seconds_of, target_of, trusting
from tests.support.hook_receiver import TAKEN, contexts, dead_port, floods, hangs, receiving, status
from tests.support.live import WATCHDOG

PRIVATE = "its address is of this machine or a private network, which needs allow-private"


@pytest.fixture(autouse=True)
def watchdog() -> Iterator[None]:
    with gevent.Timeout(WATCHDOG):
        yield


def post(
    url: str,
    *addresses: str,
    seconds: float = WATCHDOG,
    allow_private: bool = True,
    tls: SSLContext | None = None,
    body: bytes = b"{}",
) -> PostAnswer:
    """`addresses` are what the name stands for; without them the system knows."""
    poster = Poster(
        seconds,
        16_384,
        (lambda host, port: addresses) if addresses else resolve,
        tls or SSLContext(PROTOCOL_TLS_CLIENT),
    )
    return poster.post(target_of(url), {"X-Test": "1"}, body, allow_private)


def test_a_post_as_it_reaches_its_receiver() -> None:
    with receiving() as receiver:
        assert post(receiver.url, body=b'{"text":"\xc3\xa4"}') == PostAnswer(204, None)
        got = receiver.next()
    assert got.line == "POST /hook?a=b HTTP/1.1"
    assert got.body == b'{"text":"\xc3\xa4"}'
    assert got.headers == {
        "host": f"127.0.0.1:{receiver.port}",
        "accept-encoding": "identity",
        "content-length": "13",
        "x-test": "1",
    }


@pytest.mark.parametrize(
    ("url", "target"),
    [
        ("http://a.example", (False, "a.example", 80, "a.example", "/")),
        ("https://A.example:8443/x/?y=1&z", (True, "a.example", 8443, "A.example:8443", "/x/?y=1&z")),
        ("https://[2606:4700::1]?q", (True, "2606:4700::1", 443, "[2606:4700::1]", "/?q")),
    ],
)
def test_a_url_is_taken_apart(url: str, target: tuple[object, ...]) -> None:
    assert target_of(url) == target


@pytest.mark.parametrize("code", [200, 204, 302, 400, 404, 429, 500, 503])
def test_the_status_is_told_and_no_redirect_is_followed(code: int) -> None:
    with receiving(status(code, "Location: /other", "Retry-After: 7")) as receiver:
        assert post(receiver.url) == PostAnswer(code, "7")
        receiver.next()
        assert receiver.received.empty()


def test_a_body_is_not_waited_for() -> None:
    endless, go_on = hangs(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\nand so")
    with receiving(endless) as receiver:
        assert post(receiver.url).status == 200
        go_on.set()


def test_who_is_silent_is_given_up() -> None:
    for first in (b"", b"HTTP/1.1 2", b"HTTP/1.1 200 OK\r\nX: "):
        silent, go_on = hangs(first)
        with receiving(silent) as receiver, pytest.raises(DeliveryError, match=r"no answer within 0\.02 s"):
            post(receiver.url, seconds=0.02)
        go_on.set()


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (floods, "its answer does not end"),
        (b"HTTP/1.1 200 OK\r\nX: " + b"x" * 20_000, "its answer does not end"),
        (b"220 mail.example ESMTP\r\n", r"its answer is no HTTP \(BadStatusLine\)"),
        (b"\x16\x03\x01\r\n\r\n", r"its answer is no HTTP \(BadStatusLine\)"),
        (b"HTTP/1.1 200 OK\r\n" + b"a: b\r\n" * 200 + b"\r\n", r"its answer is no HTTP \(HTTPException\)"),
        (b"", "Remote end closed connection without response"),
    ],
)
def test_what_is_no_answer(answer: bytes, why: str) -> None:
    with receiving(answer) as receiver, pytest.raises(DeliveryError, match=why):
        post(receiver.url)


def test_where_nobody_listens() -> None:
    with pytest.raises(DeliveryError, match="Connection refused"):
        post(f"http://127.0.0.1:{dead_port()}/")


def test_a_name_that_has_no_address() -> None:
    with pytest.raises(DeliveryError, match="its name has no address"):
        Poster(1, 1, lambda host, port: [], SSLContext(PROTOCOL_TLS_CLIENT)).post(
            target_of("http://a.example"), {}, b"", False
        )

    def fails(host: str, port: int) -> list[str]:
        raise OSError(-2, "Name or service not known")

    with pytest.raises(DeliveryError, match="Name or service not known"):
        Poster(1, 1, fails, SSLContext(PROTOCOL_TLS_CLIENT)).post(
            target_of("http://a.example"), {}, b"", False
        )


@pytest.mark.parametrize("address", ["127.0.0.1", "10.1.2.3", "169.254.169.254", "::1", "::ffff:127.0.0.1"])
def test_a_private_address_is_not_connected_to(address: str) -> None:
    with receiving() as receiver:
        with pytest.raises(DeliveryError, match=PRIVATE):
            post(f"http://name.example:{receiver.port}/", address, allow_private=False)
        assert receiver.received.empty()


@pytest.mark.parametrize("host", ["127.0.0.1", "127.1", "2130706433", "0x7f.1", "localhost", "[::1]", "0"])
def test_a_private_address_is_seen_however_it_is_written(host: str) -> None:
    with pytest.raises(DeliveryError, match=PRIVATE):
        post(f"http://{host}/", allow_private=False)


def test_only_what_was_looked_at_is_connected_to(monkeypatch: pytest.MonkeyPatch) -> None:
    """A name that is looked up again may stand for something else by then."""
    tried: list[str] = []

    def connect(addresses: list[str], port: int) -> None:
        tried.extend(addresses)
        raise ConnectionRefusedError(111, "Connection refused")

    monkeypatch.setattr("chatd.net.http_post._connect", connect)
    asked = iter([["10.0.0.1", "8.8.8.8", "127.0.0.1", "2606:4700::1111"], ["127.0.0.1"]])
    poster = Poster(1, 1, lambda host, port: next(asked), SSLContext(PROTOCOL_TLS_CLIENT))
    with pytest.raises(DeliveryError, match="Connection refused"):
        poster.post(target_of("http://a.example"), {}, b"", False)
    assert tried == ["8.8.8.8", "2606:4700::1111"]


def test_the_next_address_is_tried() -> None:
    with receiving() as receiver:
        assert post(f"http://name.example:{receiver.port}/", "::1", "127.0.0.1").status == 204
        assert receiver.next().headers["host"] == f"name.example:{receiver.port}"


def test_a_certificate_is_checked_against_the_name(tmp_path: Path) -> None:
    theirs, ours = contexts(tmp_path)
    with receiving(tls=theirs) as receiver:
        assert post(f"https://hooks.example:{receiver.port}/", "127.0.0.1", tls=ours).status == 204
        assert receiver.next().body == b"{}"
        for name, tls, why in (
            ("other.example", ours, "Hostname mismatch"),
            ("127.0.0.1", ours, "IP address mismatch"),
            ("hooks.example", trusting(), "self-signed certificate"),
        ):
            with pytest.raises(DeliveryError, match=f"its certificate is not good: {why}"):
                post(f"https://{name}:{receiver.port}/", "127.0.0.1", tls=tls)
        assert receiver.received.empty()


def test_no_tls_where_it_was_asked_for(tmp_path: Path) -> None:
    with receiving(TAKEN) as receiver, pytest.raises(DeliveryError):
        post(f"https://hooks.example:{receiver.port}/", "127.0.0.1", seconds=0.02)


def test_the_systems_resolver_is_asked() -> None:
    assert resolve("127.0.0.1", 80) == ["127.0.0.1"]
    with pytest.raises(DeliveryError) as told:
        post("http://" + "a" * 70 + ".example/")
    assert re.search("label", str(told.value))


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        (None, 0),
        ("", 0),
        ("120", 120),
        (" 7 ", 7),
        ("-1", 0),
        ("1.5", 0),
        ("9" * 12, 0),
        ("soon", 0),
        ("Wed, 21 Oct 2026 07:28:00 GMT", 60),
        ("Wed, 21 Oct 2020 07:28:00 GMT", 0),
        ("Wed, 99 Oct 2026 07:28:00 GMT", 0),
    ],
)
def test_retry_after(header: str | None, seconds: float) -> None:
    assert seconds_of(header, 1_792_567_620.0) == seconds
