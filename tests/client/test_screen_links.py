"""Addresses: where they are in a line, on which rows, and what is told to the terminal."""

import re
from pathlib import Path

import pyte
import pytest
from hypothesis import given
from hypothesis import strategies as st
from prompt_toolkit.utils import get_cwidth

from chatd_client.screen.cells import FREE_MARKS, shown
from chatd_client.screen.links import (
    LINK,
    LONGEST_TARGET,
    LinkCells,
    LinkTable,
    known_to_link,
    target,
    with_links,
)
from chatd_client.screen.wrapping import wrap
from tests.support.screen_terminal import ScreenTerminal, TextTalker, chatd

PAGE_UP, PAGE_DOWN = "\x1b[5~", "\x1b[6~"
LONG = "https://example.org/" + "path/" * 12


def addresses(text: str) -> list[str]:
    return [part for style, part in with_links("", text) if LINK in style]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", []),
        ("http:// and https://. are none", []),
        (
            "see https://a.b/c, HTTP://A.B! (https://a.b/c_(d)).",
            ["https://a.b/c", "HTTP://A.B", "https://a.b/c_(d)"],
        ),
        ("[https://a.b/[c]]: <https://a.b>", ["https://a.b/[c]", "https://a.b"]),
        ("看https://a.b/c。然后", ["https://a.b/c"]),
        ("https://例え.jp/路 ok", ["https://例え.jp/路"]),
        ("xhttps://a.b ftp://a.b javascript://a.b", []),
        ("https://a.b/" + ")" * 5000, ["https://a.b/"]),
        ("https://user@host:80/?q=a&b=c#d", ["https://user@host:80/?q=a&b=c#d"]),
    ],
)
def test_an_address_ends_where_the_sentence_goes_on(text: str, found: list[str]) -> None:
    assert addresses(text) == found
    assert "".join(part for _, part in with_links("", text)) == text


def rows(text: str, columns: int, indent: int = 8) -> list[str]:
    line = [("", " " * indent), ("", "<bob> "), *with_links("", text)]
    return ["".join(part for _, part in row) for row in wrap(line, columns, indent)]


def test_an_address_that_fits_behind_the_indent_is_a_word() -> None:
    assert (
        rows("some words, see https://example.org/path now", 40)[1]
        == " " * 8 + "https://example.org/path now"
    )


def test_a_longer_one_begins_a_row_and_has_no_indent() -> None:
    assert rows(f"see ({LONG}) for it", 60) == [
        " " * 8 + "<bob> see (",
        LONG[:60],
        f"{LONG[60:]}) for it",
    ]
    assert rows("https://example.org/a/path/of/34/ok and more words than fit here", 40) == [
        " " * 8 + "<bob> ",
        "https://example.org/a/path/of/34/ok and ",
        " " * 8 + "more words than fit here",
    ]
    assert [row.strip() for row in rows(f"{LONG} {LONG}", 200)] == [f"<bob> {LONG} {LONG}"]


WORDS = ("word", LONG, "https://a.b", "你好", f"({LONG})", "क्षि")


@given(st.lists(st.sampled_from(WORDS), max_size=8), st.integers(20, 120))
def test_an_address_is_whole_or_at_the_beginning_of_a_row(words: list[str], columns: int) -> None:
    text = " ".join(words)
    wrapped = wrap([("", " " * 8), *with_links("", text)], columns, 8)
    for row in wrapped:
        for _, part in row:
            assert not isinstance(part, LinkCells) or part == part.url or row[0][1] is part
        assert sum(get_cwidth(cell) for _, part in row for cell in part) <= columns
    assert "".join(part for row in wrapped for _, part in row).replace(" ", "") == text.replace(" ", "")


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("https://a.b/c?d=e&f;g%20h", "https://a.b/c?d=e&f;g%20h"),
        ("https://a.b/é\u0301", "https://a.b/%C3%A9%CC%81"),
        (f"https://{'x' * LONGEST_TARGET}", ""),
        ("https://a.b/\x1b]8;;\x07", "https://a.b/%1B]8;;%07"),
    ],
)
def test_what_is_told_is_printable_ascii_and_bounded(url: str, told: str) -> None:
    assert target(url) == told


def test_nothing_but_printable_ascii_is_ever_told() -> None:
    for first in range(0, 0x10000, 64):
        text = shown("".join(map(chr, range(first, first + 64))))
        assert re.fullmatch("https://[!-~]*", target(f"https://{text}"))


def link_row(url: str) -> list[tuple[str, str]]:
    return [(LINK, LinkCells.of(url, url, url))]


def test_a_mark_takes_no_column_and_is_in_no_text() -> None:
    assert {get_cwidth(mark) for mark in FREE_MARKS} == {0}
    assert shown("".join(FREE_MARKS)) == ""


def test_a_mark_that_is_on_the_screen_keeps_its_address() -> None:
    table = LinkTable()
    marks: dict[str, str] = {}

    def draws(*urls: str) -> list[str]:
        last = [list(text)[-1][1:] for ((_, text),) in table.marked([link_row(url) for url in urls])]
        marks.update(zip(urls, last, strict=True))
        return last

    urls = [f"https://a.b/{number}" for number in range(3 * len(FREE_MARKS))]
    first, second, third = (urls[at : at + len(FREE_MARKS)] for at in range(0, len(urls), len(FREE_MARKS)))
    assert len(set(draws(*first))) == len(FREE_MARKS)
    assert set(draws(*second)) == {""}  # on the screen is still what the marks stand for
    assert "" not in draws(*second)
    assert draws(*second, third[0])[-1] == ""
    assert draws(second[0], third[0], "https://" + "x" * 3000) == [marks[second[0]], "", ""]
    assert draws(second[0], third[0])[1] not in ("", marks[second[0]])
    assert table.target(marks[third[0]]) == third[0]


