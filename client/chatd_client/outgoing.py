"""The queue of messages that the user typed, each kept until the server has answered it.

The rules, so that no message is lost and none is sent twice:

1. A message waits until just before its first byte is given to a socket; from then on it counts as written.
2. Messages are written in the order in which they were typed, over however many links that takes.
3. A message that was written and not answered when the link broke may or may not have arrived. It is written
   again, before all others; its `key` tells the server that it is the same.
4. An answer removes a message, whether it waits or not.
5. Only so many messages are written and not answered. What was never written can be cancelled. Whoever leaves
   does not wait for answers.
"""

from collections.abc import Iterable
from enum import Enum
from typing import Final

from chatd.protocol.requests import Direct, Say

Message = Say | Direct

#: Messages without an answer: hours of typing, yet a pasted book does not fill the memory while offline.
MAX_UNANSWERED: Final = 10_000
#: Messages that are written and not answered. Over a link of 200 ms that is 80 lines a second, more than a
#: server takes from one client for long; at 10 a second, what cannot be cancelled any more takes 2 s.
MAX_WRITTEN: Final = 16


class DeliveryState(Enum):
    """How far a message has come; the last two are the server's answers."""

    WAITING = "waiting"
    CANCELLED = "cancelled"
    ACKNOWLEDGED = "acknowledged"
    REFUSED = "refused"


class Outgoing:
    """Messages by their `ref`, in order. Every message that is added must have a `ref` and a `key` of its
    own.
    """

    def __init__(self) -> None:
        self._waiting: dict[str, Message] = {}
        self._written: dict[str, Message] = {}
        self._again: set[str] = set()  # waiting, but written before, on a link that broke

    def __len__(self) -> int:
        """How many messages have no answer yet."""
        return len(self._waiting) + len(self._written)

    @property
    def waiting(self) -> bool:
        """Whether there are messages still to be written."""
        return bool(self._waiting)

    def add(self, message: Message) -> bool:
        """Append a message to the queue; False when the queue is full."""
        if len(self) >= MAX_UNANSWERED:
            return False
        self._waiting[str(message.ref)] = message
        return True

    def take(self, leaving: bool = False) -> Message | None:
        """The next message to write, which counts as written from here on. None if none may be written now
        (rule 5); for who is leaving, only if none is waiting.
        """
        ref = next(iter(self._waiting), None)
        if ref is None or (len(self._written) >= MAX_WRITTEN and not leaving):
            return None
        message = self._written[ref] = self._waiting.pop(ref)
        return message

    def put_back(self, ref: str) -> None:
        """No byte of it was written: put it back at the head of the queue, for the next link."""
        self._waiting = {ref: self._written.pop(ref), **self._waiting}

    def cancel(self, refs: Iterable[str]) -> list[str]:
        """Remove those of these messages that were never written; returns their refs."""
        return [ref for ref in refs if ref not in self._again and self._waiting.pop(ref, None) is not None]

    def answered(self, ref: str) -> bool:
        """Remove the message that the server answered; False when there is none with this ref."""
        self._again.discard(ref)
        return any(queue.pop(ref, None) is not None for queue in (self._written, self._waiting))

    def link_broken(self) -> None:
        """The written messages are to be written again, before those that wait."""
        self._again.update(self._written)
        self._waiting = self._written | self._waiting
        self._written = {}
