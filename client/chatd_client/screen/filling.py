"""What pages of history do to the gaps of a window: each of them narrows one, or closes it, or makes another.

A block is what stands between two gaps: all messages that there are between its first and its last. So the
page around a message that somebody looked for is a block by itself until what lies between is there, too.
"""

from chatd_client.screen.kept_lines import KeptLines, ScrollbackLine
from chatd_client.screen.lines import BareGap, GapLine

_BETWEEN = "— there is more in between —"

#: The first and the last id of a page.
PageEnds = tuple[int, int]


def narrow(gap: ScrollbackLine, after: int) -> None:
    """What was missing up to this id is there now."""
    assert isinstance(gap, GapLine | BareGap)
    gap.after = max(gap.after, after)


def filled_from_below(lines: KeptLines, after: int, ends: PageEnds, more: bool) -> ScrollbackLine | None:
    """A page of the newest messages of the gap behind `after`: the gap, if it is closed."""
    gap = next((gap for gap, _ in lines.gaps() if gap.after == after), None)
    return gap if not more or ends[0] <= after else None


def filled_from_above(lines: KeptLines, after: int, ends: PageEnds, more: bool) -> ScrollbackLine | None:
    """A page of its oldest ones, likewise."""
    gap, behind = next(((gap, behind) for gap, behind in lines.gaps() if gap.after == after), (None, 0))
    if gap is None:
        return None
    narrow(gap, ends[1])
    return gap if not more or (behind and ends[1] >= behind - 1) else None


def put_around(lines: KeptLines, ends: PageEnds) -> tuple[list[ScrollbackLine], ScrollbackLine | None]:
    """A page from anywhere: the gaps that it closes, and one that is to stand behind it."""
    first, last = ends
    closed: list[ScrollbackLine] = []
    ended = last in lines.ids() or last > lines.last_id()
    for gap, behind in lines.gaps():
        if first <= gap.after <= last:
            if behind and behind <= last:
                closed.append(gap)
            else:
                narrow(gap, last)
                ended = True
    if ended:
        return closed, None
    gap = BareGap(_BETWEEN)
    gap.after = last
    return closed, gap
