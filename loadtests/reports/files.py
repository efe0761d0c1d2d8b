"""Files that are written at the end of a load, and checked before it begins.

A path that cannot be written is refused when the options are parsed, not after half an hour of measuring.
Files are replaced atomically: whatever happens while one is written (a full disk, Ctrl-C, SIGTERM and SIGHUP
where they raise, as the commands let them), the old one stays, and nothing is left beside it.
"""

import argparse
import errno
import os
import secrets
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from loadtests.measure.result import Document
from loadtests.reports.document import dumps
from loadtests.reports.html import report

#: What can be written: what it is, and how it is made.
FORMS: Final[dict[str, tuple[str, Callable[[Document], str]]]] = {
    "json": ("the figures for machines", dumps),
    "html": ("a report with charts", report),
}


def add_files(parser: Any, prefix: str = "", place: str | None = None) -> list[Any]:
    """The options for files, `--json` and `--html` behind the prefix; at `place`, with an ending, where
    nothing else is asked for; returns argparse's Actions. Their values are words, which locust can send to
    its workers."""
    return [
        parser.add_argument(
            f"--{prefix}{form}".replace("_", "-"),
            type=writable,
            default=place and f"{place}.{form}",
            metavar="FILE",
            help=f"write {what} there" + " (default: %(default)s)" * bool(place),
        )
        for form, (what, _) in FORMS.items()
    ]


def writable(word: str) -> str:
    """An argparse type: a path at which a file can be written; checking leaves nothing there. Raises
    ArgumentTypeError."""
    path = Path(word)
    try:
        if path.is_dir():
            raise IsADirectoryError(errno.EISDIR, "it is a folder")
        if _is_special(path):
            path.open("w").close()
        else:
            with tempfile.TemporaryFile(dir=path.parent):
                pass
    except OSError as error:
        text = f"{word} cannot be written ({error.strerror}); please give another"
        raise argparse.ArgumentTypeError(text) from error
    return word


def put(path: Path, text: str) -> None:
    """Replace the file atomically; a special file such as /dev/stdout is written to."""
    if _is_special(path):
        path.write_text(text)
        return
    half = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
    try:
        with half.open("x") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())  # or a power cut may leave the new name with nothing behind it
        half.replace(path)
    finally:
        half.unlink(missing_ok=True)


def write(document: Document, options: argparse.Namespace, prefix: str = "") -> list[str]:
    """Write a document in each of the forms that these options ask for, all before anything is printed;
    returns a sentence for each that failed (disk full, …)."""
    written, failed = [], []
    for form, (_, text) in FORMS.items():
        path = getattr(options, f"{prefix}{form}")
        if path is None:
            continue
        try:
            put(Path(path), text(document))
        except OSError as error:
            failed.append(f"{path} was not written ({error.strerror}); please see to that, and run it again")
        else:
            written.append(path)
    for path in written:
        print(f"written: {path}", flush=True)
    return failed


def _is_special(path: Path) -> bool:
    return path.exists() and not path.is_file()
