"""The way in: servers that say nothing, or something else, and what cannot be asked for."""

import re
import socket
from collections.abc import Callable
from contextlib import closing, suppress
from threading import Thread

import pytest

from loadtests.engine import connector
from loadtests.engine.codecs import CODECS, unfit
from loadtests.engine.loads import Paced, Windowed
from loadtests.engine.people import People
from loadtests.engine.rooms import LoadRoom
from loadtests.measure.errors import Fault
from loadtests.servers.running import running

MakeCrowd = Callable[[str, tuple[str, int]], LoadRoom | People]


def room(server: str, address: tuple[str, int]) -> LoadRoom:
    return LoadRoom(server, address, 2, 2)


def people(server: str, address: tuple[str, int]) -> People:
    return People(address, 9, server=server)


def test_who_does_not_welcome_in_time_is_a_fault() -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as silent,
        closing(LoadRoom("inspircd", silent.getsockname(), 2, 2)) as one,
        pytest.raises(Fault, match="0 of 3 were welcomed in the time given to all"),
    ):
        one.join(seconds=0.05)


@pytest.mark.parametrize("server", ["chatd", "redis"])
@pytest.mark.parametrize("crowd", [room, people])
def test_a_server_that_says_nothing_is_given_up(
    crowd: MakeCrowd, server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connector, "PATIENCE", 0.05)
    with (
        socket.create_server(("127.0.0.1", 0)) as silent,
        closing(crowd(server, silent.getsockname())) as one,
        pytest.raises(
            Fault, match=rf"for 0\.05 s.* 0 of .*is there a {server} server .*check --server and --host"
        ),
    ):
        one.join()


def test_a_server_that_talks_and_welcomes_nobody_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """For as long as somebody listens."""
    monkeypatch.setattr(connector, "PATIENCE", 0.05)

    def talk() -> None:
        client, _ = listener.accept()
        with client, suppress(OSError):
            while True:
                client.send(b"* wait a moment\r\n")

    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = Thread(target=talk)
        server.start()
        with (
            closing(LoadRoom("inspircd", listener.getsockname(), 2, 2)) as one,
            pytest.raises(Fault, match=r"nobody on their way in further for 0\.05 s, when 0 of 3 were"),
        ):
            one.join()
        server.join()


@pytest.mark.parametrize("said", [b"", b"HTTP/1.1 400 Bad Request\r\n"], ids=["it closes", "it answers"])
@pytest.mark.parametrize("crowd", [room, people])
def test_a_server_of_another_kind_is_told(crowd: MakeCrowd, said: bytes) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        clients: list[socket.socket] = []

        def answer() -> None:
            client, _ = listener.accept()
            client.recv(100)
            client.send(said) if said else client.shutdown(socket.SHUT_WR)
            clients.append(client)

        server = Thread(target=answer)
        server.start()
        with closing(crowd("chatd", listener.getsockname())) as one, pytest.raises(Fault) as fault:
            one.join()
        server.join()
        for client in clients:
            client.close()
    assert re.search(
        r"(closed by the server|not welcomed: .*400.*); is there a chatd server at", str(fault.value)
    )


@pytest.mark.parametrize("talkers", [1, 3])
def test_behind_start_nobody_is_told_of_anyone(talkers: int) -> None:
    """Which chatd does at its leisure, unless somebody of whom is to be told speaks."""
    with running("chatd") as chatd:
        with closing(LoadRoom("chatd", chatd.address, 20, talkers)) as one:
            one.join()
            one.start()
            said = one.run(Paced(1000, 0.02)) + one.run(Windowed(4, 0.02))
            assert said > 20 and one.delivered() == said * (19 + talkers)
        chatd.end()


# -- what cannot be --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("server", "size", "why"),
    [
        ("chatd", 4097, ""),
        ("chatd", 4098, "chatd carries 4097 bytes at most, and a message of 4098 takes 4098"),
        ("chatd", 38, ""),
        ("chatd", 37, "a message to chatd has at least 38 bytes"),
        ("nats", 43, ""),
        ("nats", 42, "a message to nats has at least 43 bytes"),
        ("ngircd", 600, "ngircd carries 512 bytes at most"),
        ("floor", 5000, "floor carries 4096 bytes at most"),
    ],
)
def test_sizes_of_messages_to_all(server: str, size: int, why: str) -> None:
    told = unfit(server, size)
    assert (told or "").startswith(why) and bool(told) == bool(why)


@pytest.mark.parametrize(
    ("server", "size", "why"),
    [
        ("chatd", 4000, ""),
        ("chatd", 4090, "chatd carries 4097 bytes at most"),
        ("nats", 45, ""),
        ("nats", 40, "a message to nats has at least 45 bytes"),
        ("naive", 100, "naive knows no direct messages"),
    ],
)
def test_sizes_of_messages_to_one(server: str, size: int, why: str) -> None:
    told = unfit(server, size, direct=True)
    assert (told or "").startswith(why) and bool(told) == bool(why)


@pytest.mark.parametrize("server", ["chatd", "floor", "naive"])
def test_the_longest_message_arrives(server: str) -> None:
    size = next(size for size in range(4200, 0, -1) if unfit(server, size) is None)
    with running(server) as one:
        with closing(LoadRoom(server, one.address, 2, 2, size=size)) as crowd:
            crowd.join()
            crowd.start()
            assert crowd.run(Paced(1000, 0.01)) == 10
        if CODECS[server].direct:
            size = next(size for size in range(4200, 0, -1) if not unfit(server, size, direct=True))
            with closing(People(one.address, 9, server=server, size=size)) as folk:
                folk.join()
                assert folk.run(Paced(1000, 0.01)) == 10
