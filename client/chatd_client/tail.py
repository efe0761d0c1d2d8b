"""`chat tail`: what is said, a line each, for people and for `jq`.

As text, that is what was said to all and to us, and how much was skipped. As JSON it is every object that
the server sends, as it wrote it, if we understand it; only what could move a cursor, and JSON does not ask
to escape, is escaped. The welcome is left out: it holds the session's secret, and this is what logs are made
from. So are the pongs, which the link asked for.
"""

from typing import Any

import gevent

from chatd.protocol.events import Bye, DirectMessage, Event, Pong, Said, Skipped, Welcome
from chatd.protocol.sanitize import clean
from chatd_client.console import rendered, tell, until_unread, write
from chatd_client.link import NOT_UNDERSTOOD, Link, LinkError, RawLine, event_of

_SHOWN = Said | DirectMessage | Skipped


def tail(link: Link, screen: int, as_json: bool) -> None:
    """Until nobody reads it. Raises LinkError when cut off, OSError when it cannot be written."""
    printer = gevent.spawn(_print_all, link, screen, as_json)
    reader = gevent.spawn(until_unread, screen)
    both: list[gevent.Greenlet[..., Any]] = [printer, reader]
    try:
        gevent.joinall(both, count=1)
    finally:
        gevent.killall(both)
    # `chat tail | head -1`: whoever read has enough, and should not wait until someone speaks.
    if isinstance(printer.value, Exception):
        raise printer.value


def _print_all(link: Link, screen: int, as_json: bool) -> Exception:
    """Until it cannot. The error is the result: gevent prints a traceback of what a greenlet raises."""
    try:
        for lines in link.lines():
            events = [event_of(line) for line in lines]
            write(screen, b"".join(_shown(*each, as_json) for each in zip(lines, events, strict=True)))
            for event in events:
                if isinstance(event, Bye):
                    return LinkError(event.reason)
    except OSError as error:
        return error
    return LinkError(link.end)


def _shown(line: RawLine, event: Event, as_json: bool) -> bytes:
    if event is NOT_UNDERSTOOD or not isinstance(line, bytes):
        tell(NOT_UNDERSTOOD.text)
        return b""
    if as_json:
        if isinstance(event, Welcome | Pong):
            return b""
        return _escaped(line)
    return rendered(event) if isinstance(event, _SHOWN) else b""


def _escaped(line: bytes) -> bytes:
    """TAB and CR can stand between the parts of an object only, all else that is unsafe in strings only."""
    text = line.decode(errors="replace").replace("\t", " ").replace("\r", " ")
    if not text.isprintable():
        text = "".join(char if clean(char) == char else f"\\u{ord(char):04x}" for char in text)
    return f"{text}\n".encode()
