"""The server as a program, in a process of its own."""

import contextlib
import re
import subprocess
import sys
from collections.abc import Iterator
from typing import IO

#: It keeps nothing, unless a test says otherwise.
CHATD = (sys.executable, "-m", "chatd", "--data", "memory")


@contextlib.contextmanager
def running(
    *arguments: str, before: tuple[str, ...] = ()
) -> Iterator[tuple["subprocess.Popen[str]", list[int]]]:
    """The process, and the ports it listens on. `before` are words before the command, like nohup."""
    command = [*before, *CHATD, *(arguments or ("--listen", "tcp://127.0.0.1:0"))]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        try:
            listens = next(line for line in log_of(process) if "listens on" in line)
            yield process, [int(port) for port in re.findall(r"tcp://[^ ,]+:(\d+)", listens)]
        finally:
            process.kill()


def log_of(process: "subprocess.Popen[str]") -> IO[str]:
    """The lines of its log."""
    assert process.stderr is not None
    return process.stderr
