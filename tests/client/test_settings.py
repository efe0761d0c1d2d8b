"""The client's settings: what can be set, and a sentence for every mistake."""

import errno
import getpass
import os
import pwd
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

from chatd.protocol.errors import ConfigError
from chatd_client.arguments import parse
from chatd_client.settings import Settings, read_settings, settings_file


@pytest.fixture(autouse=True)
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(getpass, "getuser", lambda: "login")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    file = tmp_path / "chatd" / "client.toml"
    file.parent.mkdir()
    return file


# -- the file ----------------------------------------------------------------------------------------------


def test_everything_can_be_set(file: Path) -> None:
    file.write_text(
        'name = "alice"\nserver = "[::1]:80"\nbell = "all"\ntime_format = "%M"\ncolours = "off"\n'
        'mouse = false\ntitle = false\nrooms = ["#Dev", "ops"]\nremember_rooms = false\nnotify = "say hi"\n'
    )
    assert read_settings(file) == Settings(
        *("alice", "[::1]:80", "all", "%M", "off"), False, False, ("dev", "ops"), False, "say hi"
    )


def test_nothing_has_to_be_set(file: Path) -> None:
    assert read_settings(file) == Settings(None, None, "mention", "%H:%M", "auto")
    assert read_settings(file / "under a file") == Settings()
    file.write_text("")
    assert read_settings(file) == read_settings(file / "under a file") == Settings()


TEXT = "a text in quotes"
WRITE = 'please write each setting once, as in name = "alice" or mouse = true'


