"""`chatd check`: what is in a data folder, and whether it is sound."""

import argparse
import contextlib
import sqlite3
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from chatd.commands.contract import (
    FAILED,
    WRONG,
    CommandFailed,
    add_data,
    folder_of,
    many,
    say,
    size,
    stopping,
)
from chatd.protocol.sanitize import clean
from chatd.store.sqlite.folder import LOG, SEARCH_INDEX, holder_of
from chatd.store.sqlite.looking import DamagedLog, NotOurLog, Stopped, examine, looked_at
from chatd.store.sqlite.schema import VERSION
from chatd.store.sqlite.search.examining import examine_index
from chatd.store.sqlite.summary import KeptRoom, LogSummary, summarize

#: Rooms with a rule of their own that are named.
_NAMED = 20
_GIB = 1 << 30
_SECONDS_A_GIB = {LOG: 0.6, SEARCH_INDEX: 8.0}


def parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(
        prog="chatd check",
        description="Say what is in a data folder, and whether it is sound. Nothing is changed, and the "
        "server may run. The exit code is 0 when all is sound, 1 when the log or its search index is "
        "damaged, 2 when there is nothing that this chatd reads.",
    )
    add_data(made, "folder")
    return made


def run(arguments: argparse.Namespace) -> int:
    folder = folder_of(arguments.folder)
    try:
        with stopping() as stop:
            _check_log(folder, stop)
            _check_index(folder / SEARCH_INDEX, stop)
    except Stopped as error:
        raise CommandFailed("stopped by a signal") from error
    except NotOurLog as error:
        raise CommandFailed(str(error), WRONG) from error
    return 0


def _check_log(folder: Path, stop: Callable[[], bool]) -> None:
    try:
        with looked_at(folder / LOG, stop) as database:
            _show("folder", str(folder))
            _show("in use", _use(folder))
            _show("size", _sizes(folder))
            for what, text in _described(summarize(database)):
                _show(what, text)
            say(f"looking through all of it, which takes about {_seconds(folder):.0f} s")
            examine(folder / LOG, database)
    except DamagedLog as error:
        raise CommandFailed(f"{error}; please restore a copy", FAILED) from error
    except sqlite3.Error as error:
        raise CommandFailed(f"the log in {folder} cannot be read: {error}", WRONG) from error
    say("the log is sound")


def _check_index(path: Path, stop: Callable[[], bool]) -> None:
    if not path.exists() or not path.stat().st_size:
        return
    try:
        ours = examine_index(path, stop)
    except DamagedLog as error:
        why = f"{error}; please remove it while no server runs: the next one makes it anew from the log"
        raise CommandFailed(why, FAILED) from error
    except sqlite3.Error as error:
        raise CommandFailed(f"{path} cannot be read: {error}", WRONG) from error
    say("the search index is sound" if ours else "the search index is made anew by the next server")


def _seconds(folder: Path) -> float:
    """To look through all."""
    found = 1.0
    for name, a_gib in _SECONDS_A_GIB.items():
        with contextlib.suppress(FileNotFoundError):
            found += (folder / name).stat().st_size / _GIB * a_gib
    return found


def _show(what: str, text: str) -> None:
    say(f"{what and what + ':':<10} {text}")


def _use(folder: Path) -> str:
    holder = holder_of(folder)
    return "no" if holder is None else f"by process {holder}"


def _sizes(folder: Path) -> str:
    files = (
        (LOG, "the log"),
        (f"{LOG}-wal", "not moved into it yet"),
        (SEARCH_INDEX, "the search index"),
    )
    found = []
    for name, what in files:
        with contextlib.suppress(FileNotFoundError):
            found.append(f"{size((folder / name).stat().st_size)} {what}")
    return ", ".join(found)


def _described(found: LogSummary) -> Iterator[tuple[str, str]]:
    older = f"; the next server makes it {VERSION}" if found.version < VERSION else ""
    yield "version", f"{found.version}{older}"
    yield "rooms", f"{found.rooms:,}" + (f", and {found.gone:,} that are gone" if found.gone else "")
    yield "messages", f"{found.messages:,}, of them {found.direct:,} direct"
    if found.oldest is not None and found.newest is not None:
        yield "said", f"from {_day(found.oldest)} to {_day(found.newest)}"
    yield "people", f"{found.guests:,} may come back"
    devices, invites = many(found.devices, "device"), many(found.invites, "open invite")
    yield "accounts", f"{found.accounts:,} with {devices}, {invites}"
    yield "acts", f"{found.acts:,} of moderation, {many(found.rulings, 'ruling')}"
    yield "kept", found.keep or "everything"
    for room in found.kept_rooms[:_NAMED]:
        yield "", f"in {clean(room.name)}: {_rule(room)}"
    if len(found.kept_rooms) > _NAMED:
        yield "", f"and {len(found.kept_rooms) - _NAMED:,} rooms more have a rule of their own"


def _day(at: int) -> str:
    return time.strftime("%Y-%m-%d %H:%M:%S %z", time.localtime(at / 1000))


def _rule(room: KeptRoom) -> str:
    """As the room says it; of what it does not say the server's holds."""
    said = []
    if room.days:
        said.append(many(room.days, "day"))
    if room.count:
        said.append(many(room.count, "message"))
    return ", ".join(said)
