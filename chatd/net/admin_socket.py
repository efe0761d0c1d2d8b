"""`chatd admin` comes by a Unix socket beside the data: a request a connection, answered by JSON lines.

1. Who may: the server's own user, and root. The socket is made for its owner only (0600), with no moment in
   which others could connect, and of each peer the system is asked who it is.
2. It is heeded first, whatever the crowd does: what is asked for is done where the connection is accepted,
   before anyone else has a turn; only the answer takes its time, in a greenlet of its own.
3. Everything is bounded: connections, the length of a request, and the time that it takes to come, or to take
   the next part of its answer. Nobody else waits for it.
4. The lock of the folder says which server is alive: a socket that is there at the start is left over.
5. A path that is longer than the system's bound for sockets (108 bytes) is reached by way of the folder.
"""

import contextlib
import os
import socket as plain
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import gevent
from gevent import get_hub, getcurrent, socket

from chatd.behaviour.administration.answers import administer
from chatd.behaviour.administration.parts import Answering, as_error
from chatd.net import libev
from chatd.net.admin_answers import parts_of
from chatd.net.logs import log
from chatd.net.transports.unix import uid_of
from chatd.protocol.admin_events import AnswerEnd
from chatd.protocol.admin_lines import encode, parse_request
from chatd.protocol.errors import ChatError, Code
from chatd.protocol.events import Error, Event
from chatd.protocol.limits import Limits
from chatd.protocol.sanitize import clean
from chatd.state.server_state import ServerState

SOCKET: Final = "admin.sock"
#: Bytes of a path that a socket may have, with the one behind its end.
_PATH: Final = 108
#: Seconds to wait after an error.
_PAUSE: Final = 0.1
_END: Final = encode(AnswerEnd())


