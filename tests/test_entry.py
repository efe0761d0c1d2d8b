"""The commands `chatd` and `chat` in their first moment, while they import what they need."""

import signal
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import chatd_client
from tests.support.layers import ROOT

#: Ctrl-C comes when msgspec is about to be imported, which everything needs (and no measuring of the tests).
_START = """
import os, signal, sys
class InterruptAtMsgspec:
    def find_spec(self, name, path=None, target=None):
        if name == "msgspec":
            os.kill(os.getpid(), signal.SIGINT)
sys.meta_path.insert(0, InterruptAtMsgspec())
from {module} import {function}
sys.exit({function}())
"""
_SCRIPTS = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["scripts"]


def started(command: str, handler: signal.Handlers, folder: Path) -> subprocess.CompletedProcess[str]:
    module, _, function = _SCRIPTS[command].partition(":")
    return subprocess.run(
        [sys.executable, "-c", _START.format(module=module, function=function), "--version"],
        preexec_fn=lambda: signal.signal(signal.SIGINT, handler),
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("command", ["chatd", "chat"])
def test_an_interrupt_while_it_imports_ends_it_without_a_traceback(command: str, tmp_path: Path) -> None:
    ended = started(command, signal.SIG_DFL, tmp_path)
    assert (ended.returncode, ended.stdout, ended.stderr) == (-signal.SIGINT, "", "")  # 130 to a shell


@pytest.mark.parametrize("command", ["chatd", "chat"])
def test_who_is_started_to_ignore_it_does(command: str, tmp_path: Path) -> None:
    ended = started(command, signal.SIG_IGN, tmp_path)
    assert (ended.returncode, ended.stderr) == (0, "")
    assert ended.stdout.startswith(command)


def test_what_is_for_bots_is_there_when_it_is_asked_for() -> None:
    found = {name: getattr(chatd_client, name) for name in chatd_client.__all__}
    assert all(callable(each) and each.__name__ == name for name, each in found.items())
    with pytest.raises(AttributeError, match="module 'chatd_client' has no attribute 'Nothing'"):
        chatd_client.Nothing  # type: ignore[attr-defined]  # noqa: B018
