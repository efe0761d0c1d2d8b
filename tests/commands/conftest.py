"""What tests of the commands share: a command is run in this process, and says one line."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from chatd.commands.table import run_command
from tests.support.folders import folder_with

RunCommand = Callable[..., tuple[int, str]]
Check = Callable[[Path], tuple[int, list[str], str]]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> RunCommand:
    """Of a command: its exit code, and what it said, on one line at most."""
    monkeypatch.setattr(os, "nice", lambda more: 0)

    def run(name: str, *words: str | Path) -> tuple[int, str]:
        code = run_command(name, [str(word) for word in words])
        out, err = capsys.readouterr()
        text = out + err
        assert text.count("\n") == 1 and text.startswith(f"chatd {name}: ")
        assert (code == 0) == (not err)
        return code, text.removeprefix(f"chatd {name}: ").rstrip()

    return run


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A folder with three messages."""
    folder_with(tmp_path / "data", 3)
    return tmp_path / "data"


@pytest.fixture
def look(capsys: pytest.CaptureFixture[str]) -> Check:
    """`chatd check`: the exit code, what it shows, and its sentence where something is wrong."""

    def look(folder: Path) -> tuple[int, list[str], str]:
        code = run_command("check", [str(folder)])
        out, err = capsys.readouterr()
        assert (code == 0) == (not err)
        return code, out.splitlines(), err.removeprefix("chatd check: ").rstrip()

    return look
