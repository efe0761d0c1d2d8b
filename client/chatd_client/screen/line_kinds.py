"""The lines of a window, each with what was said: it is made into fragments when it comes into view."""

from collections.abc import Callable
from typing import Final

from chatd_client.outgoing import DeliveryState
from chatd_client.screen.cells import LONGEST, shown, width
from chatd_client.screen.deletions import ERASED
from chatd_client.screen.kept_lines import ScrollbackLine
from chatd_client.screen.links import with_links
from chatd_client.screen.wrapping import TextRow

SAID, OWN, DIRECT, NOTICE, ERROR, MENTION = " ", ">", "@", "*", "!", "»"

#: The mark of an own line, which shows its delivery state.
MARKS: Final = {
    DeliveryState.WAITING: "…",
    DeliveryState.CANCELLED: "-",
    DeliveryState.REFUSED: ERROR,
    DeliveryState.ACKNOWLEDGED: OWN,
}
#: The style of a line with each mark.
_STYLES: Final = {
    **dict.fromkeys(MARKS.values(), "class:own"),
    SAID: "",
    DIRECT: "class:direct",
    MENTION: "class:mention",
    NOTICE: "class:notice",
    ERROR: "class:error",
}

#: Characters before the text of a line, about.
_HEAD: Final = 20
#: What tells how the times of lines are written.
FormatTime = Callable[[float], str]


class LogLine(ScrollbackLine):
    """A line with a time, a mark and a head, which is what stands before the text. `shows` is the id of the
    message that is to be read there, also where the line has no place among the messages of the window.
    """

    __slots__ = ("_deleted", "_format", "_head", "_text", "at", "id", "mark", "shows")

    def __init__(self, format_time: FormatTime, mark: str, at: float, head: TextRow, text: str) -> None:
        self._format, self._head = format_time, head
        self._text = text[: LONGEST + 1]  # of which `shown` leaves as much
        self.mark, self.at, self.id, self.shows = mark, at, 0, 0
        self._deleted = False

    def fragments(self) -> tuple[TextRow, int]:
        style = _STYLES[self.mark]
        start = [("class:time", f"{self._format(self.at or 0.0)} "), (style, self.mark), ("", " ")]
        text = with_links(_STYLES[NOTICE] if self._deleted else style, shown(self._text))
        fragments = [*start, *self._head, *text]
        return fragments, sum(width(part) for _, part in start)

    def delete(self, text: str) -> None:
        """The message is gone; this is to be read in its place. It means nobody any more."""
        self._text, self._deleted = text[: LONGEST + 1], True
        if text == ERASED:
            self._head = [("", "<"), ("", ERASED), ("", "> ")]
        self.mark = SAID if self.mark == MENTION else self.mark

    @property
    def sender(self) -> str:  # type: ignore[override]  # what is read only
        return self._head[1][1].partition(" ")[0] if len(self._head) > 1 else ""

    @property
    def size(self) -> int:  # type: ignore[override]
        return len(self._text) + _HEAD

    @property
    def text(self) -> str:  # type: ignore[override]
        return "".join(text for _, text in self._head) + self._text


class OwnLine(LogLine):
    """A line of a message typed here; its mark and colour show its delivery state."""

    __slots__ = ("in_its_place",)

    in_its_place: bool  #: it is in the window of its room or person

    def set_state(self, state: DeliveryState) -> None:
        """Show a new delivery state."""
        self.mark = MARKS[state]


class GapLine(LogLine):
    """Says that something is missing: messages behind the one with the id `after`."""

    __slots__ = ("after",)


class BareLine(ScrollbackLine):
    """A line without a time."""

    __slots__ = ("text",)

    def __init__(self, text: str) -> None:
        self.text = text

    def fragments(self) -> tuple[TextRow, int]:
        return [("class:notice", shown(self.text))], 0

    @property
    def size(self) -> int:  # type: ignore[override]
        return len(self.text)


class BareGap(BareLine):
    """The same without a time: it was put between what was there."""

    __slots__ = ("after",)
