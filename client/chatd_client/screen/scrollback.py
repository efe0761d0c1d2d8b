"""The scrollback: a bounded list of lines, and the position that is in view.

The cost of a line does not grow with the number of lines: it is wrapped only when it comes into view, once
for each width. While the user is scrolled up, the rows in view stay the same, whatever is appended.
"""

from collections import deque
from typing import Final

from chatd_client.screen.wrapping import TextRow, wrap

MOST_LINES: Final = 20_000
#: Characters of all lines together. Twenty thousand of the longest lines would take 160 MB.
MOST_TEXT: Final = 4_000_000


class ScrollbackLine:
    """A message (or a line of it) or notice; its fragments change when the server has answered it."""

    __slots__ = ("_columns", "_fragments", "_indent", "_rows", "place", "size")

    def __init__(self, fragments: TextRow, indent: int = 0) -> None:
        self.place: tuple[str, int] | None = None  # the room and id of a message
        self._indent = indent
        self._rows: list[TextRow] = []
        self.change(fragments)

    def change(self, fragments: TextRow) -> None:
        """Replace the fragments."""
        self._fragments = fragments
        self._columns = 0
        self.size = sum(len(text) for _, text in fragments)

    def rows(self, columns: int) -> list[TextRow]:
        """The line, wrapped to this width."""
        if self._columns != columns:
            self._rows, self._columns = wrap(self._fragments, columns, self._indent), columns
        return self._rows

    @property
    def text(self) -> str:
        """The plain text, for the search."""
        return "".join(text for _, text in self._fragments)


