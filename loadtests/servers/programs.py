"""The servers under test, as a table: the command of each, its configuration, its package.

A server of ours takes any free port. A peer gets one by its configuration, a file of this folder in which
`{port}` and `{folder}` are filled in. A server with a C source is compiled before its first start, and again
when the source is newer.
"""

import os
import shutil
import socket
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from loadtests.measure.errors import Unusable
from loadtests.servers.packages import installed

_HERE: Final = Path(__file__).parent
BUILD: Final = _HERE.parent / "build"


@dataclass(frozen=True, slots=True)
class Program:
    """`{blocked}` and `{config}` in `command` are replaced by paths when it starts. The first word of the
    command is a program of the `package`, where there is one, or what the C `source` in this folder is
    compiled to."""

    command: tuple[str, ...]
    package: str = ""
    source: str = ""
    config: str = ""


PROGRAMS: Final = {
    "chatd": Program(
        (
            *(sys.executable, "-m", "loadtests.servers.watched", "{blocked}"),
            *("--listen", "tcp://127.0.0.1:0", "--line-rate", "0"),
        )
    ),
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
#: Our own: if it does not shut down in time, that is a fault.
OURS: Final = "chatd"


def prepare_command(name: str, folder: Path) -> list[str]:
    """The command to run. Its files are written to `folder`. Raises Unusable where the server cannot be
    installed or compiled."""
    if name not in PROGRAMS:
        raise Unusable(f"there is no server {name}; there are {', '.join(PROGRAMS)}")
    program = PROGRAMS[name]
    first, *rest = program.command
    if program.package:
        first = installed(first, program.package)
    if program.source:
        first = str(_built(program.source, first))
    if program.config:
        text = (_HERE / program.config).read_text()
        text = text.replace("{port}", str(_free_port())).replace("{folder}", str(folder))
        (folder / program.config).write_text(text)
    values = {"{blocked}": folder / "blocked", "{config}": folder / program.config}
    return [first, *(str(values.get(word, word)) for word in rest)]


def build_folder() -> Path:
    """The folder for what is compiled and reported; it is created. Raises Unusable where it cannot be."""
    try:
        BUILD.mkdir(exist_ok=True)
    except OSError as error:
        raise Unusable(
            f"{BUILD} cannot be made ({error.strerror}); please run this where the suite may write"
        ) from error
    return BUILD


def _built(source_name: str, program_name: str) -> Path:
    """The program, compiled if its source is newer; it is replaced atomically, since it may be running."""
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


def _free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port: int = sock.getsockname()[1]
        return port
