"""The queue of messages that the user typed, each kept until the server has answered it.

The rules, so that no message is lost and none is sent twice:

1. A message is WAITING until just before its first byte is given to a socket; from then on it counts as
   written.
2. Waiting messages are written in the order in which they were typed, over however many links that takes.
3. A message that was written and not answered when the link broke may or may not have arrived. It becomes
   UNCERTAIN, and is written again only when the user asks for that.
4. An answer removes a message, whatever state it is in.
5. Only so many messages are written and not answered: the others can still be cancelled, and stay certain
   when the link breaks. Whoever leaves does not wait for answers.
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
    UNCERTAIN = "uncertain"
    CANCELLED = "cancelled"
    ACKNOWLEDGED = "acknowledged"
    REFUSED = "refused"


class Outgoing:
    """Messages by their `ref`, in order. Every message that is added must have a `ref` of its own."""

    def __init__(self) -> None:
        self._waiting: dict[str, Message] = {}
        self._written: dict[str, Message] = {}
        self._uncertain: dict[str, Message] = {}

    def __len__(self) -> int:
        """How many messages have no answer yet."""
        return len(self._waiting) + len(self._written) + len(self._uncertain)

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
        """Remove those of these messages that are waiting; returns their refs."""
        return [ref for ref in refs if self._waiting.pop(ref, None) is not None]

    def answered(self, ref: str) -> bool:
        """Remove the message that the server answered; False when there is none with this ref."""
        queues = (self._written, self._uncertain, self._waiting)
        return any(queue.pop(ref, None) is not None for queue in queues)

    def link_broken(self) -> list[str]:
        """Make the written messages uncertain; returns their refs."""
        return _move_all(self._written, self._uncertain)

    def resend_uncertain(self) -> list[str]:
        """Queue the uncertain messages again, behind the waiting ones, since they may be repeats; returns
        their refs.
        """
        return _move_all(self._uncertain, self._waiting)


def _move_all(source: dict[str, Message], target: dict[str, Message]) -> list[str]:
    refs = list(source)
    target.update(source)
    source.clear()
    return refs
