"""`python -m tools.capture`: plays a scene on the real full screen and writes the result into the README."""

import tempfile
from pathlib import Path

from tests.support.screen_terminal import ScreenTerminal, TextTalker, chatd

README = Path(__file__).parent.parent / "README.md"
BEGIN, END = "<!-- screen: begin -->\n", "<!-- screen: end -->\n"


def play() -> list[str]:
    """Play the scene; returns the rows of the screen."""
    with (
        tempfile.TemporaryDirectory() as home,
        chatd(5050) as (_, port),
        TextTalker(port, "bob") as bob,
        ScreenTerminal(f"alice@127.0.0.1:{port}", Path(home), columns=64, rows=12) as screen,
    ):
        screen.shows("online")
        with TextTalker(port, "carol"):
            screen.shows("carol joined")
            screen.types("/join dev\rhello all\r")
            screen.shows("> <alice> hello all")
            bob.says("/join dev", "good morning", "alice, is the build green? 👍")
            screen.shows("green")
            screen.types("\x1b1")
            screen.shows("[1:lobby]")
            bob.says("日本語 too", '/dm alice "lunch at 12?"', "/bc back in five minutes")
            screen.shows("five minutes")
        screen.shows("3:bob(1!)", "carol lost connection")
        screen.types("\x1b2one mom")
        return screen.until("one mom$")


def main() -> None:
    text = README.read_text()
    begin, end = text.index(BEGIN) + len(BEGIN), text.index(END)
    shown = "".join(f"{row}\n" for row in play() if row)
    README.write_text(f"{text[:begin]}```text\n{shown}```\n{text[end:]}")


if __name__ == "__main__":
    main()
