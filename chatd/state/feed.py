"""What a room says in one variant, until every reader has it.

A message is appended once, whatever the number of readers. Each reader has a cursor (see memberships.py): the
number of the first message that is not in its outbox yet. `since` joins what is behind a cursor, once for all
readers with the same one: so a reader costs one append to its outbox a round, not one a message.

Messages are numbered from 0 in the order in which they were appended; `end` is the number of the next one.
"""

from typing import Final

from chatd.protocol.dialects.contract import Variant

_NO_SPAN: Final = (-1, -1)


class Notice(bytes):
    """A message that tells who came or left: unlike talk it is never skipped."""

    __slots__ = ()


class Batch:
    """Messages of one room in a row. `data` is what is written: `messages`, joined. The messages themselves
    are needed where only some of them fit under a bound; `notices` says that there may be a Notice among
    them. Shared by many outboxes, so never changed."""

    __slots__ = ("_stretches", "data", "messages", "notices", "room")

    def __init__(self, room: str, messages: list[bytes], notices: bool = False) -> None:
        self._stretches: list[tuple[bool, list[bytes], bytes]] | None = None
        self.room: Final = room
        self.messages: Final = messages
        self.notices: Final = notices
        self.data: Final = messages[0] if len(messages) == 1 else b"".join(messages)

    def stretches(self) -> list[tuple[bool, list[bytes], bytes]]:
        """Talk in a row and notices in a row: whether it is talk, its messages, and the same joined. Found
        out once for all outboxes."""
        if self._stretches is None:
            if not self.notices:
                self._stretches = [(True, self.messages, self.data)]
            else:
                rows: list[tuple[bool, list[bytes]]] = []
                for message in self.messages:
                    talk = type(message) is not Notice
                    if not rows or rows[-1][0] is not talk:
                        rows.append((talk, []))
                    rows[-1][1].append(message)
                self._stretches = [(talk, row, b"".join(row)) for talk, row in rows]
        return self._stretches

    def after(self, size: int) -> tuple[list[bytes], int]:
        """The messages that the first `size` bytes (fewer than all) do not cover whole, and how many bytes of
        the first of these they cover."""
        whole = 0
        while size >= len(self.messages[whole]):
            size -= len(self.messages[whole])
            whole += 1
        return self.messages[whole:], size


_NO_BATCH: Final = Batch("", [])


class Feed:
    """`room` is the room's name, `readers` how many have a cursor here."""

    __slots__ = (
        "_batch",
        "_begun_at",
        "_first",
        "_last_notice",
        "_messages",
        "_span",
        "end",
        "readers",
        "room",
        "variant",
    )

    def __init__(self, room: str, variant: Variant) -> None:
        self.room: Final = room
        self.variant: Final = variant
        self.readers = 0
        self.end = 0
        self._messages: list[bytes] = []
        self._first = 0  # the number of the first of them
        self._last_notice = -1  # its number
        self._begun_at = 0  # `end` when the round began
        self._span = _NO_SPAN  # what `_batch` holds: from and up to which number
        self._batch = _NO_BATCH

    def append(self, message: bytes) -> None:
        """A message for every reader."""
        self._messages.append(message)
        self.end += 1

    def append_notice(self, notice: Notice) -> None:
        """The same for what is never skipped."""
        self._last_notice = self.end
        self.append(notice)

    def since(self, cursor: int) -> Batch:
        """The messages from number `cursor` on, joined once for every reader that asks for the same."""
        span = cursor, self.end
        if self._span != span:
            messages = self._messages[cursor - self._first :]
            self._batch = Batch(self.room, messages, notices=self._last_notice >= cursor)
            self._span = span
        return self._batch

    def begin_round(self) -> None:
        """At the round's end every reader has what was appended up to now."""
        self._begun_at = self.end

    def end_round(self) -> None:
        """Forget what every reader has."""
        del self._messages[: self._begun_at - self._first]
        self._first = self._begun_at
        self._span, self._batch = _NO_SPAN, _NO_BATCH
