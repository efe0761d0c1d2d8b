"""`chatd admin` and the other end of its socket: what a server does not say in time, or not at all."""

import contextlib
import os
import socket
from collections.abc import Iterator
from pathlib import Path
from threading import Thread

import pytest

from chatd.commands.admin import asking
from chatd.net.admin_socket import SOCKET
from chatd.protocol.admin_lines import encode
from chatd.protocol.requests import Request
from tests.commands.admin.conftest import Admin

ROW = b'{"type":"user","name":"bob","person":7,"since":1}\n'


@contextlib.contextmanager
def answering(data: Path, *pieces: bytes | None) -> Iterator[None]:
    """A server that reads the request, says this, and closes: at once, or for None when it is left alone."""
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(data / SOCKET))
        listener.listen()

        def serve() -> None:
            peer, _ = listener.accept()
            with peer:
                peer.recv(4096)
                for piece in pieces:
                    if piece is None:
                        peer.recv(1)
                    else:
                        peer.sendall(piece)

        thread = Thread(target=serve)
        thread.start()
        try:
            yield
        finally:
            thread.join()


@pytest.mark.parametrize(
    ("pieces", "code", "says"),
    [
        ((), 1, "the server ended before it had answered; please try again"),
        ((ROW,), 1, "the server ended before it had answered; please try again"),
        ((ROW[:20],), 1, "the server is of another version: the object is not understood: "),
        ((b'{"type":"user"}\n',), 1, "the server is of another version: "),
        ((None,), 1, "the server does not answer; nobody knows whether it was done"),
        ((b'{"type":"error","code":"busy","text":"too many"}\n{"type":"end"}\n',), 1, "too many"),
        ((b'{"type":"error","code":"usage","text":"no"}\n{"type":"end"}\n',), 2, "no"),
    ],
)
def test_an_answer_that_is_not_whole(
    admin: Admin,
    data: Path,
    monkeypatch: pytest.MonkeyPatch,
    pieces: tuple[bytes | None, ...],
    code: int,
    says: str,
) -> None:
    monkeypatch.setattr(asking, "_ANSWERED", 0.05)
    with answering(data, *pieces):
        ran = admin("users")
    assert ran.code == code and ran.error.startswith(says)


def test_an_answer_in_pieces(admin: Admin, data: Path) -> None:
    with answering(
        data, *(bytes([byte]) for byte in ROW), ROW.replace(b"bob", b"carol"), b'{"type":"end"}\n'
    ):
        assert [row["name"] for row in admin("users", "--json").objects] == ["bob", "carol"]


def test_who_is_refused_before_it_has_asked_reads_why(
    admin: Admin, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(data / SOCKET))
        listener.listen()

        def refused(request: Request) -> bytes:
            peer, _ = listener.accept()
            with peer:
                peer.sendall(b'{"type":"error","code":"busy","text":"too many"}\n{"type":"end"}\n')
            return encode(request)

        monkeypatch.setattr(asking, "encode", refused)
        ran = admin("users")
    assert (ran.code, ran.error) == (1, "too many")


def test_a_connection_that_breaks(admin: Admin, data: Path) -> None:
    """With a request that is not read."""
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(data / SOCKET))
        listener.listen()

        def reset() -> None:
            peer, _ = listener.accept()
            peer.recv(1)
            peer.close()

        thread = Thread(target=reset)
        thread.start()
        ran = admin("users")
        thread.join()
    assert ran.code == 1 and ran.error.startswith("the connection to the server broke: ")


def test_one_that_is_left_over_from_a_dead_server(admin: Admin, data: Path) -> None:
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(data / SOCKET))
    assert admin("users").lines[1].startswith("alice ")


def test_a_socket_of_somebody_else(admin: Admin, data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In a folder to which others may write."""
    monkeypatch.setattr(asking, "uid_of", lambda sock: 4711)
    with answering(data):
        ran = admin("users")
    assert (ran.code, ran.error) == (
        2,
        f"{data / SOCKET} is a socket of 4711, to whom {data} does not belong; nothing was asked",
    )


def test_a_socket_that_one_may_not_use(admin: Admin, data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    @contextlib.contextmanager
    def refused(folder: Path) -> Iterator[str]:
        raise PermissionError(13, "Permission denied")
        yield ""

    with socket.socket(socket.AF_UNIX) as there:
        there.bind(str(data / SOCKET))
        monkeypatch.setattr(asking, "short_path", refused)
        ran = admin("users")
    user = asking._user(os.geteuid())
    assert (ran.code, ran.error) == (
        2,
        f"{data / SOCKET} is for the user {user}; please do this as that user, or as root",
    )


def test_a_socket_that_cannot_be_reached(admin: Admin, data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    @contextlib.contextmanager
    def broken(folder: Path) -> Iterator[str]:
        raise OSError(24, "Too many open files")
        yield ""

    with socket.socket(socket.AF_UNIX) as there:
        there.bind(str(data / SOCKET))
        monkeypatch.setattr(asking, "short_path", broken)
        ran = admin("users")
    assert (ran.code, ran.error) == (1, f"{data / SOCKET} cannot be reached: Too many open files")
