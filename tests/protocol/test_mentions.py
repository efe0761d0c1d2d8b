"""Mentions: which words of a line name somebody."""

import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from chatd.protocol.events import UserList
from chatd.protocol.mentions import Mention
from chatd.protocol.names import LETTERS
from tests.support.controller_fixture import ControllerFixture, said

NAME_LETTERS = [char for char in map(chr, range(0x80)) if char in f"{LETTERS}[]" and char != "\\"]
NAMES = st.text(st.sampled_from(NAME_LETTERS), min_size=1, max_size=8)
ALONE = st.sampled_from(["", " ", ",", ":", ".", "!", "(", ")", "'", '"', "<", ">", "@", "/", "…", "“", "、"])
BRACKETED = st.sampled_from(["{}", "[{}]", "{{{}}}", "[[{}]]", "[{}", "{}]", "({})", "([{}])"])


def named(line: str, name: str = "rob", *others: str) -> bool:
    return Mention(name).within(line, lambda other: other in others)


NAMING = (
    "rob", "ROB!", "hey rob", "rob: hi", "rob, hi", "[rob]", "(rob)", "{rob}", "[rob, al]", "[al, rob]",
    "[[rob]]", "([rob])", "[rob]:", "@rob", "rob's", "robert or rob", "roba [rob]", "“rob”", "…rob…",
    "rob你好", "你好rob、", "robさん", "rob씨", "robครับ",
)  # fmt: skip
NOT_NAMING = (
    "", "robert", "carob", "rob2", "rob-bot", "rob_", "rob|away", "rob^", "[rob]ert", "ro b", "robrob",
    "Robå", "aérob", "rob٣", "robя", "ярrob", "robνα", "robक", "rob\u0301", "roba\u030a", "ae\u0301rob",
    "ſob", "ro\u212a",
)  # fmt: skip


@pytest.mark.parametrize("line", NAMING)
def test_a_word_of_its_own_is_a_mention(line: str) -> None:
    assert named(line)


@pytest.mark.parametrize("line", NOT_NAMING)
def test_a_part_of_a_longer_word_is_none(line: str) -> None:
    assert not named(line)
    assert not named(line, "rok")  # whose k is not the sign for kelvin


@pytest.mark.parametrize(
    ("line", "mentioned"),
    [
        ("[rob]", "[rob]"),
        ("([rob])", "[rob]"),
        ("[see [rob]]", "[rob]"),
        ("[[rob]]", "[rob]"),
        ("{rob}", "rob"),
        ("rob", "rob"),
        ("[rob, al]", "rob"),
    ],
)
def test_brackets_are_part_of_the_name_of_somebody_who_is_here(line: str, mentioned: str) -> None:
    for name in ("rob", "[rob]"):
        assert named(line, name, "[rob]") == (name == mentioned)


@given(NAMES, ALONE, ALONE, BRACKETED)
@example("[", "", "", "[{}]")
def test_any_name_is_found_among_what_belongs_to_no_word(
    name: str, before: str, after: str, around: str
) -> None:
    assert named(f"well {before}{around.format(name)}{after} so", name)
    assert not named(f"well {before}{name}_{after}", name) or set(name) == {"_"}


@given(NAMES, st.characters(categories=["L", "N", "M"]))
def test_no_name_is_found_in_a_longer_word_of_any_script(name: str, letter: str) -> None:
    spaceless = unicodedata.east_asian_width(letter) in "WF" or "\u0e00" <= letter < "\u1800"
    if not spaceless and not letter.isascii():
        assert not named(f"{name}{letter}", name)
        assert not named(f"{letter}{name}", name)


def test_what_is_read_is_what_is_shown_and_whom_the_server_announced() -> None:
    controller = ControllerFixture()
    for line, mark in (("al\u200bice", "»"), ("alice\u200dx", " "), ("alice\ufe0f!", "»"), ("[alice]", "»")):
        controller.on_updates([said(line)])
        assert controller.rows()[-1].startswith(f"T {mark} <bob>")
    controller.on_updates([UserList(["alice", "[Alice]"], 2, ref="roster"), said("[alice]")])
    assert controller.rows()[-1] == "T   <bob> [alice]"


def test_a_hostile_line_is_read_in_no_time() -> None:
    """Counted, not timed: how often the list of names is asked."""
    asked: list[str] = []

    def present(name: str) -> bool:
        asked.append(name)
        return name.startswith("[[")

    for line in ("[" * 4000, "[" * 4000 + "x", "[a]" * 1300, "a[" * 2000, "[[[[a]]]] " * 400):
        for name in ("[", "a", "[a]"):
            Mention(name).within(line, present)
    assert len(asked) < 10_000
