"""`chat tail`: print messages, one a line, as text or as JSON.

As text it prints room messages, direct messages, what those did who keep a room civil, and how many messages
were skipped, each behind its local time. As
JSON it prints every object, also one of a type that is not known here, as the server wrote it, with control
characters escaped. The welcome is left out, since it holds the session's token and the output may become a
log. So are pongs, which answer the link's pings, and marks.

Where it comes back by itself, that is said on stderr; what was said meanwhile comes then (see `received`), or
it is said that it is missing. So is that a room cannot be joined; it goes on with the others.

With a history the rooms that were given, or else the lobby, begin with what was said in them before, and
what was missed is read from it, too (see `catching_up`): then something is missing only where that is said.
"""

from collections.abc import Iterable
from typing import Any

import gevent

from chatd.protocol.events import (
    Bye,
    DirectMessage,
    Error,
    Event,
    Left,
    Mark,
    Pong,
    RoomInfo,
    Said,
    Skipped,
    Welcome,
)
from chatd.protocol.framing import LineTooLong
from chatd.protocol.history_page import HistoryPage
from chatd.protocol.moderation_events import Acted
from chatd.protocol.names import fold
from chatd.protocol.requests import LOBBY, Join
from chatd_client import history_walk
from chatd_client.catching_up import CatchingUp
from chatd_client.console import own_as_sent, print_error, print_notice, wait_until_closed, write
from chatd_client.history_walk import NOT_KEPT, RETRIED, BadHistory
from chatd_client.incoming import NOT_UNDERSTOOD, RawLine, event_of
from chatd_client.link import Banned, Link, LinkError
from chatd_client.message_lines import as_json, as_text
from chatd_client.redial import Redial

_SHOWN = Said | DirectMessage | Acted | Skipped


class Tail:
    """`screen` is a file descriptor; an empty `time_format` shows no times; `rooms` are read, too. `past`
    is what was said before, where that is wanted.
    """

    def __init__(
        self,
        redial: Redial,
        screen: int,
        *,
        as_json: bool,
        time_format: str,
        reconnect: bool,
        rooms: Iterable[str] = (),
        past: CatchingUp | None = None,
    ) -> None:
        self._redial, self._reconnect = redial, reconnect
        self._joins = {f"join {room}": Join(room=room, ref=f"join {room}") for room in rooms}
        self._unanswered: dict[str, Join] = {}
        self._in_others = False  # an account is in its rooms without joining them
        self._screen, self._as_json, self._time_format = screen, as_json, time_format
        self._past = past or CatchingUp(())
        self._told_by_history = past is not None
        self._link: Link | None = None

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
            self._link = link
            with link:
                error = self._print_all(link)
            if not self._reconnect or isinstance(error, Banned) or not isinstance(error, LinkError):
                return error
            print_notice(f"{error}; connecting again")
            try:
                link = self._redial.again()
            except LinkError as final:
                return final
            complete = link.welcome.resumed or self._told_by_history
            missing = "" if complete else "; what was said meanwhile is missing"
            print_notice(f"connected again as {link.welcome.nick}{missing}")

    def _print_all(self, link: Link) -> Exception:
        try:
            self._open(link)
            for lines in link.lines():
                read = [(line, event_of(line)) for line in lines]
                write(
                    self._screen,
                    b"".join([self._took(link, *each) for each in read if self._is_new(each[1])]),
                )
                self._ask(link)
                for _, event in read:
                    if isinstance(event, Bye):
                        return self._redial.why_ended(event.reason)
        except (OSError, LineTooLong) as error:
            return error
        return self._redial.why_ended(link.end)

    def _open(self, link: Link) -> None:
        resumed = link.welcome.resumed
        if not resumed:
            self._unanswered = dict(self._joins)
        for join in self._unanswered.values():
            link.send(link.encode(join))
        self._past.opened(resumed)
        self._ask(link)

    def _ask(self, link: Link) -> None:
        for request in self._past.requests():
            link.send(link.encode(request))

    def _is_new(self, event: Event) -> bool:
        ref = f"join {event.room}" if isinstance(event, RoomInfo) else getattr(event, "ref", "")
        join = self._unanswered.pop(ref, None)
        if join is not None and isinstance(event, RoomInfo):
            self._past.joined(join.room)
        self._in_others = self._in_others or (isinstance(event, RoomInfo) and event.room != LOBBY)
        return self._redial.is_new(event, not (self._joins or self._in_others))

    def _took(self, link: Link, line: RawLine, event: Event) -> bytes:
        """What is to be printed now that this has come."""
        match event:
            case HistoryPage() | Error() if room := self._past.room_of(event.ref):
                self._history_came(link, room, event)
                line = b""
            case Error(ref=str(ref)) if ref in self._joins:
                print_error(event.text)
                self._past.refused(self._joins[ref].room)
            case Left(room=str(room), reason=str(why), names=[name]) if fold(name) == fold(self._redial.name):
                print_error(f"not in {room} any more: {why}")
                self._joins.pop(f"join {room}", None)
                self._past.refused(room)
            case Skipped() if self._past.skipped(event.room, event.before):
                line = b""
        if line == b"" or self._past.live(line, event):
            return b"".join([self._render(*each) for each in self._past.ready()])
        return self._render(line, event)

    def _history_came(self, link: Link, room: str, event: HistoryPage | Error) -> None:
        if isinstance(event, Error):
            if event.code in RETRIED:
                gevent.spawn_later(history_walk.ASKED_AGAIN, self._ask_again, link, room)
                return
            print_error(f"what was said before in {room} is missing: {event.text}")
            self._past.give_up(room)
            return
        try:
            if self._past.page(room, event):
                print_notice(f"something of {room} may be missing: {NOT_KEPT}")
        except BadHistory as error:
            print_error(f"something of {room} is missing: {error}")
            self._past.give_up(room)

    def _ask_again(self, link: Link, room: str) -> None:
        if link is self._link:  # on another one all of that was asked for anew
            self._past.ask_again(room)
            self._ask(link)

    def _render(self, line: RawLine, event: Event) -> bytes:
        if event is NOT_UNDERSTOOD or not isinstance(line, bytes):
            print_error(NOT_UNDERSTOOD.text)
            return b""
        if self._as_json:
            return b"" if isinstance(event, Welcome | Pong | Mark) else as_json(event, line)
        if not isinstance(event, _SHOWN):
            return b""
        return as_text(own_as_sent(event, self._redial.name), self._time_format)
