"""The input history, kept between runs in `$XDG_STATE_HOME/chatd/history`, one entry a line, mode 0600.

An error with the file is ignored, since the conversation matters more: the history is then that of this run.
"""

import os
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Final

from prompt_toolkit.history import History

from chatd.protocol.sanitize import clean
from chatd_client.folders import xdg_folder

#: Entries that are kept. The file is cut to this when it has grown to twice as many.
MAX_ENTRIES: Final = 1000


def history_file(environ: Mapping[str, str] = os.environ) -> Path | None:
    """The path, by the XDG base directory specification; None where there is no home to keep it in."""
    folder = xdg_folder("XDG_STATE_HOME", ".local/state", environ)
    return None if folder is None else folder / "chatd" / "history"


class FileHistory(History):
    """prompt_toolkit's history, in the file `path`, or that of this run alone."""

    def __init__(self, path: Path | None) -> None:
        super().__init__()
        self._path = path

    def load_history_strings(self) -> Iterable[str]:
        lines: list[str] = []
        if self._path is None:
            return lines
        with suppress(OSError):
            lines = [clean(line) for line in self._path.read_text(errors="replace").splitlines()]
        if len(lines) > 2 * MAX_ENTRIES:
            self._write("w", lines[-MAX_ENTRIES:])
        return reversed(lines[-MAX_ENTRIES:])

    def store_string(self, string: str) -> None:
        self._write("a", [clean(string)])

    def _write(self, mode: str, lines: list[str]) -> None:
        if self._path is None:
            return
        with suppress(OSError):
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with open(self._path, mode, errors="replace", opener=_private) as file:
                file.writelines(f"{line}\n" for line in lines)


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
