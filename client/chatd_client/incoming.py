"""From the server's bytes to its events. Nothing that a server sends raises an exception.

A line is one of three things:

1. an event that we know: the event; fields that it has beside ours are ignored;
2. an object whose `type` we do not know, as a newer server sends: UNKNOWN, which every reader skips;
3. anything else (no JSON, a field of another type than ours, a line past the bound): NOT_UNDERSTOOD.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Final, get_args

import msgspec

from chatd.protocol.dialects import JSONL
from chatd.protocol.errors import ChatError, Code
from chatd.protocol.events import WIRE_EVENTS, Error, Event
from chatd.protocol.framing import LineBuffer, LineTooLong

RawLine = bytes | LineTooLong

NOT_UNDERSTOOD: Final = Error(code=Code.BAD_LINE, text="the server said something I do not understand")


class UnknownEvent(Event, frozen=True):
    """An object of a type that this client does not know."""


UNKNOWN: Final = UnknownEvent()


class _Typed(msgspec.Struct):
    type: str


_typed: Final = msgspec.json.Decoder(_Typed)
_KNOWN_TYPES: Final = {event.__struct_config__.tag for event in get_args(WIRE_EVENTS)}


class LineReader:
    """The lines of what `read` returns, until that is b"". An exception in `read` loses nothing: the next
    call goes on where it was.
    """

    def __init__(self, read: Callable[[], bytes], limit: int) -> None:
        self._read = read
        self._buffer = LineBuffer(limit)
        self._ended = False

    def next_batch(self) -> list[RawLine] | None:
        """The lines that one read completed; None at the end. A rest without LF is a line, too."""
        if self._ended:
            return None
        data = self._read()
        self._buffer.feed(data)
        if not data:
            self._ended = True
            self._buffer.finish()
        return list(self._pop_all())

    def __iter__(self) -> Iterator[list[RawLine]]:
        while (batch := self.next_batch()) is not None:
            yield batch

    def _pop_all(self) -> Iterator[RawLine]:
        while True:
            try:
                line = self._buffer.pop()
            except LineTooLong as error:
                yield error
                continue
            if line is None:
                return
            yield line


def event_of(line: RawLine) -> Event:
    """The event in a line, UNKNOWN or NOT_UNDERSTOOD."""
    if isinstance(line, LineTooLong):
        return NOT_UNDERSTOOD
    try:
        return JSONL.parse_event(line)
    except ChatError:
        return UNKNOWN if _is_of_unknown_type(line) else NOT_UNDERSTOOD


def _is_of_unknown_type(line: bytes) -> bool:
    try:
        return _typed.decode(line).type not in _KNOWN_TYPES
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return False


def to_show(events: Iterable[Event]) -> Iterator[Event]:
    """The events without the UNKNOWN ones, and with consecutive NOT_UNDERSTOOD merged into one."""
    before: Event | None = None
    for event in events:
        if event is UNKNOWN:
            continue
        if event is not NOT_UNDERSTOOD or event is not before:
            yield event
        before = event
