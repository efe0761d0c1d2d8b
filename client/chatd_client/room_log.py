"""`chat log`: everything that was said in a room, or between two people, in some time, oldest first.

It reads the history page by page, as fast as the server gives it, and prints each page before it asks for the
next, so a million messages take no more memory than five hundred. The rules:

1. It ends where the conversation ended when it began: in a room in which much is said it does not run on
   for ever.
2. A link that breaks is opened again, and the next page is the one that was not there yet. Where that takes
   longer than PATIENCE, it gives up.
3. It is complete, or it says so and the exit code tells: what a server does not keep any more, what it
   refuses, and an answer that is none (see `history_walk`).
4. What goes is always the oldest: so where a message from before `since` is still kept, nothing is missing.
   Where none is, and the server keeps not all (the `floor` of a page), something may be.
"""

import os
from collections.abc import Iterator
from contextlib import suppress
from time import monotonic
from typing import Final

import gevent
from msgspec.structs import replace

from chatd.protocol.events import Bye, Error, Event, RoomInfo
from chatd.protocol.history_page import HistoryPage, Told
from chatd.protocol.requests import LOBBY, History, Join, Quit, Request
from chatd_client import history_walk
from chatd_client.console import INCOMPLETE, STDERR, print_error, print_notice, write
from chatd_client.history_walk import NOT_KEPT, RETRIED, BadHistory, HistoryWalk
from chatd_client.incoming import event_of
from chatd_client.link import Banned, Link, LinkError
from chatd_client.message_lines import as_json, as_text
from chatd_client.redial import Redial
from chatd_client.times import local_time, seconds_of

#: Seconds in which a link that broke has to be there again: longer than a server takes to start anew.
PATIENCE: Final = 300.0
#: How often in a row a server may say that it cannot read now.
TRIES: Final = 30
#: Seconds that saying goodbye takes at most.
GOODBYE_TIME: Final = 2.0
#: Seconds between two updates of the progress line.
PROGRESS_TIME: Final = 0.2

_REF: Final = "log"
_NOBODY: Final = "a guest is somebody else with each connection"


class LogRefused(Exception):
    """The server does not give what is asked for: its sentence."""


