"""The servers under test, as a table: what is started, with which configuration, from which package.

A server of ours takes a free port and tells it; a peer is given one in its configuration, a file of this
folder in which `{port}` and `{folder}` are filled in, and is up when it accepts a connection there.
"""

import socket
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from loadtests.servers.packages import installed
from loadtests.servers.unusable import Unusable

_HERE: Final = Path(__file__).parent
BUILD: Final = _HERE.parent / "build"
_FLOOR: Final = str(BUILD / "floor")


@dataclass(frozen=True, slots=True)
class Program:
    """In `command` stand for themselves what is filled in when it starts: `{blocked}`, `{config}`. Where
    there is a `package`, the command's first word is its program."""

    command: tuple[str, ...]
    package: str = ""
    config: str = ""


PROGRAMS: Final = {
    "chatd": Program(
        (
            *(sys.executable, "-m", "loadtests.servers.watched", "{blocked}"),
            *("--listen", "tcp://127.0.0.1:0", "--line-rate", "0"),
        )
    ),
    "floor": Program((_FLOOR, "0")),
    "floor-restless": Program((_FLOOR, "0", "restless")),
    "naive": Program((sys.executable, "-m", "loadtests.servers.naive")),
    "inspircd": Program(
        ("inspircd", "--config", "{config}", "--nofork", "--nolog", "--nopid", "--runasroot"),
        package="inspircd",
        config="inspircd.conf",
    ),
    "ngircd": Program(("ngircd", "-n", "-f", "{config}"), package="ngircd", config="ngircd.conf"),
    "nats": Program(("nats-server", "-c", "{config}"), package="nats-server", config="nats.conf"),
    "redis": Program(("redis-server", "{config}"), package="redis-server", config="redis.conf"),
}
#: Those that come from packages.
PEERS: Final = tuple(name for name, program in PROGRAMS.items() if program.package)


def install(names: Iterable[str]) -> None:
    """What those servers need. Raises Unusable where it cannot be had."""
    for program in map(_program, names):
        if program.package:
            installed(program.command[0], program.package)


def prepare_command(name: str, folder: Path) -> tuple[list[str], int | None]:
    """What is to be run, its files being written to `folder`, and the port where it does not tell it
    itself."""
    program = _program(name)
    first, *rest = program.command
    port = None
    if program.package:
        first = installed(first, program.package)
    if program.config:
        port = _free_port()
        text = (_HERE / program.config).read_text()
        text = text.replace("{port}", str(port)).replace("{folder}", str(folder))
        (folder / program.config).write_text(text)
    values = {"{blocked}": folder / "blocked", "{config}": folder / program.config}
    return [first, *(str(values.get(word, word)) for word in rest)], port


def _program(name: str) -> Program:
    if name not in PROGRAMS:
        raise Unusable(f"there is no server {name}; there are {', '.join(PROGRAMS)}")
    return PROGRAMS[name]


def _free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port: int = sock.getsockname()[1]
        return port
