"""Which messages were said already, by the key that their author gave them.

A client that lost its connection does not know whether its last message was said, and sends it again: with
the same key it is said once, and answered as the first was.
"""

from collections import OrderedDict
from typing import Final

from chatd.protocol.limits import Limits
from chatd.state.message_log import Entry, MessageLog
from chatd.state.sessions import Session


class KeyedMessage:
    """A message under a key: `id` is 0 while it is on its way into the log. Meanwhile others may have been
    sent, which wait for the same answer: `again` are their sessions and refs."""

    __slots__ = ("again", "at", "id")

    def __init__(self, at: float) -> None:
        self.at: Final = at
        self.id = 0
        self.again: list[tuple[Session, str | None]] = []


class MessageKeys:
    """By person and key. Times are seconds of the server's monotonic clock."""

    __slots__ = ("_messages", "_most", "_time")

    def __init__(self, limits: Limits, log: MessageLog) -> None:
        self._time: Final = limits.key_time if log.stores else limits.key_time_memory
        self._most: Final = limits.keys
        self._messages: OrderedDict[tuple[int, str], KeyedMessage] = OrderedDict()

    def find(self, person: int, key: str, now: float) -> KeyedMessage | None:
        """What was said, or is being said, under the key."""
        message = self._messages.get((person, key))
        return None if message is None or message.at < now - self._time else message

    def add(self, person: int, key: str, now: float) -> None:
        """A message under a key is on its way; the oldest ones are forgotten, but none that is on its way,
        too: others may wait for its answer."""
        messages = self._messages
        messages.pop((person, key), None)
        messages[person, key] = KeyedMessage(now)
        oldest = next(iter(messages.values()))
        while oldest.id and (oldest.at < now - self._time or len(messages) > self._most):
            messages.popitem(last=False)
            oldest = next(iter(messages.values()))

    def restore(self, person: int, key: str, id: int, now: float) -> None:
        """The log knows it from before."""
        if (person, key) not in self._messages:
            self.add(person, key, now)
            self._messages[person, key].id = id

    def said(self, entry: Entry) -> list[tuple[Session, str | None]]:
        """The entry is acknowledged; who else is told so."""
        message = self._messages.get((entry.author.person.number, entry.key or ""))
        if message is None:
            return []
        message.id = entry.id
        again, message.again = message.again, []
        return again

    def failed(self, entry: Entry) -> list[tuple[Session, str | None]]:
        """The entry was not taken: the key is free again; who else is told so."""
        message = self._messages.pop((entry.author.person.number, entry.key or ""), None)
        return message.again if message is not None else []
