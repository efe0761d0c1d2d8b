"""Events to lines of the scrollback: `12:30 > <alice> hello`.

The mark after the time says what kind of line it is, so that nothing depends on colour alone. All text from
outside is made safe here, once, by `shown`; no other module puts text into the scrollback.
"""

import time
from collections.abc import Callable
from typing import Any, Final

from chatd.protocol.dialects.text import room_before
from chatd.protocol.events import DirectMessage, Error, Event, Said, Skipped, TopicSet
from chatd.protocol.limits import DEFAULT
from chatd.protocol.names import fold
from chatd.protocol.requests import LOBBY, Direct, Say
from chatd_client.console import text_of
from chatd_client.outgoing import DeliveryState, Message
from chatd_client.screen.cells import shown, width
from chatd_client.screen.colours import colour
from chatd_client.screen.links import with_links
from chatd_client.screen.mentions import Mention
from chatd_client.screen.scrollback import ScrollbackLine
from chatd_client.screen.wrapping import TextRow
from chatd_client.settings import Bell
from chatd_client.times import local_time, seconds_of

#: What a page of history holds.
PastMessage = Said | DirectMessage | TopicSet

SAID, OWN, DIRECT, NOTICE, ERROR, MENTION = " ", ">", "@", "*", "!", "»"

#: The mark of an own line, which shows its delivery state.
MARKS: Final = {
    DeliveryState.WAITING: "…",
    DeliveryState.CANCELLED: "-",
    DeliveryState.REFUSED: "!",
    DeliveryState.ACKNOWLEDGED: OWN,
}

#: The kinds of line that ring the bell, for each setting.
RINGS: Final[dict[Bell, tuple[str, ...]]] = {
    "off": (),
    "dm": (DIRECT,),
    "mention": (DIRECT, MENTION),
    "all": (DIRECT, MENTION, SAID),
}


class Composer:
    """Makes lines for the user called `name`; `now` is the wall clock, in seconds."""

    def __init__(self, name: str, time_format: str, now: Callable[[], float] = time.time) -> None:
        self._time_format = time_format
        self._now = now
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
        self._mention = Mention(name)

    def kind(self, event: Said | DirectMessage) -> str:
        """The mark of a message from someone else."""
        if isinstance(event, DirectMessage):
            return DIRECT
        return MENTION if self._mention.within(shown(event.text), self.present) else SAID

    @property
    def today(self) -> str:
        """The date."""
        return self.day(1000 * int(self._now()))

    @staticmethod
    def day(at: int) -> str:
        """The local date of a message."""
        return local_time(seconds_of(at), "%Y-%m-%d")

    def date(self, day: str) -> ScrollbackLine:
        """What stands between the lines of two days."""
        return ScrollbackLine([("class:notice", f"— {day} —")])

    def message(self, event: Said | DirectMessage) -> list[ScrollbackLine]:
        """A message from someone else: a line for each of its lines."""
        kind = self.kind(event)
        to = " to you" if kind is DIRECT else ""
        style = {DIRECT: "class:direct", MENTION: "class:mention"}.get(kind, "")
        return self._message(event, kind, to, style)

    def past(self, event: PastMessage) -> list[ScrollbackLine]:
        """A message of the history, also one's own, or a topic."""
        if isinstance(event, TopicSet):
            at = seconds_of(event.at)
            return placed(
                event, [self._line(NOTICE, at, [], "class:notice", line[2:]) for line in text_of(event)]
            )
        if fold(event.sender) != fold(self.name):
            return self.message(event)
        to = f" to {shown(event.to)}" if isinstance(event, DirectMessage) else ""
        return self._message(event, OWN, to, "class:own")

    def own_message(self, message: Message) -> "list[OwnLine]":
        """A message typed here: a line for each of its lines."""
        to = f" to {shown(message.to)}" if isinstance(message, Direct) else ""
        room = message.room if isinstance(message, Say) else LOBBY
        head = _head(room, self.name, to, getattr(message, "kind", None))
        where = message.room if isinstance(message, Say) else None
        return [OwnLine(self, where, head, text, self._now()) for text in _lines(message.text)]

    def _message(self, event: Said | DirectMessage, mark: str, to: str, style: str) -> list[ScrollbackLine]:
        room = shown(event.room) if isinstance(event, Said) else LOBBY
        head = _head(room, shown(event.sender), to, getattr(event, "kind", None))
        at = seconds_of(event.at)
        return placed(event, [self._line(mark, at, head, style, text) for text in _lines(event.text)])

    def bare_notice(self, text: str) -> ScrollbackLine:
        """A notice that belongs to no time."""
        return ScrollbackLine([("class:notice", f"{NOTICE} {text}")])

    def notice(self, text: str) -> ScrollbackLine:
        """A sentence of the client itself or of the server."""
        return self._line(NOTICE, self._now(), [], "class:notice", text)

    def error(self, text: str) -> ScrollbackLine:
        """An error."""
        return self._line(ERROR, self._now(), [], "class:error", text)

    def event(self, event: Event) -> list[ScrollbackLine]:
        """Any other event, in the words of the text dialect; a list takes several lines."""
        make = self.error if isinstance(event, Error | Skipped) else self.notice
        return [make(line[2:]) for line in text_of(event)]

    def fragments(self, mark: str, at: float, head: TextRow, style: str, text: str) -> tuple[TextRow, int]:
        """The fragments of a line, and the indentation of its further rows in cells."""
        stamp = local_time(at, self._time_format)
        start = [("class:time", f"{shown(stamp)} "), (style, mark), ("", " ")]
        return [*start, *head, *with_links(style, shown(text))], sum(width(part) for _, part in start)

    def _line(self, *arguments: Any) -> ScrollbackLine:
        return ScrollbackLine(*self.fragments(*arguments))


class OwnLine(ScrollbackLine):
    """A line of a message typed here; its mark and colour show its delivery state."""

    __slots__ = ("_parts", "room", "state")

    def __init__(self, composer: Composer, room: str | None, head: TextRow, text: str, at: float) -> None:
        self.room = room  # None for a direct message
        self._parts = composer, at, head, text
        self.state = DeliveryState.WAITING
        super().__init__(*self._render(DeliveryState.WAITING))

    def acknowledged(self, id: int) -> None:
        """The message has this id, where it has one."""
        if id and self.room is not None:
            self.place = self.room, id

    def set_state(self, state: DeliveryState) -> None:
        """Show a new delivery state."""
        self.state = state
        self.change(self._render(state)[0])

    def _render(self, state: DeliveryState) -> tuple[TextRow, int]:
        composer, at, head, text = self._parts
        style = "class:error" if state is DeliveryState.REFUSED else "class:own"
        return composer.fragments(MARKS[state], at, head, style, text)


def _lines(text: str) -> list[str]:
    """Those of a message: as many as a message may have, whatever a server sends."""
    return text.rstrip("\n").split("\n", DEFAULT.message_lines - 1)


def _head(room: str, who: str, to: str, kind: str | None) -> TextRow:
    """What stands before the text, in the words of the text dialect."""
    before, behind = ("** ", " ") if kind == "action" else ("<", "> ")
    return [("", f"{room_before(room)}{before}"), (f"{colour(who)} bold", f"{who}{to}"), ("", behind)]


def placed(event: PastMessage, lines: list[ScrollbackLine]) -> list[ScrollbackLine]:
    """The lines, which know of which message they are."""
    if not isinstance(event, DirectMessage):
        for line in lines:
            line.place = event.room, event.id
    return lines


def rings(bell: Bell, kind: str) -> bool:
    """Whether a line with this mark rings the bell."""
    return kind in RINGS[bell]
