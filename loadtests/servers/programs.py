"""The servers under test, as a table: the command of each, its configuration, its package.

A server of ours takes any free port, and a chatd that stores its log gets a fresh folder for it. A peer gets
a port by its configuration, a file of this folder in which `{port}` and `{folder}` are filled in. The floor
is compiled by make. `tools/peers.sh` installs the peers.
"""

import os
import shutil
import socket
import subprocess
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from chatd.protocol.limits import DEFAULT
from loadtests.measure.errors import Unusable
from loadtests.servers.transports import ARGUMENTS, make_certificate, over, transport_of

_HERE: Final = Path(__file__).parent
BUILD: Final = _HERE.parent / "build"


@dataclass(frozen=True, slots=True)
class Program:
    """`{blocked}`, `{config}`, `{data}`, and the files of a certificate, in `command` are replaced by paths
    when it starts. The first word of the command is a program of the `package`, where there is one, or one
    that is `compiled` here."""

    command: tuple[str, ...]
    package: str = ""
    config: str = ""
    compiled: bool = False


#: Where a server of ours listens: at any free port, or at the one that it had before.
ANYWHERE: Final = "tcp://127.0.0.1:0"


def _chatd(*log: str, slow_disk: int = 0, line_rate: float = 0) -> Program:
    """chatd with these options for its log, on a disk that takes so many milliseconds longer to sync; who
    says more than so many lines a second has to wait, unless that is 0."""
    return Program(
        (
            *(sys.executable, "-m", "loadtests.servers.watched", "{blocked}", str(slow_disk)),
            *("--listen", ANYWHERE, "--line-rate", f"{line_rate:g}", "--data", *log),
        )
    )


_ALWAYS: Final = ("{data}", "--sync", "always")

_CHATDS: Final = {
    "chatd": _chatd("memory"),
    "chatd-everysec": _chatd("{data}", "--sync", "everysec"),
    "chatd-always": _chatd(*_ALWAYS),
    "chatd-always-5ms": _chatd(*_ALWAYS, slow_disk=5),
    "chatd-always-100ms": _chatd(*_ALWAYS, slow_disk=100),
    "chatd-always-paced": _chatd(*_ALWAYS, line_rate=DEFAULT.line_rate),
}

PROGRAMS: Final = {
    **_CHATDS,
    # The same over each transport that has to be asked for.
    **{
        over(name, transport): replace(program, command=(*program.command, *arguments))
        for transport, arguments in ARGUMENTS.items()
        for name, program in _CHATDS.items()
    },
    "floor": Program(("floor", "0"), compiled=True),
    "floor-restless": Program(("floor", "0", "restless"), compiled=True),
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
#: Our own, the one that stores nothing first: if it does not shut down in time, that is a fault.
OURS: Final = tuple(name for name in PROGRAMS if name.startswith("chatd"))


def prepare_command(name: str, folder: Path) -> list[str]:
    """The command to run. Its files are written to `folder`. Raises Unusable where the server cannot be
    installed or compiled."""
    program = PROGRAMS[name]
    first, *rest = program.command
    if program.package:
        first = _installed(first, program.package)
    if program.compiled:
        first = _built(first)
    if program.config:
        text = (_HERE / program.config).read_text()
        text = text.replace("{port}", str(_free_port())).replace("{folder}", str(folder))
        (folder / program.config).write_text(text)
    values = {
        "{blocked}": folder / "blocked",
        "{config}": folder / program.config,
        "{data}": folder / "data",
    }
    if ARGUMENTS.get(transport_of(name)):
        values |= make_certificate(folder)
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


def _built(name: str) -> str:
    """The program, compiled where its source is newer."""
    folder = build_folder()
    made = subprocess.run(
        ["make", "--silent", "--no-print-directory", f"BUILD={folder}", f"{folder}/{name}"],
        cwd=_HERE.parent.parent,
        capture_output=True,
        text=True,
        check=False,
    )
    if made.returncode:
        why = made.stderr.partition("\n")[0]
        raise Unusable(f"{name} does not compile ({why}); please install gcc and libc6-dev")
    return f"{folder}/{name}"


def _installed(name: str, package: str) -> str:
    """The program's path. Debian installs servers where not everyone looks."""
    path = shutil.which(name, path=os.pathsep.join((os.environ.get("PATH", ""), "/usr/sbin", "/usr/bin")))
    if path is None:
        raise Unusable(f"{name} is not installed; please run, on Debian: sudo apt-get install {package}")
    return path


def _free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port: int = sock.getsockname()[1]
        return port