@pytest.mark.parametrize(
    ("written", "sentence"),
    [
        (b'nmae = "x"', "there is no setting nmae; did you mean name?"),
        (
            b"[chat]\n",
            "there is no setting chat; there are name, server, bell, time_format, colours, mouse, "
            "title, rooms, remember_rooms, notify",
        ),
        (b"[name]\n", f"name is {TEXT}, not a table"),
        (b"bell = []", 'bell is "off", "dm", "mention" or "all", not a list'),
        (b'bell = "loud"', 'bell is "off", "dm", "mention" or "all", not "loud"'),
        (b"colours = true", 'colours is "auto", "on" or "off", not true'),
        (b'mouse = "no"', 'mouse is true or false, without quotes, not "no"'),
        (b"mouse = 0", "mouse is true or false, without quotes, not 0"),
        (b'rooms = "dev"', 'rooms is a list of texts, as in ["dev", "ops"], not "dev"'),
        (b"rooms = [1]", 'rooms is a list of texts, as in ["dev", "ops"], not a list'),
        (b'rooms = ["a b"]', "a room's name has 1 to 32 characters"),
        (b'notify = "say \'hi"', "the quotes of notify are not in pairs"),
        (b"remember_rooms = 1", "remember_rooms is true or false, without quotes, not 1"),
        (b"time_format = 24", f"time_format is {TEXT}, not 24"),
        (b"time_format = 12:30:00", f"time_format is {TEXT}, not 12:30:00"),
        (b'server = "%b"' % (b"x" * 999), ""),
        (b"name = 1%b" % (b"0" * 60), f"name is {TEXT}, not 1{'0' * 39}…"),
        (b'time_format = "%H\\u001b"', "the time format has control characters in it; please write it like"),
        (b'name = "a b"', "a name has 1 to 32 characters"),
        (b'server = "::1"', "the address ::1 is not understood"),
        (b'server = "al@host"', "the address al@host is not understood"),
        (b'server = "host:x"', "the port x is not a number"),
        (b"mouse = true\n\nbell = \n", f"line 3 is not understood; {WRITE}"),
        (b"name = alice", f"line 1 is not understood; {WRITE}"),
        (b'name = "a', f"the last line is not understood; {WRITE}"),
        (b'name = "a"\nname = "b"\n#', f"line 2 is not understood; {WRITE}"),
        (b"name = " + b"1" * 5000, f"it is not understood; {WRITE}"),
        (b'name = "a\x00"', f"line 1 is not understood; {WRITE}"),
        (b"name = " + b"[" * 5000, f"it is not understood; {WRITE}"),
        (b"mouse = true\n\xff", "line 2 is not UTF-8; please save the file as UTF-8"),
        ('name = "al"'.encode("utf-16"), "line 1 is not UTF-8; please save the file as UTF-8"),
        (b"#" * 70_000, "it is too long to be a settings file; please remove it"),
    ],
)
def test_a_mistake_is_one_sentence_with_the_files_name(
    written: bytes, sentence: str, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file.write_bytes(written)
    if not sentence:
        assert parse([], terminal=True).target.host == "x" * 999
        return
    with pytest.raises(SystemExit, match="2"):
        parse(["host"], terminal=True)
    shown = capsys.readouterr().err
    assert shown.startswith(f"chat: {file}: {sentence}")
    assert shown.count("\n") == 1


def test_a_bom_and_the_line_ends_of_other_systems_are_fine(file: Path) -> None:
    file.write_bytes(b'\xef\xbb\xbfname = "alice"\r\nmouse = false\r\n')
    assert read_settings(file) == Settings(name="alice", mouse=False)


def test_a_file_that_cannot_be_read(file: Path) -> None:
    file.mkdir()
    with pytest.raises(ConfigError, match=r"^cannot read .*client\.toml: it is a folder; please put"):
        read_settings(file)
    file.rmdir()
    file.symlink_to(file)
    with pytest.raises(ConfigError, match=r"^cannot read .*client\.toml: it is a link that leads to itself"):
        read_settings(file)
    file.unlink()
    os.mkfifo(file)
    with pytest.raises(ConfigError, match=r"client\.toml: it is no ordinary file; please put"):
        read_settings(file)


def test_a_file_that_one_may_not_read(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Raised by hand, since root may read everything; so is an error for which we have no words."""
    for number, sentence in (
        (errno.EACCES, "you have no permission; please"),
        (errno.EIO, "input/output"),
    ):
        error = OSError(number, os.strerror(number))
        monkeypatch.setattr(Path, "open", raising(error))
        with pytest.raises(ConfigError, match=f"^cannot read {file}: {sentence}"):
            read_settings(file)


def raising(error: Exception) -> Callable[..., None]:
    def fail(*_: object) -> None:
        raise error

    return fail


def test_where_the_file_is(monkeypatch: pytest.MonkeyPatch) -> None:
    default = Path("/home/al/.config/chatd/client.toml")
    assert settings_file({"XDG_CONFIG_HOME": "/etc/al"}) == Path("/etc/al/chatd/client.toml")
    for ignored in ("", "relative", "./.config", "~/.config"):
        assert settings_file({"HOME": "/home/al", "XDG_CONFIG_HOME": ignored}) == default
    homeless: tuple[dict[str, str], ...] = ({}, {"HOME": ""}, {"HOME": "relative"}, {"HOME": "."})
    for environ in homeless:
        monkeypatch.setattr(pwd, "getpwuid", lambda _: SimpleNamespace(pw_dir="/home/al"))
        assert settings_file(environ) == default
        monkeypatch.setattr(pwd, "getpwuid", lambda _: SimpleNamespace(pw_dir=""))
        assert settings_file(environ) is None
        monkeypatch.setattr(pwd, "getpwuid", raising(KeyError()))
        assert settings_file(environ) is None
    assert read_settings(None) == Settings()


@pytest.mark.parametrize(
    ("colours", "no_color", "coloured"),
    [("auto", "", True), ("auto", "1", False), ("on", "1", True), ("off", "", False)],
)
def test_colours(colours: str, no_color: str, coloured: bool) -> None:
    settings = parse(["--colours", colours], terminal=True).settings
    assert settings.coloured({"NO_COLOR": no_color}) is coloured
