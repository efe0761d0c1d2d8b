"""A link that reconnects by itself, under the same name, and then sends what was typed in the meantime.

It runs in one greenlet (`run`), with a reader and a writer greenlet for each connection. The rules:

1. The writer takes a message out of `Outgoing` and writes it at once; one of which no byte could be written
   is put back. Only the reader decides that the link is broken or the server silent (see `link`).
2. When a connection ends, messages that were written and not acknowledged are written again on the next, each
   under its own key, so that it is said once (see `outgoing`).
3. `on_updates` gets everything in the order in which it happened, in batches. It may block: that is
   backpressure on the server, and has no other effect. What was read is reported even if the connection
   has ended in the meantime.
4. On another connection a new person joins the rooms again before anything else is written (see `my_rooms`).
   A room is left behind what was said before that.
5. The same person is told what it missed; what came before is told nobody again (see `received`). A message
   from here that comes again settles the line that it was.

The methods must be called from the thread of `run`, each in a greenlet of its own, since `on_updates` may
block.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final

import gevent
from gevent.event import Event as Flag
from msgspec.structs import replace

from chatd.protocol.errors import Code
from chatd.protocol.events import Ack, Bye, Error, Event, Pong
from chatd.protocol.framing import LineTooLong
from chatd.protocol.requests import Join, Leave, Quit, Request
from chatd_client.backoff import Backoff
from chatd_client.intent import Intent
from chatd_client.link import Banned, Link, LinkError, NameRefused, PasswordNeeded
from chatd_client.login import Login
from chatd_client.my_rooms import MyRooms
from chatd_client.outgoing import DeliveryState, Message, Outgoing
from chatd_client.own_keys import OwnKeys
from chatd_client.redial import Connect, Redial
from chatd_client.updates import Cancelled, DeliveryChanged, LinkChanged, LinkState, Update

#: Updates in a batch: one read may bring thousands, and the user interface has a keyboard to handle as well.
BATCH: Final = 250
#: Queued requests other than messages: past this the oldest is dropped.
MAX_REQUESTS: Final = 100
#: Seconds to wait, on leaving, for the next answer. As long as answers come, the wait goes on.
LEAVE_TIME: Final = 2.0
#: Before the name, in the `ref` of the error that refuses a `rename`.
RENAME: Final = "name "
NOT_RESUMED: Final = "the server does not know you any more: what was said meanwhile may be missing"


def _wait_first(*waited: Any, timeout: float | None = None) -> None:
    """Wait for the first of these greenlets and flags."""
    gevent.wait(list(waited), timeout=timeout, count=1)


class ReconnectingLink:
    """`connect` is as in `redial`; `rooms` are to be joined from the start, the current one last."""

    def __init__(
        self,
        connect: Connect,
        name: str,
        on_updates: Callable[[list[Update]], None],
        backoff: Backoff | None = None,
        rooms: Iterable[str] = (),
        login: Login | None = None,
    ) -> None:
        self._redial = Redial(connect, name, backoff, login)
        self._redial.login.tell = lambda why: on_updates([Error(code="", text=why)])
        self._interrupt = self._redial.interrupt  # ends the current connection, attempt or wait
        self._on_updates = on_updates
        self._outgoing = Outgoing()
        self._keys = OwnKeys()
        self._requests: deque[Request] = deque(maxlen=MAX_REQUESTS)  # dropped when the connection ends
        self._rooms = MyRooms(rooms)
        self._joins: deque[Join] = deque()  # into the rooms again
        self._to_write = Flag()
        self._intent = Intent.STAY
        self._quit: Quit | None = None  # sent behind everything else
        self._online = False
        self._replacement: Link | None = None  # the next connection, open already, under the new name
        # Whether the reader is blocked in `on_updates`, and whether it has to return after that.
        self._reporting = self._stop_reading = False

    @property
    def undelivered(self) -> int:
        """How many messages have no answer yet."""
        return len(self._outgoing)

    # -- what the user interface calls -----------------------------------------------------------------

    def post(self, message: Message) -> None:
        """Queue a message, to be written now or after the next reconnect."""
        ref = str(message.ref)
        if self._outgoing.add(replace(message, key=self._keys.of(ref))):
            self._to_write.set()
        else:
            self._on_updates([DeliveryChanged(ref, DeliveryState.REFUSED)])

    def ask(self, request: Request) -> None:
        """Queue a request for this connection only; it is written before messages, if it leaves no room."""
        self._rooms.asked(request)
        self._requests.append(self._redial.login.asked(request))
        self._to_write.set()

    def cancel(self, refs: Iterable[str]) -> None:
        """Take these messages out of the queue, as far as they were never written."""
        self._on_updates([Cancelled(tuple(self._outgoing.cancel(refs)))])

    def reconnect(self) -> None:
        """Connect now: close the current connection, or cut the wait for the next attempt short."""
        self._interrupt.set()

    def rename(self, name: str) -> None:
        """Connect as `name`. The old connection is kept until the server has accepted the new name."""
        if self._online:
            link = self._redial.attempt(self._redial.login.hello_as(name))
            if isinstance(link, LinkError):
                return self._on_updates([Error(code=Code.BAD_NICK, text=str(link), ref=RENAME + name)])
            self._replacement = link
            self._quit = Quit(reason=f"now {name}")
        self._end_connection(Intent.REJOIN)
        self._redial.rename(name)
        return None

    def give_password(self, password: str) -> None:
        """Connect with it: it was asked for."""
        self._redial.login.give(password)
        self._interrupt.set()

    def leave(self, request: Quit) -> None:
        """Quit behind the queued messages; `run` returns soon."""
        self._quit = request
        self._end_connection(Intent.LEAVE)

    def _end_connection(self, intent: Intent) -> None:
        if self._intent is not Intent.LEAVE:
            self._intent = intent
        self._to_write.set()
        self._interrupt.set()

    # -- the greenlet that connects --------------------------------------------------------------------

    def run(self) -> None:
        """Connect and reconnect until `leave`, or until the server does not have the user."""
        ended = LinkError()
        while self._intent is not Intent.LEAVE and not isinstance(ended, Banned):
            self._intent, self._quit = Intent.STAY, None
            self._interrupt.clear()
            self._on_updates([LinkChanged(LinkState.CONNECTING)])
            ended = self._run_connection()
            self._wait_for_retry(ended)
        self._on_updates([LinkChanged(LinkState.OFFLINE, str(ended) * isinstance(ended, Banned))])

    def _wait_for_retry(self, ended: LinkError) -> None:
        if self._interrupt.is_set() or isinstance(ended, Banned):
            return
        refused = isinstance(ended, NameRefused)
        if self._redial.is_final(ended):
            locked = isinstance(ended, PasswordNeeded) and not self._redial.login.exhausted
            state = LinkState.LOCKED if locked else LinkState.NAMELESS
            name = self._redial.name if locked else ""
            self._on_updates([LinkChanged(state, str(ended), refused=True, name=name)])
            self._interrupt.wait()
        else:
            wait, name = self._redial.next_wait(), self._redial.name * self._redial.login.has_password
            self._on_updates([LinkChanged(LinkState.RECONNECTING, str(ended), wait, refused, name=name)])
            self._interrupt.wait(wait)

    def _run_connection(self) -> LinkError:
        """Open a connection and use it until it ends; returns why it ended."""
        asked = self._redial.name
        replacement, self._replacement = self._replacement, None
        opened = replacement or self._redial.open()
        if isinstance(opened, LinkError):
            return opened
        came_back, resumed = self._redial.been and not replacement, opened.welcome.resumed
        with opened as link:
            self._redial.opened(link, asked)
            why = NOT_RESUMED if came_back and not resumed else ""
            self._on_updates([LinkChanged(LinkState.ONLINE, why, resumed=resumed)])
            return self._use(link)

    def _use(self, link: Link) -> LinkError:
        self._online, self._stop_reading = True, False
        for request in self._rooms.again(link.welcome.resumed):
            if isinstance(request, Join):
                self._joins.append(request)
            else:
                self._requests.append(request)
        self._to_write.set()
        reader, writer = gevent.spawn(self._read, link), gevent.spawn(self._write, link)
        try:
            _wait_first(reader, writer, self._interrupt)
            if self._intent is not Intent.STAY:
                self._wait_for_bye(reader)
            ended = [part.get() for part in (reader, writer) if part.ready()]
        finally:
            self._online = False
            writer.kill()
            self._stop_reader(reader)
        self._redial.ended()
        self._requests.clear()
        self._joins.clear()
        self._outgoing.link_broken()
        return ended[0] if ended else LinkError("connecting anew")

    def _wait_for_bye(self, reader: Any) -> None:
        """A server with a rate limit answers many queued messages slowly: wait while it makes progress."""
        before = None
        while before != len(self._outgoing) and not reader.ready():
            before = len(self._outgoing)
            _wait_first(reader, timeout=LEAVE_TIME)

    def _stop_reader(self, reader: Any) -> None:
        """Report what it has read first (rule 3)."""
        self._stop_reading = True
        if self._reporting:
            reader.join()
        else:
            reader.kill()

    # -- the reader and the writer ---------------------------------------------------------------------

    def _read(self, link: Link) -> LinkError:
        for events in link:
            updates = [update for event in events for update in self._updates_for(event)]
            self._reporting = True
            for first in range(0, len(updates), BATCH):
                self._on_updates(updates[first : first + BATCH])
            self._reporting = False
            bye = next((event for event in events if isinstance(event, Bye)), None)
            if bye is not None:
                return self._redial.why_ended(bye.reason)
            if self._stop_reading:
                break
        return self._redial.why_ended(link.end)

    def _updates_for(self, event: Event) -> Iterator[Update]:
        """An answer to a message changes its delivery state, and so does the message itself, told again; a
        refusal is shown as an error as well.
        """
        new = self._redial.is_new(event, self._rooms.lobby_only)
        self._rooms.happened(event)
        if (told := self._keys.as_ack(event)) is not None:
            event = told
        elif not new:
            return
        match event:
            case Pong():
                return
            case Ack(ref=ref, id=id):
                self._answered(ref)
                yield DeliveryChanged(ref, DeliveryState.ACKNOWLEDGED, id)
            case Error(ref=str(ref)) if self._answered(ref):
                yield DeliveryChanged(ref, DeliveryState.REFUSED)
                yield event
            case _:
                yield event

    def _answered(self, ref: str) -> bool:
        self._to_write.set()  # another one may be written now
        return self._outgoing.answered(ref)

    def _write(self, link: Link) -> LinkError:
        while True:
            self._to_write.wait()
            self._to_write.clear()
            while (request := self._next_request()) is not None:
                line = self._encode(link, request)
                if line and not link.send(line):
                    if isinstance(request, Message):
                        self._outgoing.put_back(str(request.ref))
                    Flag().wait()  # until killed: the reader ends the link, after the server's last lines

    def _next_request(self) -> Request | None:
        if self._joins:
            return self._joins.popleft()
        if self._requests and not (isinstance(self._requests[0], Leave) and self._outgoing.waiting):
            return self._requests.popleft()
        request: Request | None = self._outgoing.take(leaving=self._quit is not None)
        if request is None:
            request, self._quit = self._quit, None
        return request

    def _encode(self, link: Link, request: Request) -> bytes:
        """The request as a line. What this server's limit does not allow is refused here and gives b""; a
        quit goes without its reason.
        """
        try:
            return link.encode(request)
        except LineTooLong as error:
            if isinstance(request, Quit):
                return link.encode(Quit())
            refusal = Error(code=error.code, text=error.text, ref=getattr(request, "ref", None))
            self._on_updates(list(self._updates_for(refusal)))
            return b""