@pytest.mark.parametrize(
    ("variables", "known"),
    [
        ("TERM=xterm-256color", False),
        ("", False),
        ("TERM=dumb VTE_VERSION=7000", False),
        ("TERM=linux KITTY_WINDOW_ID=1", False),
        ("TERM=xterm-256color VTE_VERSION=7000", True),
        ("TERM=xterm-256color VTE_VERSION=4800", False),
        ("TERM=xterm-256color VTE_VERSION=odd", False),
        ("TERM=xterm-256color KONSOLE_VERSION=220401", True),
        ("TERM=xterm-256color TERM_PROGRAM=iTerm.app", True),
        ("TERM=xterm-256color TERM_PROGRAM=Apple_Terminal", False),
        ("TERM=xterm-256color WT_SESSION=1", True),
        ("TERM=xterm-256color KITTY_WINDOW_ID=1 INSIDE_EMACS=29", False),
        ("TERM=xterm-kitty", True),
        ("TERM=foot-extra", True),
        ("TERM=screen-256color STY=1.pts KITTY_WINDOW_ID=1", False),
        ("TERM=screen TMUX=/t TERM_PROGRAM=tmux TERM_PROGRAM_VERSION=3.4", True),
        ("TERM=tmux TMUX=/t TERM_PROGRAM=tmux TERM_PROGRAM_VERSION=next-3.5", True),
        ("TERM=xterm-kitty TMUX=/t TERM_PROGRAM=tmux TERM_PROGRAM_VERSION=3.3a KITTY_WINDOW_ID=1", False),
        ("TERM=screen TMUX=/t VTE_VERSION=7000", False),
    ],
)
def test_links_are_for_terminals_that_are_known_to_understand(variables: str, known: bool) -> None:
    assert known_to_link(dict(variable.split("=") for variable in variables.split())) == known


class LinkTerminal(pyte.Screen):
    """Remembers for each cell the address that it was drawn with."""

    link = ""

    def __init__(self, columns: int, rows: int) -> None:
        self.links: dict[tuple[int, int], str] = {}
        super().__init__(columns, rows)

    def draw(self, data: str) -> None:
        for char in data:
            self.links[self.cursor.y, min(self.cursor.x, self.columns - 1)] = self.link
            super().draw(char)

    def plays(self, raw: str) -> None:
        stream = pyte.Stream(self)
        for part in re.split(r"(\x1b\]8;[^\x1b]*\x1b\\)", raw):
            if part.startswith("\x1b]8;"):
                self.link = part[4:-2].partition(";")[2]
            else:
                stream.feed(part)


def expected_links(row: str) -> list[str]:
    """The address of each cell of a row in which all are whole, but for LONG."""
    links = [""] * len(row)
    for found in re.finditer(r"(https?://|^path/)[^\s!]+", row):
        url = LONG if found[0] in LONG else target(found[0])
        links[slice(*found.span())] = [url] * len(found[0])
    return links


def test_each_cell_of_an_address_opens_it_after_any_redraw(tmp_path: Path) -> None:
    known = {"TMUX": "", "STY": "", "INSIDE_EMACS": "", "VTE_VERSION": "7000"}
    with (
        chatd() as (_, port),
        TextTalker(port, "bob") as bob,
        ScreenTerminal(f"alice@127.0.0.1:{port}", tmp_path, 60, rows=10, variables=known) as terminal,
    ):
        terminal.shows("online")
        for number in range(30):
            bob.says(f"https://a.b/{number} and {'x' * (number % 7)} https://c.d/{number}")
        bob.says(LONG, "plain", "https://a.b/é!")
        terminal.shows("https://a.b/é!")
        typed = ""
        for letter, key in zip("abcdef", (PAGE_UP, PAGE_UP, *[PAGE_DOWN] * 4), strict=True):
            typed += letter
            terminal.types(f"{key}{letter}")
            terminal.until(f"^> {typed}$")
            emulated = LinkTerminal(60, 10)
            emulated.plays(terminal.raw.decode())
            messages = emulated.display[:-2]
            assert any("://" in row for row in messages)
            for y, row in enumerate(messages):
                for x, link in enumerate(expected_links(row)):
                    assert row[x] == " " or emulated.links.get((y, x), "") == link, (row, x)
        assert emulated.link == ""


def test_an_unknown_terminal_is_told_nothing(tmp_path: Path) -> None:
    unknown = dict.fromkeys(
        ("TMUX", "STY", "TERM_PROGRAM", "VTE_VERSION", "KONSOLE_VERSION", "KITTY_WINDOW_ID", "WT_SESSION"), ""
    )
    with (
        chatd() as (_, port),
        TextTalker(port, "bob") as bob,
        ScreenTerminal(f"alice@127.0.0.1:{port}", tmp_path, variables=unknown) as terminal,
    ):
        terminal.shows("online")
        bob.says(f"see {LONG}")
        terminal.shows(LONG)
        assert b"\x1b]8" not in terminal.raw
