"""The terminal at which the user can be asked: the one that controls the process, whatever its standard
streams are; else standard input, if that is one.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from chatd.protocol.sanitize import clean
from chatd_client.console import KEYBOARD

#: The terminal that controls the process.
TERMINAL: Final = "/dev/tty"
#: Bytes that are read at once: a line of a terminal.
LINE: Final = 4096


class NoTerminal(Exception):
    """There is none: nobody can be asked."""


@contextmanager
def terminal() -> Iterator[int]:
    """Its descriptor. Raises NoTerminal."""
    try:
        found = os.open(TERMINAL, os.O_RDWR | os.O_NOCTTY)
    except OSError:
        if not os.isatty(KEYBOARD):
            raise NoTerminal from None
        yield KEYBOARD
        return
    try:
        yield found
    finally:
        os.close(found)


def ask_trust(question: str) -> bool | None:
    """A question of some lines; anything but a yes is a no. None where nobody can be asked."""
    lines = [clean(line) for line in question.split("\n")]
    try:
        with terminal() as found:
            os.write(found, "\n".join([*lines, "Do you trust it? yes/no: "]).encode(errors="replace"))
            return os.read(found, LINE).strip().lower() in (b"y", b"yes")
    except NoTerminal:
        return None
