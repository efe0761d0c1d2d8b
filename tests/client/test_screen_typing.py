"""Completion, the local commands, the nick list and the history file."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from chatd.protocol.errors import ChatError
from chatd_client.screen import commands
from chatd_client.screen.completion import Completion, InputLine, Pools
from chatd_client.screen.history import MAX_ENTRIES, FileHistory, history_file
from chatd_client.screen.nick_list import MAX_COUNT, NickList

POOLS = Pools(("/bc", "/dm", "/users", "/unignore"), ("bob", "Bert", "carol"), ("lobby", "dev", "ops"))


def pressed(text: str, times: int = 1, cursor: int | None = None) -> InputLine:
    line = InputLine(text, len(text) if cursor is None else cursor)
    tab = Completion()
    for _ in range(times):
        line = tab.press(line, POOLS)
    return line


@pytest.mark.parametrize(
    ("typed", "times", "text"),
    [
        ("/d", 1, "/dm "),
        ("/D", 1, "/dm "),
        ("/u", 1, "/users"),
        ("/u", 2, "/unignore"),
        ("/u", 3, "/u"),
        ("/u", 4, "/users"),
        ("c", 1, "carol "),
        ("hello CA", 1, "hello carol "),
        ("b", 1, "bob"),
        ("b", 2, "Bert"),
        ("/dm ", 1, "/dm bob"),
        ("/ignore ", 1, "/ignore bob"),
        ("/dm ", 3, "/dm carol"),
        ("/dm b", 2, "/dm Bert"),
        ("nothing ", 1, "nothing "),
        ("x", 2, "x"),
        ("", 1, ""),
        ("say /d", 1, "say /d"),
        ("/join ", 2, "/join dev"),
        ("/JOIN D", 1, "/JOIN dev "),
        ("/join #o", 1, "/join #ops "),
        ("/leave o", 1, "/leave ops "),
        ("/users d", 1, "/users dev "),
        ("/say d", 1, "/say dev "),
        ("/say dev c", 1, "/say dev carol "),
        ("/say dev ", 1, "/say dev "),
        ("see #d", 1, "see #dev "),
        ("/op ", 1, "/op bob"),
        ("/KICK c", 1, "/KICK carol "),
        ("/kick bob c", 1, "/kick bob carol "),
        ("/ban bob ", 2, "/ban bob 2h"),
        ("/mute bob 7", 1, "/mute bob 7d "),
        ("/private ", 2, "/private off"),
        ("/lockdown o", 1, "/lockdown on"),
        ("/slow ", 1, "/slow off "),
        ("/grant carol ", 1, "/grant carol admin"),
        ("/grant carol admin ", 1, "/grant carol admin "),
        ("/unban B", 2, "/unban Bert"),
        ("op ", 1, "op "),
        ("o", 1, "o"),
    ],
)
def test_tab(typed: str, times: int, text: str) -> None:
    assert pressed(typed, times) == InputLine(text, len(text))


def test_tab_in_the_middle_of_a_line_doubles_no_space() -> None:
    assert pressed("hi ca and you", cursor=5) == InputLine("hi carol and you", 9)


def test_local_commands() -> None:
    assert commands.parse("/CLEAR") == ("/clear", "")
    assert commands.parse("/find  two words ") == ("/find", "two words")
    assert commands.parse("/users") is None
    assert commands.parse("hello") is None
    for wrong in ("/clear all", "/find", "/ignore "):
        with pytest.raises(ChatError, match="please write /"):
            commands.parse(wrong)


def test_help_lists_both_kinds_once() -> None:
    listed = "\n".join(commands.help_lines())
    for command in commands.NAMES:
        assert listed.count(f"  {command} ") == 1


def test_the_nick_list_follows_what_is_announced() -> None:
    nicks = NickList()
    nicks.count = 3
    nicks.replace_all(["alice", "bob", "carol"], 3)
    nicks.spoke("alice")
    nicks.spoke("CAROL")
    assert nicks.names() == ["carol", "alice", "bob"]
    nicks.joined(["dave", "Bob"], 2)  # bob was in the list already
    nicks.left(["carol", "nobody"], 1)
    assert (nicks.count, nicks.names()) == (3, ["alice", "Bob", "dave"])
    nicks.spoke("eve")  # not announced yet
    assert nicks.names()[0] == "eve"
    nicks.left([], 99)
    assert nicks.count == 0
    for _ in range(2):  # Python prints no integer of more than 4,300 digits
        nicks.joined([], 9 * 10**4299)
        nicks.left([], -9 * 10**4299)
    assert nicks.count == MAX_COUNT


@pytest.mark.parametrize(
    ("listed", "told", "count"),
    [
        # the notice comes behind the list that told it already: a departure, an arrival, both
        (["al", "bo"], [("left", ["cy"], 1)], 2),
        (["al", "bo"], [("joined", ["Bo"], 1)], 2),
        (["al", "bo"], [("left", ["cy"], 1), ("joined", ["cy"], 1)], 3),
        (["al", "bo"], [("joined", ["cy"], 1), ("left", ["cy"], 1)], 2),
        (["al", "bo"], [("left", ["bo"], 1), ("left", ["bo"], 1)], 1),
        (["al", "bo"], [("left", ["bo"], 1), ("joined", ["bo"], 1), ("joined", ["bo"], 1)], 2),
        # a notice counts more than it names: those are believed
        (["al", "bo"], [("joined", ["cy"], 5)], 7),
        (["al", "bo", "cy"], [("left", ["bo", "di"], 3)], 1),
        (["al", "bo"], [("joined", ["cy", "bo"], 5)], 6),
        # and so are names that no list can hold
        (["al"], [("joined", ["4", "a b"], 2), ("left", ["4"], 1)], 2),
        # who is only told by speaking is here
        (["al"], [("spoke", "bo"), ("joined", ["bo"], 1), ("left", ["bo"], 1)], 1),
        # nothing makes it negative, nor less than those who are known to be here
        (["al"], [("left", ["al"], 3)], 0),
    ],
)
def test_a_name_is_counted_when_it_changes_who_is_here(
    listed: list[str], told: list[tuple[Any, ...]], count: int
) -> None:
    nicks = NickList()
    nicks.arrive(9)
    nicks.replace_all(listed, len(listed))
    for kind, *arguments in told:
        getattr(nicks, kind)(*arguments)
    assert nicks.count == count


def test_who_is_not_listed_may_leave() -> None:
    """Before the list comes, and where it names only some."""
    nicks = NickList()
    nicks.replace_all(["al", "bo"], 2)
    nicks.spoke("bo")
    nicks.arrive(4)
    assert nicks.names() == []
    nicks.left(["cy"], 1)
    nicks.joined(["di"], 1)
    assert (nicks.count, nicks.names()) == (4, ["di"])
    nicks.replace_all(["al", "bo", "di"], 4)
    assert nicks.names() == ["bo", "al", "di"]  # bo is still who spoke last
    nicks.left(["ed"], 1)
    nicks.left(["fi"], 1)
    assert nicks.count == 3


def test_the_nick_list_keeps_no_more_than_it_has_room_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("chatd_client.screen.nick_list.MAX_NAMES", 3)
    nicks = NickList()
    nicks.spoke("x" * 33)
    nicks.joined(["a b", "al", "bo", "cy", "di"], 5)
    nicks.spoke("ed")
    assert nicks.names() == ["al", "bo", "cy"]
    nicks.left(["bo", "di"], 2)  # di is one of those for whom there was no room
    assert (nicks.count, nicks.names()) == (3, ["al", "cy"])
    nicks.joined(["Al", "bo", "ed"], 3)
    assert (nicks.count, nicks.names()) == (5, ["Al", "cy", "bo"])
    nicks.replace_all(["di", "ed", "fi", "gi"], 4)
    assert nicks.names() == ["di", "ed", "fi"]


def loaded(history: FileHistory) -> list[str]:
    async def collected() -> list[str]:
        return [line async for line in history.load()]

    return asyncio.run(collected())


def test_history_is_kept_for_its_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "state" / "chatd" / "history"
    first = FileHistory(path)
    assert loaded(first) == []
    first.append_string("one")
    first.append_string("two\x1b[2J\n")
    assert loaded(FileHistory(path)) == ["two[2J ", "one"]
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700


def test_history_is_bounded(tmp_path: Path) -> None:
    path = tmp_path / "history"
    path.write_text("".join(f"{number}\n" for number in range(2 * MAX_ENTRIES + 1)))
    assert loaded(FileHistory(path))[:: MAX_ENTRIES - 1] == [str(2 * MAX_ENTRIES), str(MAX_ENTRIES + 1)]
    assert len(path.read_text().splitlines()) == MAX_ENTRIES


def test_history_without_a_place_is_this_runs(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    history = FileHistory(tmp_path / "file" / "history")
    assert loaded(history) == []
    history.append_string("one")
    assert history.get_strings() == ["one"]


def test_the_place_follows_xdg(monkeypatch: pytest.MonkeyPatch) -> None:
    assert history_file({"XDG_STATE_HOME": "/state"}) == Path("/state/chatd/history")
    assert history_file({"XDG_STATE_HOME": "relative", "HOME": "/al"}) == Path(
        "/al/.local/state/chatd/history"
    )
    monkeypatch.setattr("chatd_client.folders._home_of_the_user", lambda: "")
    assert history_file({"HOME": ""}) is None


def test_without_a_home_the_history_is_that_of_this_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    history = FileHistory(None)
    assert loaded(history) == []
    history.append_string("one")
    assert history.get_strings() == ["one"]
    assert list(tmp_path.iterdir()) == []
