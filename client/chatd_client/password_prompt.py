"""Asking for a password at the terminal, without showing what is typed.

What the terminal was set to is set again, also where a signal ends the program, or stops it (Ctrl-Z); then it
is asked anew.
"""

import os
import select
import signal
import termios
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final, NoReturn

from chatd.protocol.errors import ConfigError
from chatd.protocol.sanitize import clean
from chatd_client.console import print_error
from chatd_client.login import AskPassword
from chatd_client.terminal import LINE, NoTerminal, terminal

#: What ends or stops a process that does not handle it.
_SIGNALS: Final = (signal.SIGINT, signal.SIGQUIT, signal.SIGTERM, signal.SIGHUP, signal.SIGTSTP)


class _InterruptedError(BaseException):
    """A signal has come, whose number is the argument."""


def asking(host: str, port: int) -> AskPassword:
    """Asks for the password of a name at this server, after it has told why the one before was not right."""

    def ask(name: str, why: str) -> str:
        if why:
            print_error(why)
        return ask_password(prompt(name, host, port))

    return ask


def prompt(name: str, host: str, port: int) -> str:
    """What stands before the place where it is typed."""
    return f"password for {name} at {host}:{port}: "


def ask_password(text: str) -> str:
    """Raises ConfigError where no terminal is here, or nothing is given."""
    try:
        while (line := _read_line(text)) is None:
            pass
    except NoTerminal:
        raise ConfigError(
            "the name needs a password, and there is no terminal to ask for it; please run chat --login "
            "with this name and server at one, which remembers this device"
        ) from None
    password = line.rstrip(b"\r\n").decode(errors="replace")
    if not password:
        raise ConfigError("no password was given")
    return password


def _read_line(text: str) -> bytes | None:
    """None after the process was stopped, and goes on."""
    with terminal() as found:
        try:
            with _no_echo(found):
                os.write(found, clean(text).encode(errors="replace"))
                line = _line_of(found)
        except _InterruptedError as interrupted:
            os.write(found, b"\n")
            _raise(interrupted.args[0])
            return None
        os.write(found, b"\n")
        return line


def _line_of(found: int) -> bytes:
    """Waits for it. A signal that comes just before the wait ends that, too: of each Python's own handler
    writes to a pipe at once, however long it is until the handler here is called."""
    heard, written_to = os.pipe()
    for end in (heard, written_to):
        os.set_blocking(end, False)
    before = signal.set_wakeup_fd(written_to, warn_on_full_buffer=False)
    try:
        while found not in select.select([found, heard], [], [])[0]:
            os.read(heard, LINE)
        return os.read(found, LINE)
    finally:
        signal.set_wakeup_fd(before)
        os.close(heard)
        os.close(written_to)


def _raise(number: int) -> None:
    """Let the signal do what it does by itself."""
    handler = signal.signal(number, signal.SIG_DFL)
    try:
        signal.raise_signal(number)
    finally:
        signal.signal(number, handler)


@contextmanager
def _no_echo(found: int) -> Iterator[None]:
    """What ends or stops the process waits until the terminal is as it was."""
    before = termios.tcgetattr(found)
    silent = [*before]
    silent[3] &= ~termios.ECHO
    handlers = {number: signal.getsignal(number) for number in _SIGNALS}
    try:
        for number, handler in handlers.items():
            if handler is not signal.SIG_IGN:
                signal.signal(number, _interrupt)
        termios.tcsetattr(found, termios.TCSAFLUSH, silent)
        yield
    finally:
        termios.tcsetattr(found, termios.TCSAFLUSH, before)
        for number, handler in handlers.items():
            signal.signal(number, handler)


def _interrupt(number: int, frame: object) -> NoReturn:
    raise _InterruptedError(number)
