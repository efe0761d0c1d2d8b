"""What a dialect is: it turns lines into Requests and Events into bytes; it holds no I/O and no state.

What every dialect promises:

1. `parse`, `parse_first` (the line that gives the name) and `parse_password` (one that was asked for) return
   a Request, or None where there is nothing to do, or raise ChatError with a sentence for the sender. No
   other exception leaves them.
2. The texts that others will read are clean and not empty (`sanitize` does it), a ref is within its bound:
   nothing further in looks at them again. Names and rooms are looked up where they are known.
3. A message to a room is encoded once for each *variant*: the form in which some readers of a dialect share
   bytes. `variant` says which one a reader has; readers with equal variants get the same bytes. So is the
   list of a room's members, which is long, and asked for by many: `address` makes the shared bytes the answer
   to one of them, in pieces, without copying them.
4. What is for one reader alone is encoded with `encode_for`, and may name that reader.
5. What comes out is whole lines (or frames), or b"" where the dialect has nothing to say of the event.
"""

from typing import Protocol

from chatd.protocol.events import Event
from chatd.protocol.requests import Request


class Recipient(Protocol):
    """What a dialect may know of whom it encodes for."""

    @property
    def nick(self) -> str: ...


class Variant(Protocol):
    """Hashable. `encode` gives the bytes that all its readers share."""

    def encode(self, event: Event) -> bytes: ...


class Dialect(Protocol):
    """See the module's promises. `typed`: people type it, at whatever terminal: Telnet's commands are
    taken out of it. Else programs write it."""

    typed: bool

    def parse_first(self, line: bytes) -> Request | None: ...

    def parse_password(self, line: bytes) -> Request | None: ...

    def parse(self, line: bytes) -> Request | None: ...

    def variant(self, recipient: Recipient) -> Variant: ...

    def encode_for(self, recipient: Recipient, event: Event) -> bytes: ...

    def address(
        self, recipient: Recipient, data: bytes, ref: str | None
    ) -> tuple[bytes | memoryview, ...]: ...

    def id_of(self, message: bytes) -> int | None:
        """The id of a message to a room, of its bytes; None where the dialect shows none."""


class OneVariant:
    """The base of a dialect that says everything in the same bytes to everyone: it is its own variant."""

    def encode(self, event: Event) -> bytes:
        raise NotImplementedError

    def variant(self, recipient: Recipient) -> Variant:
        return self

    def encode_for(self, recipient: Recipient, event: Event) -> bytes:
        return self.encode(event)

    def address(self, recipient: Recipient, data: bytes, ref: str | None) -> tuple[bytes | memoryview, ...]:
        return (data,)

    def id_of(self, message: bytes) -> int | None:
        return None
