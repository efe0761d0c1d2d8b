"""What the commands share: how one is described, how it fails, and how it is asked to stop."""

import argparse
import contextlib
import os
import signal
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from chatd.config import IN_MEMORY
from chatd.protocol.errors import ConfigError
from chatd.store.sqlite.folder import default_folder

#: Exit codes: it could not be done; it was not asked for rightly, or there is nothing to do it with.
FAILED: Final = 1
WRONG: Final = 2


class CommandFailed(Exception):
    """One sentence for the person at the command line, and the exit code."""

    def __init__(self, text: str, code: int = FAILED) -> None:
        super().__init__(text)
        self.code: Final = code


@dataclass(frozen=True, slots=True)
class OperatorCommand:
    """`run` returns the exit code, or raises CommandFailed."""

    does: str
    parser: Callable[[], argparse.ArgumentParser]
    run: Callable[[argparse.Namespace], int]


def add_data(parser: argparse.ArgumentParser, name: str = "--data", default: str | None = None) -> None:
    """The argument that says in which folder the log is."""
    parser.add_argument(
        name,
        metavar="DIR",
        default=default,
        nargs=None if name.startswith("-") else "?",
        help="the server's data folder (default: chatd in the user's state folder)",
    )


def folder_of(given: str | None) -> Path:
    """Where the log is."""
    if given == IN_MEMORY:
        raise CommandFailed("a log in memory is in no folder; please give the folder of another", WRONG)
    try:
        return Path(given) if given else default_folder(os.environ)
    except ConfigError as error:
        raise CommandFailed(str(error), WRONG) from error


@contextlib.contextmanager
def stopping() -> Iterator[Callable[[], bool]]:
    """Meanwhile a signal that asks to end is answered by this question."""
    asked = False

    def note(number: int, frame: object) -> None:
        nonlocal asked
        asked = True

    before = {
        number: signal.signal(number, note) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    }
    try:
        yield lambda: asked
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def say(text: str) -> None:
    """To who typed the command, at once. Raises CommandFailed where nobody reads it any more (`| head -1`),
    or where it goes to a disk that is full."""
    shown = text.encode(errors="backslashreplace").decode()  # of names that are not UTF-8
    try:
        print(shown, flush=True)
    except OSError as error:
        with open(os.devnull, "w") as nowhere:  # else what waits is written once more at the end
            os.dup2(nowhere.fileno(), sys.stdout.fileno())
        line, more, _ = shown.partition("\n")
        begin = f"{line}…" if more else line
        raise CommandFailed(f"{begin!r} could not be written: {error.strerror}", WRONG) from error


def size(count: int) -> str:
    """For people: 1.5 GiB."""
    amount = float(count)
    for unit in ("bytes", "KiB", "MiB"):
        if amount < 1024:
            return f"{amount:.0f} {unit}" if unit == "bytes" else f"{amount:.1f} {unit}"
        amount /= 1024
    return f"{amount:.1f} GiB"


def many(count: int, word: str) -> str:
    """1 room, 2 rooms."""
    return f"{count:,} {word}" if count == 1 else f"{count:,} {word}s"
