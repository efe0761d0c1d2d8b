"""The command that is started for a mention or a direct message."""

import json
import os
import select
import signal
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from chatd.protocol.errors import ConfigError
from chatd_client.notify import LONGEST, Notification, Notifier, finish, split_command, started, variables

#: Seconds: a watchdog.
WATCHDOG = 20.0
#: What it was told, as a line for the first pipe; then it waits for the second one, if there is one.
TELLING = """
import json, os, sys
names = ("ROOM", "FROM", "TEXT", "COUNT")
told = [*(os.environ["CHATD_" + name] for name in names), sys.stdin.read()]
with open(sys.argv[1], "w") as pipe:
    print(json.dumps(told), file=pipe)
if len(sys.argv) > 2:
    open(sys.argv[2]).read()
"""
#: Two processes that never end; the first pipe is open as long as one of them is there.
ENDLESS = (
    "import os, sys, signal; os.write(os.open(sys.argv[1], os.O_WRONLY), b'x'); os.fork(); signal.pause()"
)


class ToldPipe:
    """The pipe on which the command says what it was told."""

    def __init__(self, path: Path) -> None:
        os.mkfifo(path)
        self.path = str(path)
        self._fd = os.open(path, os.O_RDWR | os.O_NONBLOCK)
        self._data = b""

    def next(self) -> list[str]:
        """What the next command was told."""
        while b"\n" not in self._data:
            assert select.select([self._fd], [], [], WATCHDOG)[0], "the command was not started"
            self._data += os.read(self._fd, 65536)
        line, _, self._data = self._data.partition(b"\n")
        found: list[str] = json.loads(line)
        return found

    def close(self) -> None:
        os.close(self._fd)


@pytest.fixture
def told(tmp_path: Path) -> Iterator[ToldPipe]:
    told = ToldPipe(tmp_path / "told")
    yield told
    told.close()


@pytest.fixture(autouse=True)
def no_thread_is_left() -> Iterator[None]:
    yield
    for thread in threading.enumerate():
        if thread.name == "notify":
            thread.join(WATCHDOG)
            assert not thread.is_alive()


def no_complaint(sentence: str) -> None:
    raise AssertionError(sentence)


def telling(told: ToldPipe, *gate: str, **options: Any) -> Notifier:
    return Notifier(
        [sys.executable, "-I", "-S", "-c", TELLING, told.path, *gate], no_complaint, interval=0.0, **options
    )


def test_it_is_told_by_its_environment_and_its_input_and_never_by_a_shell(told: ToldPipe) -> None:
    text = "$(touch /tmp/x) `id`; \"'\\ & é\nand more"
    notifier = telling(told)
    notifier.notify("dev", "bob", text)
    assert told.next() == ["dev", "bob", text, "1", text]
    notifier.notify("", "bob", "-psst")
    assert told.next() == ["", "bob", "-psst", "1", "-psst"]
    notifier.close()


def test_what_comes_while_it_runs_is_merged(told: ToldPipe, tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    os.mkfifo(gate)
    notifier = telling(told, str(gate))
    notifier.notify("", "bob", "one")
    assert told.next() == ["", "bob", "one", "1", "one"]
    for text in ("two", "three", "four"):
        notifier.notify("dev", "carol", text)
    gate.write_text("go on")
    assert told.next() == ["dev", "carol", "four", "3", "four"]
    notifier.notify("dev", "carol", "too late")
    notifier.close()
    gate.write_text("go on")


def test_one_that_does_not_end_is_killed_with_all_that_it_started(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "held")
    held = os.open(tmp_path / "held", os.O_RDONLY | os.O_NONBLOCK)
    process = started([sys.executable, "-I", "-S", "-c", ENDLESS, str(tmp_path / "held")], os.environ)
    assert select.select([held], [], [], WATCHDOG)[0]
    assert os.read(held, 1) == b"x"
    finish(process, "psst", 0.0)
    assert process.returncode == -signal.SIGKILL
    assert select.select([held], [], [], WATCHDOG)[0]
    assert os.read(held, 1) == b""
    os.close(held)


def test_one_that_reads_nothing_is_fine() -> None:
    process = started(["true"], os.environ)
    process.wait()
    finish(process, "x" * 1_000_000, 0.0)
    assert process.returncode == 0


def test_one_that_cannot_be_started_is_told_once(tmp_path: Path) -> None:
    complaints: list[str] = []
    came = threading.Semaphore(0)

    def complain(sentence: str) -> None:
        complaints.append(sentence)
        came.release()

    notifier = Notifier([str(tmp_path / "nothing")], complain, interval=0.0)
    for _ in range(3):
        notifier.notify("dev", "bob", "hi")
    assert came.acquire(timeout=WATCHDOG)
    notifier.notify("dev", "bob", "hi")
    notifier.close()
    assert complaints == [
        f"cannot start {tmp_path}/nothing, which is to be notified: no such file or directory"
    ]
    notifier = Notifier(["a\x00b"], complain)
    notifier.notify("dev", "bob", "hi")
    assert came.acquire(timeout=WATCHDOG)
    notifier.close()
    assert complaints[1].startswith("cannot start ab, which is to be notified: ")


def test_without_a_command_nothing_is_started() -> None:
    before = threading.active_count()
    notifier = Notifier([], no_complaint)
    notifier.notify("dev", "bob", "hi")
    notifier.close()
    assert threading.active_count() == before


def test_the_words_of_a_command() -> None:
    assert split_command("notify-send -a chat 'a message'") == ["notify-send", "-a", "chat", "a message"]
    assert split_command("  ") == []
    with pytest.raises(ConfigError, match="the quotes of notify are not in pairs"):
        split_command("notify-send 'a message")


def test_what_others_wrote_is_clean_and_bounded() -> None:
    made = variables(Notification("d\x1bev", "b\x00ob", "a\x1b[2J\nb\x00" + "x" * 99_999), 1_000)
    assert made["CHATD_ROOM"] == "dev"
    assert made["CHATD_FROM"] == "bob"
    assert made["CHATD_TEXT"].startswith("a[2J\nbxx")
    assert len(made["CHATD_TEXT"]) < LONGEST
    assert made["CHATD_COUNT"] == "1000"
