"""The client's command lines: what overrides what, and a sentence for every mistake."""

import getpass
from pathlib import Path

import pytest

from chatd_client.arguments import parse
from chatd_client.settings import Settings
from chatd_client.target import TRIES, Target, candidates, parse_target


@pytest.fixture(autouse=True)
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(getpass, "getuser", lambda: "login")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    file = tmp_path / "chatd" / "client.toml"
    file.parent.mkdir()
    return file


def test_options_override_the_settings(file: Path) -> None:
    file.write_text('name = "alice"\nbell = "all"\nserver = "example.org:80"\n')
    given = parse([], terminal=True)
    assert (given.command, given.plain) == ("chat", False)
    assert given.target == Target("alice", "example.org", 80)
    given = parse(["--name", "al", "--bell", "dm", "--time-format", "%S", "--colours", "off"], terminal=True)
    assert given.settings == Settings("al", "example.org:80", "dm", "%S", "off")
    assert given.target.name == "al"
    file.write_text('remember_rooms = true\nnotify = "say hi"\nrooms = ["dev"]\n')
    given = parse(["--no-remember", "--no-title", "--notify", ""], terminal=True)
    assert given.settings == Settings(title=False, rooms=("dev",), remember_rooms=False, notify="")
    file.write_text('name = "alice"\nserver = "example.org:80"\n')
    assert parse(["bob@"], terminal=True).target == Target("bob", "example.org", 80)
    assert parse(["host"], terminal=True).target == Target("alice", "host", 5050)


def test_the_commands() -> None:
    given = parse(["send", "--to", "bob", "host", "hi there"], terminal=True)
    assert (given.command, given.to, given.text, given.target.host) == ("send", "bob", "hi there", "host")
    given = parse(["tail", "--json"], terminal=True)
    assert (given.command, given.json, given.target) == ("tail", True, Target("login", "127.0.0.1", 5050))
    given = parse(["send", "host", "--to", "bob", "hi there", "--name", "al"], terminal=True)
    assert (given.to, given.text, given.target.host) == ("bob", "hi there", "host")
    assert parse(["send", "host", "--", "-x"], terminal=True).text == "-x"
    assert parse(["send", "", "hi there"], terminal=True).target.host == "127.0.0.1"
    given = parse(["log", "dev", "host", "--since", "1970-01-03"], terminal=True)
    assert (given.command, given.room, given.whom, given.target.host) == ("log", "dev", None, "host")
    assert 86_400_000 <= given.since <= 3 * 86_400_000
    assert (given.until, given.json, given.settings.time_format) == (None, False, "%Y-%m-%d %H:%M:%S")
    given = parse(["log", "--with", "bob", "host", "--until", "today"], terminal=True)
    assert (given.room, given.whom, given.target.host, given.since) == (None, "bob", "host", 0)
    assert parse(["log"], terminal=True).room == "lobby"
    assert parse(["send:5050"], terminal=True).target.host == "send"
    assert parse(["--plain"], terminal=True).plain
    assert parse([], terminal=False).plain


