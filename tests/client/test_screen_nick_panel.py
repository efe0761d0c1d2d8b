"""The people of the current room, at the right of the messages."""

import re
from collections.abc import Sequence
from pathlib import Path

import pytest
from prompt_toolkit.data_structures import Point
from prompt_toolkit.mouse_events import MouseButton, MouseEvent, MouseEventType
from prompt_toolkit.utils import get_cwidth

from chatd_client.screen.colours import colour
from chatd_client.screen.nick_panel import NickPanel, panel_rows, panel_width
from tests.support.screen_terminal import ScreenTerminal
from tests.support.scripted_server import ScriptedServer, users_of

F7, F11, F12, CTRL_F1, CTRL_F2 = "\x1b[18~", "\x1b[23~", "\x1b[24~", "\x1b[1;5P", "\x1b[1;5Q"
#: The most recent speaker first.
SEVEN = ["zoe", "Bob", "alice", "dave", "carol", "erin", "frank"]


def texts(
    names: Sequence[str], count: int = 0, first: int = 0, columns: int = 16, rows: int = 6
) -> list[str]:
    made = panel_rows(names, count, first, columns, rows)
    return ["".join(text for _, text in row) for row in made]


def test_who_fits_stands_in_the_order_of_names() -> None:
    assert texts(SEVEN, 7, rows=8) == [
        *(" 7 here", " alice", " Bob", " carol", " dave", " erin", " frank", " zoe"),
    ]
    assert texts([], 0) == [" 0 here"]


def test_where_not_all_fit_who_spoke_last_comes_first() -> None:
    assert texts(SEVEN, 7) == [" 7 here", " zoe", " Bob", " alice", " dave", " +3"]
    assert texts(SEVEN, 1234) == [" 1,234 here", " zoe", " Bob", " alice", " dave", " +1,230"]
    assert texts(SEVEN[:2], 20) == [" 20 here", " Bob", " zoe", " +18"]


def test_scrolled() -> None:
    assert texts(SEVEN, 7, 1) == [" 2 of 7", " Bob", " alice", " dave", " carol", " +2"]
    assert texts(SEVEN, 7, 2) == [" 3 of 7", " alice", " dave", " carol", " erin", " frank"]
    assert texts(SEVEN, 7, 99) == texts(SEVEN, 7, 2)
    assert texts(SEVEN, 7, -1) == texts(SEVEN, 7, 0)


@pytest.mark.parametrize("rows", range(4))
def test_a_screen_without_place(rows: int) -> None:
    expected = {0: [], 1: [" 7 here"], 2: [" 7 here", " +7"], 3: [" 7 here", " zoe", " +6"]}
    assert texts(SEVEN, 7, rows=rows) == expected[rows]


@pytest.mark.parametrize(
    "name", ["x" * 32, "名" * 20, "é" * 20, "กำ" * 20, "a\x1b[2J", "🎉" * 9, "x" * 15, "名" * 7]
)
def test_no_row_is_wider_than_the_panel(name: str) -> None:
    for columns in (16, 17, 20):
        for row in panel_rows([name], 1, 0, columns, 5):
            drawn = [cell for _, text in row for cell in text]
            assert sum(map(get_cwidth, drawn)) <= columns
            assert not any("\x1b" in cell for cell in drawn)
    assert texts(["x" * 32])[1] == f" {'x' * 14}…"
    assert texts(["x" * 15])[1] == f" {'x' * 15}"


def test_a_name_has_its_colour() -> None:
    assert panel_rows(["bob"], 1, 0, 16, 5)[1] == [("", " "), (colour("bob"), "bob")]


@pytest.mark.parametrize(
    ("columns", "panel"), [(20, 0), (59, 0), (60, 16), (64, 16), (72, 18), (80, 20), (300, 20)]
)
def test_how_wide_it_is(columns: int, panel: int) -> None:
    assert panel_width(columns) == panel


def wheel(kind: MouseEventType) -> MouseEvent:
    return MouseEvent(Point(0, 0), kind, MouseButton.NONE, frozenset())


def test_the_control_scrolls_by_rows_pages_and_the_wheel() -> None:
    names = [f"n{number:02}" for number in range(30)]
    panel = NickPanel(lambda: (names, len(names)))

    def top() -> str:
        content = panel.create_content(16, 10)
        assert content.line_count == 10
        return "".join(text for _, text in content.get_line(1)).strip()  # type: ignore[misc]

    assert top() == "n00"
    panel.scroll(2)
    assert top() == "n02"
    assert panel.mouse_handler(wheel(MouseEventType.SCROLL_DOWN)) is None
    assert top() == "n05"
    panel.page(1)
    assert top() == "n13"
    panel.page(-1)
    panel.mouse_handler(wheel(MouseEventType.SCROLL_UP))
    assert top() == "n02"
    assert panel.mouse_handler(wheel(MouseEventType.MOUSE_DOWN)) is NotImplemented
    panel.page(9)
    assert top() == "n21"
    names[10:] = []  # most people leave
    assert top() == "n01"
    panel.to_top()
    assert top() == "n00"


def test_the_keys_scroll_it(tmp_path: Path) -> None:
    """The real program in a pseudo-terminal."""
    with ScriptedServer() as peer, ScreenTerminal(peer.target, tmp_path, 60, 10) as terminal:
        peer.welcome()
        peer.hears(type="users", ref="roster")
        peer.says({**users_of("lobby", *(f"n{number:02}" for number in range(20))), "ref": "roster"})
        terminal.shows("· 20 here ·")
        terminal.types(f"{F12}{F7}")  # what is not shown does not scroll
        terminal.shows(" 20 here", " n05", " +14")
        for key, top, bottom in (
            (F12, " 7 of 20", " +8"),
            (CTRL_F2, " 13 of 20", " +2"),
            (F12, " 14 of 20", " n19"),
            (CTRL_F1, " 8 of 20", " +7"),
            (F11, " 2 of 20", " +13"),
            (F11, " 20 here", " +14"),
        ):
            terminal.types(key)
            terminal.until(f"{top}$")
            terminal.until(f"{re.escape(bottom)}$")
        terminal.types("/quit\r")
        peer.hears_quit()
        assert terminal.ends() == 0
