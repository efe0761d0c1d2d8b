"""The three standard streams, for everything that is not the full screen.

Input and output may be files, which epoll cannot watch, or a pipe that nobody empties: both are used in
gevent's thread pool, so that waiting for the one never stops the other, or the link.
"""

import os
import select
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final, ParamSpec, TypeVar

import gevent
from msgspec.structs import replace

from chatd.protocol.dialects import TEXT
from chatd.protocol.events import CommandHelp, Event, HelpList, UserList
from chatd.protocol.sanitize import clean
from chatd_client.link import READ_SIZE

P = ParamSpec("P")
T = TypeVar("T")

KEYBOARD, SCREEN, STDERR = 0, 1, 2

#: Exit codes: no link, or none at the end; connected, yet something was not delivered.
CUT_OFF: Final = 1
UNDELIVERED: Final = 3

#: What the text dialect spreads over several lines, and how to make sure that only it does.
_LISTS: Final[dict[type[Event], Callable[[Any], Event]]] = {
    UserList: lambda event: replace(event, names=list(map(clean, event.names))),
    HelpList: lambda event: replace(
        event, commands=[CommandHelp(clean(each.syntax), clean(each.help)) for each in event.commands]
    ),
}


def in_thread(call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Wait for `call` without holding up the link; raises its OSError.

    The error crosses as a result: gevent's pool (and so its tp_read) prints a traceback of what is raised.
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
    """What came in, b"" at its end: also a terminal that hung up, or a directory."""
    try:
        return in_thread(os.read, fd, READ_SIZE)
    except OSError:
        return b""


def write(fd: int, data: bytes) -> None:
    """All of it; raises OSError."""
    while data:
        data = data[in_thread(os.write, fd, data) :]


def until_unread(fd: int) -> None:
    """Wait until nobody reads what is written there. A file never comes to that."""
    watched = select.poll()
    watched.register(fd, 0)  # asks for nothing; POLLERR and POLLHUP are told all the same
    in_thread(watched.poll)


def tell(sentence: str) -> None:
    """The client's own words go to stderr, and nowhere where there is none."""
    with suppress(OSError):
        os.write(STDERR, f"! {clean(sentence)}\n".encode(errors="replace"))


def spoken(event: Event) -> list[str]:
    """The event's lines in the text dialect. A line feed in one of them is someone's trick, to be cleaned."""
    flat = _LISTS.get(type(event))
    text = TEXT.encode(flat(event) if flat else event).decode()
    if not text:
        return []
    return text[:-1].split("\n") if flat else [text[:-1]]


def rendered(event: Event) -> bytes:
    """The event as `nc` would show it, and nothing in it that moves a cursor, whatever the server let by."""
    return "".join(f"{clean(line)}\n" for line in spoken(event)).encode()
