"""Events to lines of the screen: `12:30 > <alice> hello`.

The mark behind the time says what a line is, so that colour only says it again. All that came from elsewhere
passes `shown` here, once, and nothing else puts text onto the screen.
"""

import re
import time
from collections.abc import Callable
from typing import Any, Final

from chatd.protocol.events import DirectMessage, Error, Event, Said, Skipped
from chatd.protocol.names import LETTERS
from chatd.protocol.requests import Direct
from chatd_client.console import spoken
from chatd_client.outgoing import DeliveryState, Message
from chatd_client.screen.colours import colour
from chatd_client.screen.scrollback import ScrollbackLine
from chatd_client.screen.wrapping import Row, shown, width
from chatd_client.settings import Bell

SAID, OWN, DIRECT, NOTICE, ERROR, MENTION = " ", ">", "@", "*", "!", "»"

#: Behind the time of an own line, until the server has answered.
MARKS: Final = {
    DeliveryState.WAITING: "…",
    DeliveryState.UNCERTAIN: "?",
    DeliveryState.REFUSED: "!",
    DeliveryState.ACKNOWLEDGED: OWN,
}

#: The year 2100, in milliseconds: no clock of ours has been there, and strftime stays within what it can do.
_LAST_TIME: Final = 4_102_444_800_000

#: What each setting of the bell lets ring.
RINGS: Final[dict[Bell, tuple[str, ...]]] = {
    "off": (),
    "dm": (DIRECT,),
    "mention": (DIRECT, MENTION),
    "all": (DIRECT, MENTION, SAID),
}


class Composer:
    """Makes lines for the owner of `name`; `now` is the wall clock."""

    def __init__(self, name: str, time_format: str, now: Callable[[], float] = time.time) -> None:
        self._time_format = time_format
        self._now = now
        self.name = name

    @property
    def name(self) -> str:
        """Whose screen it is; as part of a longer word it is no mention."""
        return self._name

    @name.setter
    def name(self, name: str) -> None:
        self._name = name
        self._mention = re.compile(rf"(?<![{LETTERS}]){re.escape(name)}(?![{LETTERS}])", re.IGNORECASE)

    def kind(self, event: Said | DirectMessage) -> str:
        """The mark of what someone else said."""
        if isinstance(event, DirectMessage):
            return DIRECT
        return MENTION if self._mention.search(event.text) else SAID

    def heard(self, event: Said | DirectMessage) -> ScrollbackLine:
        """What someone said."""
        kind = self.kind(event)
        who = shown(event.sender)
        named = (f"{colour(who)} bold", f"{who} to you" if kind is DIRECT else who)
        style = {DIRECT: "class:direct", MENTION: "class:mention"}.get(kind, "")
        at = min(max(event.at, 0), _LAST_TIME) / 1000  # in this order: an integer may be too long for a float
        return self._line(kind, at, [("", "<"), named, ("", "> ")], style, event.text)

    def own(self, message: Message) -> "OwnLine":
        """What was typed here."""
        return OwnLine(self, message, self._now())

    def notice(self, text: str) -> ScrollbackLine:
        """Words of the client's own, or of the server's."""
        return self._line(NOTICE, self._now(), [], "class:notice", text)

    def error(self, text: str) -> ScrollbackLine:
        """What went wrong."""
        return self._line(ERROR, self._now(), [], "class:error", text)

    def told(self, event: Event) -> list[ScrollbackLine]:
        """Everything else: the words of the text dialect, a line each where it is a list."""
        make = self.error if isinstance(event, Error | Skipped) else self.notice
        return [make(line[2:]) for line in spoken(event)]

    def fragments(self, mark: str, at: float, head: Row, style: str, text: str) -> tuple[Row, int]:
        """A line, and how far its further rows are indented."""
        stamp = time.strftime(self._time_format, time.localtime(at))
        start = [("class:time", f"{shown(stamp)} "), (style, mark), ("", " ")]
        return [*start, *head, (style, shown(text))], sum(width(part) for _, part in start)

    def _line(self, *arguments: Any) -> ScrollbackLine:
        return ScrollbackLine(*self.fragments(*arguments))


class OwnLine(ScrollbackLine):
    """It shows how far it has come."""

    __slots__ = ("_parts", "state")

    def __init__(self, composer: Composer, message: Message, at: float) -> None:
        to = f" to {shown(message.to)}" if isinstance(message, Direct) else ""
        head = [("", "<"), (f"{colour(composer.name)} bold", f"{composer.name}{to}"), ("", "> ")]
        self._parts = composer, at, head, message.text
        self.state = DeliveryState.WAITING
        super().__init__(*self._drawn(DeliveryState.WAITING))

    def move(self, state: DeliveryState) -> None:
        """The line has come to `state`."""
        self.state = state
        self.change(self._drawn(state)[0])

    def _drawn(self, state: DeliveryState) -> tuple[Row, int]:
        composer, at, head, text = self._parts
        style = "class:error" if state in (DeliveryState.UNCERTAIN, DeliveryState.REFUSED) else "class:own"
        return composer.fragments(MARKS[state], at, head, style, text)


def rings(bell: Bell, kind: str) -> bool:
    """Whether a line with this mark rings."""
    return kind in RINGS[bell]
