"""One talk, two greenlets: the typist reads the keyboard and sends, the listener reads the link and prints.

Where the two meet:

1. The typist MUST note a message as unanswered before it sends it; the listener strikes it out when its
   `ack` or `error` comes.
2. The typist MUST send `quit` once, last, and only when nothing is unanswered. However long the server's
   rate limit makes that: there is no time-out while the link lives.
3. The listener alone ends the talk: on a `bye`, on the link's end, or when nobody reads the screen.

Keyboard and screen may be files, which epoll cannot watch, or a pipe that nobody empties: both are used in
gevent's thread pool, so that waiting for the one never stops the other. A stuck screen stops only the
listener, and thereby, in time, the server, which knows how to deal with slow readers.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import ParamSpec, TypeVar

import gevent
from gevent.event import Event as Flag
from msgspec.structs import replace

from chatd.dialects import TEXT
from chatd.errors import ChatError
from chatd.events import Ack, Bye, Error, Event, HelpList, Sent, UserList
from chatd.requests import Direct, Quit, Referred, Request, Say
from chatd.texts import clean
from client.link import READ_SIZE, Line, Link, LinkError, batches

P = ParamSpec("P")
T = TypeVar("T")

#: What the text dialect spreads over several lines. In all others a line feed is someone's trick.
_LISTS = (UserList, HelpList)


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


def tell(sentence: str) -> None:
    """The client's own words go to stderr, and nowhere where there is none."""
    with suppress(OSError):
        os.write(2, f"! {clean(sentence)}\n".encode(errors="replace"))


def rendered(event: Event) -> bytes:
    """The event as `nc` would show it, and nothing in it that moves a cursor, whatever the server let by."""
    text = TEXT.encode(event).decode()
    if not text:
        return b""
    lines = text[:-1].split("\n") if isinstance(event, _LISTS) else [text[:-1]]
    return "".join(f"{clean(line)}\n" for line in lines).encode()


class Session:
    """Make one, and `talk`."""

    def __init__(self, link: Link, keyboard: int, screen: int) -> None:
        self._link = link
        self._keyboard = keyboard
        self._screen = screen
        self._unanswered: dict[str | None, Request] = {}
        self._all_answered = Flag()
        self._all_answered.set()
        self._leaving = False

    def talk(self) -> None:
        """Until the end of input or /quit. Raises LinkError when cut off, OSError when the screen is gone."""
        typist = gevent.spawn(self._type)
        try:
            self._listen()
        finally:
            typist.kill()

    # -- the typist ------------------------------------------------------------------------------------

    def _type(self) -> None:
        count = 0
        for line in self._typed():
            try:
                if isinstance(line, ChatError):
                    raise line
                request = TEXT.parse(line)
                if isinstance(request, Quit):
                    return self._leave(request)
                if isinstance(request, Say | Direct):
                    count += 1
                    request = replace(request, ref=str(count))
                if request is not None:
                    self._send(request)
            except ChatError as error:
                tell(error.text)
        return self._leave(Quit())

    def _typed(self) -> Iterator[Line]:
        for lines in batches(self._read, self._link.limit):
            yield from lines

    def _read(self) -> bytes:
        try:
            return in_thread(os.read, self._keyboard, READ_SIZE)
        except OSError:  # a terminal that hung up, a directory: there is no more input
            return b""

    def _send(self, request: Request) -> None:
        line = self._link.encode(request)
        if isinstance(request, Referred) and request.ref is not None:
            self._unanswered[request.ref] = request
            self._all_answered.clear()
        self._link.send(line)

    def _leave(self, farewell: Quit) -> None:
        line = self._link.encode(farewell)
        self._all_answered.wait()
        self._leaving = True
        self._link.send(line)

    # -- the listener ----------------------------------------------------------------------------------

    def _listen(self) -> None:
        for events in self._link:
            bye = next((event for event in events if isinstance(event, Bye)), None)
            heard = [event for event in events if event is not bye or self._leaving]
            self._print(b"".join(rendered(self._struck_out(event)) for event in heard))
            if bye is not None:
                if not self._leaving:
                    raise LinkError(bye.reason)
                return
        raise LinkError(self._link.end)

    def _struck_out(self, event: Event) -> Event:
        """An answer strikes its message out; a direct message, now on its way, comes onto the screen."""
        if not isinstance(event, Ack | Error) or event.ref is None:
            return event
        request = self._unanswered.pop(event.ref, None)
        if not self._unanswered:
            self._all_answered.set()
        if isinstance(event, Ack) and isinstance(request, Direct):
            return Sent(to=request.to, text=request.text, id=event.id, ref=event.ref)
        return event

    def _print(self, shown: bytes) -> None:
        while shown:
            shown = shown[in_thread(os.write, self._screen, shown) :]
