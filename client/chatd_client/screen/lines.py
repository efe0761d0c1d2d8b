"""Events to lines of the scrollback: `12:30 > <alice> hello`.

The mark after the time says what kind of line it is, so that nothing depends on colour alone. All text from
outside is made safe here, once, by `shown`; no other module puts text into the scrollback.
"""

import time
from collections.abc import Callable
from typing import Any, Final

from chatd.protocol.dialects.text import room_before
from chatd.protocol.events import DirectMessage, Error, Event, Said, Skipped
from chatd.protocol.requests import Direct, Say
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

    def message(self, event: Said | DirectMessage) -> ScrollbackLine:
        """A message from someone else."""
        kind = self.kind(event)
        who = shown(event.sender)
        named = (f"{colour(who)} bold", f"{who} to you" if kind is DIRECT else who)
        room = room_before(shown(event.room)) if isinstance(event, Said) else ""
        style = {DIRECT: "class:direct", MENTION: "class:mention"}.get(kind, "")
        head = [("", f"{room}<"), named, ("", "> ")]
        return self._line(kind, seconds_of(event.at), head, style, event.text)

    def own_message(self, message: Message) -> "OwnLine":
        """A message typed here."""
        return OwnLine(self, message, self._now())

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
    """A message typed here; its mark and colour show its delivery state."""

    __slots__ = ("_parts", "state")

    def __init__(self, composer: Composer, message: Message, at: float) -> None:
        to = f" to {shown(message.to)}" if isinstance(message, Direct) else ""
        room = room_before(message.room) if isinstance(message, Say) else ""
        head = [("", f"{room}<"), (f"{colour(composer.name)} bold", f"{composer.name}{to}"), ("", "> ")]
        self._parts = composer, at, head, message.text
        self.state = DeliveryState.WAITING
        super().__init__(*self._render(DeliveryState.WAITING))

    def set_state(self, state: DeliveryState) -> None:
        """Show a new delivery state."""
        self.state = state
        self.change(self._render(state)[0])

    def _render(self, state: DeliveryState) -> tuple[TextRow, int]:
        composer, at, head, text = self._parts
        style = "class:error" if state is DeliveryState.REFUSED else "class:own"
        return composer.fragments(MARKS[state], at, head, style, text)


def rings(bell: Bell, kind: str) -> bool:
    """Whether a line with this mark rings the bell."""
    return kind in RINGS[bell]
