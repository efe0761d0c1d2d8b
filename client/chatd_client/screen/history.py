"""What was typed, kept between runs: `$XDG_STATE_HOME/chatd/history`, a line each, for its owner's eyes only.

Nothing that goes wrong with the file is worth losing a talk for: without it, the history is this run's.
"""

import os
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Final

from prompt_toolkit.history import History

from chatd.protocol.sanitize import clean
from chatd_client.settings import xdg_home

#: Lines that are kept; the file is cut to so many when it has grown to twice that.
KEPT: Final = 1000


def place(environ: Mapping[str, str] = os.environ) -> Path:
    """Where the XDG base directory specification wants it."""
    return xdg_home("XDG_STATE_HOME", ".local/state", environ) / "chatd" / "history"


class FileHistory(History):
    """See the module."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self._path = path

    def load_history_strings(self) -> Iterable[str]:
        lines: list[str] = []
        with suppress(OSError):
            lines = [clean(line) for line in self._path.read_text(errors="replace").splitlines()]
        if len(lines) > 2 * KEPT:
            self._write("w", lines[-KEPT:])
        return reversed(lines[-KEPT:])

    def store_string(self, string: str) -> None:
        self._write("a", [clean(string)])

    def _write(self, mode: str, lines: list[str]) -> None:
        with suppress(OSError):
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with open(self._path, mode, errors="replace", opener=_private) as file:
                file.writelines(f"{line}\n" for line in lines)


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
