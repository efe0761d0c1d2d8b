"""Where the socket of `chatd admin` is: what is there already, what is left over, and what it ends with."""

from collections.abc import Iterator
from pathlib import Path
from socket import AF_UNIX
from socket import socket as PlainSocket

import pytest

from chatd.config import Config
from chatd.net import admin_socket
from chatd.net.admin_socket import SOCKET
from chatd.net.server import Server
from chatd.protocol.admin_lines import encode
from chatd.protocol.admin_requests import ListUsers
from chatd.protocol.errors import ConfigError
from tests.support.admin_shell import Shell, close_shells
from tests.support.cheap import CHEAP
from tests.support.live import Peer, serving


@pytest.fixture(autouse=True)
def closing() -> Iterator[None]:
    """All that a test opened is closed, whatever became of it."""
    yield
    close_shells()


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "data"


def left_over(data: Path) -> None:
    data.mkdir(mode=0o700)
    with PlainSocket(AF_UNIX) as dead:
        dead.bind(str(data / SOCKET))


def test_one_that_is_left_over_gives_way(data: Path) -> None:
    left_over(data)
    with serving(data=str(data)):
        assert Shell(data).ask(encode(ListUsers())) == []


def test_a_path_that_is_too_long_for_a_socket(tmp_path: Path) -> None:
    data = tmp_path.joinpath(*["long" * 20] * 3)
    assert len(str(data)) > 200
    with serving(data=str(data)):
        assert Shell(data).ask(encode(ListUsers())) == []
    assert not (data / SOCKET).exists()


def test_where_something_else_is_the_server_goes_without(
    data: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (data / SOCKET).mkdir(parents=True)
    with serving(data=str(data)) as server:
        Peer(server, "bob")
    assert "chatd admin cannot reach this server" in caplog.text
    assert (data / SOCKET).is_dir()


def test_a_file_system_without_sockets(
    data: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(admin_socket, "_PATH", 1 << 20)
    data = data / ("x" * 120)
    with serving(data=str(data)) as server:
        Peer(server, "bob")
    assert "AF_UNIX path too long" in caplog.text


def test_a_server_that_cannot_listen_leaves_none(data: Path) -> None:
    with serving() as other, pytest.raises(ConfigError):
        Server(Config((other.addresses[0],), data=str(data)), costs=CHEAP)
    assert not (data / SOCKET).exists()


def test_one_of_a_later_server_stays(data: Path) -> None:
    with serving(data=str(data)):
        (data / SOCKET).unlink()
        with PlainSocket(AF_UNIX) as later:
            later.bind(str(data / SOCKET))
    assert (data / SOCKET).exists()


def test_who_waits_when_the_server_ends_gets_no_whole_answer(data: Path) -> None:
    with serving(data=str(data)) as server:
        shell = Shell(data)
        Peer(server, "bob")
        server.stop()
        assert shell.rest() == b""
        server.stop = lambda asked_at=None: None  # type: ignore[method-assign]  # it is done


def test_an_error_of_the_listener_is_logged_and_tried_again(
    data: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(admin_socket, "_PAUSE", 0.0)
    errors: list[Exception] = [OSError(24, "Too many open files"), ValueError("a bug")]

    def uid(sock: object) -> int:
        if errors:
            raise errors.pop(0)
        return 0

    monkeypatch.setattr(admin_socket, "uid_of", uid)
    with serving(data=str(data)):
        assert [Shell(data).rest() for _ in range(2)] == [b"", b""]
        assert Shell(data).ask(encode(ListUsers())) == []
    assert "a connection of chatd admin failed: Too many open files" in caplog.text
    assert "an error while chatd admin was heeded" in caplog.text


def test_an_error_in_a_request_ends_that_only(
    data: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(state: object, request: object) -> object:
        return lambda then: 1 / 0

    with serving(data=str(data)):
        with monkeypatch.context() as patch:
            patch.setattr(admin_socket, "administer", broken)
            shell = Shell(data)
            shell.sock.sendall(encode(ListUsers()))
            assert shell.rest() == b""
        assert Shell(data).ask(encode(ListUsers())) == []
    assert "an error in a request of chatd admin" in caplog.text
