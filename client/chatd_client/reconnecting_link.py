"""The link, kept: it comes back by itself, under the same name, and brings what was typed meanwhile.

A keeper lives in one greenlet (`run`) and, for each link, two: a reader and a writer. The rules:

1. The writer takes a line out of `Outgoing` and writes it at once; a line of which nothing could be written
   goes back. Only reading tells that the link is broken, or that the server went silent (`link`).
2. When the link ends, what was written and not answered is uncertain from then on.
3. `hear` is told everything in the order in which it happened, batch by batch. It may wait: that slows the
   server down, and nothing else. What was read is told, even if the link has ended meanwhile.

The methods are to be called from the keeper's own thread, each in a greenlet of its own: `hear` may wait.
"""

from collections import deque
from collections.abc import Callable, Iterator
from enum import Enum
from time import monotonic
from typing import Any, Final

import gevent
from gevent.event import Event as Flag

from chatd.protocol.errors import Code
from chatd.protocol.events import Ack, Bye, Error, Event, Pong
from chatd.protocol.framing import LineTooLong
from chatd.protocol.requests import Quit, Request
from chatd_client.backoff import Backoff
from chatd_client.link import Link, LinkError, NameRefused
from chatd_client.outgoing import DeliveryState, Message, Outgoing
from chatd_client.updates import DeliveryChanged, LinkChanged, LinkState, Update

#: Events told at a time: one read may bring thousands, and whoever hears has a keyboard to look after.
BATCH: Final = 250
#: Questions that wait: whoever asks more often than that can do without the oldest.
ASIDES: Final = 100
#: Who leaves waits for what is under way as long as answers come, but no longer than so for the next.
LEAVE_TIME: Final = 2.0


Connect = Callable[[str, str | None], Link]


def _first(*those: Any, timeout: float | None = None) -> None:
    """Wait for whichever comes first: greenlets, flags."""
    gevent.wait(list(those), timeout=timeout, count=1)


class Intent(Enum):
    """What is to come of the link."""

    STAY = "stay"
    REJOIN = "rejoin"
    LEAVE = "leave"


