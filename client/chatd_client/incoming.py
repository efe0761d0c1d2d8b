"""From the server's bytes to its events. Nothing that a server sends raises an exception.

A line is one of three things:

1. an event that we know: the event; fields that it has beside ours are ignored;
2. an object whose `type` we do not know, as a newer server sends: UNKNOWN, which every reader skips;
3. anything else (no JSON, a field of another type than ours, a line past the bound): NOT_UNDERSTOOD, or where
   it is the answer to a question, the same with its `ref`, so that whoever has asked waits no longer.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final, get_args

import msgspec
from msgspec.structs import replace

from chatd.protocol.dialects import JSONL
from chatd.protocol.errors import ChatError, Code
from chatd.protocol.events import Error, Event, HelpList, RoomList, UserList
from chatd.protocol.framing import LineBuffer, LineTooLong
from chatd.protocol.history_page import HistoryPage
from chatd.protocol.moderation_events import AuditPage, BanList
from chatd.protocol.people_events import Caught, DeviceList, Identity
from chatd.protocol.vocabulary import WIRE_EVENTS

RawLine = bytes | LineTooLong

NOT_UNDERSTOOD: Final = Error(code=Code.BAD_LINE, text="the server said something I do not understand")


class UnknownEvent(Event, frozen=True):
    """An object of a type that this client does not know."""


UNKNOWN: Final = UnknownEvent()


class _Typed(msgspec.Struct):
    type: str
    ref: Any = None


_typed: Final = msgspec.json.Decoder(_Typed)
_KNOWN_TYPES: Final = {event.__struct_config__.tag for event in get_args(WIRE_EVENTS)}
_LISTS: Final = (UserList, RoomList, HelpList, DeviceList, BanList)
_QUESTIONED: Final = (*_LISTS, HistoryPage, AuditPage, Identity, Caught)
#: Answers to questions. Whether something was done (a message, a room joined) an error must not tell.
_ANSWERS: Final = {event.__struct_config__.tag for event in _QUESTIONED}


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
        return _not_understood(line)


def _not_understood(line: bytes) -> Event:
    try:
        typed = _typed.decode(line)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return NOT_UNDERSTOOD
    if typed.type not in _KNOWN_TYPES:
        return UNKNOWN
    answers = typed.type in _ANSWERS and isinstance(typed.ref, str)
    return replace(NOT_UNDERSTOOD, ref=typed.ref) if answers else NOT_UNDERSTOOD


def to_show(events: Iterable[Event]) -> Iterator[Event]:
    """The events without the UNKNOWN ones, and with consecutive NOT_UNDERSTOOD merged into one."""
    before: Event | None = None
    for event in events:
        if event is UNKNOWN:
            continue
        if event is not NOT_UNDERSTOOD or event is not before:
            yield event
        before = event
