"""The real program in a terminal that counts columns otherwise than prompt_toolkit, as tmux does."""

import unicodedata
from pathlib import Path

import pytest
from wcwidth import wcwidth

from tests.support.screen_terminal import ScreenTerminal, TextTalker, chatd

PAGE_UP, PAGE_DOWN, REDRAW, END, HOME = "\x1b[5~", "\x1b[6~", "\x0c", "\x05", "\x01"
LEFT, ALT_X = "\x1b[D", "\x1bx"
LINES = (
    "नमस्ते दुनिया, क्षि और ज्ञ यह एक लंबा वाक्य है",
    "plain words and more of them, up to here",
    "สวัสดีครับทำไมน้ำถึงไม่ไหลกำลังทำอยู่",
    "a\u0301\u0302 e\u0301",
    "🇮🇳 👨\u200d👩\u200d👧 👍🏽 1\ufe0f\u20e3 ☰☱ ㉈",
    "你好世界，这是一个很长的句子。没有空格的「引用」",
)


def columns_of_tmux(char: str) -> int:
    """The vowel signs of Hindi count as letters, emoji of the oldest kind as narrow."""
    if unicodedata.category(char) == "Mc":
        return 1
    return 1 if "\u2600" <= char <= "\u26ff" else wcwidth(char)


@pytest.mark.parametrize("columns", [33, 80])
def test_nothing_is_left_behind_and_nothing_drifts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, columns: int
) -> None:
    monkeypatch.setattr("pyte.screens.wcwidth", columns_of_tmux)
    with (
        chatd() as (_, port),
        TextTalker(port, "bob") as bob,
        ScreenTerminal(f"alice@127.0.0.1:{port}", tmp_path, columns, rows=12) as terminal,
    ):
        terminal.shows("online")
        bob.says(*LINES * 4, "the end")
        terminal.shows("the end")
        for number, keys in enumerate((PAGE_UP, PAGE_UP, PAGE_DOWN, *LINES, f"{HOME}x{END}")):
            terminal.types(f"{keys}<{number}")
            drawn = terminal.until(f"<{number}")
            terminal.types(f"{REDRAW}>")
            redrawn = terminal.until(f"<{number}>")
            assert redrawn == [row.replace(f"<{number}", f"<{number}>") for row in drawn]


def test_a_paste_stands_where_the_cursor_was_drawn(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pyte.screens.wcwidth", columns_of_tmux)
    with (
        chatd() as (_, port),
        TextTalker(port, "bob") as bob,
        ScreenTerminal(f"alice@127.0.0.1:{port}", tmp_path) as terminal,
    ):
        terminal.shows("online")
        terminal.types(f"/dm bob क्षि 🇮🇳 !{LEFT}")
        terminal.shows("> /dm bob क्षि IN !")
        terminal.types("\x1b[200~एक\nदो 👨\u200d👩\u200d👧\n\u200b\x1b[201~")
        terminal.shows("send 2 lines to bob? y/n")
        terminal.types(f"{ALT_X}\x1b]11;rgb:ffff/ffff/ffff\x1b\\n")
        terminal.shows("nothing was sent")
        terminal.types(f"{ALT_X}<")
        terminal.shows("> /dm bob क्षि IN <!")
        terminal.types("\x1b[200~एक\nदो\x1b[201~")
        terminal.shows("send 2 lines to bob? y/n")
        terminal.types("y")
        terminal.shows("> <alice to bob> क्षि IN <एक", "> <alice to bob> दो!")
        assert bob.hears(r"\[dm from alice\] दो!")[-1] == "[dm from alice] क्षि 🇮🇳 <एक"
        terminal.until("^>$")