@contextlib.contextmanager
def short_path(folder: Path) -> Iterator[str]:
    """The path of the socket in a folder, as short as the system takes it."""
    path = str(folder / SOCKET)
    if len(os.fsencode(path)) < _PATH:
        yield path
        return
    handle = os.open(folder, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield f"/proc/self/fd/{handle}/{SOCKET}"
    finally:
        os.close(handle)


class AdminSocket:
    """In a folder whose lock this process has. Raises OSError, where it cannot be made. `start`, then `stop`
    (nobody else may come), then `close`."""

    def __init__(self, folder: Path, state: ServerState) -> None:
        self._path: Final = folder / SOCKET
        self._state: Final = state
        self._limits: Final[Limits] = state.limits
        self._serving: Final[dict[Any, _AdminConnection]] = {}  # by the greenlet
        self._listener = _listening(folder, state.limits.admins)
        self._identity = _identity(self._path)
        self._watcher: Any = get_hub().loop.io(self._listener.fileno(), libev.READ, priority=libev.FIRST)
        self._accepting = gevent.Greenlet(self._accept_all)

    def start(self) -> None:
        self._accepting.start()

    def stop(self) -> None:
        """Nobody may come any more. Those who are here are answered still."""
        self._accepting.kill(block=False)
        self._watcher.stop()
        self._watcher.close()
        self._listener.close()
        with contextlib.suppress(OSError):
            if _identity(self._path) == self._identity:
                self._path.unlink()

    def close(self, seconds: float) -> None:
        """Who waits for an answer has that long to get it."""
        asked = [greenlet for greenlet, connection in self._serving.items() if connection.asked]
        gevent.joinall(asked, timeout=seconds)
        gevent.killall(list(self._serving))

    def _accept_all(self) -> None:
        """The body of the greenlet."""
        while True:
            self._watcher.start(getcurrent().switch)
            try:
                get_hub().switch()
            finally:
                self._watcher.stop()
            try:
                self._accept()
            except OSError as error:
                log.warning("a connection of chatd admin failed: %s", error.strerror or error)
                gevent.sleep(_PAUSE)
            except Exception:
                log.exception("an error while chatd admin was heeded")

    def _accept(self) -> None:
        """The next connection. Raises OSError."""
        try:
            peer, _ = self._listener.accept()
        except (BlockingIOError, ConnectionAbortedError):
            return
        connection = _AdminConnection(peer, self._state)
        try:
            self._begin(connection)
        except BaseException:
            connection.close()
            raise

    def _begin(self, connection: "_AdminConnection") -> None:
        refused = self._why_not(connection.uid)
        if refused is not None:
            connection.refuse(refused)
            return
        connection.read()
        greenlet = gevent.Greenlet(connection.run)
        self._serving[greenlet] = connection
        greenlet.rawlink(self._serving.pop)
        greenlet.start()

    def _why_not(self, uid: int) -> Error | None:
        if uid not in (0, os.geteuid()):
            log.warning("chatd admin by another user (uid %d) was refused", uid)
            return Error(code=Code.NOT_ALLOWED, text="only the server's own user and root may do that")
        if len(self._serving) >= self._limits.admins:
            return Error(code=Code.BUSY, text="too many use chatd admin now; please try again")
        return None


class _AdminConnection:
    """One request, from its first byte to the end of its answer."""

    def __init__(self, peer: plain.socket, state: ServerState) -> None:
        peer.setblocking(False)
        self._sock = socket.socket(peer.family, peer.type, fileno=peer.detach())
        self._state = state
        self._buffer = b""
        self._answering: Answering | None = None

    @property
    def uid(self) -> int:
        """Whose it is."""
        return uid_of(self._sock)

    @property
    def asked(self) -> bool:
        """Whether its request has come."""
        return self._answering is not None

    def close(self) -> None:
        self._sock.close()

    def refuse(self, why: Event) -> None:
        """In one send, which an empty socket takes at once."""
        with contextlib.closing(self._sock), contextlib.suppress(OSError):
            self._plain.send(encode(why) + _END)

    @property
    def _plain(self) -> plain.socket:
        """The system's, whose calls do not wait."""
        found: plain.socket = self._sock._sock  # type: ignore[attr-defined]
        return found

    def read(self) -> bool:
        """What is there; where that is the whole request, it is done at once. False at the end of input.
        Raises OSError, but not where nothing is there yet."""
        limits = self._state.limits
        try:
            data = self._plain.recv(limits.line)
        except BlockingIOError:
            return True
        self._buffer += data
        line, ended, _ = self._buffer.partition(b"\n")
        try:
            if ended or len(line) > limits.line:
                request = parse_request(line)
                log.info("chatd admin (uid %d): %s", self.uid, clean(encode(request).decode().rstrip()))
                self._answering = administer(self._state, request)
        except ChatError as error:
            wrong = as_error(error)
            self._answering = lambda then: then([wrong], False)
        return bool(data)

    def run(self) -> None:
        """The body of its greenlet."""
        with contextlib.closing(self._sock):
            try:
                self._wait_for_request()
                if self._answering is not None:
                    for part in parts_of(self._answering):
                        self._send(b"".join(map(encode, part)))
                    self._send(_END)
            except OSError as error:
                log.debug("chatd admin went: %s", error)
            except Exception:
                log.exception("an error in a request of chatd admin")

    def _wait_for_request(self) -> None:
        with gevent.Timeout(self._state.limits.admin_patience, TimeoutError("no request came")):
            while self._answering is None:
                socket.wait_read(self._sock.fileno())
                if not self.read():
                    return

    def _send(self, data: bytes) -> None:
        self._sock.settimeout(self._state.limits.admin_patience)
        self._sock.sendall(data)


def _listening(folder: Path, backlog: int) -> plain.socket:
    """What is left over from a server that is dead gives way. Raises OSError."""
    _remove_left_over(folder / SOCKET)
    listener = plain.socket(plain.AF_UNIX, plain.SOCK_STREAM | plain.SOCK_NONBLOCK | plain.SOCK_CLOEXEC)
    mask = os.umask(0o177)
    try:
        with short_path(folder) as path:
            listener.bind(path)
    except OSError:
        listener.close()
        raise
    finally:
        os.umask(mask)
    listener.listen(backlog)
    return listener


def _remove_left_over(path: Path) -> None:
    with contextlib.suppress(FileNotFoundError):
        if not stat.S_ISSOCK(os.lstat(path).st_mode):
            raise FileExistsError(f"{path} is there and is no socket")
        path.unlink()


def _identity(path: Path) -> tuple[int, int]:
    found = os.lstat(path)
    return found.st_dev, found.st_ino
