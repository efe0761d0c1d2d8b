"""The file of a device's token."""

import os
from pathlib import Path

import pytest

from chatd_client.device_tokens import LARGEST, DeviceTokens
from chatd_client.state_files import server_path


def test_what_is_kept_is_found_and_private(tmp_path: Path) -> None:
    tokens = DeviceTokens(tmp_path / "devices" / "host:1")
    assert tokens.find("alice") is None
    assert tokens.keep("Alice", "secret") == ""
    assert tokens.find("aLICE") == "secret" and tokens.find("bob") is None
    (file,) = (tmp_path / "devices" / "host:1").iterdir()
    assert file.name == "alice" and file.stat().st_mode & 0o777 == 0o600
    assert file.parent.stat().st_mode & 0o077 == 0
    tokens.keep("alice", "newer")
    assert tokens.find("alice") == "newer" and len([*file.parent.iterdir()]) == 1
    tokens.forget("ALICE")
    tokens.forget("alice")
    assert tokens.find("alice") is None


def test_what_a_killed_program_left_behind_makes_nothing_readable(tmp_path: Path) -> None:
    tokens, aside, other = DeviceTokens(tmp_path), tmp_path / f"alice.{os.getpid()}", tmp_path / "other"
    aside.write_text("")
    aside.chmod(0o644)
    tokens.keep("alice", "secret")
    assert (tmp_path / "alice").stat().st_mode & 0o777 == 0o600
    other.write_text("mine")
    aside.symlink_to(other)
    (tmp_path / "bob").symlink_to(other)
    tokens.keep("alice", "newer")
    tokens.keep("bob", "secret")
    assert other.read_text() == "mine" and not (tmp_path / "bob").is_symlink()


def test_servers_with_long_names_share_no_token() -> None:
    environ = {"XDG_STATE_HOME": "/state"}
    hosts = ["a" * 220 + end for end in ("good", "evil")] + ["ü" * 60 + end for end in ("good", "evil")]
    paths = {server_path("devices", host, 1, environ) for host in [*hosts, "../..", "a"]}
    assert len(paths) == 6
    for path in paths:
        assert path is not None and path.parent == Path("/state/chatd/devices") and len(path.name) < 200


@pytest.mark.parametrize("name", ["../up", "", ".", "a/b", "root", "a" * 33, "Zoë", "1st"])
def test_a_server_that_calls_one_anything_writes_nowhere(name: str, tmp_path: Path) -> None:
    tokens = DeviceTokens(tmp_path / "here")
    assert tokens.keep(name, "secret") == "" and tokens.find(name) is None
    tokens.forget(name)
    assert [*tmp_path.iterdir()] == []


@pytest.mark.parametrize("data", [b"", b"{", b'{"token":5}', b"\xff", b"[" * 5000, b'"' * (LARGEST + 9)])
def test_what_is_no_such_file_is_as_if_it_were_not_there(data: bytes, tmp_path: Path) -> None:
    tokens = DeviceTokens(tmp_path)
    (tmp_path / "alice").write_bytes(data)
    assert tokens.find("alice") is None
    assert tokens.keep("alice", "secret") == "" and tokens.find("alice") == "secret"


def test_a_pipe_is_never_waited_for_and_a_folder_is_told(tmp_path: Path) -> None:
    tokens = DeviceTokens(tmp_path)
    os.mkfifo(tmp_path / "alice")
    assert tokens.find("alice") is None
    (tmp_path / "bob").mkdir()
    assert tokens.find("bob") is None
    assert "this device cannot be remembered:" in tokens.keep("bob", "secret")
    assert DeviceTokens(None).keep("bob", "secret") == ""
