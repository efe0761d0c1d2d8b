"""Thirty windows in a terminal of 20 x 5: the real program in a pseudo-terminal."""

from pathlib import Path

from tests.support.screen_terminal import ScreenTerminal, TextTalker, chatd

ALT_LEFT, ALT_END, ALT_ENTER = "\x1b[1;3D", "\x1b[1;3F", "\x1b\r"
PAGE_UP, CTRL_D, F1 = "\x1b[5~", "\x04", "\x1bOP"
#: Windows 2 to 30, in the order of their names.
ROOMS = [f"r{number:02}" for number in range(2, 31)]


def test_thirty_windows_in_a_tiny_terminal(tmp_path: Path) -> None:
    (tmp_path / ".config/chatd").mkdir(parents=True)
    (tmp_path / ".config/chatd/client.toml").write_text(f"rooms = {ROOMS}\n")
    with (
        chatd() as (_, port),
        TextTalker(port, "bob") as bob,
        ScreenTerminal(f"ann@127.0.0.1:{port}", tmp_path, 20, 5) as terminal,
    ):
        terminal.shows("[1:lobby] 2:#r02 +28")
        for number in range(3, 11):  # each in turn: Alt-3 … Alt-9, Alt-0
            terminal.types(f"\x1b{number % 10}")
            terminal.shows(f"[{number}:#r{number:02}]", "here - no topic")
        terminal.types(f"\x1b1{ALT_LEFT}")
        terminal.shows("[30:#r30]")
        bob.says("/join r17", "ann?")
        terminal.shows("[30:#r30] +29!")
        terminal.types("\x1ba")
        terminal.shows("[17:#r17]", "<bob> ann?")
        bob.says(*(f"line {number}" for number in range(9)))
        terminal.shows("line 8")
        terminal.types(PAGE_UP)
        terminal.shows("line 4")
        terminal.types(ALT_END)
        terminal.shows("line 8")
        terminal.types(f"one{ALT_ENTER}two\r")
        terminal.shows("<ann> one", "<ann> two")
        terminal.types(F1)
        terminal.shows("keys - any other key")
        terminal.types("x")
        terminal.shows("<ann> two")
        terminal.types(CTRL_D)
        assert terminal.ends() == 0
