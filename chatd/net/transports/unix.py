"""Unix sockets: for what runs on the same machine, such as a proxy in front of the server.

The socket's file belongs to the server's user and group, and only those may connect (0660): who else may is
said by whom that group has. What is left over from a server that is dead gives way; at the end the file is
removed.
"""

import contextlib
import errno
import fcntl
import os
import socket as plain
import stat
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from gevent import socket

from chatd.net.transports.contract import Listener
from chatd.net.transports.tcp import TcpTransport
from chatd.protocol.errors import ConfigError
from chatd.protocol.limits import Limits
from chatd.state.networks import UNIX

_SCHEME: Final = "unix://"
_MODE: Final = 0o660
_CREDENTIALS: Final = struct.Struct("3i")


class UnixTransport(TcpTransport):
    """`peer` is the user id of who connected: `unix:1000`. A byte counts as acknowledged when it was read."""

    __slots__ = ()

    scheme = UNIX

    def __init__(self, sock: socket.socket, peer: object) -> None:
        self._take(sock, f"{UNIX}:{uid_of(sock)}", private=True)


def uid_of(sock: Any) -> int:
    """Of the process at the other end of a Unix socket."""
    size = _CREDENTIALS.size
    return int(_CREDENTIALS.unpack(sock.getsockopt(plain.SOL_SOCKET, plain.SO_PEERCRED, size))[1])


def listen(uri: str, limits: Limits) -> list[Listener]:
    """At a path, in a folder that is there."""
    path = parse(uri)

    def accept(sock: socket.socket, peer: object) -> UnixTransport:
        # Unlike those of TCP it has not got the listener's.
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, limits.send_buffer)
        return UnixTransport(sock, peer)

    sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        with _alone_in(path.parent):
            _remove_left_over(path)
            sock.bind(str(path))
            path.chmod(_MODE)  # nobody can connect yet
            sock.listen(limits.backlog)
    except OSError:
        sock.close()
        raise
    identity = _identity(path)

    def remove() -> None:
        with contextlib.suppress(OSError):
            if _identity(path) == identity:
                path.unlink()

    return [Listener(f"{_SCHEME}{path}", sock, accept, remove)]


def parse(uri: str) -> Path:
    """The path of `unix:///PATH`; raises ConfigError."""
    path = uri[len(_SCHEME) :]
    if not path.startswith("/") or path.endswith("/") or "\0" in path:
        raise ConfigError(
            f"cannot listen on {uri!r}: please write it with the whole path, like unix:///run/chatd.sock"
        )
    return Path(path)


@contextlib.contextmanager
def _alone_in(folder: Path) -> Iterator[None]:
    """Two servers that start at once would each remove what the other has just made."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _remove_left_over(path: Path) -> None:
    """Raises OSError where somebody listens, or what is there is no socket."""
    with contextlib.suppress(FileNotFoundError):
        if not stat.S_ISSOCK(os.lstat(path).st_mode):
            raise FileExistsError(errno.EEXIST, "what is there is no socket")
        if _listens(path):
            raise OSError(errno.EADDRINUSE, "another server listens there")
        path.unlink()


def _listens(path: Path) -> bool:
    with contextlib.closing(plain.socket(plain.AF_UNIX, plain.SOCK_STREAM | plain.SOCK_NONBLOCK)) as sock:
        try:
            sock.connect(str(path))
        except ConnectionRefusedError:
            return False
        except BlockingIOError:
            return True  # very many wait to be accepted
        return True


def _identity(path: Path) -> tuple[int, int]:
    found = os.lstat(path)
    return found.st_dev, found.st_ino
