"""The table of servers: what is written before one starts, and what is said where one cannot be had."""

from pathlib import Path

import pytest

from loadtests.engine.codecs import CODECS
from loadtests.measure.errors import Unusable
from loadtests.servers import packages, programs


def test_every_server_has_a_codec() -> None:
    assert set(programs.PROGRAMS) == set(CODECS)


PEERS = [name for name, program in programs.PROGRAMS.items() if program.package]


@pytest.mark.parametrize("name", PEERS)
def test_a_peers_configuration_is_filled_in(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(programs, "installed", lambda program, package: f"/there/{program}")
    monkeypatch.setattr(programs, "_free_port", lambda: 54321)
    command = programs.prepare_command(name, tmp_path)
    (written,) = tmp_path.iterdir()
    text = written.read_text()
    assert command[0].startswith("/there/") and str(written) in command
    assert "54321" in text and "127.0.0.1" in text and "{" not in text


def test_an_unknown_server_is_named(tmp_path: Path) -> None:
    with pytest.raises(Unusable, match="there is no server ergo; there are chatd, floor"):
        programs.prepare_command("ergo", tmp_path)


@pytest.mark.parametrize(
    ("apt", "user", "failure", "sentence"),
    [
        (None, 0, "", "this is not Debian; please install chat-d by hand"),
        ("apt-get", 1000, "", "please run: sudo apt-get install chat-package"),
        ("apt-get", 0, "no such thing", r"cannot be installed \(no such thing\); please install it by hand"),
        ("apt-get", 0, "", r"cannot be installed \(it holds no chat-d\); please install it by hand"),
    ],
)
def test_what_cannot_be_installed_is_said_in_one_sentence(
    apt: str | None, user: int, failure: str, sentence: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    policy = tmp_path / "policy"
    asked: list[tuple[str, ...]] = []

    def run_apt(*words: str) -> str:
        asked.append(words)
        assert policy.stat().st_mode & 0o111
        return failure if words[0] == "install" else ""

    monkeypatch.setattr("shutil.which", lambda name, path=None: apt if name == "apt-get" else None)
    monkeypatch.setattr("os.geteuid", lambda: user)
    monkeypatch.setattr(packages, "_POLICY", policy)
    monkeypatch.setattr(packages, "_apt", run_apt)
    with pytest.raises(Unusable, match=sentence):
        packages.installed("chat-d", "chat-package")
    assert not policy.exists()
    words = [word for word, *_ in asked]
    assert words == (["install", "update", "install"] if failure else words[:1])
