"""The link, kept: it comes back by itself, under the same name, and brings what was typed meanwhile.

A keeper lives in one greenlet (`run`) and, for each link, three: a reader, a writer and a pulse. The rules:

1. The writer alone writes, so that no two lines mix. It takes a line out of `Outgoing` and writes it at once.
2. Any byte is life. A link that was silent for PING_AFTER is asked; silent for ANSWER_WITHIN more, it is
   dropped, whatever TCP still believes.
3. The first of the three to end ends the link. What was written and not answered is uncertain from then on.
4. `hear` is told everything in the order in which it happened, batch by batch. It may wait: that slows the
   server down, and nothing else.

All methods but `run` return at once, and are to be called from the keeper's own thread.
"""

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final

import gevent
from gevent.event import Event as Flag

from chatd.events import Ack, Bye, Error, Event, Pong
from chatd.framing import LineTooLong
from chatd.requests import Ping, Quit, Request
from client.backoff import Backoff
from client.link import Link, LinkError, NameRefused
from client.outgoing import Message, Outgoing, State

#: Seconds. Together they are the time within which a dead link is noticed.
PING_AFTER: Final = 3.0
ANSWER_WITHIN: Final = 5.0
#: For connecting and the first words: a server that says nothing at all is no server.
GREETING_TIME: Final = 10.0
#: Who was stopped for a while finds every timer late: what came in meanwhile is read before it is judged.
LATE: Final = 0.1
#: Who leaves waits for what is under way as long as answers come, but no longer than so for the next.
LEAVE_TIME: Final = 2.0


class Phase(Enum):
    """How the link is."""

    CONNECTING = "connecting"
    ONLINE = "online"
    RECONNECTING = "reconnecting"
    NAMELESS = "nameless"
    OFFLINE = "offline"


@dataclass(frozen=True, slots=True)
class Changed:
    """The link is now so; `wait` is the seconds until the next attempt, `why` a sentence."""

    phase: Phase
    why: str = ""
    wait: float = 0.0


@dataclass(frozen=True, slots=True)
class Moved:
    """The line with this ref has come to `state`."""

    ref: str
    state: State


Happening = Event | Changed | Moved
Connect = Callable[[str, str | None], Link]


def _first(*those: Any, timeout: float | None = None) -> None:
    """Wait for whichever comes first: greenlets, flags."""
    gevent.wait(list(those), timeout=timeout, count=1)


