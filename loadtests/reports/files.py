"""Files that are written at the end of a load, and checked before it begins.

A path that cannot be written is refused when the options are parsed, not after half an hour of measuring.
Files are replaced atomically, so that an interruption while writing leaves the old one.
"""

import argparse
import errno
import os
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from loadtests.measure.result import Document


def writable(word: str) -> Path:
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
    return path


def put(path: Path, text: str) -> None:
    """Replace the file atomically; a special file such as /dev/stdout is written to."""
    if _is_special(path):
        path.write_text(text)
        return
    half = path.with_name(path.name + ".part")
    half.write_text(text)
    os.replace(half, path)


def write(document: Document, *wanted: tuple[Path | None, Callable[[Document], str]]) -> Iterator[str]:
    """Write a document in each of these forms that has a path; yields a sentence for each that failed (disk
    full, …) and continues."""
    for path, form in wanted:
        if path is None:
            continue
        try:
            put(path, form(document))
        except OSError as error:
            yield f"{path} was not written ({error.strerror}); please see to that, and run it again"
        else:
            print(f"written: {path}", flush=True)


def _is_special(path: Path) -> bool:
    return path.exists() and not path.is_file()
