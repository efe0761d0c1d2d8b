"""Events to lines of the scrollback: `12:30 > <alice> hello`.

The mark after the time says what kind of line it is, so that nothing depends on colour alone. All text from
outside is made safe here, by `shown`; no other module puts text into the scrollback. A line keeps what was
said, and is made into fragments each time that it comes into view: most never do.
"""

import time
from collections.abc import Callable
from functools import lru_cache
from typing import Final

from chatd.protocol.dialects.text import room_before
from chatd.protocol.events import DirectMessage, Error, Event, Said, Skipped, TopicSet
from chatd.protocol.limits import DEFAULT
from chatd.protocol.mentions import Mention
from chatd.protocol.names import fold
from chatd.protocol.requests import Direct
from chatd_client.console import text_of
from chatd_client.outgoing import DeliveryState, Message
from chatd_client.screen.cells import LONGEST, shown, width
from chatd_client.screen.colours import colour
from chatd_client.screen.kept_lines import ScrollbackLine
from chatd_client.screen.links import with_links
from chatd_client.screen.subject import PastMessage
from chatd_client.screen.wrapping import TextRow
from chatd_client.settings import Bell
from chatd_client.times import local_time, seconds_of

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

#: The kinds of line that ring the bell, for each setting.
RINGS: Final[dict[Bell, tuple[str, ...]]] = {
    "off": (),
    "dm": (DIRECT,),
    "mention": (DIRECT, MENTION),
    "all": (DIRECT, MENTION, SAID),
}
#: Characters of a name that are shown: twice what a name may have, whatever a server sends.
_LONGEST_NAME: Final = 2 * DEFAULT.name
#: Characters before the text of a line, about.
_HEAD: Final = 20
#: What tells how the times of lines are written.
FormatTime = Callable[[float], str]


class LogLine(ScrollbackLine):
    """A line with a time, a mark and a head, which is what stands before the text."""

    __slots__ = ("_format", "_head", "_text", "at", "id", "mark")

    def __init__(self, format_time: FormatTime, mark: str, at: float, head: TextRow, text: str) -> None:
        self._format, self._head = format_time, head
        self._text = text[: LONGEST + 1]  # of which `shown` leaves as much
        self.mark, self.at, self.id = mark, at, 0

    def fragments(self) -> tuple[TextRow, int]:
        style = _STYLES[self.mark]
        start = [("class:time", f"{self._format(self.at or 0.0)} "), (style, self.mark), ("", " ")]
        fragments = [*start, *self._head, *with_links(style, shown(self._text))]
        return fragments, sum(width(part) for _, part in start)

    @property
    def size(self) -> int:  # type: ignore[override]  # what is read only
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


