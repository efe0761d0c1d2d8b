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


def line_batches(read: Callable[[], bytes], limit: int) -> Iterator[list[RawLine]]:
    """Yield the lines that each `read` completed, until it returns b""; a rest without LF is a line, too."""
    buffer = LineBuffer(limit)
    while data := read():
        buffer.feed(data)
        yield list(_pop_all(buffer))
    buffer.finish()
    yield list(_pop_all(buffer))


def _pop_all(buffer: LineBuffer) -> Iterator[RawLine]:
    while True:
        try:
            line = buffer.pop()
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
