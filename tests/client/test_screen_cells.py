"""Cells: what is drawn in how many columns, and how it is written to a terminal that counts otherwise."""

import io
import unicodedata
from collections.abc import Callable

import pyte
import pytest
from hypothesis import given
from hypothesis import strategies as st
from prompt_toolkit.data_structures import Size
from prompt_toolkit.layout import UIContent, UIControl, Window
from prompt_toolkit.layout.mouse_handlers import MouseHandlers
from prompt_toolkit.layout.screen import _CHAR_CACHE, WritePosition
from prompt_toolkit.layout.screen import Screen as DrawnScreen
from prompt_toolkit.utils import _CHAR_SIZES_CACHE, get_cwidth
from wcwidth import wcwidth

from chatd_client.screen.cells import Cells, cells, shown, width
from chatd_client.screen.output import CellOutput, bound_caches
from chatd_client.screen.wrapping import TextRow, wrap

HINDI, THAI, FLAGS = "क्षि यात्रा", "กำลังทำอยู่", "🇮🇳 👨\u200d👩\u200d👧 1\ufe0f\u20e3"
SCRIPTS = (
    HINDI,
    THAI,
    FLAGS,
    "你好，世界",
    "☰ ㉈",
    "a\u0301\u0302",
    "தமிழ் கௌ",
    "plain",
    "한국어",
    "a\u302eb",
)

#: How terminals count: as our tables do; the vowel signs of Hindi, emoji, or numbers in circles otherwise.
COUNTS: dict[str, Callable[[str], int]] = {
    "tables": wcwidth,
    "tmux": lambda char: 1 if unicodedata.category(char) == "Mc" else wcwidth(char),
    "narrow": lambda char: 1 if unicodedata.category(char) == "So" else wcwidth(char),
    "circled": lambda char: 2 if "\u3248" <= char <= "\u324f" else wcwidth(char),
}


@pytest.mark.parametrize("text", SCRIPTS)
def test_prompt_toolkit_counts_the_columns_that_we_reserve(text: str) -> None:
    (row,) = wrap([("", shown(text))], 80)
    assert sum(get_cwidth(cell) for _, part in row for cell in part) == width(shown(text))


@pytest.mark.parametrize(
    ("text", "parts", "columns"),
    [
        ("षि", ["षि"], 2),
        ("กำ", ["กำ"], 2),
        ("क्षि", ["क्", "षि"], 3),
        ("\u0301a", ["a"], 1),
        ("㉈", ["㉈"], 2),
        ("한", ["한"], 2),
        ("🇮🇳", ["I", "N"], 2),
        ("\u3164\u115f\u1160\uffa0\u034f\u180b", [], 0),
    ],
)
def test_a_cell_is_a_character_with_its_marks(text: str, parts: list[str], columns: int) -> None:
    assert [cell for _, cell, _ in cells([("", shown(text))])] == parts
    assert width(shown(text)) == columns


def test_a_cell_keeps_its_text_and_is_drawn_filled() -> None:
    (((_, text),),) = wrap([("", "षिa")], 80)
    assert isinstance(text, Cells)
    assert (text, list(text)) == ("षिa", ["षि ", "a"])


class Still(UIControl):
    """Shows a row."""

    def __init__(self, row: TextRow) -> None:
        self.row = row

    def create_content(self, width: int, height: int) -> UIContent:
        return UIContent(lambda _: list(self.row), 1)


def drawn(row: TextRow) -> list[str]:
    """What prompt_toolkit's window makes of a row, cell by cell."""
    screen = DrawnScreen()
    Window(Still(row)).write_to_screen(screen, MouseHandlers(), WritePosition(0, 0, 40, 1), "", False, None)
    return [screen.data_buffer[0][at].char for at in range(40)]


def written(row: list[str], count: Callable[[str], int], monkeypatch: pytest.MonkeyPatch) -> pyte.Screen:
    """A terminal that counts like `count`, after the cells were written to it; "" is covered by the last."""
    monkeypatch.setattr("pyte.screens.wcwidth", count)
    terminal = pyte.Screen(40, 1)
    stream = io.StringIO()
    output = CellOutput(stream, lambda: Size(1, 40))
    for cell in row:
        output.write(cell)
    output.flush()
    pyte.Stream(terminal).feed(stream.getvalue())
    return terminal


@pytest.mark.parametrize("count", COUNTS)
@pytest.mark.parametrize("text", SCRIPTS)
def test_what_comes_behind_stands_in_its_column(
    text: str, count: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    (row,) = wrap([("", f"{shown(text)}|")], 80)
    columns = width(shown(text))
    before = drawn(row)
    assert before[columns] == "|"
    terminal = written(before, COUNTS[count], monkeypatch)
    assert terminal.buffer[0][columns].data == "|"


@given(st.text(st.characters(min_codepoint=0xA0, max_codepoint=0x1FAFF), max_size=20))
def test_the_rows_of_any_text_are_as_wide_as_prompt_toolkit_counts_them(text: str) -> None:
    for row in wrap([("", shown(text))], 12):
        counted = [get_cwidth(cell) for _, part in row for cell in part]
        assert sum(counted) <= 12
        assert 0 not in counted


def test_no_escape_sequence_is_in_a_cell() -> None:
    stream = io.StringIO()
    output = CellOutput(stream, lambda: Size(1, 40))
    output.write("a\x1b")
    output.flush()
    assert stream.getvalue() == "a?"


def test_what_is_remembered_of_cells_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patched:
        patched.setattr("chatd_client.screen.output._REMEMBERED", 50)
        bound_caches()
        before = len(_CHAR_CACHE), len(_CHAR_SIZES_CACHE)
        for first in range(0x300, 0x360):
            drawn([("", Cells("", (f"a{chr(first)}{chr(second)}" for second in range(0x300, 0x328))))])
        assert len(_CHAR_CACHE) <= max(before[0], 400) + 1
        assert len(_CHAR_SIZES_CACHE) <= before[1] + 50 + 0x70  # and the single characters
    bound_caches()