@pytest.mark.parametrize(
    ("argv", "sentence"),
    [
        (["--bell", "loud"], "chat: --bell takes off, dm, mention or all; chat --help shows how\n"),
        (["--bell"], "chat: --bell takes off, dm, mention or all"),
        (["--plain=x"], "chat: --plain takes no value"),
        (["--mouse=on"], "chat: --mouse/--no-mouse takes no value"),
        (["--name"], "chat: --name needs a value behind it, as in --name NAME"),
        (["--time-format"], "chat: --time-format needs a value behind it, as in --time-format FORMAT"),
        (["--time-format", "\udcff"], "chat: the time format cannot be used; please write it like %H:%M"),
        (["--color", "on"], "chat: there is no option --color; did you mean --colours?"),
        (["--\x1b[2J" + "x" * 99], f"chat: there is no option --[2J{'x' * 35}…; chat --help"),
        (["host", "hi"], "chat: there is one word too many: hi"),
        (["--notify", "say 'hi"], "chat: the quotes of notify are not in pairs"),
        (["--time-format", "\x1b"], "chat: the time format has control characters in it"),
        (["--name", "a b"], "chat: a name has 1 to 32 characters"),
        (["send", "--to", "a b"], "chat send: a name has 1 to 32 characters"),
        (["send", "--to", "root"], "chat send: the name root is reserved"),
        (["tail", "--since", "soon"], "chat tail: soon is no time; please write it like 90s, 1h, 3d"),
        (["tail", "--since"], "chat tail: --since needs a value behind it, as in --since WHEN"),
        (
            ["tail", "--history", "0"],
            "chat tail: --history takes a number from 1 to 10000; more is what chat",
        ),
        (["tail", "--history", "all"], "chat tail: --history takes a number from 1 to 10000"),
        (["tail", "--history", "5", "--since", "1h"], "chat tail: it begins with one or the other; please"),
        (["log", "host:5050"], "chat log: host:5050 is no room; please write: chat log ROOM HOST; chat log"),
        (["log", "dev", "host", "x"], "chat log: there is one word too many: x"),
        (["log", "dev", "host", "--with", "bob"], "chat log: it is about a room or about a person; please"),
        (["log", "--with", "a b"], "chat log: a name has 1 to 32 characters"),
        (["log", "--since", "x"], "chat log: x is no time; please write it like"),
        (
            ["log", "--until", "1h", "--since", "90s"],
            "chat log: there is nothing between --since and --until",
        ),
        (["tail", "host", "what"], "chat tail: there is one word too many: what"),
        (["send", "host", "what", "is", "up"], "chat send: please put the text into quotes, as in HOST"),
        (
            ["send", "host", "-x"],
            "chat send: there is no option -x; a text that begins with - is written beh",
        ),
        (
            ["send", "good morning"],
            "chat send: good morning is no address; to say it, please write: "
            'chat send HOST "good morning" (HOST may be ""); chat send --help shows how\n',
        ),
        (["send", "--to", "bob", "al@b " * 99], "chat send: al@b al@b "),
        (["tail", "@host"], "chat tail: a name has 1 to 32 characters"),
    ],
)
def test_wrong_usage(argv: list[str], sentence: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        parse(argv, terminal=True)
    shown = capsys.readouterr().err
    assert shown.startswith(sentence)
    assert shown.count("\n") == 1


@pytest.mark.parametrize("command", [[], ["send"], ["tail"], ["log"]])
def test_help_shows_all(command: list[str], capsys: pytest.CaptureFixture[str], file: Path) -> None:
    with pytest.raises(SystemExit, match="0"):
        parse([*command, "--help"], terminal=True)
    shown = capsys.readouterr().out
    options = {"send": ["--to", "--name"], "tail": ["--json", "--since"], "log": ["ROOM", "--until"]}
    everything = ["--plain", "--bell", "--colours", "--time-format", "chat send", "chat tail", "chat log"]
    for word in options.get("".join(command), everything):
        assert word in shown


# -- names -------------------------------------------------------------------------------------------------


def test_a_reserved_name_is_left_to_who_uses_the_target() -> None:
    assert parse_target("root@host").name == "root"
    assert parse(["root@host"], terminal=True).target.name == "root"


@pytest.mark.parametrize(
    ("name", "first"),
    [
        ("alice", ["alice", "alice2", "alice3"]),
        ("root", ["root2", "root3", "root4"]),
        ("jo.ann smith", ["joannsmith", "joannsmith2", "joannsmith3"]),
        ("42-{x", ["x", "x2", "x3"]),
        ("ä", ["guest", "guest2", "guest3"]),
        ("", ["guest", "guest2", "guest3"]),
        ("x" * 40, ["x" * 32, "x" * 31 + "2", "x" * 31 + "3"]),
    ],
)
def test_names_to_try(name: str, first: list[str]) -> None:
    names = candidates(name)
    assert names[:3] == first
    assert TRIES - 1 <= len(names) <= TRIES
