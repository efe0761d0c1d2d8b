"""`chatd backup`: a sound copy of the log, also while the server runs."""

import argparse
import os
from pathlib import Path
from typing import Final

from chatd.commands.contract import WRONG, CommandFailed, add_data, folder_of, say, stopping
from chatd.commands.copies import copy, in_the_way
from chatd.store.sqlite.folder import LOG

#: Behind everything else, but not at the very end: meanwhile nothing can be taken out of the server's
#: write-ahead log. Where two programs keep both cores busy, a million messages take 7 s, and with 19 more
#: than 20 s; with four programs 15 s, and more than a minute.
_NICE: Final = 10


def parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(
        prog="chatd backup",
        description="Copy the log into one file: sound, and on the disk, when the command ends with 0. "
        "The server may run, and is not held up.",
    )
    add_data(made)
    add_arguments(made)
    return made


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Those of its own."""
    parser.add_argument("file", metavar="FILE", help="the copy; nothing may be there yet")


def run(arguments: argparse.Namespace) -> int:
    say(f"chatd backup: {make(folder_of(arguments.data), arguments.file)}: {arguments.file}")
    return 0


def make(folder: Path, file: str) -> str:
    """Make the copy, and say what it holds. Raises CommandFailed."""
    target = Path(file)
    if (there := in_the_way(target)) is not None:
        raise CommandFailed(f"{there} is there already; please give another name, or move it away", WRONG)
    if os.path.realpath(target.parent) == os.path.realpath(folder):
        raise CommandFailed(f"{target} would be in the data folder; please keep copies elsewhere", WRONG)
    os.nice(_NICE)  # everything else on this machine comes first
    with stopping() as stop:
        return copy(folder / LOG, target, stop)
