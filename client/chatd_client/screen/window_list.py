"""The list of windows in the status line: `1:lobby [2:#dev] 3:ops(12) 4:bob(2!)`.

The window that is shown stands in brackets; behind the others stand how many messages are new, and with an
exclamation mark how many of them are mentions or direct messages. Where there is no room for all, those are
left out first that have nothing new, then those with new messages, then those with mentions: `+25`, or `+25!`
where one of those has mentions.
"""

import sys
from collections.abc import Sequence
from typing import Final

from chatd_client.screen.cells import width
from chatd_client.screen.chat_window import ChatWindow
from chatd_client.screen.status import Part, columns_of
from chatd_client.screen.wrapping import Fragment, TextRow

#: Counts above it are written as `99+`.
_MOST_COUNTED: Final = 99
#: Columns of a title, where there are others.
_LONGEST_TITLE: Final = 16


#: Weights in the status line: of all windows, of those with something new, of the one that is shown.
_ALL, _NEW, _SHOWN = 15, 50, 1000


def part(windows: Sequence[ChatWindow]) -> Part:
    """The list as a part of the status line."""
    everything = some_of(windows, sys.maxsize)
    important = [item for item in _items(windows) if item[0]]
    rest = f" +{len(windows) - len(important)}"
    needed = columns_of(_spaced(important)) + (len(rest) if len(windows) > len(important) else 0)
    return Part(_ALL, everything, lambda columns: some_of(windows, columns), ((needed, _NEW), (0, _SHOWN)))


def some_of(windows: Sequence[ChatWindow], columns: int) -> TextRow:
    """As many of them as these columns hold, the important ones first; at least the one that is shown."""
    items = _items(windows)
    by_rank = sorted(range(len(items)), key=lambda at: (_rank(windows[at]), at))
    kept: list[int] = []
    used = 0
    mentions = sum(window.mentions > 0 for window in windows)  # windows with some, of those not kept
    left_out = sys.maxsize  # the best rank of those that did not fit: none of a lower one is shown
    for at in by_rank:
        if _rank(windows[at]) > left_out:
            break
        more = width(items[at][1]) + bool(kept)
        others = mentions - (windows[at].mentions > 0)
        if kept and used + more + columns_of(_rest(len(items) - len(kept) - 1, others)) > columns:
            left_out = _rank(windows[at])
            continue
        kept.append(at)
        used, mentions = used + more, others
    return [*_spaced([items[at] for at in sorted(kept)]), *_rest(len(items) - len(kept), mentions)]


def _rest(count: int, mentions: int) -> list[Fragment]:
    """How many others there are, and whether something is to the user there."""
    style, mark = ("class:mentioned", "!") if mentions else ("", "")
    return [("", " "), (style, f"+{count}{mark}")] if count else []


def _items(windows: Sequence[ChatWindow]) -> list[Fragment]:
    return [_item(number, window) for number, window in enumerate(windows, 1)]


def _spaced(items: list[Fragment]) -> TextRow:
    return [piece for item in items for piece in (("", " "), item)][1:]


def _rank(window: ChatWindow) -> int:
    if window.current:
        return 0
    return 1 if window.mentions else 2 if window.unread else 3


def _item(number: int, window: ChatWindow) -> Fragment:
    title = window.subject.title
    if len(title) > _LONGEST_TITLE:
        title = f"{title[: _LONGEST_TITLE - 1]}…"
    if window.current:
        return "class:current", f"[{number}:{title}]"
    if window.mentions:
        return "class:mentioned", f"{number}:{title}({_count(window.mentions)}!)"
    if window.unread:
        return "class:unread", f"{number}:{title}({_count(window.unread)})"
    return "", f"{number}:{title}"


def _count(number: int) -> str:
    return str(number) if number <= _MOST_COUNTED else f"{_MOST_COUNTED}+"