class ChatLog:
    """Of the conversation that the request names. `since` and `until` are milliseconds since the epoch,
    `screen` is a file descriptor.
    """

    def __init__(
        self,
        redial: Redial,
        screen: int,
        conversation: History,
        *,
        since: int,
        until: int | None,
        as_json: bool,
        time_format: str,
    ) -> None:
        self._redial, self._screen = redial, screen
        self._as_json, self._time_format = as_json, time_format
        self._conversation = replace(conversation, ref=_REF)
        self._walk = HistoryWalk(self._conversation, since=since)
        self._since, self._until = since, until
        self._last: int | None = None  # the id of what was said last when it began
        self._joined = self._over = self._incomplete = False
        self._events: Iterator[Event] = iter(())  # of the link
        self._progress = LogProgress()

    def run(self, progress: bool) -> int:
        """Print all of it; returns the exit code. Raises LinkError when the link cannot be opened again, and
        OSError of the output.
        """
        self._progress.shown = progress
        try:
            self._read_all()
        except (BadHistory, LogRefused) as error:
            self._progress.clear()
            print_error(f"the log is not complete: {error}")
            return INCOMPLETE
        finally:
            self._progress.clear()
        if not self._walk.reached:
            print_notice(self._nothing())
        return INCOMPLETE if self._incomplete else 0

    def _nothing(self) -> str:
        """An empty file is no mistake of the program's."""
        if self._conversation.whom is not None:
            return f"there is nothing between you and {self._conversation.whom}; {_NOBODY}"
        return f"nothing was said in {self._conversation.room}{' in that time' * (self._since > 0)}"

    def _read_all(self) -> None:
        link = self._redial.first()
        while True:
            with link:
                self._events = self._heard(link)
                try:
                    self._read(link)
                    return self._say_goodbye(link)
                except Banned:
                    raise
                except LinkError as error:
                    self._progress.clear()
                    print_notice(f"{error}; connecting again")
            link = self._next_link()

    def _heard(self, link: Link) -> Iterator[Event]:
        for line in (line for lines in link.lines() for line in lines):
            event = event_of(line)
            self._redial.is_new(event, self._conversation.room in (None, LOBBY))  # to miss little
            yield event

    def _next_link(self) -> Link:
        giving_up = gevent.spawn_later(PATIENCE, self._redial.interrupt.set)
        try:
            link = self._redial.again()
        except LinkError as error:
            raise LinkError(f"{error}; the log is not complete") from None
        finally:
            giving_up.kill()
        self._joined = self._joined and link.welcome.resumed
        return link

    def _read(self, link: Link) -> None:
        if not self._joined and self._conversation.room not in (None, LOBBY):
            self._ask(link, Join(room=str(self._conversation.room), ref=_REF))
        self._joined = True
        if self._last is None:
            newest = self._page(link, replace(self._conversation, limit=1)).messages
            self._last = newest[-1].id if newest else 0
        while not self._over and self._walk.reached < self._last:
            first = not self._walk.reached
            page = self._page(link, self._walk.request)
            if first and page.floor and self._since:
                self._look_before(link, page)
            self._print(self._walk.take(page), self._last)
            if self._walk.hole:
                self._walk.hole = False
                self._tell_hole()

    def _look_before(self, link: Link, page: HistoryPage) -> None:
        """Rule 4."""
        first = page.messages[0].id if page.messages else None
        if not self._page(link, replace(self._conversation, before=first, limit=1)).messages:
            self._tell_hole()

    def _page(self, link: Link, request: History) -> HistoryPage:
        for _ in range(TRIES):
            answer = self._ask(link, request)
            if isinstance(answer, HistoryPage):
                return answer
            gevent.sleep(history_walk.ASKED_AGAIN)
        raise LogRefused("the server cannot read it now; please try again later")

    def _ask(self, link: Link, request: Request) -> HistoryPage | RoomInfo | None:
        """The answer; None where the server cannot give it now. Raises LinkError and LogRefused."""
        link.send(link.encode(request))
        for event in self._events:
            match event:
                case HistoryPage() | RoomInfo() if event.ref == _REF:
                    return event
                case Error(ref=ref, code=code, text=text) if ref == _REF:
                    if code not in RETRIED:
                        raise LogRefused(text)
                    return None
                case Bye(reason=reason):
                    raise self._redial.why_ended(reason)
        raise self._redial.why_ended(link.end)

    def _print(self, messages: list[Told], last: int) -> None:
        self._over = self._walk.at_end
        kept = [one for one in messages if one.id <= last and (self._until is None or one.at < self._until)]
        if len(kept) < len(messages):
            self._over = True
        make = as_json if self._as_json else lambda event: as_text(event, self._time_format)
        write(self._screen, b"".join(map(make, kept)))
        self._progress.printed(kept)

    def _tell_hole(self) -> None:
        self._incomplete = True
        self._progress.clear()
        print_notice(f"something may be missing: {NOT_KEPT}")

    def _say_goodbye(self, link: Link) -> None:
        """So that others read that it left, not that its connection was lost."""
        link.send(link.encode(Quit()))
        with gevent.Timeout(GOODBYE_TIME, False):  # type: ignore[arg-type]  # no exception
            while not isinstance(next(self._events, Bye(reason="")), Bye):
                pass


class LogProgress:
    """How much was printed, on a line of stderr of its own, where that is `shown`."""

    def __init__(self) -> None:
        self.shown = False
        self._count = 0
        self._next = 0.0

    def printed(self, messages: list[Told]) -> None:
        """These messages, too."""
        self._count += len(messages)
        if self.shown and messages and monotonic() >= self._next:
            self._next = monotonic() + PROGRESS_TIME
            until = local_time(seconds_of(messages[-1].at), "%Y-%m-%d %H:%M")
            self._write(f"\r{self._count:,} messages, up to {until}")

    def clear(self) -> None:
        """Take the line away, for another one."""
        if self.shown:
            self._write("\r\x1b[K")

    @staticmethod
    def _write(text: str) -> None:
        with suppress(OSError):
            os.write(STDERR, text.encode())
