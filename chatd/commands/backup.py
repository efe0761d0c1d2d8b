"""`chatd backup`: a sound copy of the log, also while the server runs."""

import argparse
import os
from pathlib import Path
from typing import Final

from chatd.commands.contract import WRONG, CommandFailed, add_data, folder_of, say, stopping
from chatd.commands.copies import copy, in_the_way
from chatd.store.sqlite.folder import LOG

#: Where the system has no way to run only when nothing else wants to.
_NICE: Final = 19


def parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(
        prog="chatd backup",
        description="Copy the log into one file: sound, and on the disk, when the command ends with 0. "
        "The server may run, and is not held up.",
    )
    add_data(made)
    made.add_argument("file", metavar="FILE", help="the copy; nothing may be there yet")
    return made


def run(arguments: argparse.Namespace) -> int:
    folder, target = folder_of(arguments.data), Path(arguments.file)
    if (there := in_the_way(target)) is not None:
        raise CommandFailed(f"{there} is there already; please give another name, or move it away", WRONG)
    if os.path.realpath(target.parent) == os.path.realpath(folder):
        raise CommandFailed(f"{target} would be in the data folder; please keep copies elsewhere", WRONG)
    _stand_back()
    with stopping() as stop:
        say(f"chatd backup: {copy(folder / LOG, target, stop)}: {target}")
    return 0


def _stand_back() -> None:
    """Everything else on this machine comes first."""
    os.nice(_NICE)
    if hasattr(os, "SCHED_IDLE"):
        os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
