"""The three standard streams, for everything but the full screen.

Input and output may be files, which epoll cannot watch, or a pipe that is full: both are used in gevent's
thread pool, so that blocking on one never blocks the other, or the link.
"""

import os
import select
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final, ParamSpec, TypeVar

import gevent
from msgspec.structs import replace

from chatd.protocol.dialects import TEXT
from chatd.protocol.events import (
    CommandHelp,
    DirectMessage,
    Event,
    HelpList,
    RoomEntrance,
    RoomList,
    Said,
    Sent,
    Skipped,
    TopicSet,
    UserList,
)
from chatd.protocol.history_page import HistoryPage
from chatd.protocol.moderation_events import Acted, AuditPage, BanList
from chatd.protocol.names import fold
from chatd.protocol.people_events import Caught, DeviceList, Identity, UnreadCounts
from chatd.protocol.sanitize import clean
from chatd_client.link import READ_SIZE

P = ParamSpec("P")
T = TypeVar("T")

KEYBOARD, SCREEN, STDERR = 0, 1, 2

#: Exit codes: could not connect, or the link broke; wrong usage; not every message was delivered, or a log
#: has not all of them.
CUT_OFF: Final = 1
WRONG_USAGE: Final = 2
UNDELIVERED: Final = 3
INCOMPLETE: Final = 3


def _lines(text: str) -> str:
    return "\n".join(map(clean, text.split("\n")))


def _said(event: Said) -> Said:
    return replace(event, sender=clean(event.sender), room=clean(event.room), text=_lines(event.text))


def _direct(event: DirectMessage) -> DirectMessage:
    return replace(event, sender=clean(event.sender), to=clean(event.to), text=_lines(event.text))


def _page(event: HistoryPage) -> HistoryPage:
    messages = [_SEVERAL[type(one)](one) for one in event.messages]
    room, whom = (word and clean(word) for word in (event.room, event.whom))
    return replace(event, room=room, whom=whom, messages=messages)


def _acted(event: Acted) -> Acted:
    by, whom, reason = (word and clean(word) for word in (event.by, event.whom, event.reason))
    value = event.value and _lines(event.value)
    return replace(event, room=clean(event.room), by=by, whom=whom, reason=reason, value=value)


def _bans(event: BanList) -> BanList:
    bans = [
        replace(one, whom=clean(one.whom), by=clean(one.by), reason=one.reason and clean(one.reason))
        for one in event.bans
    ]
    return replace(event, room=clean(event.room), bans=bans)


def _past(event: Said | DirectMessage) -> Said | DirectMessage:
    return _said(event) if isinstance(event, Said) else _direct(event)


#: The events that the text dialect encodes as several lines, and how to clean their fields, so that no line
#: begins with what somebody else made up.
_SEVERAL: Final[dict[type[Event], Callable[[Any], Event]]] = {
    UserList: lambda event: replace(
        event, names=list(map(clean, event.names)), room=event.room and clean(event.room)
    ),
    RoomList: lambda event: replace(
        event,
        rooms=[RoomEntrance(clean(each.room), each.users, clean(each.topic)) for each in event.rooms],
    ),
    HelpList: lambda event: replace(
        event, commands=[CommandHelp(clean(each.syntax), clean(each.help)) for each in event.commands]
    ),
    Said: _said,
    DirectMessage: _direct,
    Sent: lambda event: replace(event, to=clean(event.to), text=_lines(event.text)),
    TopicSet: lambda event: replace(
        event, sender=clean(event.sender), room=clean(event.room), text=clean(event.text)
    ),
    HistoryPage: _page,
    Acted: _acted,
    BanList: _bans,
    AuditPage: lambda event: replace(event, room=clean(event.room), acts=list(map(_acted, event.acts))),
    DeviceList: lambda event: replace(
        event, devices=[replace(each, name=clean(each.name)) for each in event.devices]
    ),
    Identity: lambda event: replace(
        event,
        nick=clean(event.nick),
        away=event.away and clean(event.away),
        rooms=list(map(clean, event.rooms)),
    ),
    UnreadCounts: lambda event: replace(
        event, unread=[replace(each, room=each.room and clean(each.room)) for each in event.unread]
    ),
    Caught: lambda event: replace(
        event, first=list(map(_past, event.first)), rest=list(map(_past, event.rest))
    ),
}


def in_thread(call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Run a blocking `call` in the thread pool; raises its OSError.

    The error is passed as a result, since gevent's pool (and its tp_read) prints a traceback of an exception.
    """

    def caught() -> T | OSError:
        try:
            return call(*args, **kwargs)
        except OSError as error:
            return error

    result: T | OSError = gevent.get_hub().threadpool.apply(caught)
    if isinstance(result, OSError):
        raise result
    return result


def read(fd: int) -> bytes:
    """One read; b"" at the end of the file, and on an error (a terminal that hung up, a directory)."""
    try:
        return in_thread(os.read, fd, READ_SIZE)
    except OSError:
        return b""


def write(fd: int, data: bytes) -> None:
    """Write all of it; raises OSError."""
    while data:
        data = data[in_thread(os.write, fd, data) :]


def wait_until_closed(fd: int) -> None:
    """Wait until the other end of a pipe or terminal is closed; for a file that never happens."""
    watched = select.poll()
    watched.register(fd, 0)  # no events: POLLERR and POLLHUP are reported anyway
    in_thread(watched.poll)


def print_error(sentence: str) -> None:
    """Print a sentence of the client to stderr, if there is one."""
    _print(f"! {clean(sentence)}\n")


def print_notice(sentence: str) -> None:
    """The same for what is no error."""
    _print(f"* {clean(sentence)}\n")


def _print(text: str) -> None:
    with suppress(OSError):
        os.write(STDERR, text.encode(errors="replace"))


def text_of(event: Event) -> list[str]:
    """The event's lines in the text dialect. Only a list or a message has several: other line feeds are left
    in the line, for `clean`.
    """
    if isinstance(event, Skipped) and not event.room:
        return [f"* {event.count} direct message{'s' * (event.count > 1)} skipped"]
    flat = _SEVERAL.get(type(event))
    text = TEXT.encode(flat(event) if flat else event).decode()
    if not text:
        return []
    return text[:-1].split("\n") if flat else [text[:-1]]


def own_as_sent(event: Event, nick: str) -> Event:
    """What one wrote on another device reads as what one writes here."""
    if isinstance(event, DirectMessage) and fold(event.sender) == fold(nick):
        return Sent(to=event.to, text=event.text, id=event.id, ref=None)
    return event


def rendered(event: Event) -> bytes:
    """The event as `nc` would show it, but without control characters, whatever the server sent."""
    return "".join(f"{clean(line)}\n" for line in text_of(event)).encode()
