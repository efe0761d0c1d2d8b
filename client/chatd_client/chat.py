"""`Chat`: the client as a library, used by bots, `chat send` and line mode.

    from contextlib import suppress

    from chatd_client import Chat, ChatError
    from chatd.protocol.events import DirectMessage, Said

    with Chat("echo@127.0.0.1:5050") as chat:
        for event in chat:
            with suppress(ChatError):  # what no server would take: an empty message, one that is too long
                if isinstance(event, Said) and event.text.startswith("echo "):
                    chat.say(event.text.removeprefix("echo "))
                elif isinstance(event, DirectMessage):
                    chat.direct(event.sender, event.text)

Events are those of `chatd.protocol.events`, the welcome first. The rules:

1. Messages that are neither acknowledged nor refused take at most WINDOW bytes together, or are one line. The
   buffers of two sockets hold that, so a write never deadlocks with a server that waits for us to read.
2. Every greenlet that waits also reads: one at a time, and it wakes the others after each read. So a bot
   needs only one greenlet, and two (one that iterates, one that sends) never block each other.
3. Events that arrive while nobody iterates, because a greenlet waits for an answer, go into a backlog of at
   most BACKLOG bytes. Past that the oldest are dropped, and a `Skipped` in their place says how many, as the
   server does with slow consumers.
4. A failed write is not reported (see `link`): reading raises LinkError, after every event that the server
   sent before the link broke.
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
from chatd_client.incoming import UNKNOWN, event_of
from chatd_client.link import LinkError, connect
from chatd_client.outgoing import MAX_UNANSWERED, Message
from chatd_client.target import Target, parse_target, with_valid_name

WINDOW: Final = 32 * 1024
BACKLOG: Final = 4 * 1024 * 1024
#: Bytes that an event takes in memory besides those of its line: an estimate.
OVERHEAD: Final = 256
#: Digits of the largest `ref`: more messages than a session will ever send.
_REF_DIGITS: Final = 12


class Undelivered(NamedTuple):
    """A message that the server refused, and its reason as a sentence."""

    message: Message
    why: str


class Chat:
    """A connection to `[NAME@]HOST[:PORT]`. At the end of a `with` block it waits until every message is
    answered, then quits; if the block raises, it only closes the connection.

    `others` are names to try if the first is refused. Raises ConfigError and LinkError. An exception thrown
    into a greenlet that waits in here, like a gevent.Timeout, makes the link unusable: wait for other things
    in another greenlet.
    """

    def __init__(self, target: str | Target, others: Iterable[str] = ()) -> None:
        name, host, port = with_valid_name(parse_target(target)) if isinstance(target, str) else target
        self._link = connect(host, port, name, *others)
        self.welcome = self._link.welcome
        self.sent = 0
        self.quit_sent = False
        self.refused: deque[Undelivered] = deque(maxlen=MAX_UNANSWERED)  # since the last flush
        self._unanswered: dict[str | None, tuple[Message, int]] = {}  # by ref, with the bytes of its line
        self._in_flight = 0  # the sum of those bytes
        self._incoming = self._link.lines()
        self._backlog: deque[tuple[Event, int]] = deque()  # with the bytes that the event takes
        self._backlog_bytes = 0
        self._dropped = 0
        self._ended = False
        self._bye: Bye | None = None
        self._reading = False
        self._read_done = Flag()  # a new one for each read
        self._writing = BoundedSemaphore(1)

    # -- the simple interface --------------------------------------------------------------------------

    @property
    def nick(self) -> str:
        """The name under which the server accepted us."""
        return self.welcome.nick

    def say(self, text: str, room: str = LOBBY) -> str:
        """Send to everyone. Returns, once it is written, the `ref` that the server's answer will have.

        Raises ChatError for text that no server accepts, and LinkError.
        """
        return str(self.send(Say(text=clean_message(text), room=room)))

    def direct(self, to: str, text: str) -> str:
        """Send to one user; otherwise like `say`."""
        return str(self.send(Direct(to=to, text=clean_message(text))))

    def flush(self) -> list[Undelivered]:
        """Wait for all answers; returns what was refused since the last call. Raises LinkError."""
        self._read_until(lambda: not self._unanswered)
        refused = list(self.refused)
        self.refused.clear()
        return refused

    def __iter__(self) -> Iterator[Event]:
        """Yield events up to and including the server's bye. Raises LinkError when the link breaks.

        The `Ack` of a direct message is replaced with a `Sent`, which has its text.
        """
        while self._backlog or self._bye is None:
            self._read_until(lambda: bool(self._backlog))
            yield self._skipped() or self._next()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *exc_info: object) -> None:
        try:
            if kind is None and not self._ended:
                self.leave()
                self._read_until(lambda: self._ended)
        finally:
            self._link.__exit__(kind, *exc_info)

    # -- for line mode and send: batches, the window, any request --------------------------------------

    @property
    def limit(self) -> int:
        """The longest line that the server accepts, in bytes."""
        return self._link.limit

    @property
    def answered(self) -> int:
        """How many of the `sent` messages were acknowledged or refused."""
        return self.sent - len(self._unanswered)

    @property
    def next_ref(self) -> str:
        """The `ref` that the next message will have."""
        return str(self.sent + 1)

    def batches(self) -> Iterator[list[Event]]:
        """Like iteration, but yields all events of the backlog at once."""
        while self._backlog or self._bye is None:
            self._read_until(lambda: bool(self._backlog))
            skipped = self._skipped()
            yield [*((skipped,) if skipped else ()), *(self._next() for _ in range(len(self._backlog)))]

    def batches_while(self, work: Callable[[], None]) -> Iterator[list[Event]]:
        """`batches`, while `work` sends and finally quits in another greenlet; what it raises is raised here.

        A bye without a quit raises LinkError: the server has closed the connection.
        """
        caller = gevent.getcurrent()

        def guarded() -> None:
            try:
                work()
            except LinkError:
                pass  # the iteration raises the same
            except Exception as error:  # noqa: BLE001
                gevent.kill(caller, error)

        greenlet = gevent.spawn(guarded)
        try:
            yield from self.batches()
        finally:
            greenlet.kill()
        if not self.quit_sent:
            raise LinkError(self._end_reason)

    def text_limit(self, like: Message) -> int:
        """How many bytes the text of a message like this may take as JSON, without the quotes."""
        without = replace(like, text="", ref="9" * _REF_DIGITS)
        return self._link.limit + 1 - len(JSONL.encode_request(without))

    def send(self, request: Request) -> str | None:
        """Write any request. A message waits until the window has room, and gets a `ref`, which is returned.

        Raises LineTooLong and LinkError.
        """
        with self._writing:
            if not isinstance(request, Message):
                self._link.send(self._link.encode(request))
                return None
            ref = self.next_ref
            request = replace(request, ref=ref)
            line = self._link.encode(request)
            self._read_until(lambda: not self._unanswered or self._in_flight + len(line) <= WINDOW)
            self._unanswered[ref] = request, len(line)
            self._in_flight += len(line)
            self.sent += 1
            self._link.send(line)
            return ref

    def leave(self, request: Quit | None = None) -> None:
        """Wait for all answers, then quit. Iterate on for the events up to the bye."""
        line = self._link.encode(request or Quit())
        self._read_until(lambda: not self._unanswered)
        self.quit_sent = True
        with self._writing:
            self._link.send(line)

    # -- reading ---------------------------------------------------------------------------------------

    @property
    def _end_reason(self) -> str:
        return self._bye.reason if self._bye else self._link.end

    def _read_until(self, done: Callable[[], bool]) -> None:
        """Read, or wait for the greenlet that does, until `done()`; see rule 2. Raises LinkError."""
        while not done():
            if self._reading:
                self._read_done.wait()
                continue
            if self._ended:
                raise LinkError(self._end_reason)
            self._reading = True
            try:
                self._read()
            finally:
                self._reading = False
                done_flag, self._read_done = self._read_done, Flag()
                done_flag.set()

    def _read(self) -> None:
        lines = next(self._incoming, None)
        self._ended = lines is None
        for line in lines or ():
            event = self._match_answer(event_of(line))
            # The second is the answer to a ping of the link.
            if event is UNKNOWN or (isinstance(event, Pong) and event.ref is None):
                continue
            size = OVERHEAD + (len(line) if isinstance(line, bytes) else 0)
            self._backlog.append((event, size))
            self._backlog_bytes += size
            if isinstance(event, Bye):
                self._bye, self._ended = event, True
                break
        while self._backlog_bytes > BACKLOG and len(self._backlog) > 1:
            self._next()
            self._dropped += 1

    def _next(self) -> Event:
        event, size = self._backlog.popleft()
        self._backlog_bytes -= size
        return event

    def _skipped(self) -> Skipped | None:
        """Where events were dropped: how many, to be yielded before the rest of the backlog."""
        dropped, self._dropped = self._dropped, 0
        return Skipped(room=LOBBY, count=dropped) if dropped else None

    def _match_answer(self, event: Event) -> Event:
        """Match an answer with its message. The `Ack` of a direct message becomes a `Sent`."""
        if not isinstance(event, Ack | Error):
            return event
        message, size = self._unanswered.pop(event.ref, (None, 0))
        self._in_flight -= size
        if message is None:
            return event
        if isinstance(event, Error):
            self.refused.append(Undelivered(message, event.text))
        elif isinstance(message, Direct):
            return Sent(to=message.to, text=message.text, id=event.id, ref=event.ref)
        return event
