"""Files that are written at the end of a load, and looked at before it begins.

A path that nobody may write to is told when it is given, not when half an hour of figures is to be kept.
A file is replaced as a whole, so that whoever is interrupted while writing leaves the one before.
"""

import argparse
import errno
import os
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from loadtests.result import Document


def writable(word: str) -> Path:
    """An option's type: a path at which a file can be written; nothing is left there. Raises
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
    """Replace the file; what is no file, /dev/stdout say, is written to."""
    if _is_special(path):
        path.write_text(text)
        return
    half = path.with_name(path.name + ".part")
    half.write_text(text)
    os.replace(half, path)


def write(document: Document, *wanted: tuple[Path | None, Callable[[Document], str]]) -> Iterator[str]:
    """A document in these forms, where a path is given; yields a sentence for each that failed (a full disk),
    and goes on."""
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
