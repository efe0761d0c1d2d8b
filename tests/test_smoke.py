"""The installed commands as somebody would use them, once. `make test` runs this on every Python that is here
(tools/interpreters.py)."""

import json
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Timer
from typing import IO

import pytest

COMMANDS = Path(sys.executable).parent
CHATD, CHAT = str(COMMANDS / "chatd"), str(COMMANDS / "chat")
#: Seconds. Nothing here takes nearly so long.
PATIENCE = 60


@contextmanager
def started(*command: str) -> Iterator["subprocess.Popen[str]"]:
    """A program that is killed when it is still there at the end of the block, or of our patience."""
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdout=pipe, stderr=pipe, text=True) as process:
        watchdog = Timer(PATIENCE, process.kill)
        watchdog.start()
        try:
            yield process
        finally:
            watchdog.cancel()
            process.kill()


@pytest.fixture
def server() -> Iterator[tuple[int, IO[str]]]:
    """A server's port, and the lines of its log after the first one. It goes down in order."""
    with started(CHATD, "--data", "memory", "--listen", "tcp://127.0.0.1:0") as chatd:
        assert chatd.stderr is not None
        first = re.search(r"INFO chatd \S+ listens on tcp://127\.0\.0\.1:(\d+),", chatd.stderr.readline())
        assert first
        yield int(first[1]), chatd.stderr
        chatd.send_signal(signal.SIGTERM)
        assert chatd.stderr.read().endswith(" clients were told\n")
        assert chatd.wait(PATIENCE) == 0


def test_text_and_json_talk(server: tuple[int, IO[str]]) -> None:
    port, log = server
    with (
        socket.create_connection(("127.0.0.1", port), PATIENCE) as text,
        socket.create_connection(("127.0.0.1", port), PATIENCE) as robot,
        text.makefile("r", encoding="utf-8") as lines,
        robot.makefile("r", encoding="utf-8") as objects,
    ):
        text.sendall(b"alice\n")
        assert lines.readline().startswith("* you are alice - 1 here")
        assert re.search(r"INFO alice joined from 127\.0\.0\.1:\d+$", log.readline())
        robot.sendall(b'{"type":"hello","nick":"robot"}\n{"type":"say","text":"from JSON"}\n')
        assert json.loads(objects.readline())["type"] == "welcome"
        assert "<robot> from JSON\n" in lines
        text.sendall("from text: 日本\n/quit\n".encode())
        said = next(event for event in map(json.loads, objects) if event["type"] == "said")
        assert (said["from"], said["text"]) == ("alice", "from text: 日本")
        assert "* bye\n" in lines


def test_the_client_sends_and_reads_in_a_pipe(
    server: tuple[int, IO[str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    port, log = server
    with started(CHAT, "tail", f"alice@127.0.0.1:{port}", "--json") as alice:
        assert alice.stdout is not None
        assert "alice joined from" in log.readline()
        with started(CHAT, "send", f"pipe@127.0.0.1:{port}", "from a pipe") as send:
            assert send.wait(PATIENCE) == 0
        said = next(event for event in map(json.loads, alice.stdout) if event["type"] == "said")
        assert (said["from"], said["text"]) == ("pipe", "from a pipe")


def test_a_load_scenario_counts_every_delivery() -> None:
    options = ("--readers", "4", "--talkers", "2", "--rate", "50", "--seconds", "0.3")
    done = subprocess.run(
        [sys.executable, "-m", "loadtests", "broadcast", *options],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "µs/delivery" in done.stdout
