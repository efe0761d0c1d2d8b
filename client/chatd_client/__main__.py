"""`chat`, `chat send`, `chat tail`, `chat log`: arguments in, exit codes out.

0 after /quit and after the end of input; 1 when it could not connect or the link broke; 2 for wrong usage; 3
when a message was not delivered, or a log has not all of them. One sentence on stderr says why, never a
traceback. Except in the full screen, signals keep their default: Ctrl-C, SIGTERM and SIGHUP end the process
at once, and the server announces that the connection was lost.
"""

import argparse
import errno
import os
import signal
import sys
from typing import Final

from msgspec.structs import replace

from chatd.protocol.errors import ChatError, ConfigError
from chatd.protocol.requests import LOBBY, History
from chatd_client.arguments import how_to_say, parse
from chatd_client.catching_up import CatchingUp
from chatd_client.chat import Chat
from chatd_client.console import (
    CUT_OFF,
    KEYBOARD,
    SCREEN,
    STDERR,
    WRONG_USAGE,
    print_error,
    print_notice,
    read,
)
from chatd_client.device_tokens import DeviceTokens
from chatd_client.input_lines import numbered_lines
from chatd_client.line_mode import LineMode
from chatd_client.link import LinkError, UnknownHost
from chatd_client.login import Login
from chatd_client.password_prompt import asking
from chatd_client.reach import security_of, settle, warning_of
from chatd_client.redial import Redial, dial
from chatd_client.remembered_rooms import RememberedRooms, remembered_rooms
from chatd_client.room_log import ChatLog
from chatd_client.send import Sending
from chatd_client.tail import Tail
from chatd_client.target import candidates
from chatd_client.terminal import ask_trust
from chatd_client.wire import Security


def _chat(given: argparse.Namespace) -> int:
    security = _settled(given, patient=not given.plain)
    if not given.plain:
        from chatd_client.screen import run  # importing it takes 90 ms, which the other modes save

        login = _login(given, given.target.name)
        return run(given.target, given.settings, login, security, given.warning)
    if not os.isatty(KEYBOARD):  # a script wants to know when the link breaks, and joins what it wants
        with Chat(given.target, login=_login(given, given.target.name), security=security) as chat:
            LineMode(chat, KEYBOARD, SCREEN).run()
        return 0
    login = _login(given, given.target.name)
    remembered = remembered_rooms(given.settings, given.target)
    rooms, why = remembered.load(account=login.token is not None)
    if why:
        print_notice(why)
    with Chat(given.target, reconnect=True, rooms=rooms, login=login, security=security) as chat:
        LineMode(chat, KEYBOARD, SCREEN, lambda rooms: _note(remembered, rooms)).run()
    return 0


def _note(remembered: RememberedRooms, rooms: list[str]) -> None:
    if why := remembered.note(rooms):
        print_notice(why)


def _settled(given: argparse.Namespace, *, patient: bool = False) -> Security:
    """How the server is reached, once the user was asked what has to be asked; `patient`: also where there is
    no way to it now. Raises LinkError and ConfigError.
    """
    security = given.security = security_of(given.target, given.trust)
    if not security.tokens:
        given.settings = replace(given.settings, remember_rooms=False)
    given.warning = warning_of(given.target, given.trust)
    if given.warning:
        print_notice(given.warning)
    settle(security, given.target, ask_trust, print_error, patient)
    return security


def _login(given: argparse.Namespace, name: str) -> Login:
    """What one comes with; the password is asked for at the terminal, before or when it is needed."""
    host, port = given.target.host, given.target.port
    tokens = DeviceTokens.of_server(host, port, given.security.tokens)
    login = Login(tokens=tokens, ask=asking(host, port), own=given.own)
    login.tell = print_error
    login.begin(name, by_password=given.login)
    return login


def _send(given: argparse.Namespace) -> int:
    name, *others = candidates(given.target.name)
    text = iter([] if given.text is None else [os.fsencode(given.text)])
    lines = numbered_lines((lambda: read(KEYBOARD)) if given.text is None else (lambda: next(text, b"")))
    # Someone who types the lines needs no progress line.
    progress = _capable() and os.isatty(STDERR) and not (given.text is None and os.isatty(KEYBOARD))
    try:
        security = _settled(given)
        target, login = given.target._replace(name=name), _login(given, name)
        with Chat(target, others, reconnect=given.reconnect, login=login, security=security) as chat:
            return Sending(chat, lines, given.to, given.room, given.block).run(progress)
    except UnknownHost as error:
        if given.text is not None or not given.written:
            raise
        raise LinkError(f"{error} - {how_to_say(given.written)}") from None


def _tail(given: argparse.Namespace) -> int:
    span = {"since": given.since or 0, "newest": given.history or 0}
    wanted = given.since is not None or given.history is not None
    Tail(
        _redial(given),
        SCREEN,
        as_json=given.json,
        time_format=given.settings.time_format,
        reconnect=given.reconnect,
        rooms=given.room,
        past=CatchingUp(given.room or [LOBBY], **span) if wanted else None,
    ).run()
    return 0


def _log(given: argparse.Namespace) -> int:
    log = ChatLog(
        _redial(given),
        SCREEN,
        History(room=given.room, whom=given.whom),
        since=given.since,
        until=given.until,
        as_json=given.json,
        time_format=given.settings.time_format,
    )
    return log.run(progress=_capable() and os.isatty(STDERR) and not os.isatty(SCREEN))


def _redial(given: argparse.Namespace) -> Redial:
    """Under the name that was given, or one like it."""
    name, *others = candidates(given.target.name)
    security, login = _settled(given), _login(given, name)
    host, port = given.target.host, given.target.port
    return Redial(dial(host, port, others, own=login.own, security=security), name, login=login)


_COMMANDS: Final = {"chat": _chat, "send": _send, "tail": _tail, "log": _log}


def _capable() -> bool:
    """Whether a terminal understands escape sequences."""
    return os.environ.get("TERM", "") not in ("", "dumb")


#: In our words, with what to do; other errors are told in the system's words.
_UNWRITABLE: Final = {
    errno.ENOSPC: "no space is left; please free some",
    errno.EDQUOT: "your quota is used up; please free some space",
    errno.EFBIG: "the file may not grow any more; please write to another one",
    errno.EIO: "the disk or the terminal failed",
}


def _prepare_process() -> None:
    """Set up signals and file descriptors."""
    # Python's handler would raise KeyboardInterrupt in any greenlet. An ignored SIGINT stays ignored.
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    # If the shell closed a standard stream (`<&-`), the socket would get its number, and be read as keyboard
    # or printed to.
    while (free := os.open(os.devnull, os.O_RDWR)) <= STDERR:
        pass
    os.close(free)


def main(argv: list[str] | None = None) -> int:
    """Run; returns the exit code."""
    _prepare_process()
    terminal = _capable() and os.isatty(KEYBOARD) and os.isatty(SCREEN)
    given = parse(sys.argv[1:] if argv is None else argv, terminal)
    try:
        return _COMMANDS[given.command](given)
    except (LinkError, ChatError) as error:  # the second where a server takes less than the one before it
        print_error(str(error))
        return CUT_OFF
    except ConfigError as error:
        print_error(str(error))
        return WRONG_USAGE
    except BrokenPipeError:  # `chat HOST | head -1`: the reader has closed the pipe
        return 0
    except OSError as error:
        print_error(f"cannot write: {_UNWRITABLE.get(error.errno or 0) or str(error.strerror).lower()}")
        return 1


if __name__ == "__main__":
    sys.exit(main())
