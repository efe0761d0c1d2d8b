"""How the commands end when somebody wants them to, or does not listen any more. That a whole run does so is
in test_main."""

import io
import os
import signal
import subprocess
import sys

import pytest

from loadtests.plans.orderly import lossy


@pytest.mark.parametrize("place", ["a pipe that nobody reads", "a full disk"])
def test_words_that_cannot_be_written_are_dropped(place: str) -> None:
    if place == "a full disk":
        file = os.open("/dev/full", os.O_WRONLY)
    else:
        reader, file = os.pipe()
        os.close(reader)
    with io.TextIOWrapper(io.FileIO(file, "w")) as stream:
        words = lossy(stream)
        for _ in range(2):
            print("what nobody reads " * 1000, file=words, flush=True)
        assert (words.fileno(), words.isatty()) == (file, False)


#: Tells what interrupts it, and how often.
ENDS = """
import os, signal, sys
from loadtests.plans.orderly import orderly, uninterrupted
def main():
    try:
        os.kill(os.getpid(), signal.{first})
    except KeyboardInterrupt:
        for again in (signal.SIGHUP, signal.SIGTERM, signal.SIGINT):
            os.kill(os.getpid(), again)
        print("written", flush=True)
        raise
    with uninterrupted():
        os.kill(os.getpid(), signal.SIGTERM)
    return 3
orderly(main)
"""


@pytest.mark.parametrize(
    ("first", "before", "code", "told"),
    [
        *((name, signal.SIG_DFL, 130, "written\n") for name in ("SIGINT", "SIGTERM", "SIGHUP")),
        ("SIGHUP", signal.SIG_IGN, 3, ""),
    ],
    ids=["Ctrl-C", "SIGTERM", "SIGHUP", "nohup"],
)
def test_what_ends_a_command_does_so_once(first: str, before: signal.Handlers, code: int, told: str) -> None:
    """As a shell or nohup starts it: a process has the signals ignored that its parent ignored."""
    was = signal.signal(signal.SIGHUP, before)
    try:
        done = subprocess.run(
            [sys.executable, "-c", ENDS.format(first=first)], capture_output=True, text=True, check=False
        )
    finally:
        signal.signal(signal.SIGHUP, was)
    assert (done.returncode, done.stdout, done.stderr) == (code, told, "")
