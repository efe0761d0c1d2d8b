"""Asking for a password at the terminal, without showing what is typed.

The terminal is the one that controls the process, whatever its standard streams are; else standard input, if
that is one. What it was set to is set again, also where Ctrl-C ends the program.
"""

import os
import signal
import termios
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from chatd.protocol.errors import ConfigError
from chatd_client.console import KEYBOARD, print_error
from chatd_client.login import AskPassword

#: The terminal that controls the process.
TERMINAL: Final = "/dev/tty"
#: Bytes that are read at once: a line of a terminal.
_LINE: Final = 4096


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
    with _terminal() as terminal, _no_echo(terminal):
        os.write(terminal, text.encode())
        line = os.read(terminal, _LINE)
        os.write(terminal, b"\n")
    password = line.rstrip(b"\r\n").decode(errors="replace")
    if not password:
        raise ConfigError("no password was given")
    return password


@contextmanager
def _terminal() -> Iterator[int]:
    try:
        terminal = os.open(TERMINAL, os.O_RDWR | os.O_NOCTTY)
    except OSError:
        if not os.isatty(KEYBOARD):
            raise ConfigError(
                "the name needs a password, and there is no terminal to ask for it; please run chat --login "
                "with this name and server at one, which remembers this device"
            ) from None
        yield KEYBOARD
        return
    try:
        yield terminal
    finally:
        os.close(terminal)


@contextmanager
def _no_echo(terminal: int) -> Iterator[None]:
    """Ctrl-C kills the process: that waits until the terminal is as it was."""
    before = termios.tcgetattr(terminal)
    silent = [*before]
    silent[3] &= ~termios.ECHO
    handler = signal.getsignal(signal.SIGINT)
    if handler is not signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        termios.tcsetattr(terminal, termios.TCSAFLUSH, silent)
        yield
    except KeyboardInterrupt:
        termios.tcsetattr(terminal, termios.TCSAFLUSH, before)
        os.write(terminal, b"\n")
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        signal.raise_signal(signal.SIGINT)
        raise
    finally:
        termios.tcsetattr(terminal, termios.TCSAFLUSH, before)
        signal.signal(signal.SIGINT, handler)
