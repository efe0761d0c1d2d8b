"""The people of the current room, in a column at the right of the messages.

Where all of them fit they stand in the order of their names, so that nobody moves while others talk. Where
they do not, those who spoke most recently come first: of a thousand people these are the ones to look for.
Who is not shown is counted in the last row (`+123`), and one can scroll to them.
"""

from collections.abc import Callable, Sequence
from typing import Final

from prompt_toolkit.layout import UIContent, UIControl
from prompt_toolkit.mouse_events import MouseEvent, MouseEventType

from chatd.protocol.names import fold
from chatd_client.screen.cells import Cells, cells, filled, shown, width
from chatd_client.screen.colours import colour

#: A screen that is narrower has no such column: its messages need the place.
LEAST_COLUMNS: Final = 60
#: The column takes a quarter of the screen, within these bounds. Names may have 32 characters, most have ten.
NARROWEST, WIDEST = 16, 20

#: Rows that one step of the mouse wheel scrolls.
_WHEEL: Final = {MouseEventType.SCROLL_UP: -3, MouseEventType.SCROLL_DOWN: 3}

PanelRow = list[tuple[str, str]]


def panel_width(columns: int) -> int:
    """Columns of the panel on a screen of so many; 0 where it has no place."""
    return 0 if columns < LEAST_COLUMNS else min(max(columns // 4, NARROWEST), WIDEST)


def panel_rows(
    names: Sequence[str],
    count: int,
    first: int,
    columns: int,
    rows: int,
    away: Callable[[str], bool] = lambda name: False,
    prefix: Callable[[str], str | None] = lambda name: None,
) -> list[PanelRow]:
    """So many rows of so many columns, or fewer: how many people there are, and their names from the `first`
    on (counted from 0). `names` are the most recent speaker first; `count` may be more than their number.
    Before the names of those who are `away` stands a `-`. `prefix` gives what tells the role of somebody, and
    stands directly before the name; where it gives None, nobody has one.
    """
    count = max(count, len(names))
    place = max(0, rows - 1)
    if len(names) <= place:
        names = sorted(names, key=fold)
    first = highest(first, len(names), rows)
    below = count - first - place
    listed = names[first : first + place - (below > 0)] if place else ()
    heading = f"{count:,} here" if not first else f"{first + 1:,} of {count:,}"
    made = [_row("class:notice", heading, columns)]
    for name in listed:
        gone = away(name)
        role = prefix(name)
        text = name if role is None else f"{role or ' '}{name}"
        made.append(_row("class:notice" if gone else colour(name), text, columns, "-" if gone else " "))
    if below > 0 and place:
        made.append(_row("class:notice", f"+{count - first - len(listed):,}", columns))
    return made[:rows]


def highest(first: int, count: int, rows: int) -> int:
    """The first name that may stand at the top of so many rows, as near to `first` as may be."""
    return max(0, min(first, count - (rows - 1)))


def _row(style: str, text: str, columns: int, before: str = " ") -> PanelRow:
    """A space, or what stands `before`, and the text, cut where it is too long: the space keeps it apart from
    the messages.
    """
    text = shown(text)
    kept, used = "", 1
    whole = width(text) < columns
    for _, cell, taken in cells([("", text)]):
        if used + taken > columns - (not whole):
            break
        kept, used = kept + cell, used + taken
    kept += "" if whole or used >= columns else "…"
    parts = [part for _, cell, taken in cells([("", kept)]) for part in filled(cell, taken)]
    return [("", before), (style, Cells(kept, parts))]


class NickPanel(UIControl):
    """`people` gives the names of the current room, the most recent speaker first, and how many there are;
    `away` tells who is away, `prefix` who has which role, as in `panel_rows`.
    """

    def __init__(
        self,
        people: Callable[[], tuple[Sequence[str], int]],
        away: Callable[[str], bool] = lambda name: False,
        prefix: Callable[[str], str | None] = lambda name: None,
    ) -> None:
        self._people, self._away, self._prefix = people, away, prefix
        self._first = 0
        self._rows = 1

    def create_content(self, width: int, height: int) -> UIContent:
        self._rows = height
        names, count = self._people()
        self._first = highest(self._first, len(names), height)
        rows = panel_rows(names, count, self._first, width, height, self._away, self._prefix)
        return UIContent(get_line=lambda index: list(rows[index]), line_count=len(rows), show_cursor=False)

    def mouse_handler(self, mouse_event: MouseEvent) -> object:
        rows = _WHEEL.get(mouse_event.event_type)
        if rows is None:
            return NotImplemented
        self.scroll(rows)
        return None

    def scroll(self, down: int) -> None:
        """Scroll by rows: down for a positive number, up for a negative one."""
        self._first = highest(self._first + down, len(self._people()[0]), self._rows)

    def page(self, direction: int) -> None:
        """Scroll by a page, down for 1, up for -1."""
        self.scroll(direction * max(1, self._rows - 2))

    def to_top(self) -> None:
        """Show the first names, as for another room."""
        self._first = 0
