"""The table of servers: what is written before one starts, and what is said where one cannot be had."""

from pathlib import Path

import pytest

from loadtests.engine.codecs import CODECS
from loadtests.measure.errors import Unusable
from loadtests.servers import programs


def test_every_server_has_a_codec() -> None:
    assert set(programs.PROGRAMS) == set(CODECS)


PEERS = [name for name, program in programs.PROGRAMS.items() if program.package]


@pytest.mark.parametrize("name", PEERS)
def test_a_peers_configuration_is_filled_in(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(programs, "_installed", lambda program, package: f"/there/{program}")
    monkeypatch.setattr(programs, "_free_port", lambda: 54321)
    command = programs.prepare_command(name, tmp_path)
    (written,) = tmp_path.iterdir()
    text = written.read_text()
    assert command[0].startswith("/there/") and str(written) in command
    assert "54321" in text and "127.0.0.1" in text and "{" not in text


def test_what_is_not_installed_is_said_in_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shutil.which", lambda name, path: None)
    with pytest.raises(Unusable, match="nats-server is not installed; please run, on Debian"):
        programs.prepare_command("nats", tmp_path)
