"""`chat tail`: print messages, one a line, as text or as JSON.

As text it prints room messages, direct messages and how many were skipped. As JSON it prints every object,
also one of a type that is not known here, as the server wrote it, with control characters escaped. The
welcome is left out, since it holds the session's token and the output may become a log. So are pongs, which
answer the link's pings.
"""

from typing import Any

import gevent

from chatd.protocol.events import Bye, DirectMessage, Event, Pong, Said, Skipped, Welcome
from chatd.protocol.sanitize import clean
from chatd_client.console import print_error, rendered, wait_until_closed, write
from chatd_client.incoming import NOT_UNDERSTOOD, RawLine, event_of
from chatd_client.link import Link, LinkError

_SHOWN = Said | DirectMessage | Skipped


def tail(link: Link, screen: int, as_json: bool) -> None:
    """Until the output is closed. Raises LinkError when the link breaks, OSError of the output."""
    printer = gevent.spawn(_print_all, link, screen, as_json)
    closed = gevent.spawn(wait_until_closed, screen)
    both: list[gevent.Greenlet[..., Any]] = [printer, closed]
    try:
        gevent.joinall(both, count=1)
    finally:
        gevent.killall(both)
    # `chat tail | head -1` must end with head, not with the next message: a closed output is no error.
    if isinstance(printer.value, Exception):
        raise printer.value


def _print_all(link: Link, screen: int, as_json: bool) -> Exception:
    """Returns the error that ended it: gevent would print a traceback if a greenlet raised it."""
    try:
        for lines in link.lines():
            events = [event_of(line) for line in lines]
            write(screen, b"".join(_render(*each, as_json) for each in zip(lines, events, strict=True)))
            for event in events:
                if isinstance(event, Bye):
                    return LinkError(event.reason)
    except OSError as error:
        return error
    return LinkError(link.end)


def _render(line: RawLine, event: Event, as_json: bool) -> bytes:
    if event is NOT_UNDERSTOOD or not isinstance(line, bytes):
        print_error(NOT_UNDERSTOOD.text)
        return b""
    if as_json:
        if isinstance(event, Welcome | Pong):
            return b""
        return _escaped(line)
    return rendered(event) if isinstance(event, _SHOWN) else b""


def _escaped(line: bytes) -> bytes:
    """In JSON a raw TAB or CR can only be whitespace; any other control character can only be in a string."""
    text = line.decode(errors="replace").replace("\t", " ").replace("\r", " ")
    if not text.isprintable():
        text = "".join(char if clean(char) == char else f"\\u{ord(char):04x}" for char in text)
    return f"{text}\n".encode()
