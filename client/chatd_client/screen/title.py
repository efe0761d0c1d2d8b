"""The title of the terminal's window: where one is, and how much there is to read, as in `(3!) #dev - chat`.

With a `!` it is the number of messages for the user (mentions and direct messages), without it that of all
that are unread. The rules:

1. It is written when it has changed, and not more often than every INTERVAL: a busy room must not keep the
   terminal and its window manager busy. What is written last is what holds.
2. Nothing is written to a terminal that would print it, or show it in the middle of the text.
3. The title of before is back at the end, where the terminal can remember it; else there is none.
"""

import os
import time
from collections.abc import Callable, Mapping
from typing import Final

from prompt_toolkit.output import Output

from chatd.protocol.requests import LOBBY
from chatd_client.screen.cells import shown

#: Seconds between two titles.
INTERVAL: Final = 0.3
#: Characters of a title. A room's name has 32 at most, whatever a server calls it.
LONGEST: Final = 80
#: Unread messages that are counted; above it says nothing that one would act on.
_MOST: Final = 999

#: By the beginning of TERM: consoles and terminals of before windows had titles. (What is not known here is a
#: kind of xterm by now, or takes no notice.)
_UNTITLED: Final = ("linux", "dumb", "eterm", "vt52", "vt100", "vt102", "vt220", "cons", "ansi", "sun")
#: Remember the title of the window, and take it back (xterm's title stack). Who does not know it skips it.
_REMEMBER, _RECALL = "\x1b[22;2t", "\x1b[23;2t"


def takes_title(environ: Mapping[str, str] = os.environ) -> bool:
    """Whether this is no terminal that is known to have no title."""
    term = environ.get("TERM", "")
    return bool(term) and not term.startswith(_UNTITLED) and not environ.get("INSIDE_EMACS")


def title(room: str, unread: int, mentions: int) -> str:
    """`room` is a room, or somebody's name with an `@` before it."""
    where = room if room == LOBBY or room.startswith("@") else f"#{room}"
    count, mark = (mentions, "!") if mentions else (unread, "")
    number = f"{_MOST}+" if count > _MOST else f"{count}"
    return shown(f"({number}{mark}) {where} - chat" if count else f"{where} - chat")[:LONGEST]


class TerminalTitle:
    """`call_later(seconds, call)` calls from the thread of the screen, as an asyncio loop does. With `wanted`
    False nothing is ever written.
    """

    def __init__(
        self,
        output: Output,
        call_later: Callable[[float, Callable[[], None]], object],
        wanted: bool = True,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._output, self._call_later, self._clock = output, call_later, clock
        self._wanted = wanted
        self._written: str | None = None
        self._now = ""  # what it should be
        self._next = float("-inf")  # when it may be written again
        self._waits = False

    def show(self, room: str, unread: int, mentions: int) -> None:
        """Where the user is, and what is unread by now. May be called as often as one likes."""
        self._now = title(room, unread, mentions)
        if not self._wanted or self._waits or self._now == self._written:
            return
        wait = self._next - self._clock()
        if wait > 0:
            self._waits = True
            self._call_later(wait, self._waited)
        else:
            self._write()

    def restore(self) -> None:
        """At the end: the title of before. Nothing is written after that."""
        if self._written is not None:
            self._output.clear_title()
            self._output.write_raw(_RECALL)
            self._output.flush()
        self._wanted = False

    def _waited(self) -> None:
        self._waits = False
        if self._wanted and self._now != self._written:
            self._write()

    def _write(self) -> None:
        if self._written is None:
            self._output.write_raw(_REMEMBER)
        self._output.set_title(self._now)
        self._output.flush()
        self._written, self._next = self._now, self._clock() + INTERVAL
