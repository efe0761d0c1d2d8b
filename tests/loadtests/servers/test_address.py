"""From an address to the server that answers there, and to its process."""

import os
import socket
from collections.abc import Iterator

import pytest

from loadtests.measure.errors import Unusable
from loadtests.servers import address
from tests.support.polite import polite
from tests.support.tls_front import fronted


@pytest.mark.parametrize("host", ["", "udp://127.0.0.1:5050", "127.0.0.1", "tcp://127.0.0.1:x", "tcp://:5"])
def test_an_address_that_is_none(host: str) -> None:
    with pytest.raises(
        Unusable, match=r"^(an empty --host|.*:.*|127.0.0.1) is no .*please give tcp://HOST:PORT"
    ):
        address.parse(host)


def test_a_name_that_nobody_knows_is_told_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    with pytest.raises(Unusable, match=r"^tcp://x:5 is no server's address \(Name or service not known\); "):
        address.parse("tcp://x:5")


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, int]]:
    """The addresses that any host stands for."""
    found: list[tuple[str, int]] = []
    monkeypatch.setattr(address, "parse", lambda host: found)
    return found


@pytest.fixture
def silent() -> Iterator[tuple[str, int]]:
    """An address of ours where nobody listens, and nobody else can."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        yield bound.getsockname()


def test_of_a_names_addresses_the_first_that_answers_is_taken(
    names: list[tuple[str, int]], silent: tuple[str, int]
) -> None:
    with polite() as host:
        port = int(host.rpartition(":")[2])
        names += [("::1", port), silent, ("127.0.0.1", port)]
        target = address.find("tcp://localhost:1")
    assert (target.address, target.pid) == (("127.0.0.1", port), os.getpid())


def test_a_server_is_looked_for_over_what_it_will_be_loaded_over() -> None:
    with polite() as host:
        ((plain, port),) = address.parse(host)
        with fronted((plain, port)) as (front, encrypted):
            assert address.find(f"tcp://{front}:{encrypted}", "chatd-tls").codec == "chatd-tls"
            with pytest.raises(Unusable, match="no chatd answers at"):
                address.find(f"tcp://{front}:{encrypted}", "chatd")


def test_where_none_answers_each_reason_is_told_once(
    names: list[tuple[str, int]], silent: tuple[str, int]
) -> None:
    names += [silent, silent]
    with pytest.raises(Unusable, match=r"no redis answers at x \([^;]+refused\); please start it"):
        address.find("x", "redis")


def test_a_listener_is_found_by_its_address() -> None:
    with socket.create_server(("127.0.0.1", 0)) as here, socket.create_server(("", 0)) as everywhere:
        assert address.listener(here.getsockname()) == os.getpid()
        assert address.listener(("127.0.0.2", here.getsockname()[1])) is None
        assert address.listener(("127.0.0.2", everywhere.getsockname()[1])) == os.getpid()
        assert address.listener(("192.0.2.1", everywhere.getsockname()[1])) is None  # another machine's
