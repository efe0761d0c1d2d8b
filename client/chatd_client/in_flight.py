"""Messages that were written and have no answer yet: at most WINDOW bytes together, or one line.

The buffers of two sockets hold that, so a write never deadlocks with a server that waits for us to read.
"""

from collections import deque
from typing import Final, NamedTuple

from msgspec.structs import replace

from chatd.protocol.events import Ack, Error, Event, Sent
from chatd.protocol.requests import Direct, Topic
from chatd_client.outgoing import MAX_UNANSWERED, Message
from chatd_client.own_keys import OwnKeys

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
        self._keys = OwnKeys()
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

    def keyed(self, message: Acknowledged) -> Acknowledged:
        """The message, which has its `ref`, with its key. A topic has none: it is the same, however often it
        is set.
        """
        key = self._keys.of(str(message.ref))
        return message if isinstance(message, Topic) else replace(message, key=key)

    def match(self, event: Event) -> Event | None:
        """Match an answer with its message. The `Ack` of a direct message becomes a `Sent`, and so does the
        message itself, which the server tells again; None where that had its answer before.
        """
        if (told := self._keys.as_ack(event)) is not None:
            if told.ref not in self._messages:
                return None
            event = told
        if not isinstance(event, Ack | Error) or event.ref not in self._messages:
            return event
        message, size = self._messages.pop(event.ref)
        self._bytes -= size
        if isinstance(event, Error):
            self.refused.append(Undelivered(message, event.text))
        elif isinstance(message, Direct):
            return Sent(to=message.to, text=message.text, id=event.id, ref=event.ref)
        return event

    @property
    def messages(self) -> list[Acknowledged]:
        """Those that have no answer yet, in order, with their keys."""
        return [self.keyed(message) for message, _ in self._messages.values()]
