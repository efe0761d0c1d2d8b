"""The messages that someone typed, until the server has answered for each.

What it keeps, so that nothing is lost and nothing is said twice:

1. A line is WAITING until the moment before its first byte is given to a socket, and counts as written then.
2. Waiting lines leave in the order in which they were typed, over however many links that takes.
3. A line that was written when the link broke may or may not have arrived. It is UNCERTAIN, and leaves again
   only when someone asks for it.
4. An answer strikes a line out, whatever state it is in.
"""

from enum import Enum
from typing import Final

from chatd.protocol.requests import Direct, Say

Message = Say | Direct

#: Lines without an answer: hours of typing, yet a pasted book does not fill the memory while offline.
MOST: Final = 10_000


class DeliveryState(Enum):
    """Where a line is; the last two are the server's answers."""

    WAITING = "waiting"
    UNCERTAIN = "uncertain"
    ACKNOWLEDGED = "acknowledged"
    REFUSED = "refused"


class Outgoing:
    """Lines by their `ref`, in order. Every message that comes in here carries one, of its own."""

    def __init__(self) -> None:
        self._waiting: dict[str, Message] = {}
        self._written: dict[str, Message] = {}
        self._uncertain: dict[str, Message] = {}

    def __len__(self) -> int:
        """How many lines nobody has answered for."""
        return len(self._waiting) + len(self._written) + len(self._uncertain)

    def add(self, message: Message) -> bool:
        """Take a line in; False when there are too many already."""
        if len(self) >= MOST:
            return False
        self._waiting[str(message.ref)] = message
        return True

    def take(self) -> Message | None:
        """The line to be written now, which counts as written from here on."""
        ref = next(iter(self._waiting), None)
        if ref is None:
            return None
        message = self._written[ref] = self._waiting.pop(ref)
        return message

    def give_back(self, ref: str) -> None:
        """It could not be written, not even in part: it is the first to be taken on the next link."""
        self._waiting = {ref: self._written.pop(ref), **self._waiting}

    def answered(self, ref: str) -> bool:
        """The server answered; whether that was about a line of ours."""
        lines = (self._written, self._uncertain, self._waiting)
        return any(part.pop(ref, None) is not None for part in lines)

    def broken(self) -> list[str]:
        """The link is gone; the refs of the lines of which nobody knows whether they arrived."""
        return _pour(self._written, self._uncertain)

    def ask_again(self) -> list[str]:
        """Someone wants the uncertain lines sent again: behind those that wait, since they may be repeats."""
        return _pour(self._uncertain, self._waiting)


def _pour(source: dict[str, Message], into: dict[str, Message]) -> list[str]:
    refs = list(source)
    into.update(source)
    source.clear()
    return refs
