"""The hits of a search, a list that covers the messages: one walks it, and Enter goes to where it was said.

The newest hit is the first. When one comes near the end of the list, older ones are asked for. Nothing that
the server says without being asked gets into it: each list has a `ref` of its own.
"""

import itertools
from collections.abc import Callable
from typing import Final, NamedTuple

from msgspec.structs import replace

from chatd.protocol.dialects.text import room_before
from chatd.protocol.events import DirectMessage, TopicSet
from chatd.protocol.history_page import HistoryPage, Told
from chatd.protocol.moderation_events import Acted
from chatd.protocol.requests import Request, Search
from chatd.protocol.search_words import found_in, phrases_of
from chatd_client.console import text_of
from chatd_client.screen.cells import shown
from chatd_client.screen.lines import Composer
from chatd_client.screen.wrapping import TextRow, wrap
from chatd_client.times import seconds_of

#: Rows of a hit at most, and of what stands before and after it.
_HIT_ROWS, _CONTEXT_ROWS = 3, 1
#: Older hits are asked for when so few are left below.
_LEFT: Final = 10
#: Hits whose rows are remembered: those of some screens.
_REMEMBERED: Final = 200
#: Hits that are kept.
MOST_HITS: Final = 2000

_INDENT: Final = 2
_refs = itertools.count(1)


class Hit(NamedTuple):
    """What was found, with what was said before and after it, where that was asked for."""

    message: Told
    before: Told | None = None
    after: Told | None = None


