"""Asking the server that runs on a folder; where none does, this process does in its place what is asked.

Which of them, the folder's lock tells. A server that just starts or stops has the lock and does not listen,
as another `chatd admin` at work has: then it is tried again for a while.
"""

import contextlib
import os
import pwd
import socket
import time
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Final

from gevent import get_hub

from chatd.behaviour.administration.answers import administer
from chatd.commands.contract import FAILED, WRONG, CommandFailed
from chatd.commands.copies import reading
from chatd.config import Config
from chatd.net.admin_answers import parts_of
from chatd.net.admin_socket import SOCKET, short_path
from chatd.net.building import build_state
from chatd.net.transports.unix import uid_of
from chatd.protocol.admin_events import AnswerEnd
from chatd.protocol.admin_lines import encode, parse_answer, parse_request
from chatd.protocol.admin_requests import ErasePerson
from chatd.protocol.errors import ChatError, ConfigError
from chatd.protocol.events import Event
from chatd.protocol.limits import DEFAULT
from chatd.protocol.requests import Request
from chatd.store.sqlite.folder import LOG, holder_of
from chatd.store.sqlite.looking import looked_at
from chatd.store.sqlite.schema import VERSION, number_of

#: Seconds for which it is tried again, and between two tries.
_PATIENCE: Final = 10.0
_AGAIN: Final = 0.05
#: Seconds until the server has answered, but for what may take long.
_ANSWERED: Final = 60.0
#: Seconds for the log to take all of it, in this process.
_FINISHED: Final = 10.0


def ask(folder: Path, request: Request) -> Generator[Event]:
    """The answer, as it comes; to be closed, where not all of it is wanted. Raises CommandFailed."""
    _check_folder(folder)
    ends = time.monotonic() + _PATIENCE
    while True:
        server = _connected(folder)
        if server is not None:
            yield from _asked(server, request)
            return
        if holder_of(folder) is None:
            try:
                answers = _InThisProcess(folder)
            except ConfigError as error:
                if holder_of(folder) is None:
                    raise CommandFailed(str(error), WRONG) from error
            else:
                yield from answers.to(request)
                return
        if time.monotonic() > ends:
            raise CommandFailed(
                f"{folder} is in use by process {holder_of(folder)}, which does not answer; please try again"
            )
        time.sleep(_AGAIN)


def _check_folder(folder: Path) -> None:
    try:
        os.stat(folder / LOG)
    except FileNotFoundError as error:
        raise CommandFailed(f"there is no log: {folder / LOG} is not there", WRONG) from error
    except OSError as error:
        raise CommandFailed(f"{folder} cannot be used: {error.strerror}", WRONG) from error


def _user(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


# -- by the socket -----------------------------------------------------------------------------------------


def _connected(folder: Path) -> socket.socket | None:
    """To the server; None where nobody listens. Raises CommandFailed, where that is somebody else's, or one's
    own user may not."""
    path = folder / SOCKET
    server = socket.socket(socket.AF_UNIX)
    try:
        owner = os.lstat(path).st_uid
        _check_owner(path, owner, folder)
        with short_path(folder) as short:
            server.settimeout(_ANSWERED)
            server.connect(short)
        _check_owner(path, uid_of(server), folder)
    except (FileNotFoundError, ConnectionRefusedError):
        server.close()
        return None
    except PermissionError as error:
        server.close()
        why = f"{path} is for the user {_user(owner)}; please do this as that user, or as root"
        raise CommandFailed(why, WRONG) from error
    except OSError as error:
        server.close()
        raise CommandFailed(f"{path} cannot be reached: {error.strerror or error}") from error
    except CommandFailed:
        server.close()
        raise
    return server


def _check_owner(path: Path, uid: int, folder: Path) -> None:
    """What is asked for is told to nobody but the server: the folder's owner, root, or who asks."""
    if uid not in (0, os.geteuid(), os.stat(folder).st_uid):
        raise CommandFailed(
            f"{path} is a socket of {_user(uid)}, to whom {folder} does not belong; nothing was asked", WRONG
        )


def _asked(server: socket.socket, request: Request) -> Iterator[Event]:
    server.settimeout(None if isinstance(request, ErasePerson) else _ANSWERED)
    with contextlib.closing(server), server.makefile("rb") as lines:
        try:
            with contextlib.suppress(BrokenPipeError):  # where it is refused at once the answer says why
                server.sendall(encode(request))
            for line in lines:
                event = parse_answer(line)
                if isinstance(event, AnswerEnd):
                    return
                yield event
        except TimeoutError as error:
            raise CommandFailed("the server does not answer; nobody knows whether it was done") from error
        except OSError as error:
            raise CommandFailed(f"the connection to the server broke: {error.strerror}") from error
        except ChatError as error:
            raise CommandFailed(f"the server is of another version: {error}") from error
    raise CommandFailed("the server ended before it had answered; please try again")


# -- in this process -------------------------------------------------------------------------------------


class _InThisProcess:
    """The folder is locked meanwhile, so no server can start. Raises ConfigError and CommandFailed."""

    def __init__(self, folder: Path) -> None:
        _become_owner(folder)
        _check_version(folder / LOG)
        self._failed = False
        self._state = build_state(Config(data=str(folder)), DEFAULT, self._fail)

    def _fail(self) -> None:
        self._failed = True

    def to(self, request: Request) -> Iterator[Event]:
        """The answer; at its end the disk has all of it. Raises CommandFailed."""
        state = self._state
        try:
            for part in parts_of(administer(state, _as_received(request))):
                yield from part
            state.log.finish(_FINISHED)
        finally:
            state.passwords.close()
            state.log.close()
        if self._failed:
            raise CommandFailed("the disk does not take it; nobody knows whether it was done", FAILED)


def _check_version(path: Path) -> None:
    """To bring a log to this version is for a server that starts: a copy is made before. Raises
    CommandFailed, also where it is no log."""
    with reading(path), looked_at(path) as database:
        version = number_of(database, "user_version")
    if version < VERSION:
        raise CommandFailed(
            f"{path} is of an earlier version ({version}); please start the server on it once", WRONG
        )


def _as_received(request: Request) -> Request:
    """Checked and clean, as one that comes by the socket. Raises CommandFailed."""
    try:
        return parse_request(encode(request))
    except ChatError as error:
        raise CommandFailed(str(error), WRONG) from error


def _become_owner(folder: Path) -> None:
    """What root makes in the folder would be root's, and the server could not use it; and whoever owns the
    folder could have root write elsewhere, by links. Raises CommandFailed."""
    owner = os.stat(folder / LOG)
    if not os.geteuid() and owner.st_uid:
        get_hub()  # as it imports more, which the owner may not be able to read
        os.setgroups([])
        os.setgid(owner.st_gid)
        os.setuid(owner.st_uid)
    if not os.access(folder / LOG, os.R_OK | os.W_OK):
        raise CommandFailed(
            f"{folder} is for the user {_user(owner.st_uid)}; please do this as that user, or as root", WRONG
        )
