"""What was said, as far back as the bounds allow, and which part of it is to be seen.

A line costs the same whether there are ten or ten thousand: it is wrapped only when it is looked at, and
once for each width. Someone who scrolled up keeps looking at the same rows, whatever comes in meanwhile.
"""

from collections import deque
from typing import Final

from chatd_client.screen.wrapping import Row, wrap

MOST_LINES: Final = 20_000
#: Characters of all lines. Twenty thousand of the longest would be 160 MB.
MOST_TEXT: Final = 4_000_000


class ScrollbackLine:
    """One message or notice; `fragments` may change, when the server has answered for it."""

    __slots__ = ("_columns", "_fragments", "_indent", "_rows", "size")

    def __init__(self, fragments: Row, indent: int = 0) -> None:
        self._indent = indent
        self._rows: list[Row] = []
        self.change(fragments)

    def change(self, fragments: Row) -> None:
        """Show this instead."""
        self._fragments = fragments
        self._columns = 0
        self.size = sum(len(text) for _, text in fragments)

    def rows(self, columns: int) -> list[Row]:
        """It, wrapped."""
        if self._columns != columns:
            self._rows, self._columns = wrap(self._fragments, columns, self._indent), columns
        return self._rows

    @property
    def text(self) -> str:
        """What a search looks at."""
        return "".join(text for _, text in self._fragments)


class Scrollback:
    """`append` lines, `view` rows. A place is (number of a line since the start, how many of its rows)."""

    def __init__(self, most_lines: int = MOST_LINES, most_text: int = MOST_TEXT) -> None:
        self._lines: deque[ScrollbackLine] = deque()
        self._most_lines, self._most_text = most_lines, most_text
        self._text = 0
        self._dropped = 0
        self._bottom: tuple[int, int] | None = None  # the last row seen; None: whatever is the newest
        self._found: int | None = None
        self.unread = 0

    def __len__(self) -> int:
        return len(self._lines)

    def append(self, line: ScrollbackLine) -> None:
        """The newest line; the oldest may go."""
        self._lines.append(line)
        self._text += line.size
        self.unread += self._bottom is not None
        while len(self._lines) > self._most_lines or (self._text > self._most_text and len(self._lines) > 1):
            self._text -= self._lines.popleft().size
            self._dropped += 1

    def clear(self) -> None:
        """Forget everything."""
        self._dropped += len(self._lines)
        self._lines.clear()
        self._text = 0
        self.to_end()

    def to_end(self) -> None:
        """Follow what comes in."""
        self._bottom = self._found = None
        self.unread = 0

    @property
    def scrolled(self) -> bool:
        """Whether someone looks at the past."""
        return self._bottom is not None

    def view(self, columns: int, height: int) -> list[Row]:
        """The rows to be seen, at most `height`, the newest last."""
        if not self._lines:
            return []
        number, part = self._clamped(self._bottom or self._last(columns), columns, height)
        rows = self._rows(number, columns)[:part]
        while len(rows) < height and number > self._dropped:
            number -= 1
            rows = self._rows(number, columns) + rows
        return rows[-height:] if height > 0 else []

    def scroll(self, up: int, columns: int, height: int) -> None:
        """Move by rows: towards the past, or, below 0, towards the present."""
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
        self._look_at(number, part, columns)

    def search(self, text: str, columns: int) -> bool:
        """Look at the next line towards the past that holds `text`, in any case; then from the end again.

        What was found last is where it goes on, else the lowest line that is seen.
        """
        wanted = text.casefold()
        found = [n for n, line in enumerate(self._lines, self._dropped) if wanted in line.text.casefold()]
        if not found:
            return False
        above = (self._bottom or self._last(columns))[0] + 1 if self._found is None else self._found
        earlier = [number for number in found if number < above]
        number = (earlier or found)[-1]
        self._look_at(number, len(self._rows(number, columns)), columns)
        self._found = number
        return True

    # -- places --------------------------------------------------------------------------------------------

    def _rows(self, number: int, columns: int) -> list[Row]:
        rows = self._lines[number - self._dropped].rows(columns)
        if number != self._found:
            return rows
        return [[(f"{style} class:found", text) for style, text in row] for row in rows]

    def _last(self, columns: int) -> tuple[int, int]:
        return self._dropped + len(self._lines) - 1, len(self._lines[-1].rows(columns))

    def _look_at(self, number: int, part: int, columns: int) -> None:
        if (number, part) >= self._last(columns):
            self.to_end()
        else:
            self._bottom = number, part

    def _clamped(self, place: tuple[int, int], columns: int, height: int) -> tuple[int, int]:
        """`place`, or the first that has a full screen above it: the oldest lines may have gone."""
        number, part = self._dropped, height
        newest = number + len(self._lines) - 1
        while part > (rows := len(self._rows(number, columns))) and number < newest:
            part -= rows
            number += 1
        return max(place, (number, part))