class Composer:
    """Makes lines for the user called `name`; `now` is the wall clock, in seconds."""

    def __init__(self, name: str, time_format: str, now: Callable[[], float] = time.time) -> None:
        self._time_format = time_format
        self.now = now
        self._names: set[str] = set()  # that the user has had
        self.name = name
        #: Whether somebody of this folded name is here. Who knows, replaces it.
        self.present: Callable[[str], bool] = lambda name: False

    @property
    def name(self) -> str:
        """The user's name. A line that has it as a whole word mentions the user."""
        return self._name

    @name.setter
    def name(self, name: str) -> None:
        self._name = name
        self._names.add(fold(name))
        self._mention = Mention(name)

    def wrote(self, event: PastMessage) -> bool:
        """Whether the user wrote it. A direct message tells the names of the two as they were then; that of
        the user may be another one by now, and somebody else's.
        """
        sender = fold(shown(event.sender))
        if sender == fold(self.name) or not isinstance(event, DirectMessage):
            return sender == fold(self.name)
        return sender in self._names and fold(shown(event.to)) not in self._names

    def kind(self, event: Said | DirectMessage) -> str:
        """The mark of a message from someone else."""
        if isinstance(event, DirectMessage):
            return DIRECT
        return MENTION if self._mention.within(shown(event.text), self.present) else SAID

    def today(self) -> str:
        """The date."""
        return self.day(self.now())

    @staticmethod
    def day(at: float) -> str:
        """The local date of a time."""
        return local_time(at, "%Y-%m-%d")

    def clock(self, at: float) -> str:
        """A time, as the user wants it."""
        return shown(local_time(at, self._time_format))

    # -- messages ---------------------------------------------------------------------------------------

    def message(self, event: Said | DirectMessage, kind: str, stray: bool = False) -> list[LogLine]:
        """A message from someone else, of this kind: a line for each of its lines. `stray`: it is shown in
        another window than its own, and says where it belongs.
        """
        return self._message(event, kind, " to you" if stray else "", stray)

    def past(self, event: PastMessage, stray: bool = False) -> list[LogLine]:
        """A message of the history, also one's own, or a topic."""
        if isinstance(event, TopicSet):
            return self.topic(event)
        if not self.wrote(event):
            return self.message(event, self.kind(event), stray)
        to = f" to {shown(event.to)}" if stray and isinstance(event, DirectMessage) else ""
        return self._message(event, OWN, to, stray)

    def topic(self, event: TopicSet) -> list[LogLine]:
        """Somebody set the topic."""
        at = seconds_of(event.at)
        return _with_id(event, [LogLine(self.clock, NOTICE, at, [], line[2:]) for line in text_of(event)])

    def own_message(self, message: Message, stray: bool = False) -> list[OwnLine]:
        """A message typed here: a line for each of its lines."""
        if isinstance(message, Direct):
            head = _head(self.name, "", f" to {shown(message.to)}" if stray else "", None)
        else:
            head = _head(self.name, f"#{message.room} " if stray else "", "", message.kind)
        mark, at = MARKS[DeliveryState.WAITING], self.now()
        lines = [OwnLine(self.clock, mark, at, head, text) for text in _lines(message.text)]
        for line in lines:
            line.in_its_place = not stray
        return lines

    def _message(self, event: Said | DirectMessage, mark: str, to: str, stray: bool) -> list[LogLine]:
        if isinstance(event, Said):
            before = room_before(event.room[:_LONGEST_NAME]) if stray else ""
            head = _head(event.sender[:_LONGEST_NAME], before, "", event.kind)
        else:
            head = _head(event.sender[:_LONGEST_NAME], "", to, None)
        at = seconds_of(event.at)
        return _with_id(event, [LogLine(self.clock, mark, at, head, text) for text in _lines(event.text)])

    def left_out(self, count: int, first: PastMessage) -> LogLine:
        """Stands for that many messages of a page, from the `first` on, of people who are ignored."""
        text = f"{count} message{'s' * (count != 1)} of people whom you ignore"
        line = LogLine(self.clock, NOTICE, seconds_of(first.at), [], text)
        line.id = first.id
        return line

    # -- what is no message -----------------------------------------------------------------------------

    def notice(self, text: str) -> LogLine:
        """A sentence of the client itself or of the server."""
        return LogLine(self.clock, NOTICE, self.now(), [], text)

    def error(self, text: str) -> LogLine:
        """An error."""
        return LogLine(self.clock, ERROR, self.now(), [], text)

    def gap(self, text: str, after: int, mark: str) -> ScrollbackLine:
        """Something is missing here, behind the message of that id; 0: behind none, so it is no gap."""
        line = GapLine(self.clock, mark, self.now(), [], text)
        line.after = after
        return line

    def event(self, event: Event) -> list[LogLine]:
        """Any other event, in the words of the text dialect; a list takes several lines."""
        if isinstance(event, TopicSet):
            return self.topic(event)
        make = self.error if isinstance(event, Error | Skipped) else self.notice
        return [make(line[2:]) for line in text_of(event)]

    def new_since(self, at: float) -> ScrollbackLine:
        """What stands above what one has not seen yet."""
        return BareLine(f"— new since {self.clock(at)} —")


def _with_id(event: PastMessage, lines: list[LogLine]) -> list[LogLine]:
    for line in lines:
        line.id = event.id
    return lines


def _lines(text: str) -> list[str]:
    """Those of a message: as many as a message may have, whatever a server sends."""
    return text.rstrip("\n").split("\n", DEFAULT.message_lines - 1)


@lru_cache(4096)
def _head(who: str, before: str, to: str, kind: str | None) -> TextRow:
    """What stands before the text, in the words of the text dialect; the same for each line of somebody."""
    opening, closing = ("** ", " ") if kind == "action" else ("<", "> ")
    name = shown(who)
    return [("", f"{shown(before)}{opening}"), (f"{colour(name)} bold", f"{name}{to}"), ("", closing)]


def rings(bell: Bell, kind: str) -> bool:
    """Whether a line with this mark rings the bell."""
    return kind in RINGS[bell]