class Scrollback:
    """Lines are appended, rows are viewed.

    A position is (the number of a line, how many of its rows are in view), and marks the bottom of the view.
    Lines are counted since the start; what is put above has smaller numbers, also below 0.
    """

    def __init__(self, most_lines: int = MOST_LINES, most_text: int = MOST_TEXT) -> None:
        self._lines: deque[ScrollbackLine] = deque()
        self._most_lines, self._most_text = most_lines, most_text
        self._text = 0
        self._dropped = 0
        self._bottom: tuple[int, int] | None = None  # position of the last row in view; None: the end
        self._found: int | None = None
        self.unread = 0

    def __len__(self) -> int:
        return len(self._lines)

    def append(self, line: ScrollbackLine) -> None:
        """Add a line at the end; drops the oldest lines past the bounds."""
        self._lines.append(line)
        self._text += line.size
        self.unread += self._bottom is not None
        while len(self._lines) > self._most_lines or (self._text > self._most_text and len(self._lines) > 1):
            self._text -= self._lines.popleft().size
            self._dropped += 1

    @property
    def first_number(self) -> int:
        """The number of the first line."""
        return self._dropped

    @property
    def end_number(self) -> int:
        """The number that the next line will have."""
        return self._dropped + len(self._lines)

    @property
    def takes_more(self) -> bool:
        """Whether lines put above the first are kept: the bounds are not near."""
        return 2 * len(self._lines) < self._most_lines and 2 * self._text < self._most_text

    def insert(self, lines: list[ScrollbackLine], before: int) -> int:
        """Put lines before the one of that number, or above all where that is gone. The view stays. Returns
        by how much the numbers of the lines behind them have grown.
        """
        at = max(0, before - self._dropped)
        kept = list(self._lines)
        self._lines = deque(kept[:at] + lines + kept[at:])
        self._text += sum(line.size for line in lines)
        if at == 0:
            self._dropped -= len(lines)
            return 0
        first = self._dropped + at
        if self._bottom is not None and self._bottom[0] >= first:
            self._bottom = self._bottom[0] + len(lines), self._bottom[1]
        if self._found is not None and self._found >= first:
            self._found += len(lines)
        return len(lines)

    def remove_first(self, line: ScrollbackLine) -> None:
        """Drop this line, if it is the first of several, and not in view alone."""
        if len(self._lines) > 1 and self._lines[0] is line and (self._bottom or (None,))[0] != self._dropped:
            self._text -= self._lines.popleft().size
            self._dropped += 1

    def ids(self, room: str) -> set[int]:
        """The messages of the room that are there."""
        return {line.place[1] for line in self._lines if line.place is not None and line.place[0] == room}

    def first_id(self, room: str) -> int | None:
        """The first message of the room that is there."""
        found = (line.place[1] for line in self._lines if line.place is not None and line.place[0] == room)
        return next(found, None)

    def near_top(self, columns: int, height: int) -> bool:
        """Whether there is less than another screen above the view."""
        if not self._lines:
            return True
        number, part = self._clamped(self._bottom or self._last(columns), columns, height)
        while part < 2 * height and number > self._dropped:
            number -= 1
            part += len(self._rows(number, columns))
        return part < 2 * height

    def clear(self) -> None:
        """Drop all lines."""
        self._dropped += len(self._lines)
        self._lines.clear()
        self._text = 0
        self.to_end()

    def to_end(self) -> None:
        """Scroll to the end, and stay there when lines are appended."""
        self._bottom = self._found = None
        self.unread = 0

    @property
    def scrolled(self) -> bool:
        """Whether the view is not at the end."""
        return self._bottom is not None

    def view(self, columns: int, height: int) -> list[TextRow]:
        """The rows in view, at most `height`, the newest last."""
        if not self._lines:
            return []
        number, part = self._clamped(self._bottom or self._last(columns), columns, height)
        rows = self._rows(number, columns)[:part]
        while len(rows) < height and number > self._dropped:
            number -= 1
            rows = self._rows(number, columns) + rows
        return rows[-height:] if height > 0 else []

    def scroll(self, up: int, columns: int, height: int) -> None:
        """Scroll by rows: up, or down for a negative number."""
        if not self._lines:
            return
        number, part = self._bottom or self._last(columns)
        part -= up
        while part <= 0 and number > self._dropped:
            number -= 1
            part += len(self._rows(number, columns))
        number, part = self._clamped((number, max(part, 1)), columns, height)
        while part > len(self._rows(number, columns)) and number < self._dropped + len(self._lines) - 1:
            part -= len(self._rows(number, columns))
            number += 1
        self._found = None
        self._move_to(number, part, columns)

    def search(self, text: str, columns: int) -> bool:
        """Scroll up to the next line that contains `text`, ignoring case, then start again from the end.

        It continues above the line found last, else at the lowest line in view. False if nothing is found.
        """
        wanted = text.casefold()
        found = [n for n, line in enumerate(self._lines, self._dropped) if wanted in line.text.casefold()]
        if not found:
            return False
        above = (self._bottom or self._last(columns))[0] + 1 if self._found is None else self._found
        earlier = [number for number in found if number < above]
        number = (earlier or found)[-1]
        self._move_to(number, len(self._rows(number, columns)), columns)
        self._found = number
        return True

    # -- positions -------------------------------------------------------------------------------------

    def _rows(self, number: int, columns: int) -> list[TextRow]:
        rows = self._lines[number - self._dropped].rows(columns)
        if number != self._found:
            return rows
        return [[(f"{style} class:found", text) for style, text in row] for row in rows]

    def _last(self, columns: int) -> tuple[int, int]:
        return self._dropped + len(self._lines) - 1, len(self._lines[-1].rows(columns))

    def _move_to(self, number: int, part: int, columns: int) -> None:
        if (number, part) >= self._last(columns):
            self.to_end()
        else:
            self._bottom = number, part

    def _clamped(self, position: tuple[int, int], columns: int, height: int) -> tuple[int, int]:
        """The position, or the first one with a full screen above it if the lines before were dropped."""
        number, part = self._dropped, height
        newest = number + len(self._lines) - 1
        while part > (rows := len(self._rows(number, columns))) and number < newest:
            part -= rows
            number += 1
        return max(position, (number, part))