class ReconnectingLink:
    """`connect` takes a name and the token of an earlier session, and raises LinkError."""

    def __init__(
        self,
        connect: Connect,
        name: str,
        hear: Callable[[list[Update]], None],
        backoff: Backoff | None = None,
    ) -> None:
        self._connect = connect
        self._name = name
        self._hear = hear
        self._backoff = backoff or Backoff()
        self._token: str | None = None
        self._outgoing = Outgoing()
        self._asides: deque[Request] = deque(maxlen=ASIDES)  # worth nothing on the next link
        self._work = Flag()
        self._again = Flag()
        self._goal = Intent.STAY
        self._farewell: Quit | None = None
        self._online = False
        self._next: Link | None = None  # one that is open already, under the new name
        self._telling = self._ended = False  # the reader waits for `hear`; it is to return after that

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
            self._hear([DeliveryChanged(str(message.ref), DeliveryState.REFUSED)])

    def ask(self, request: Request) -> None:
        """Send what is only worth something now."""
        self._asides.append(request)
        self._work.set()

    def resend(self) -> None:
        """Send the uncertain lines again."""
        self._hear([DeliveryChanged(ref, DeliveryState.WAITING) for ref in self._outgoing.ask_again()])
        self._work.set()

    def reconnect(self) -> None:
        """Connect now: break the link where there is one, wait no longer where there is none."""
        self._again.set()

    def rename(self, name: str) -> None:
        """Come in as `name`. The old name is kept until the new one is ours."""
        if self._online:
            link = self._open(name, None)
            if isinstance(link, LinkError):
                return self._hear([Error(code=Code.BAD_NICK, text=str(link))])
            self._next = link
            self._farewell = Quit(reason=f"now {name}")
        self._part(Intent.REJOIN)
        self._name, self._token = name, None
        return None

    def leave(self, farewell: Quit) -> None:
        """Say good-bye behind the lines that wait; `run` ends soon."""
        self._farewell = farewell
        self._part(Intent.LEAVE)

    def _part(self, goal: Intent) -> None:
        if self._goal is not Intent.LEAVE:
            self._goal = goal
        self._work.set()
        self._again.set()

    # -- the greenlet ----------------------------------------------------------------------------------------

    def run(self) -> None:
        """Until someone leaves."""
        while self._goal is not Intent.LEAVE:
            self._goal, self._farewell = Intent.STAY, None
            self._again.clear()
            self._hear([LinkChanged(LinkState.CONNECTING)])
            self._wait(self._attempt())
        self._hear([LinkChanged(LinkState.OFFLINE)])

    def _wait(self, ended: LinkError) -> None:
        if self._again.is_set():
            return
        refused = isinstance(ended, NameRefused)
        if refused and self._token is None:
            self._hear([LinkChanged(LinkState.NAMELESS, str(ended), refused=True)])
            self._again.wait()
        else:
            wait = self._backoff.next()
            self._hear([LinkChanged(LinkState.RECONNECTING, str(ended), wait, refused)])
            self._again.wait(wait)

    def _attempt(self) -> LinkError:
        """One link from its beginning to its end; why it ended."""
        name, token = self._name, self._token
        link, self._next = self._next, None
        if link is None:
            opening = gevent.spawn(self._open, name, token)
            _first(opening, self._again)
            opening.kill()
            if not isinstance(opening.value, Link):
                return opening.value if isinstance(opening.value, LinkError) else LinkError("given up")
            link = opening.value
        with link:
            if name == self._name:
                self._token = link.welcome.token
            return self._talk(link)

    def _open(self, name: str, token: str | None) -> Link | LinkError:
        try:
            return self._connect(name, token)
        except LinkError as error:
            return error

    def _talk(self, link: Link) -> LinkError:
        began = monotonic()
        self._hear([LinkChanged(LinkState.ONLINE)])
        self._online, self._ended = True, False
        self._work.set()
        reader, writer = gevent.spawn(self._read, link), gevent.spawn(self._write, link)
        try:
            _first(reader, writer, self._again)
            if self._goal is not Intent.STAY:
                self._see_off(reader)
            ended = [part.get() for part in (reader, writer) if part.ready()]
        finally:
            self._online = False
            writer.kill()
            self._finish(reader)
        self._backoff.lasted(monotonic() - began)
        self._asides.clear()
        self._hear([DeliveryChanged(ref, DeliveryState.UNCERTAIN) for ref in self._outgoing.broken()])
        return ended[0] if ended else LinkError("connecting anew")

    def _see_off(self, reader: Any) -> None:
        """Wait for the bye: behind many lines a server with a line rate takes its time."""
        left = None
        while left != len(self._outgoing) and not reader.ready():
            left = len(self._outgoing)
            _first(reader, timeout=LEAVE_TIME)

    def _finish(self, reader: Any) -> None:
        """What it has read is told first."""
        self._ended = True
        if self._telling:
            reader.join()
        else:
            reader.kill()

    # -- its two helpers -------------------------------------------------------------------------------------

    def _read(self, link: Link) -> LinkError:
        for events in link:
            happenings = [happening for event in events for happening in self._happenings(event)]
            self._telling = True
            for first in range(0, len(happenings), BATCH):
                self._hear(happenings[first : first + BATCH])
            self._telling = False
            bye = next((event for event in events if isinstance(event, Bye)), None)
            if bye is not None:
                return LinkError(bye.reason)
            if self._ended:
                break
        return LinkError(link.end)

    def _happenings(self, event: Event) -> Iterator[Update]:
        """What answers for a line is about that line; a refusal says why as well."""
        match event:
            case Pong():
                return
            case Ack(ref=ref):
                self._outgoing.answered(ref)
                yield DeliveryChanged(ref, DeliveryState.ACKNOWLEDGED)
            case Error(ref=str(ref)) if self._outgoing.answered(ref):
                yield DeliveryChanged(ref, DeliveryState.REFUSED)
                yield event
            case _:
                yield event

    def _write(self, link: Link) -> LinkError:
        while True:
            self._work.wait()
            self._work.clear()
            while (request := self._take()) is not None:
                line = self._encoded(link, request)
                if line and not link.send(line):
                    if isinstance(request, Message):
                        self._outgoing.give_back(str(request.ref))
                    Flag().wait()  # the reader ends the link, with the server's last words

    def _take(self) -> Request | None:
        if self._asides:
            return self._asides.popleft()
        request: Request | None = self._outgoing.take()
        if request is None:
            request, self._farewell = self._farewell, None
        return request

    def _encoded(self, link: Link, request: Request) -> bytes:
        """Its line, or nothing where this server would not take it; a farewell goes without its reason."""
        try:
            return link.encode(request)
        except LineTooLong as error:
            if isinstance(request, Quit):
                return link.encode(Quit())
            if isinstance(request, Message):
                refusal = Error(code=error.code, text=error.text, ref=request.ref)
                self._hear(list(self._happenings(refusal)))
            return b""