class Keeper:
    """`connect` takes a name and the token of an earlier session, and raises LinkError."""

    def __init__(
        self,
        connect: Connect,
        name: str,
        hear: Callable[[list[Happening]], None],
        backoff: Backoff | None = None,
        ping_after: float = PING_AFTER,
        answer_within: float = ANSWER_WITHIN,
    ) -> None:
        self._connect = connect
        self._name = name
        self._hear = hear
        self._backoff = backoff or Backoff()
        self._ping_after, self._answer_within = ping_after, answer_within
        self._token: str | None = None
        self._outgoing = Outgoing()
        self._asides: deque[Request] = deque()  # pings and questions: worth nothing on the next link
        self._work = Flag()
        self._again = Flag()
        self._leaving = False
        self._farewell: Quit | None = None
        self._life = Flag()

    @property
    def undelivered(self) -> int:
        """Lines that nobody has answered for."""
        return len(self._outgoing)

    # -- what the screen asks for --------------------------------------------------------------------------

    def post(self, message: Message) -> None:
        """Send a line, now or when there is a link again."""
        if self._outgoing.add(message):
            self._work.set()
        else:
            self._hear([Moved(str(message.ref), State.REFUSED)])

    def ask(self, request: Request) -> None:
        """Send what is only worth something now."""
        self._asides.append(request)
        self._work.set()

    def resend(self) -> None:
        """Send the uncertain lines again."""
        self._hear([Moved(ref, State.WAITING) for ref in self._outgoing.ask_again()])
        self._work.set()

    def reconnect(self) -> None:
        """Connect now: break the link where there is one, wait no longer where there is none."""
        self._again.set()

    def rename(self, name: str) -> None:
        """Come in as `name`."""
        self._name, self._token = name, None
        self._again.set()

    def leave(self, farewell: Quit) -> None:
        """Say good-bye behind the lines that wait; `run` ends soon."""
        self._leaving, self._farewell = True, farewell
        self._work.set()
        self._again.set()

    # -- the greenlet ----------------------------------------------------------------------------------------

    def run(self) -> None:
        """Until someone leaves."""
        while not self._leaving:
            self._again.clear()
            self._hear([Changed(Phase.CONNECTING)])
            self._wait(self._attempt())
        self._hear([Changed(Phase.OFFLINE)])

    def _wait(self, ended: LinkError) -> None:
        if self._leaving or self._again.is_set():
            return
        if isinstance(ended, NameRefused) and self._token is None:
            self._hear([Changed(Phase.NAMELESS, str(ended))])
            self._again.wait()
        else:
            wait = self._backoff.next()
            self._hear([Changed(Phase.RECONNECTING, str(ended), wait)])
            self._again.wait(wait)

    def _attempt(self) -> LinkError:
        """One link from its beginning to its end; why it ended."""
        opening = gevent.spawn(self._open)
        _first(opening, self._again)
        opening.kill()
        link = opening.value
        if not isinstance(link, Link):
            return link if isinstance(link, LinkError) else LinkError("given up")
        with link:
            return self._talk(link)

    def _open(self) -> Link | LinkError:
        try:
            with gevent.Timeout(GREETING_TIME, LinkError("the server does not answer")):
                return self._connect(self._name, self._token)
        except LinkError as error:
            return error

    def _talk(self, link: Link) -> LinkError:
        self._token = link.welcome.token
        self._backoff.reset()
        self._hear([Changed(Phase.ONLINE)])
        self._work.set()
        parts = [gevent.spawn(part, link) for part in (self._read, self._write, self._pulse)]
        try:
            _first(*parts, self._again)
            if self._leaving:
                self._see_off(parts)
            ended = [part.get() for part in parts if part.ready()]
        finally:
            gevent.killall(parts)
        self._asides.clear()
        self._hear([Moved(ref, State.UNCERTAIN) for ref in self._outgoing.broken()])
        return ended[0] if ended else LinkError("connecting anew")

    def _see_off(self, parts: "Sequence[gevent.Greenlet[..., LinkError]]") -> None:
        """Wait for the bye: behind many lines a server with a line rate takes its time."""
        left = None
        while left != len(self._outgoing) and not any(part.ready() for part in parts):
            left = len(self._outgoing)
            _first(*parts, timeout=LEAVE_TIME)

    # -- its three helpers -----------------------------------------------------------------------------------

    def _read(self, link: Link) -> LinkError:
        for events in link:
            self._life.set()
            self._hear([self._answered(event) for event in events if not isinstance(event, Pong)])
            bye = next((event for event in events if isinstance(event, Bye)), None)
            if bye is not None:
                return LinkError(bye.reason)
        return LinkError(link.end)

    def _answered(self, event: Event) -> Happening:
        """What answers for a line is about that line; a refusal says why as well."""
        if isinstance(event, Ack):
            self._outgoing.answered(event.ref)
            return Moved(event.ref, State.ACKNOWLEDGED)
        if isinstance(event, Error) and event.ref is not None and self._outgoing.answered(event.ref):
            self._hear([Moved(event.ref, State.REFUSED)])
        return event

    def _write(self, link: Link) -> LinkError:
        while True:
            self._work.wait()
            self._work.clear()
            while (request := self._next()) is not None:
                link.send(self._encoded(link, request))

    def _next(self) -> Request | None:
        if self._asides:
            return self._asides.popleft()
        request: Request | None = self._outgoing.take()
        if request is None:
            request, self._farewell = self._farewell, None
        return request

    def _encoded(self, link: Link, request: Request) -> bytes:
        """Its line, or nothing where this server would not take it."""
        try:
            return link.encode(request)
        except LineTooLong as error:
            ref = getattr(request, "ref", None)
            if ref is not None:
                self._hear([self._answered(Error(code=error.code, text=error.text, ref=ref))])
            return b""

    def _pulse(self, link: Link) -> LinkError:
        while True:
            if not self._lives(self._ping_after):
                self.ask(Ping())
                if not self._lives(self._answer_within):
                    return LinkError("the server went silent")

    def _lives(self, within: float) -> bool:
        self._life.clear()
        return self._life.wait(within) or self._life.wait(LATE)
