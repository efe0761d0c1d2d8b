"""Messages that were written and have no answer yet: at most WINDOW bytes together, or one line.

The buffers of two sockets hold that, so a write never deadlocks with a server that waits for us to read.
"""

from collections import deque
from collections.abc import Callable, Iterator
from typing import Final, NamedTuple

from chatd.protocol.events import Ack, Error, Event, Sent
from chatd.protocol.framing import LineTooLong
from chatd.protocol.requests import Direct, Request, Topic
from chatd_client.outgoing import MAX_UNANSWERED, Message

#: What is acknowledged: here a new topic, too.
Acknowledged = Message | Topic

WINDOW: Final = 32 * 1024


class Undelivered(NamedTuple):
    """A message that the server refused, and its reason as a sentence."""

    message: Acknowledged
    why: str


class InFlight:
    """The messages by their `ref`, in order, and what was `refused` of them."""

    def __init__(self) -> None:
        self._messages: dict[str, tuple[Acknowledged, int]] = {}  # with the bytes of its line
        self._bytes = 0
        self.refused: deque[Undelivered] = deque(maxlen=MAX_UNANSWERED)

    def __len__(self) -> int:
        return len(self._messages)

    def has_room(self, size: int) -> bool:
        """Whether a line of so many bytes may be written."""
        return not self._messages or self._bytes + size <= WINDOW

    def add(self, message: Acknowledged, size: int) -> None:
        """Its line is about to be written."""
        self._messages[str(message.ref)] = message, size
        self._bytes += size

    def match(self, event: Event) -> Event:
        """Match an answer with its message. The `Ack` of a direct message becomes a `Sent`."""
        if not isinstance(event, Ack | Error) or event.ref not in self._messages:
            return event
        message, size = self._messages.pop(event.ref)
        self._bytes -= size
        if isinstance(event, Error):
            self.refused.append(Undelivered(message, event.text))
        elif isinstance(message, Direct):
            return Sent(to=message.to, text=message.text, id=event.id, ref=event.ref)
        return event

    def write_again(self, encode: Callable[[Request], bytes], lines: list[bytes]) -> Iterator[Event]:
        """Add each message's line to `lines`; yields an error for one that is too long for this server."""
        for message, _ in list(self._messages.values()):
            try:
                lines.append(encode(message))
            except LineTooLong as error:
                yield self.match(Error(code=error.code, text=error.text, ref=message.ref))
