"""`chatd restore`: a copy of the log becomes that of a data folder that has none."""

import argparse
import contextlib
import os
from pathlib import Path
from typing import Final

from chatd.commands.contract import WRONG, CommandFailed, add_data, folder_of, say, stopping
from chatd.commands.copies import copy, in_the_way, reading
from chatd.protocol.errors import ConfigError
from chatd.store.sqlite.copying import NewFile
from chatd.store.sqlite.folder import LOCK, DataFolder
from chatd.store.sqlite.looking import looked_at

_ELSE: Final = "please give another folder with --data"


def parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(
        prog="chatd restore",
        description="Make a copy of the log that of a data folder which has none. The copy is looked through "
        "first, and stays as it is.",
    )
    add_data(made)
    made.add_argument(
        "file", metavar="FILE", help="the copy, of `chatd backup` or of a server that had ended"
    )
    return made


def run(arguments: argparse.Namespace) -> int:
    path, source = folder_of(arguments.data), Path(arguments.file)
    with reading(source), looked_at(source):
        pass  # it may be a log at all: only then a folder is made for it
    new = [one for one in (path / LOCK, path, *path.parents) if not os.path.lexists(one)]
    try:
        folder = DataFolder(path, _ELSE)
    except ConfigError as error:
        raise CommandFailed(str(error), WRONG) from error
    try:
        if (there := in_the_way(folder.database)) is not None:
            raise CommandFailed(
                f"{path} has a log already ({there.name}); {_ELSE}, or move all files of this one away", WRONG
            )
        with stopping() as stop:
            done = copy(
                source, folder.database, stop, look_first=True, begin=lambda file: _give(folder, file)
            )
    except BaseException:
        _take_away(new)
        raise
    finally:
        folder.release()
    say(f"chatd restore: {done}: {folder.database}")
    return 0


def _take_away(new: list[Path]) -> None:
    """The lock and the folders that were made for nothing; what is in use by somebody meanwhile stays."""
    with contextlib.suppress(OSError):
        for path in new:
            if path.is_dir():
                path.rmdir()
            else:
                path.unlink()


def _give(folder: DataFolder, file: NewFile) -> None:
    """What root restores belongs to whom the folder does: so a service's user can open it."""
    if not os.geteuid():
        owner = os.stat(folder.path)
        folder.give_to(owner)
        file.give_to(owner)
