"""`chat tail`: print messages, one a line, as text or as JSON.

As text it prints room messages, direct messages and how many were skipped, each behind its local time. As
JSON it prints every object, also one of a type that is not known here, as the server wrote it, with control
characters escaped. The welcome is left out, since it holds the session's token and the output may become a
log. So are pongs, which answer the link's pings, and marks.

Where it comes back by itself, that is said on stderr; what was said meanwhile comes then (see `received`), or
it is said that it is missing. So is that a room cannot be joined; it goes on with the others.
"""

import time
from collections.abc import Iterable
from typing import Any

import gevent

from chatd.protocol.events import (
    Bye,
    DirectMessage,
    Error,
    Event,
    Mark,
    Pong,
    RoomInfo,
    Said,
    Skipped,
    Welcome,
)
from chatd.protocol.framing import LineTooLong
from chatd.protocol.requests import Join
from chatd.protocol.sanitize import clean
from chatd_client.console import print_error, print_notice, rendered, wait_until_closed, write
from chatd_client.incoming import NOT_UNDERSTOOD, RawLine, event_of
from chatd_client.link import Link, LinkError
from chatd_client.redial import Redial
from chatd_client.times import local_time, seconds_of

_SHOWN = Said | DirectMessage | Skipped


class Tail:
    """`screen` is a file descriptor; an empty `time_format` shows no times; `rooms` are read, too."""

    def __init__(
        self,
        redial: Redial,
        screen: int,
        *,
        as_json: bool,
        time_format: str,
        reconnect: bool,
        rooms: Iterable[str] = (),
    ) -> None:
        self._redial, self._reconnect = redial, reconnect
        self._joins = {f"join {room}": Join(room=room, ref=f"join {room}") for room in rooms}
        self._unanswered: dict[str, Join] = {}
        self._screen, self._as_json, self._time_format = screen, as_json, time_format

    def run(self) -> None:
        """Until the output is closed. Raises LinkError when the link breaks, OSError of the output."""
        printer = gevent.spawn(self._print_links, self._redial.first())
        closed = gevent.spawn(wait_until_closed, self._screen)
        both: list[gevent.Greenlet[..., Any]] = [printer, closed]
        try:
            gevent.joinall(both, count=1)
        finally:
            gevent.killall(both)
        # `chat tail | head -1` must end with head, not with the next message: a closed output is no error.
        if isinstance(printer.value, Exception):
            raise printer.value

    def _print_links(self, link: Link) -> Exception:
        """Returns the error that ended it: gevent would print a traceback if a greenlet raised it."""
        while True:
            with link:
                error = self._print_all(link)
            if not self._reconnect or not isinstance(error, LinkError):
                return error
            print_notice(f"{error}; connecting again")
            try:
                link = self._redial.again()
            except LinkError as final:
                return final
            missing = "" if link.welcome.resumed else "; what was said meanwhile is missing"
            print_notice(f"connected again as {link.welcome.nick}{missing}")

    def _print_all(self, link: Link) -> Exception:
        try:
            if not link.welcome.resumed:
                self._unanswered = dict(self._joins)
            for join in self._unanswered.values():
                link.send(link.encode(join))
            for lines in link.lines():
                read = [(line, event_of(line)) for line in lines]
                write(self._screen, b"".join([self._render(*each) for each in read if self._is_new(each[1])]))
                for _, event in read:
                    if isinstance(event, Error) and event.ref in self._joins:
                        print_error(event.text)
                    if isinstance(event, Bye):
                        return LinkError(event.reason)
        except (OSError, LineTooLong) as error:
            return error
        return LinkError(link.end)

    def _is_new(self, event: Event) -> bool:
        ref = f"join {event.room}" if isinstance(event, RoomInfo) else getattr(event, "ref", "")
        self._unanswered.pop(ref, None)
        return self._redial.received.is_new(event, not self._joins)

    def _render(self, line: RawLine, event: Event) -> bytes:
        if event is NOT_UNDERSTOOD or not isinstance(line, bytes):
            print_error(NOT_UNDERSTOOD.text)
            return b""
        if self._as_json:
            return b"" if isinstance(event, Welcome | Pong | Mark) else _escaped(line)
        if not isinstance(event, _SHOWN):
            return b""
        stamp = self._stamp(event)
        return b"".join([stamp + each for each in rendered(event).splitlines(keepends=True)])

    def _stamp(self, event: Event) -> bytes:
        at = seconds_of(event.at) if isinstance(event, Said | DirectMessage) else time.time()
        return f"{clean(local_time(at, self._time_format))} ".encode() if self._time_format else b""


def _escaped(line: bytes) -> bytes:
    """In JSON a raw TAB or CR can only be whitespace; any other control character can only be in a string."""
    text = line.decode(errors="replace").replace("\t", " ").replace("\r", " ")
    if not text.isprintable():
        text = "".join(char if clean(char) == char else f"\\u{ord(char):04x}" for char in text)
    return f"{text}\n".encode()
