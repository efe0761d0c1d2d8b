"""The title of the terminal's window."""

from collections.abc import Callable
from io import StringIO

import pytest
from prompt_toolkit.data_structures import Size
from prompt_toolkit.output.vt100 import Vt100_Output

from chatd_client.screen.title import INTERVAL, TerminalTitle, takes_title, title


class Titled:
    """A title on a terminal, at a time that the test tells."""

    def __init__(self, wanted: bool = True, term: str = "xterm") -> None:
        self._written = StringIO()
        self.now = 0.0
        self.later: list[tuple[float, Callable[[], None]]] = []
        output = Vt100_Output(self._written, lambda: Size(24, 80), term=term)
        self.title = TerminalTitle(
            output, lambda *call: self.later.append(call), wanted=wanted, clock=lambda: self.now
        )

    def take(self) -> str:
        """What was written since."""
        written = self._written.getvalue()
        self._written.seek(0)
        self._written.truncate()
        return written

    def wait(self) -> None:
        seconds, call = self.later.pop()
        self.now += seconds
        call()


def test_it_is_written_when_it_changes() -> None:
    titled = Titled()
    titled.title.show("lobby", 0, 0)
    assert titled.take() == "\x1b[22;2t\x1b]2;lobby - chat\x07"
    titled.now = INTERVAL
    titled.title.show("lobby", 0, 0)
    assert titled.take() == ""
    titled.title.show("dev", 12, 3)
    assert titled.take() == "\x1b]2;(3!) #dev - chat\x07"


def test_what_changes_quickly_is_written_now_and_then_and_the_last_holds() -> None:
    titled = Titled()
    for unread in range(100):
        titled.title.show("dev", unread, 0)
    assert titled.take().count("\x07") == 1
    assert len(titled.later) == 1
    titled.wait()
    assert titled.take() == "\x1b]2;(99) #dev - chat\x07"
    titled.title.show("dev", 1, 0)
    titled.title.show("dev", 99, 0)  # as it is there already
    titled.wait()
    assert (titled.take(), titled.later) == ("", [])


def test_the_title_of_before_is_back_at_the_end() -> None:
    titled = Titled()
    titled.title.show("dev", 0, 0)
    titled.title.show("dev", 1, 0)
    titled.take()
    titled.title.restore()
    assert titled.take() == "\x1b]2;\x07\x1b[23;2t"
    titled.wait()
    titled.title.show("ops", 0, 0)
    assert titled.take() == ""


def test_nothing_is_written_where_it_is_not_wanted() -> None:
    titled = Titled(wanted=False)
    titled.title.show("dev", 0, 0)
    titled.title.restore()
    assert titled.take() == ""


@pytest.mark.parametrize(
    ("room", "unread", "mentions", "text"),
    [
        ("lobby", 0, 0, "lobby - chat"),
        ("dev", 0, 0, "#dev - chat"),
        ("dev", 4, 0, "(4) #dev - chat"),
        ("@bob", 4, 4, "(4!) @bob - chat"),
        ("dev", 1000, 0, "(999+) #dev - chat"),
        ("dev", 5000, 1000, "(999+!) #dev - chat"),
        ("d\x1b]2;ev\x07\x9c\u202e", 0, 0, "#d]2;ev - chat"),
        ("x" * 999, 0, 0, "#" + "x" * 79),
    ],
)
def test_what_it_says(room: str, unread: int, mentions: int, text: str) -> None:
    assert title(room, unread, mentions) == text


def test_which_terminals_take_it() -> None:
    for term in ("xterm-256color", "screen", "tmux-256color", "foot", "alacritty", "rxvt-unicode", "st"):
        assert takes_title({"TERM": term})
    for term in ("", "linux", "dumb", "vt100", "eterm-color", "ansi"):
        assert not takes_title({"TERM": term})
    assert not takes_title({})
    assert not takes_title({"TERM": "xterm", "INSIDE_EMACS": "29.1,term"})
