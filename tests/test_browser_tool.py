"""What `make test-browser` says before it has a browser; the rest of it is no part of the gate."""

import shutil

import pytest

from tools.browser.__main__ import main
from tools.browser.look import find


def test_a_browser_that_is_not_here_is_told_in_a_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    here = {"chromium-browser": "/usr/bin/chromium-browser"}
    monkeypatch.setattr(shutil, "which", here.get)
    assert find() == "/usr/bin/chromium-browser"
    here.clear()
    assert main([]) == 2
    assert "please run: sudo apt-get install chromium" in capsys.readouterr().err
