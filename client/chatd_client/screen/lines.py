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
from chatd.protocol.history_page import Told
from chatd.protocol.limits import DEFAULT
from chatd.protocol.mentions import Mention
from chatd.protocol.moderation_events import Acted
from chatd.protocol.names import fold
from chatd.protocol.requests import Direct
from chatd_client.console import text_of
from chatd_client.outgoing import DeliveryState, Message
from chatd_client.screen.cells import shown
from chatd_client.screen.colours import colour
from chatd_client.screen.deletions import DELETED, Deletions
from chatd_client.screen.kept_lines import ScrollbackLine
from chatd_client.screen.line_kinds import (
    DIRECT,
    ERROR,
    MARKS,
    MENTION,
    NOTICE,
    OWN,
    SAID,
    BareLine,
    GapLine,
    LogLine,
    OwnLine,
)
from chatd_client.screen.wrapping import TextRow
from chatd_client.settings import Bell
from chatd_client.times import local_time, seconds_of

#: The kinds of line that ring the bell, for each setting.
RINGS: Final[dict[Bell, tuple[str, ...]]] = {
    "off": (),
    "dm": (DIRECT,),
    "mention": (DIRECT, MENTION),
    "all": (DIRECT, MENTION, SAID),
}
#: Characters of a name that are shown: twice what a name may have, whatever a server sends.
_LONGEST_NAME: Final = 2 * DEFAULT.name


class Composer:
    """Makes lines for the user called `name`; `now` is the wall clock, in seconds."""

    def __init__(self, name: str, time_format: str, now: Callable[[], float] = time.time) -> None:
        self._time_format = time_format
        self.now = now
        self._names: set[str] = set()  # that the user has had
        self.name = name
        self.deletions = Deletions()
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

    def is_me(self, name: str | None) -> bool:
        """Whether this is the user's name."""
        return name is not None and fold(shown(name)) == fold(self.name)

    def wrote(self, event: Said | DirectMessage) -> bool:
        """Whether the user wrote it. A direct message tells the names of the two as they were then; that of
        the user may be another one by now, and somebody else's.
        """
        sender = fold(shown(event.sender))
        if sender == fold(self.name) or not isinstance(event, DirectMessage):
            return sender == fold(self.name)
        return sender in self._names and fold(shown(event.to)) not in self._names

    def kind(self, event: Said | DirectMessage) -> str:
        """The mark of a message from someone else."""
        if isinstance(event, Said) and event.kind == DELETED:
            return SAID
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

    def past(self, event: Told, stray: bool = False) -> list[LogLine]:
        """A message of the history, also one's own, a topic, or an act."""
        event = self.deletions.now(event)
        if isinstance(event, TopicSet | Acted):
            return self.act_or_topic(event)
        if not self.wrote(event):
            return self.message(event, self.kind(event), stray)
        to = f" to {shown(event.to)}" if stray and isinstance(event, DirectMessage) else ""
        return self._message(event, OWN, to, stray)

    def act_or_topic(self, event: TopicSet | Acted) -> list[LogLine]:
        """Somebody set the topic, or keeps the room civil. What is announced to all, or done to the user, is
        as conspicuous as what names the user.
        """
        at, mark = seconds_of(event.at), NOTICE
        if isinstance(event, Acted) and (event.act == "announce" or self.is_me(event.whom)):
            mark = NOTICE if self.is_me(event.by) else MENTION
        lines = text_of(event)[: DEFAULT.message_lines]
        return _with_id(event, [LogLine(self.clock, mark, at, [], line[2:]) for line in lines])

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
        lines = [LogLine(self.clock, mark, at, head, text) for text in _lines(event.text)]
        if isinstance(event, Said) and event.kind == DELETED:
            lines = lines[:1]
            lines[0].delete(event.text)
        return _with_id(event, lines)

    def left_out(self, count: int, first: Told) -> LogLine:
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
        if isinstance(event, TopicSet | Acted):
            return self.act_or_topic(event)
        make = self.error if isinstance(event, Error | Skipped) else self.notice
        return [make(line[2:]) for line in text_of(event)]

    def new_since(self, at: float) -> ScrollbackLine:
        """What stands above what one has not seen yet."""
        return BareLine(f"— new since {self.clock(at)} —")


def _with_id(event: Told, lines: list[LogLine]) -> list[LogLine]:
    for line in lines:
        line.id = line.shows = event.id
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


def of_no_place(line: LogLine) -> LogLine:
    """The line, without its place among the messages of the window; it still shows its message."""
    line.id = 0
    return line


def rings(bell: Bell, kind: str) -> bool:
    """Whether a line with this mark rings the bell."""
    return kind in RINGS[bell]
