"""Which URIs are understood, and what is bound: every address that a name has, or none."""

import contextlib
import errno
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from gevent import socket

from chatd.config import DEFAULT_LISTEN
from chatd.net.listeners import listen
from chatd.net.logs import log
from chatd.net.transports.tcp import parse
from chatd.protocol.errors import ConfigError
from chatd.protocol.limits import DEFAULT
from tests.support.live import address_of


def test_an_unknown_scheme_is_a_setting_that_cannot_work() -> None:
    with pytest.raises(
        ConfigError, match=r"^cannot listen on gopher://.*: the scheme is not one of .*tcp://"
    ):
        listen("gopher://127.0.0.1:0", DEFAULT)


@pytest.mark.parametrize(
    ("uri", "address"),
    [
        (DEFAULT_LISTEN, ("127.0.0.1", 5050)),
        ("tcp://[::1]:5050", ("::1", 5050)),
        ("tcp://[::]:0", ("::", 0)),
        ("tcp://0.0.0.0:65535", ("0.0.0.0", 65535)),
        ("TCP://Example.org:1", ("example.org", 1)),
    ],
)
def test_tcp_uris(uri: str, address: tuple[str, int]) -> None:
    assert parse(uri) == address


@pytest.mark.parametrize("uri", ["tcp://127.0.0.1:0", "tcp://[::1]:0", "TCP://127.0.0.1:0"])
def test_the_uri_that_is_bound_can_be_asked_for_again(uri: str) -> None:
    (listener,) = listen(uri, DEFAULT)
    listener.sock.close()
    (again,) = listen(listener.uri, DEFAULT)
    again.sock.close()
    assert again.uri == listener.uri
    assert not again.uri.endswith(":0")


@pytest.mark.parametrize(
    "uri",
    [
        "",
        "5050",
        "localhost",
        "localhost:5050",
        "127.0.0.1:5050",
        "//host:5050",
        "tcp:5050",
        "tcp:host:5050",
        "tcp://",
        "tcp://host",
        "tcp://host:",
        "tcp://:5050",
        "tcp://::1:5050",
        "tcp://[::1:5050",
        "tcp://[nonsense]:5050",
        "tcp://ab..cd:5050",
        f"tcp://{'a' * 64}:5050",
        "tcp://host:5050/path",
        "tcp://host:5050?x=1",
        "tcp://host:5050#x",
        "tcp://me@host:5050",
        "tcp://me:secret@host:5050",
        "tcp://:secret@host:5050",
    ],
)
def test_bad_addresses(uri: str) -> None:
    with pytest.raises(ConfigError) as caught:
        listen(uri, DEFAULT)
    assert str(caught.value) == (
        f"cannot listen on {uri!r}: please write it as tcp://HOST:PORT, like tcp://127.0.0.1:5050"
    )


@pytest.mark.parametrize(
    ("uri", "what"),
    [
        ("tcp://host:65536", "the port 65536 is above 65535, the last one"),
        ("tcp://[::1]:" + "9" * 5000, f"the port {'9' * 5000} is above 65535, the last one"),
        ("tcp://host:-1", "the port '-1' is not a number"),
        ("tcp://host:port", "the port 'port' is not a number"),
        ("tcp://host:５０", "the port '５０' is not a number"),
        (
            "tcp://*:5050",
            "instead of * please write 0.0.0.0, for every IPv4 address of this machine, or [::], for every "
            "IPv6 address",
        ),
    ],
)
def test_what_is_wrong_with_an_address_is_named(uri: str, what: str) -> None:
    with pytest.raises(ConfigError) as caught:
        listen(uri, DEFAULT)
    assert str(caught.value) == f"cannot listen on {uri!r}: {what}"


Place = tuple[int, tuple[Any, ...]]

LOOPBACK: Place = (socket.AF_INET, ("127.0.0.1", 0))
LOOPBACK_6: Place = (socket.AF_INET6, ("::1", 0, 0, 0))
#: For documentation: no machine has it.
NOT_HERE: Place = (socket.AF_INET6, ("2001:db8::1", 0, 0, 0))


@pytest.fixture
def resolves(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Makes every name have these addresses."""

    def to(*places: Place) -> None:
        def getaddrinfo(host: str, port: int, **_: object) -> list[Any]:
            return [
                (family, socket.SOCK_STREAM, 6, "", (where[0], port, *where[2:])) for family, where in places
            ]

        monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)

    return to


@contextlib.contextmanager
def listening(uri: str) -> Iterator[list[str]]:
    """The URIs that are bound."""
    with contextlib.ExitStack() as stack:
        listeners = listen(uri, DEFAULT)
        for listener in listeners:
            stack.enter_context(listener.sock)
        yield [listener.uri for listener in listeners]


def test_a_name_is_bound_with_all_its_addresses_on_one_port(resolves: Callable[..., None]) -> None:
    resolves(LOOPBACK_6, LOOPBACK, LOOPBACK)
    with listening("tcp://localhost:0") as uris:
        port = address_of(uris[0])[1]
        assert uris == [f"tcp://[::1]:{port}", f"tcp://127.0.0.1:{port}"]


def test_a_port_that_is_free_on_the_first_address_only_is_not_taken(
    resolves: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    resolves(LOOPBACK, LOOPBACK_6)
    bind = socket.socket.bind
    busy = iter([OSError(errno.EADDRINUSE, "Address already in use")])

    def once_busy(sock: socket.socket, where: Any) -> None:
        if where[0] == "::1":
            for error in busy:
                raise error
        bind(sock, where)

    monkeypatch.setattr(socket.socket, "bind", once_busy)
    with listening("tcp://localhost:0") as uris:
        assert len({address_of(uri)[1] for uri in uris}) == 1
        assert len(uris) == 2


def test_all_addresses_of_a_name_or_none(resolves: Callable[..., None]) -> None:
    resolves(LOOPBACK, LOOPBACK_6)
    with listening("tcp://localhost:0") as uris:
        port = address_of(uris[1])[1]
    with socket.create_server(("::1", port), family=socket.AF_INET6):
        with pytest.raises(ConfigError) as caught, listening(f"tcp://localhost:{port}"):
            pass
        assert f"localhost:{port}: Address already in use ([::1]:{port}); please" in str(caught.value)
        with socket.create_server(("127.0.0.1", port)):  # it was given back
            pass


def test_an_address_that_is_not_there_is_left_out_with_a_warning(
    resolves: Callable[..., None], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(log, "propagate", True)
    resolves(NOT_HERE, LOOPBACK)
    with listening("tcp://localhost:0") as uris:
        assert [address_of(uri)[0] for uri in uris] == ["127.0.0.1"]
    assert caplog.messages == [
        "not listening on one of several addresses: Cannot assign requested address ([2001:db8::1]:0)"
    ]
    resolves(NOT_HERE, (socket.AF_INET6, ("2001:db8::2", 0, 0, 0)))
    with pytest.raises(ConfigError, match="Cannot assign requested address"), listening("tcp://localhost:0"):
        pass