class HitList:
    """`ask` sends a request; `go` is called with the message to which the user wants to go; `ignored` tells
    whose messages are not shown.
    """

    def __init__(
        self,
        request: Search,
        composer: Composer,
        ask: Callable[[Request], None],
        go: Callable[[Told], None],
        ignored: Callable[[Told], bool] = lambda message: False,
    ) -> None:
        self.ref = f"search {next(_refs)}"
        self._request = replace(request, ref=self.ref)
        self._composer, self._ask, self._go = composer, ask, go
        self._ignored = ignored
        self._phrases = phrases_of(request.words)
        self._hits: list[Hit] = []
        self._below: int | None = None  # the id of the oldest hit that has come
        self._trouble = ""  # why older ones did not come
        self._more = True
        self._asked = self._online = False
        self._chosen = self._top = 0
        self._page = 1  # hits of a screen
        self._drawn: dict[
            tuple[int, int, bool], list[TextRow]
        ] = {}  # by hit, columns, and whether it is chosen
        self.online()

    # -- the server -------------------------------------------------------------------------------------

    def online(self) -> None:
        """There is a link: what was under way when it broke is asked for again."""
        self._online, self._asked = True, False
        if not self._hits:
            self._ask_for_older()

    def offline(self) -> None:
        """The link broke: no answer comes."""
        self._online = False

    def answered(self, page: HistoryPage) -> None:
        """Hits have come."""
        if not self._asked:
            return
        self._asked = False
        known = {hit.message.id for hit in self._hits}
        nothing = [None] * len(page.messages)  # a server may send fewer of what stands around them
        around = zip([*(page.before or ()), *nothing], [*(page.after or ()), *nothing], strict=False)
        found = zip(page.messages, around, strict=False)
        new = [Hit(message, *beside) for message, beside in found if message.id not in known]
        self._hits += [self._seen(hit) for hit in new if not self._ignored(hit.message)]
        below, self._below = self._below, new[-1].message.id if new else 0
        goes_on = bool(new) and (below is None or self._below < below)
        self._more = page.more and goes_on and len(self._hits) < MOST_HITS
        self._trouble = ""
        if not self._hits:  # all of them are of people who are ignored
            self._ask_for_older()

    def failed(self, text: str) -> bool:
        """The server cannot answer now. Whether there is something to show nevertheless."""
        self._asked, self._trouble = False, text
        return bool(self._hits)

    def _seen(self, hit: Hit) -> Hit:
        around = (one if one is not None and not self._ignored(one) else None for one in hit[1:])
        return Hit(hit.message, *around)

    def _ask_for_older(self) -> None:
        if self._more and self._online and not self._asked:
            self._asked = True
            self._ask(replace(self._request, before=self._below))

    def changed(self) -> None:
        """Something of it reads otherwise now."""
        self._drawn.clear()

    # -- what is drawn ----------------------------------------------------------------------------------

    def view(self, columns: int, height: int) -> list[TextRow]:
        """The heading, and the hits around the one that is chosen."""
        rows = [wrap([("class:question", self._heading())], columns)[0]]
        place = height - 1
        self._top = min(self._top, self._chosen)
        self._top = max(self._top, self._highest_above(place, columns))
        first = len(rows)
        for at in range(self._top, len(self._hits)):
            if len(rows) - first >= place:
                break
            rows += self._rows(at, columns)
            self._page = at - self._top + 1
        return rows[:height]

    def _heading(self) -> str:
        if not self._hits:
            return "searching; Escape goes back" if self._more else "nothing was found; Escape goes back"
        number = f"{self._chosen + 1} of {len(self._hits)}{'+' if self._more else ''}"
        return f"{number} found - {self._trouble or 'Enter goes there, Escape back'}"

    def _highest_above(self, place: int, columns: int) -> int:
        """The first hit that may be on top where the chosen one is to be seen whole."""
        top, used = self._chosen, len(self._rows(self._chosen, columns)) if self._hits else 0
        while top > self._top and (used := used + len(self._rows(top - 1, columns))) <= place:
            top -= 1
        return top

    def _rows(self, at: int, columns: int) -> list[TextRow]:
        key = at, columns, at == self._chosen
        if key not in self._drawn:
            if len(self._drawn) >= _REMEMBERED:
                self._drawn.clear()
            self._drawn[key] = self._made(at, columns)
        return self._drawn[key]

    def _made(self, at: int, columns: int) -> list[TextRow]:
        hit = self._hits[at]
        rows: list[TextRow] = []
        rows_of = ((hit.before, _CONTEXT_ROWS), (hit.message, _HIT_ROWS), (hit.after, _CONTEXT_ROWS))
        for message, most in rows_of:
            if message is not None:
                rows += self._message(message, message is hit.message, at == self._chosen, columns)[:most]
        return rows

    def _message(self, message: Told, is_hit: bool, chosen: bool, columns: int) -> list[TextRow]:
        mark = ("> " if chosen else "  ") if is_hit else "    "
        style = "" if is_hit else "class:notice"
        if is_hit and chosen:
            style = "class:chosen"
        at = seconds_of(message.at)
        stamp = f"{self._composer.day(at)} {self._composer.clock(at)} "
        message = self._composer.deletions.now(message)
        text = "" if isinstance(message, TopicSet | Acted) else shown(message.text.replace("\n", " "))
        head = shown(_head(message))
        row = [(style, f"{mark}{stamp if is_hit else ''}{head}")]
        return wrap([*row, *(self._marked(text, style) if is_hit else [(style, text)])], columns, _INDENT)

    def _marked(self, text: str, style: str) -> TextRow:
        row: TextRow = []
        done = 0
        for begin, end in found_in(text, self._phrases):
            row += [(style, text[done:begin]), (f"{style} class:found", text[begin:end])]
            done = end
        return [*row, (style, text[done:])]

    # -- keys -------------------------------------------------------------------------------------------

    def press(self, key: str) -> bool:
        if key == "enter" and self._hits:
            self._go(self._hits[self._chosen].message)
            return False
        steps = {"up": -1, "down": 1, "pageup": -self._page, "pagedown": self._page}
        ends = {"home": -len(self._hits), "end": len(self._hits)}
        self._choose(self._chosen + {**steps, **ends}.get(key, 0))
        return key not in ("enter", "escape", "c-c", "c-d")

    def scroll(self, up: int) -> None:
        self._choose(self._chosen - (up > 0) + (up < 0))

    def _choose(self, at: int) -> None:
        self._chosen = max(0, min(at, len(self._hits) - 1))
        if self._chosen >= len(self._hits) - _LEFT:
            self._ask_for_older()


def _head(message: Told) -> str:
    """Where it was said, and by whom."""
    if isinstance(message, DirectMessage):
        return f"<{message.sender} to {message.to}> "
    if isinstance(message, TopicSet | Acted):
        return text_of(message)[0].removeprefix("* ")
    return f"{room_before(message.room)}<{message.sender}> "
