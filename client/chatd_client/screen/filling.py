"""What pages of history do to the gaps of a window: each narrows them, or closes them, or makes another.

A page covers the log from one id to another: nothing is missing in between. A gap whose beginning is covered
begins at the end of what is covered, and if that reaches what stands behind the gap, it is closed. The page
around a message that somebody looked for may stand alone: then there is a new gap behind it.
"""

from typing import NamedTuple

from chatd_client.screen.kept_lines import KeptLines, ScrollbackLine
from chatd_client.screen.line_kinds import BareGap, GapLine

_BETWEEN = "— there is more in between —"


class PageSpan(NamedTuple):
    """All messages with ids from `low` to `high`, these included, are in the page."""

    low: int
    high: int


def change_gaps(lines: KeptLines, span: PageSpan) -> list[ScrollbackLine]:
    """Narrow the gaps; returns those that are closed."""
    closed: list[ScrollbackLine] = []
    narrowed: list[ScrollbackLine] = []
    for gap, behind in lines.gaps():
        if not span.low <= gap.after <= span.high:
            continue
        if behind and behind <= span.high + 1:
            closed.append(gap)
        else:
            assert isinstance(gap, GapLine | BareGap)
            gap.after = span.high
            narrowed.append(gap)
    return closed + narrowed[:-1]  # they say the same


def gap_behind(lines: KeptLines, last: int) -> ScrollbackLine | None:
    """A gap to put behind a page that ends with this id, if it is not known what comes next. Before the page
    is there, and after `change_gaps`.
    """
    gaps = lines.gaps()
    at_the_end = last > lines.last_id() and all(behind for _, behind in gaps)
    if last in lines.ids() or at_the_end or any(gap.after == last for gap, _ in gaps):
        return None
    gap = BareGap(_BETWEEN)
    gap.after = last
    return gap
