"""The scrollback: a bounded list of lines, and the position that is in view.

The cost of a line does not grow with the number of lines, and is small until somebody looks at it: only then
it is made into text and wrapped. What was wrapped last is remembered. While the user is scrolled up, the rows
in view stay the same, whatever is appended, or put above.

Where the day changes from one line to the next, its date stands in a row above. That row belongs to the line
below it, so it is right wherever older lines are put.
"""

from collections import deque
from collections.abc import Callable, Iterable
from typing import Final

from chatd_client.screen.kept_lines import KeptLines, ScrollbackLine
from chatd_client.screen.merging import merged
from chatd_client.screen.wrapping import TextRow, wrap

#: Lines of one window: a day of a busy room.
MOST_LINES: Final = 20_000
#: Characters of all lines together. Twenty thousand of the longest lines would take 160 MB.
MOST_TEXT: Final = 4_000_000
#: Wrapped lines that are remembered: those of some screens.
_REMEMBERED: Final = 500


class Scrollback(KeptLines):
    """Lines are appended, rows are viewed.

    A position is (the number of a line, how many of its rows are in view), and marks the bottom of the view.
    Lines are counted since the start; what is put above has smaller numbers, also below 0. `day` gives the
    date of a time, `today` that of now; `filling` tells whether what is missing is about to come.
    """

    def __init__(
        self,
        most_lines: int = MOST_LINES,
        most_text: int = MOST_TEXT,
        day: Callable[[float], str] = lambda at: "",
        today: Callable[[], str] = lambda: "",
        filling: Callable[[], bool] = lambda: False,
    ) -> None:
        super().__init__()
        self._most_lines, self._most_text = most_lines, most_text
        self._day, self._today, self._filling = day, today, filling
        self._bottom: tuple[int, int] | None = None  # position of the last row in view; None: the end
        self._found: int | None = None
        self._wrapped: dict[ScrollbackLine, tuple[int, str, list[TextRow]]] = {}
        self.unread = 0

    def append(self, line: ScrollbackLine) -> None:
        """Add a line at the end; drops the oldest lines past the bounds."""
        self._lines.append(line)
        self.size += line.size
        self.unread += self._bottom is not None
        while len(self._lines) > self._most_lines or (self.size > self._most_text and len(self._lines) > 1):
            self.drop_oldest()

    @property
    def takes_more(self) -> bool:
        """Whether lines put above the first are kept: the bounds are not near."""
        return 2 * len(self._lines) < self._most_lines and 2 * self.size < self._most_text

    # -- what is put between, and taken out -------------------------------------------------------------

    def merge(self, lines: Iterable[ScrollbackLine]) -> None:
        """Put the lines of messages, in the order of their ids, where they belong (see `merging`). Where the
        last line in view is a gap, what is put before it comes into view in its place.
        """
        bottom = self._bottom
        at_gap = bottom is not None and self._dropped <= bottom[0] < self.end_number
        at_gap = at_gap and bottom is not None and self._lines[bottom[0] - self._dropped].after > 0
        self._change(*merged(list(self._lines), list(lines)))
        if at_gap and bottom is not None:
            self._bottom = bottom[0], 1

    def put_first(self, line: ScrollbackLine) -> None:
        """Put a line above all others."""
        self._change([line, *self._lines], [0])

    def put_behind(self, known: ScrollbackLine | None, line: ScrollbackLine) -> None:
        """Put a line behind one that is there, or above all."""
        at = 1 + self.index(known) if known is not None else 0
        lines = list(self._lines)
        self._change([*lines[:at], line, *lines[at:]], [at])

    def remove(self, line: ScrollbackLine) -> None:
        """Take a line out, if it is there."""
        at = self.index(line)
        if at < 0:
            return
        header = self._header_in_view()
        del self._lines[at]
        self.size -= line.size
        self._shift(at, -1)
        self._keep_header(header)
        if self._bottom is not None and self._bottom[0] > self.end_number - 1:
            self.to_end()

    def delete(self, line: ScrollbackLine, text: str) -> None:
        """The message of a line is gone: the line reads so."""
        header, size = self._header_in_view(), line.size
        line.delete(text)
        self.size += line.size - size
        self._wrapped.pop(line, None)
        if self._bottom is not None and self._bottom[0] == self._dropped + self.index(line):
            self._bottom = self._bottom[0], 1 + header

    def _change(self, lines: list[ScrollbackLine], places: list[int]) -> None:
        """These are the lines now; `places`: before which of the lines of before others were put."""
        header = self._header_in_view()
        self._lines = deque(lines)
        self.size = sum(line.size for line in lines)
        above = places.count(0)
        self._dropped -= above
        for place in sorted(places[above:], reverse=True):
            self._shift(place + above, 1)
        self._keep_header(header)

    def _shift(self, at: int, by: int) -> None:
        """The line of this index, and those behind it, have other numbers now."""
        first = self._dropped + at
        if self._bottom is not None and self._bottom[0] >= first:
            self._bottom = self._bottom[0] + by, self._bottom[1]
        if self._found is not None and self._found >= first:
            self._found += by

    def _header_in_view(self) -> bool:
        number = self._dropped - 1 if self._bottom is None else self._bottom[0]
        return self._dropped <= number < self.end_number and self._date_above(number) != ""

    def _keep_header(self, before: bool) -> None:
        """The date above the last line in view has gone, or come: it is one of that line's rows."""
        if self._bottom is not None and self._bottom[0] < self.end_number:
            change = self._header_in_view() - before
            self._bottom = self._bottom[0], max(1, self._bottom[1] + change)

    def gap_near(self, height: int) -> tuple[ScrollbackLine, int, bool] | None:
        """The gap that is at most a screen away from what is in view; the id of the first message behind it;
        and whether the view is above it.
        """
        bottom = self.end_number - 1 if self._bottom is None else self._bottom[0]
        for gap, behind in reversed(self.gaps()):
            number = self._dropped + self.index(gap)
            if bottom - 2 * height <= number <= bottom + height:
                return gap, behind, number >= bottom and bool(behind)
        return None

    def clear(self) -> None:
        """Drop all lines."""
        self._dropped += len(self._lines)
        self._lines.clear()
        self._wrapped.clear()
        self.size = 0
        self.to_end()

    # -- what is in view --------------------------------------------------------------------------------

    def to_end(self) -> None:
        """Scroll to the end, and stay there when lines are appended."""
        self._bottom = self._found = None
        self.unread = 0

    @property
    def scrolled(self) -> bool:
        """Whether the view is not at the end."""
        return self._bottom is not None

    def near_top(self, columns: int, height: int) -> bool:
        """Whether there is less than another screen above the view."""
        if not self._lines:
            return True
        number, part = self._position(columns, height)
        while part < 2 * height and number > self._dropped:
            number -= 1
            part += len(self._rows(number, columns))
        return part < 2 * height

    def view(self, columns: int, height: int) -> list[TextRow]:
        """The rows in view, at most `height`, the newest last."""
        if not self._lines:
            return []
        number, part = self._position(columns, height)
        rows = self._rows(number, columns)[:part]
        while len(rows) < height and number > self._dropped:
            number -= 1
            rows = self._rows(number, columns) + rows
        return rows[-height:] if height > 0 else []

    def scroll(self, up: int, columns: int, height: int) -> None:
        """Scroll by rows: up, or down for a negative number. Down it stops at a gap: what is missing is asked
        for then, and while that is under way nobody gets past it.
        """
        if not self._lines:
            return
        number, part = self._bottom or self._last(columns)
        stop = self._next_gap(number) if up < 0 else None
        part -= up
        while part <= 0 and number > self._dropped:
            number -= 1
            part += len(self._rows(number, columns))
        number, part = self._clamped((number, max(part, 1)), columns, height)
        while part > len(self._rows(number, columns)) and number < self.end_number - 1:
            part -= len(self._rows(number, columns))
            number += 1
        self._found = None
        if stop is not None and number >= stop:
            number, part = stop, 1
        self._move_to(number, part, columns)

    def _next_gap(self, number: int) -> int | None:
        """Where scrolling down from this line stops."""
        first = number + (not self._filling())
        gaps = (self._dropped + self.index(gap) for gap, behind in self.gaps() if behind)
        return next((gap for gap in gaps if gap >= first), None)

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

    def show(self, id: int, columns: int, height: int) -> bool:
        """Scroll so that this message is in the middle, and mark it; False if it is not there."""
        number = next((n for n, line in enumerate(self._lines, self._dropped) if line.id == id), None)
        if number is None:
            return False
        self._found = below = number
        part = len(self._rows(number, columns))
        rest = height // 2
        while rest > 0 and below < self.end_number - 1:
            below += 1
            part = len(self._rows(below, columns))
            rest -= part
        self._move_to(below, max(1, part + min(0, rest)), columns)
        self._found = number
        return True

    # -- positions --------------------------------------------------------------------------------------

    def _rows(self, number: int, columns: int) -> list[TextRow]:
        line = self._lines[number - self._dropped]
        kept = self._wrapped.get(line)
        if kept is None or kept[:2] != (columns, line.mark):
            if len(self._wrapped) >= _REMEMBERED:
                self._wrapped.clear()
            fragments, indent = line.fragments()
            kept = self._wrapped[line] = columns, line.mark, wrap(fragments, columns, indent)
        rows = kept[2]
        if number == self._found:
            rows = [[(f"{style} class:found", text) for style, text in row] for row in rows]
        date = self._date_above(number)
        return [*wrap([("class:notice", f"— {date} —")], columns), *rows] if date else rows

    def _date_above(self, number: int) -> str:
        """The date of this line, where the day is not that of the line before; above all, not today."""
        at = self._lines[number - self._dropped].at
        if at is None:
            return ""
        day = self._day(at)
        before: Iterable[int] = range(number - self._dropped - 1, -1, -1)
        earlier = next((self._lines[each].at for each in before if self._lines[each].at is not None), None)
        return day if day != (self._today() if earlier is None else self._day(earlier)) else ""

    def _last(self, columns: int) -> tuple[int, int]:
        return self.end_number - 1, len(self._rows(self.end_number - 1, columns))

    def _move_to(self, number: int, part: int, columns: int) -> None:
        if (number, part) >= self._last(columns):
            self.to_end()
        else:
            self._bottom = number, part

    def _position(self, columns: int, height: int) -> tuple[int, int]:
        return self._clamped(self._bottom or self._last(columns), columns, height)

    def _clamped(self, position: tuple[int, int], columns: int, height: int) -> tuple[int, int]:
        """The position, or the first one with a full screen above it if the lines before were dropped."""
        number, part = self._dropped, height
        if position[0] >= number + height:  # each line has a row
            return position
        newest = self.end_number - 1
        while part > (rows := len(self._rows(number, columns))) and number < newest:
            part -= rows
            number += 1
        return max(position, (number, part))
