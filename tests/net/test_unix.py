"""A server on a Unix socket: who comes and how it is shown, and what becomes of the file."""

import contextlib
import os
import socket as plain
import stat
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from gevent import socket

from chatd.net.listeners import listen
from chatd.net.transports import Listener
from chatd.net.transports.unix import parse
from chatd.protocol.errors import ConfigError
from chatd.protocol.limits import DEFAULT
from tests.support.live import serving, unix_connected


@pytest.fixture
def path() -> Iterator[Path]:
    """In a folder of its own, and shorter than pytest's."""
    with TemporaryDirectory() as folder:
        yield Path(folder, "chatd.sock")


@contextlib.contextmanager
def listening(path: Path) -> Iterator[Listener]:
    (listener,) = listen(f"unix://{path}", DEFAULT)
    with contextlib.closing(listener):
        yield listener


def test_people_come_over_it_beside_the_port(path: Path) -> None:
    with serving(listen=("tcp://127.0.0.1:0", f"unix://{path}")) as server:
        assert server.addresses[1] == f"unix://{path}"
        with unix_connected(server.addresses[1]) as sock, sock.makefile("rb") as lines:
            sock.sendall(b"alice\n/users\n")
            assert lines.readline().startswith(b"* you are alice - 1 here")
            assert lines.readline() == b"* 1 here: alice\n"
            [connection] = server._connections
            session = connection.session
            assert (session.peer, session.address) == (f"unix:{os.geteuid()}", "unix")
            assert session.private and connection.transport == "unix"
    assert not path.exists()


def test_its_people_are_exempt_from_the_limits_by_address(path: Path) -> None:
    limits = replace(DEFAULT, address_here=1, address_connects=1)
    with serving(limits, exempt=(), listen=(f"unix://{path}",)) as server, contextlib.ExitStack() as stack:
        for nick in (b"alice", b"bob", b"carol"):
            sock = stack.enter_context(unix_connected(server.addresses[0]))
            sock.sendall(nick + b"\n")
            assert sock.recv(1000).startswith(b"* you are " + nick)


def test_only_its_user_and_group_may_connect(path: Path) -> None:
    mask = os.umask(0)
    try:
        with listening(path):
            assert stat.S_IMODE(path.stat().st_mode) == 0o660
    finally:
        os.umask(mask)


def test_a_connection_has_the_buffer_of_the_limits(path: Path) -> None:
    with listening(path) as listener, unix_connected(listener.uri):
        sock, peer = listener.sock.accept()
        with contextlib.closing(listener.accept(sock, peer)):
            assert sock.getsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF) == 2 * DEFAULT.send_buffer


def test_what_a_dead_server_left_is_replaced(path: Path) -> None:
    with plain.socket(plain.AF_UNIX) as dead:
        dead.bind(str(path))
    assert path.is_socket()
    with listening(path) as listener, unix_connected(listener.uri):
        pass


def test_where_somebody_listens_nothing_is_replaced(path: Path) -> None:
    with listening(path) as listener:
        with pytest.raises(ConfigError, match="another server listens there; please choose another"):
            listen(f"unix://{path}", DEFAULT)
        unix_connected(listener.uri).close()


def test_nor_where_very_many_wait(path: Path) -> None:
    with plain.socket(plain.AF_UNIX) as busy, plain.socket(plain.AF_UNIX) as waits:
        busy.bind(str(path))
        busy.listen(0)
        waits.connect(str(path))
        with pytest.raises(ConfigError, match="another server listens there"):
            listen(f"unix://{path}", DEFAULT)


def test_a_file_is_never_replaced(path: Path) -> None:
    path.write_text("precious")
    with pytest.raises(ConfigError, match="what is there is no socket"):
        listen(f"unix://{path}", DEFAULT)
    assert path.read_text() == "precious"


def test_the_socket_of_another_is_not_removed(path: Path) -> None:
    with listening(path):
        path.unlink()
        with plain.socket(plain.AF_UNIX) as other:
            other.bind(str(path))
    assert path.exists()


def test_a_folder_that_is_not_there(path: Path) -> None:
    with pytest.raises(ConfigError, match="No such file or directory; please choose another"):
        listen(f"unix://{path}/x", DEFAULT)


def test_a_path_that_is_too_long(path: Path) -> None:
    with pytest.raises(ConfigError, match="too long; please choose another"):
        listen(f"unix://{path.parent}/{'x' * 120}", DEFAULT)


def test_a_server_that_cannot_have_all_leaves_nothing(path: Path) -> None:
    with (
        pytest.raises(ConfigError, match="tcp:nonsense"),
        serving(listen=(f"unix://{path}", "tcp:nonsense")),
    ):
        pass
    assert not path.exists()


@pytest.mark.parametrize("uri", ["unix://", "unix://run/x", "unix:///run/", "unix:///a\0b"])
def test_uris_that_are_none(uri: str) -> None:
    with pytest.raises(ConfigError, match="please write it with the whole path, like unix:///run"):
        parse(uri)


def test_the_path_is_taken_as_it_is_written() -> None:
    assert parse("unix:///run/chat d.sock%20?#") == Path("/run/chat d.sock%20?#")
    assert parse("UNIX:///run/x") == Path("/run/x")
