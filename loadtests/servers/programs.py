"""The servers under test, as a table: what is started, with which configuration, from which package.

A server of ours takes a free port and tells it; a peer is given one in its configuration, a file of this
folder in which `{port}` and `{folder}` are filled in, and is up when it accepts a connection there. What has
a source is compiled when it is first started, and again when the source is newer.
"""

import os
import shutil
import socket
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from loadtests.servers.packages import installed
from loadtests.servers.unusable import Unusable

_HERE: Final = Path(__file__).parent
BUILD: Final = _HERE.parent / "build"


@dataclass(frozen=True, slots=True)
class Program:
    """In `command` stand for themselves what is filled in when it starts: `{blocked}`, `{config}`. Where
    there is a `package`, the command's first word is its program; where there is a C `source` of this folder,
    what is built of it."""

    command: tuple[str, ...]
    package: str = ""
    source: str = ""
    config: str = ""


_CHATD: Final = Program(
    (
        *(sys.executable, "-m", "loadtests.servers.watched", "{blocked}"),
        *("--listen", "tcp://127.0.0.1:0", "--line-rate", "0"),
    )
)

PROGRAMS: Final = {
    "chatd": _CHATD,
    # The same server: only its talkers speak JSON lines.
    "chatd-json": _CHATD,
    "floor": Program(("floor", "0"), source="floor.c"),
    "floor-restless": Program(("floor", "0", "restless"), source="floor.c"),
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
#: Those of ours: their slow end is a fault.
OURS: Final = ("chatd", "chatd-json")


def prepare_command(name: str, folder: Path) -> tuple[list[str], int | None]:
    """What is to be run, its files being written to `folder`, and the port where it does not tell it
    itself. Raises Unusable where it cannot be had."""
    program = _program(name)
    first, *rest = program.command
    port = None
    if program.package:
        first = installed(first, program.package)
    if program.source:
        first = str(_built(program.source, first))
    if program.config:
        port = _free_port()
        text = (_HERE / program.config).read_text()
        text = text.replace("{port}", str(port)).replace("{folder}", str(folder))
        (folder / program.config).write_text(text)
    values = {"{blocked}": folder / "blocked", "{config}": folder / program.config}
    return [first, *(str(values.get(word, word)) for word in rest)], port


def build_folder() -> Path:
    """It is there. Raises Unusable where it cannot be made."""
    try:
        BUILD.mkdir(exist_ok=True)
    except OSError as error:
        raise Unusable(
            f"{BUILD} cannot be made ({error.strerror}); please run this where the suite may write"
        ) from error
    return BUILD


def _built(source_name: str, program_name: str) -> Path:
    """The program, compiled where its source is newer; replaced as a whole, since it may be running."""
    source, program = _HERE / source_name, build_folder() / program_name
    if program.exists() and program.stat().st_mtime > source.stat().st_mtime:
        return program
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None:
        raise Unusable(
            f"{program_name} is a C program and there is no compiler here; please install one (apt-get "
            "install gcc libc6-dev)"
        )
    half = program.with_name(f"{program_name}.{os.getpid()}")
    done = subprocess.run(
        [compiler, "-O2", "-o", str(half), str(source)], capture_output=True, text=True, check=False
    )
    if done.returncode:
        said = done.stderr.strip().splitlines() or [f"the compiler ended with {done.returncode}"]
        raise Unusable(f"{program_name} does not compile: {said[-1]}; please install gcc and libc6-dev")
    os.replace(half, program)
    return program


def _program(name: str) -> Program:
    if name not in PROGRAMS:
        raise Unusable(f"there is no server {name}; there are {', '.join(PROGRAMS)}")
    return PROGRAMS[name]


def _free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port: int = sock.getsockname()[1]
        return port
