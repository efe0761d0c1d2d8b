"""The input line: its rows and its cursor, whatever is typed."""

import asyncio
from collections.abc import Callable
from typing import TypeVar
from unittest.mock import Mock

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prompt_toolkit.application import Application
from prompt_toolkit.application.current import set_app
from prompt_toolkit.buffer import Buffer
from prompt_toolkit.data_structures import Point
from prompt_toolkit.document import Document
from prompt_toolkit.input import DummyInput
from prompt_toolkit.layout import BufferControl, HSplit, Layout, UIContent
from prompt_toolkit.mouse_events import MouseButton, MouseEvent, MouseEventType
from prompt_toolkit.output import DummyOutput
from prompt_toolkit.utils import get_cwidth

from chatd_client.screen import input_line
from chatd_client.screen.cells import cells
from chatd_client.screen.input_line import input_area

Result = TypeVar("Result")
FAMILY, CONJUNCT = "👨\u200d👩\u200d👧", "क्षि"


def with_line(text: str, cursor: int, use: Callable[[BufferControl], Result]) -> Result:
    """What `use` makes of the control of an input line with this text."""

    async def used() -> Result:
        entry, search = input_area(Buffer(document=Document(text, cursor)), lambda: "> ")
        layout = Layout(HSplit([entry, search]), focused_element=entry)
        with set_app(Application(layout, input=DummyInput(), output=DummyOutput())):
            assert isinstance(entry.content, BufferControl)
            return use(entry.content)

    return asyncio.run(used())


def rows(content: UIContent) -> list[str]:
    return ["".join(text for _, text, *_ in content.get_line(y)) for y in range(content.line_count)]


def column(content: UIContent) -> tuple[int, int]:
    """The row and the column on the screen where the cursor is."""
    x, y = content.cursor_position
    items = [item for _, text, *_ in content.get_line(y) for item in text]
    return y, sum(map(get_cwidth, items[:x]))


@pytest.mark.parametrize(
    ("text", "cursor", "shown", "at"),
    [
        ("", 0, ["> "], (0, 2)),
        ("hello", 5, ["> hello "], (0, 7)),
        ("🇮🇳a", 2, ["> INa "], (0, 4)),
        (f"{FAMILY}a", len(FAMILY), ["> 👨👩👧a"], (0, 8)),
        (f"{FAMILY}a", 1, ["> 👨👩👧a"], (0, 4)),  # on the joiner: before what it joins
        (f"{CONJUNCT}a", len(CONJUNCT), [f"> {CONJUNCT}a "], (0, 5)),
        ("a\u0301b", 1, ["> a\u0301b "], (0, 3)),
        ("1\ufe0f\u20e3!", 3, ["> 1\u20e3! "], (0, 3)),
        ("a\tb\x01c", 5, ["> a bc "], (0, 6)),
        ("abcdefgh", 8, ["> abcdefgh", " "], (1, 0)),  # the cursor never stands outside
        ("你好你好你", 5, ["> 你好你好", "你 "], (1, 2)),
        ("a你好你好", 5, ["> a你好你", "好 "], (1, 2)),  # nine columns: none is cut in two
        ("กกกกกกกำก", 9, ["> กกกกกก", "กำก "], (1, 3)),  # a mark keeps the last column free
        ("\u0301", 1, ["> \u0301"], (0, 2)),  # a mark without a letter is drawn over the prompt's space
    ],
)
def test_rows_and_cursor(text: str, cursor: int, shown: list[str], at: tuple[int, int]) -> None:
    def drawn(control: BufferControl) -> tuple[list[str], tuple[int, int]]:
        content = control.create_content(10, 1)
        return rows(content), column(content)

    found, place = with_line(text, cursor, drawn)
    assert ([row.rstrip() for row in found], place) == ([row.rstrip() for row in shown], at)


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\n"), max_size=30), st.data())
def test_the_cursor_is_always_in_a_row(text: str, data: st.DataObject) -> None:
    cursor = data.draw(st.integers(0, len(text)))
    width = data.draw(st.integers(3, 20))

    def drawn(control: BufferControl) -> None:
        content = control.create_content(width, 1)
        row, at = column(content)
        assert row < content.line_count
        assert at < width
        for y in range(content.line_count):
            assert sum(get_cwidth(item) for _, part, *_ in content.get_line(y) for item in part) <= width

    with_line(text, cursor, drawn)


def test_a_click_puts_the_cursor_before_the_cell() -> None:
    def clicked(control: BufferControl) -> list[int]:
        control.create_content(10, 1)
        places = []
        for x, y in ((2, 0), (3, 0), (4, 0), (0, 1), (99, 99)):
            event = MouseEvent(Point(x, y), MouseEventType.MOUSE_DOWN, MouseButton.LEFT, frozenset())
            control.mouse_handler(event)
            places.append(control.buffer.cursor_position)
        return places

    assert with_line(f"{FAMILY}abcdef", 0, clicked) == [0, 2, 4, 7, 11]


def test_rows_are_made_once_for_a_redraw(monkeypatch: pytest.MonkeyPatch) -> None:
    made = Mock(wraps=cells)
    monkeypatch.setattr(input_line, "cells", made)

    def redraw(control: BufferControl) -> list[list[str]]:
        shown = [rows(control.create_content(20, 3)) for _ in range(3)]
        control.buffer.insert_text("b")
        return [*shown, rows(control.create_content(20, 3)), rows(control.create_content(2, 3))]

    assert with_line("a", 1, redraw) == [["> a "]] * 3 + [["> ab "], ["> ", "ab", " "]]
    assert made.call_count == 3  # one line, the line with a letter more, and that in fewer columns
