"""A chat for programs: what line mode, `chat send` and a bot share.

    from chatd_client import Chat
    from chatd.protocol.events import DirectMessage, Said

    with Chat("echo@127.0.0.1:5050") as chat:
        for event in chat:
            match event:
                case Said(text=text) if text.startswith("echo "):
                    chat.say(text.removeprefix("echo "))
                case DirectMessage(sender=sender, text=text):
                    chat.direct(sender, text)

Events are those of `chatd.protocol.events`, the welcome first. It rests on these rules:

1. What was sent and is neither acknowledged nor refused is at most WINDOW bytes, or one line. The buffers of
   two sockets hold that, so a write never waits for a server that itself waits for us to read.
2. Whoever waits for something reads: one greenlet at a time, and it wakes the others after each read. So one
   greenlet is enough for a bot, and two (one that iterates, one that sends) never block each other.
3. What comes in while nobody iterates, but someone waits for an answer, is kept: the last KEPT bytes of it.
   A `Skipped` tells at its place how many are missing, as the server does with slow readers.
4. A write says nothing about the link (see `link`): reading ends with a LinkError, after everything
   that the server said before.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import Final, NamedTuple, Self

import gevent
from gevent.event import Event as Flag
from gevent.lock import BoundedSemaphore
from msgspec.structs import replace

from chatd.protocol.dialects import JSONL
from chatd.protocol.events import Ack, Bye, Error, Event, Pong, Sent, Skipped
from chatd.protocol.requests import LOBBY, Direct, Quit, Request, Say
from chatd.protocol.sanitize import clean_message
from chatd_client.link import LinkError, connect, event_of
from chatd_client.outgoing import MAX_UNANSWERED, Message
from chatd_client.target import Target, parse_target, strict

WINDOW: Final = 32 * 1024
KEPT: Final = 4 * 1024 * 1024
#: Bytes that an event costs beside those of its line.
OVERHEAD: Final = 256
#: More messages than a session will ever send.
_REF_DIGITS: Final = 12


class Undelivered(NamedTuple):
    """A message that the server refused, and its reason as a sentence."""

    message: Message
    why: str


class Chat:
    """`[NAME@]HOST[:PORT]`, connected. Leaving the block says goodbye, once everything was acknowledged;
    an exception that leaves it just breaks the link.

    `others` are names to try when the first is refused. Raises ConfigError and LinkError. What is thrown into
    a greenlet that waits here, like a gevent.Timeout, breaks the link: wait for other things in another one.
    """

    def __init__(self, target: str | Target, others: Iterable[str] = ()) -> None:
        name, host, port = strict(parse_target(target)) if isinstance(target, str) else target
        self._link = connect(host, port, name, *others)
        self.welcome = self._link.welcome
        self.sent = 0
        self.left = False  # whether we said goodbye
        self.refused: deque[Undelivered] = deque(maxlen=MAX_UNANSWERED)  # since the last flush
        self._waiting: dict[str | None, tuple[Message, int]] = {}
        self._in_flight = 0  # the bytes of those
        self._incoming = self._link.lines()
        self._heard: deque[tuple[Event, int]] = deque()  # with what it costs
        self._kept = 0
        self._missed = 0
        self._over = False
        self._bye: Bye | None = None
        self._reading = False
        self._was_read = Flag()
        self._writing = BoundedSemaphore(1)

    # -- for everyone ----------------------------------------------------------------------------------

    @property
    def nick(self) -> str:
        """The name that the server gave us."""
        return self.welcome.nick

    def say(self, text: str, room: str = LOBBY) -> str:
        """To everyone; returns once it is written, with the `ref` that the server's answer will carry.
        Raises ChatError for what no server would take.
        """
        return str(self.send(Say(text=clean_message(text), room=room)))

    def direct(self, to: str, text: str) -> str:
        """To one person, likewise."""
        return str(self.send(Direct(to=to, text=clean_message(text))))

    def flush(self) -> list[Undelivered]:
        """Wait for all answers; what was refused since the last call. Raises LinkError when cut off."""
        self._until(lambda: not self._waiting)
        refused = list(self.refused)
        self.refused.clear()
        return refused

    def __iter__(self) -> Iterator[Event]:
        """Until the server's bye; LinkError when cut off. The `ack` of a direct message is a `Sent`."""
        while self._heard or self._bye is None:
            self._until(lambda: bool(self._heard))
            yield self._gap() or self._next()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *exc_info: object) -> None:
        try:
            if kind is None and not self._over:
                self.leave()
                self._until(lambda: self._over)
        finally:
            self._link.__exit__(kind, *exc_info)

    # -- for those who want more of it -----------------------------------------------------------------

    @property
    def limit(self) -> int:
        """The longest line to the server, in bytes."""
        return self._link.limit

    @property
    def answered(self) -> int:
        """How many messages were acknowledged or refused, of the `sent` ones."""
        return self.sent - len(self._waiting)

    def batches(self) -> Iterator[list[Event]]:
        """The events, as many at a time as have come in."""
        while self._heard or self._bye is None:
            self._until(lambda: bool(self._heard))
            gap = self._gap()
            yield [*((gap,) if gap else ()), *(self._next() for _ in range(len(self._heard)))]

    def alongside(self, work: Callable[[], None]) -> Iterator[list[Event]]:
        """`batches`, while `work` sends in a greenlet of its own, until it says goodbye; what it raises is
        raised here.

        Who did not say it is cut off by the server's bye, too: LinkError.
        """
        caller = gevent.getcurrent()

        def guarded() -> None:
            try:
                work()
            except LinkError:
                pass  # who listens meets the same
            except Exception as error:  # noqa: BLE001
                gevent.kill(caller, error)

        greenlet = gevent.spawn(guarded)
        try:
            yield from self.batches()
        finally:
            greenlet.kill()
        if not self.left:
            raise LinkError(self._end)

    def room(self, like: Message) -> int:
        """How many bytes the text of such a message may take as JSON, its quotes not counted."""
        without = replace(like, text="", ref="9" * _REF_DIGITS)
        return self._link.limit + 1 - len(JSONL.encode_request(without))

    def send(self, request: Request) -> str | None:
        """Write any request; a message gets its place in the window, and a `ref`, which is returned: the
        server's answer carries it. Raises LineTooLong.
        """
        with self._writing:
            if not isinstance(request, Message):
                self._link.send(self._link.encode(request))
                return None
            ref = str(self.sent + 1)
            request = replace(request, ref=ref)
            line = self._link.encode(request)
            self._until(lambda: not self._waiting or self._in_flight + len(line) <= WINDOW)
            self._waiting[ref] = request, len(line)
            self._in_flight += len(line)
            self.sent += 1
            self._link.send(line)
            return ref

    def leave(self, farewell: Quit | None = None) -> None:
        """Wait for all answers, then say goodbye: after it comes only what was on its way, and the bye."""
        line = self._link.encode(farewell or Quit())
        self._until(lambda: not self._waiting)
        self.left = True
        with self._writing:
            self._link.send(line)

    # -- reading ---------------------------------------------------------------------------------------

    @property
    def _end(self) -> str:
        return self._bye.reason if self._bye else self._link.end

    def _until(self, done: Callable[[], bool]) -> None:
        """Read, or wait for whoever does, until it is so; see rule 2. Raises LinkError."""
        while not done():
            if self._reading:
                self._was_read.wait()
                continue
            if self._over:
                raise LinkError(self._end)
            self._reading = True
            try:
                self._read()
            finally:
                self._reading = False
                woken, self._was_read = self._was_read, Flag()
                woken.set()

    def _read(self) -> None:
        lines = next(self._incoming, None)
        self._over = lines is None
        for line in lines or ():
            event = self._settled(event_of(line))
            if isinstance(event, Pong) and event.ref is None:  # the link had asked
                continue
            cost = OVERHEAD + (len(line) if isinstance(line, bytes) else 0)
            self._heard.append((event, cost))
            self._kept += cost
            if isinstance(event, Bye):
                self._bye, self._over = event, True
                break
        while self._kept > KEPT and len(self._heard) > 1:
            self._next()
            self._missed += 1

    def _next(self) -> Event:
        event, cost = self._heard.popleft()
        self._kept -= cost
        return event

    def _gap(self) -> Skipped | None:
        """What was dropped before the first event that is still here."""
        missed, self._missed = self._missed, 0
        return Skipped(room=LOBBY, count=missed) if missed else None

    def _settled(self, event: Event) -> Event:
        """An answer ends the wait for it; a direct message, now on its way, is one to show."""
        if not isinstance(event, Ack | Error):
            return event
        message, size = self._waiting.pop(event.ref, (None, 0))
        self._in_flight -= size
        if message is None:
            return event
        if isinstance(event, Error):
            self.refused.append(Undelivered(message, event.text))
        elif isinstance(message, Direct):
            return Sent(to=message.to, text=message.text, id=event.id, ref=event.ref)
        return event
