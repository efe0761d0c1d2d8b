"""Requests to a server and events from it, over one link after another: what is below `Chat`, and what `chat
send` and line mode use beside it.

The rules:

1. Messages that are neither acknowledged nor refused are bounded, so no write can deadlock (`in_flight`).
2. Every greenlet that waits also reads: one at a time, and it wakes the others after each read. So a bot
   needs only one greenlet, and two (one that iterates, one that sends) never block each other.
3. Events that arrive while nobody iterates, because a greenlet waits for an answer, go into a backlog of
   bounded size. Past that the oldest are dropped, and a `Skipped` in their place says how many, as the server
   does with slow consumers.
4. A failed write is not reported (see `link`): reading raises LinkError, after every event that the server
   sent before the link broke.
5. With `reconnect` reading connects again instead (see `redial`), which may take for ever, and writes again
   what has no answer yet, in its order, each message under its own key: so it is said once.
6. On the next link a new person joins the rooms again before anything is written again (see `my_rooms`); the
   same person is told what it missed, and nothing twice (see `received`).
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Final

import gevent
from gevent.event import Event as Flag
from gevent.lock import BoundedSemaphore
from msgspec.structs import replace

from chatd.protocol.dialects import JSONL
from chatd.protocol.events import Bye, Error, Event, Pong
from chatd.protocol.framing import LineTooLong
from chatd.protocol.requests import Join, Leave, Quit, Request
from chatd_client.backlog import EventBacklog
from chatd_client.in_flight import Acknowledged, InFlight
from chatd_client.incoming import UNKNOWN, event_of
from chatd_client.link import Banned, Link, LinkError
from chatd_client.login import Login
from chatd_client.my_rooms import MyRooms, answered_by
from chatd_client.outgoing import Message
from chatd_client.reach import security_of
from chatd_client.redial import Redial, dial
from chatd_client.target import Target, parse_target, with_valid_name
from chatd_client.trust_options import trusting
from chatd_client.wire import Security

#: Digits of the largest `ref`: more messages than a session will ever send.
_REF_DIGITS: Final = 12


class Exchange:
    """See `Chat` for the arguments; `login` takes the place of `password` and `token`, `security` that of
    `fingerprint`.
    """

    def __init__(
        self,
        target: str | Target,
        others: Iterable[str] = (),
        *,
        reconnect: bool = False,
        rooms: Iterable[str] = (),
        password: str | None = None,
        token: str | None = None,
        fingerprint: str | None = None,
        login: Login | None = None,
        security: Security | None = None,
    ) -> None:
        target = with_valid_name(parse_target(target)) if isinstance(target, str) else target
        login = login or Login(token, password)
        security = security or security_of(target, trusting(fingerprint))
        link = dial(target.host, target.port, others, own=login.own, security=security)
        self._redial = Redial(link, target.name, login=login)
        self._reconnect = reconnect
        self.on_break: Callable[[str], None] = lambda why: None
        self._use(self._redial.first())
        self.sent = 0
        self.quit_sent = False
        self._in_flight = InFlight()
        self.refused = self._in_flight.refused  # since the last flush
        self._rooms = MyRooms(rooms)
        self._answers: dict[str, Event | None] = {}  # to those who wait for one, by their ref
        self._backlog = EventBacklog()
        self._broken: str | None = None  # why the link broke, until there is the next one
        self._end: str | None = None  # why it is over
        self._left = False  # the end was a goodbye, not a broken link
        self._reading = False
        self._read_done = Flag()  # a new one for each read
        self._writing = BoundedSemaphore(1)
        self._link.send(b"".join(map(self._encoded_again, self._rooms.again())))

    def _use(self, link: Link) -> None:
        self._link, self.welcome = link, link.welcome

    @property
    def rooms(self) -> list[str]:
        """Those that were joined, or asked for, the current one last; the lobby is always among them."""
        return self._rooms.order

    @property
    def here(self) -> str:
        """Where is said what names no room."""
        return self._rooms.here

    @property
    def coming_back(self) -> bool:
        """Whether a room that was asked to have the user back has not answered yet."""
        return self._rooms.coming_back

    @property
    def limit(self) -> int:
        """The longest line that the server accepts, in bytes."""
        return self._link.limit

    @property
    def answered(self) -> int:
        """How many of the `sent` messages were acknowledged or refused."""
        return self.sent - len(self._in_flight)

    @property
    def next_ref(self) -> str:
        """The `ref` that the next message will have."""
        return str(self.sent + 1)

    def batches(self) -> Iterator[list[Event]]:
        """Like iteration, but yields all events of the backlog at once."""
        while self._has_more():
            yield self._backlog.take_all()

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
            raise LinkError(self._end)

    def text_limit(self, like: Message) -> int:
        """How many bytes the text of a message like this may take as JSON, without the quotes."""
        without = self._in_flight.keyed(replace(like, text="", ref="9" * _REF_DIGITS))
        return self._link.limit + 1 - len(JSONL.encode_request(without))

    def send(self, request: Request) -> str | None:
        """Write any request; HERE is the current room. What is acknowledged (a message, a new topic) waits
        until the window has room, and gets a `ref`, which is returned.

        Raises LineTooLong, ChatError for what is no room, and LinkError.
        """
        with self._writing:
            request = self._redial.login.asked(self._rooms.named(request))
            if not isinstance(request, Acknowledged) or request.text is None:
                self._link.send(self._link.encode(request))
                return None
            ref = self.next_ref
            request = replace(request, ref=ref)
            line = self._link.encode(self._in_flight.keyed(request))
            self._read_until(lambda: self._in_flight.has_room(len(line)))
            self._in_flight.add(request, len(line))
            self.sent += 1
            self._link.send(line)
            return ref

    def ask(self, request: Request) -> Event | None:
        """Write a request to join or leave, and wait for the answer: None where another link has made it
        pointless. Raises ChatError for what is no room, and LinkError.
        """
        with self._writing:
            request = self._rooms.named(request)
            ref = str(getattr(request, "ref", ""))
            self._answers[ref] = None
            self._link.send(self._link.encode(request))
        self._read_until(lambda: not self._rooms.waits(request))
        return self._answers.pop(ref, None)

    def quit(self, request: Quit | None = None) -> None:
        """Wait for all answers, then quit. Iterate on for the events up to the bye."""
        line = self._link.encode(request or Quit())
        self._read_until(lambda: not self._in_flight)
        self.quit_sent = True
        self._redial.interrupt.set()  # a link that is broken is not needed any more
        with self._writing:
            self._link.send(line)

    # -- reading ---------------------------------------------------------------------------------------

    def _has_more(self) -> bool:
        """Wait for the next event; False after the last one. Raises LinkError."""
        self._read_until(lambda: bool(self._backlog) or self._left)
        return bool(self._backlog)

    def _read_until(self, done: Callable[[], bool]) -> None:
        """Read, or wait for the greenlet that does, until `done()`; see rule 2. Raises LinkError."""
        while not done():
            if self._reading:
                self._read_done.wait()
                continue
            if self._end is not None:
                raise LinkError(self._end)
            self._reading = True
            try:
                self._read()
            finally:
                self._reading = False
                done_flag, self._read_done = self._read_done, Flag()
                done_flag.set()

    def _read(self) -> None:
        if self._broken is not None:
            self._come_back(self._broken)
            return
        lines = self._link.next_lines()
        if lines is None:
            self._link_ended(self._link.end)
        for line in lines or ():
            event = self._matched(event_of(line))
            if event is None:
                continue
            self._backlog.add(event, line)
            if isinstance(event, Bye):
                self._link_ended(event.reason, said_bye=True)
                break

    def _matched(self, event: Event) -> Event | None:
        """The event, matched with what it answers; None where it is nobody's business."""
        new = self._redial.is_new(event, self._rooms.lobby_only)
        self._rooms.happened(event)
        matched = self._in_flight.match(event)
        if answered_by(event) in self._answers:
            self._answers[answered_by(event)] = event
        # The second is the answer to a ping of the link.
        ref = getattr(event, "ref", "")
        if event is UNKNOWN or (isinstance(event, Pong) and ref is None):
            return None
        return matched if new or matched is not event else None

    def _link_ended(self, why: str, said_bye: bool = False) -> None:
        ended = self._redial.why_ended(why)
        if isinstance(ended, Banned):
            self._end = str(ended)
        elif self._reconnect and not self.quit_sent:
            self._broken = why
        else:
            self._end, self._left = why, said_bye

    def _come_back(self, why: str) -> None:
        """Open the next link, and write again what has no answer; or end, when it cannot come back."""
        if self.quit_sent:
            self._end, self._left = why, True
            return
        self.on_break(why)
        self._link.__exit__()
        try:
            self._use(self._redial.again())
        except LinkError as error:
            self._end, self._left = str(error), self.quit_sent
            return
        self._broken = None
        rooms = self._rooms.again(self.welcome.resumed)
        joins = [request for request in rooms if isinstance(request, Join)]
        leaves = [request for request in rooms if isinstance(request, Leave)]
        lines = [self._encoded_again(request) for request in (*joins, *self._in_flight.messages, *leaves)]
        if self.quit_sent:  # on the link before, while this one was being opened
            lines.append(self._link.encode(Quit()))
        self._link.send(b"".join(lines))  # at once, so that nothing that is said now comes before it

    def _encoded_again(self, request: Acknowledged | Join | Leave) -> bytes:
        """Its line; b"" and an event for one that is too long for this server."""
        try:
            return self._link.encode(request)
        except LineTooLong as error:
            refused = self._matched(Error(code=error.code, text=error.text, ref=request.ref))
            if refused is not None:
                self._backlog.add(refused)
            return b""
