"""The users: real TCP connections that speak JSON lines, each with a name of its own.

`ChatUser` joins in `on_start` and has one reader greenlet; what it reads goes through the ledger. The rules:

1. Only the user's own greenlet writes while it talks; the reader never writes.
2. The reader's end is the connection's end: whatever the cause, it is a failed request unless the user left.
3. `done` is set when the user has nothing more to expect, or nobody to expect it from.
"""

import random
import time
from collections.abc import Callable
from enum import Enum, auto
from typing import TYPE_CHECKING, Any, ClassVar, Final

import gevent
from gevent import socket
from gevent.event import Event
from locust import User, constant, task

from chatd.errors import ChatError
from chatd.events import Ack, Bye, Error, Skipped, Welcome
from chatd.events import Event as ChatEvent
from chatd.requests import Hello, Quit, Request, Say
from loadtests import figures
from loadtests.address import connect
from loadtests.stream import JSONL, BlockReader, message_text

if TYPE_CHECKING:
    from loadtests.crowd import Crowd

#: Seconds for the welcome: the server's own bound for giving a name.
JOIN_TIME: Final = 30.0
#: Seconds between /quit and the server's close: the server's own bound, and some.
LEAVE_TIME: Final = 6.0
_RECEIVE: Final = 65536
#: libev's number for "can be read".
_READ: Final = 1


class State(Enum):
    """Where a user stands with the server."""

    OUTSIDE = auto()
    JOINING = auto()
    PRESENT = auto()
    LEAVING = auto()
    GONE = auto()


class ChatUser(User):
    """Joins, reads, and leaves; what it does in between is its subclasses' tasks."""

    abstract = True
    kind: ClassVar[str] = ""
    #: A task lasts as long as the run; between tasks locust may end a user at once.
    wait_time = constant(1)

    def __init__(self, environment: Any) -> None:
        super().__init__(environment)
        crowd: Crowd = environment.crowd
        self.crowd = crowd
        self.nick, self.ledger = crowd.admit(self)
        self.state = State.OUTSIDE
        self.was_present = False
        #: The server has answered to the hello, or will not any more.
        self.settled = Event()
        self.done = Event()
        #: There is no connection (any more).
        self.gone = Event()
        self._socket: socket.socket | None = None
        self._blocks = BlockReader()
        self._reader: Any = gevent.Greenlet()
        self._began = 0
        self._handlers: dict[type[ChatEvent], Callable[[Any], None]] = {
            Welcome: self._on_welcome,
            Error: self._on_error,
            Skipped: self._on_skipped,
            Bye: self._on_bye,
        }

    # -- coming and going ------------------------------------------------------------------------------

    def on_start(self) -> None:
        """Return when the server has welcomed us, or it is clear that it will not."""
        self.state = State.JOINING
        self._began = time.monotonic_ns()
        try:
            self._socket = connect(self.host or "", JOIN_TIME)
        except (OSError, ValueError) as error:
            self._fail(figures.JOIN, error)
            self._over()
            return
        self._reader = gevent.spawn(self._listen, self._socket)
        self._reader.link_exception(self._on_defect)
        self.send(Hello(nick=self.nick))
        if not self.settled.wait(JOIN_TIME):
            self._fail(figures.JOIN, TimeoutError(f"no welcome within {JOIN_TIME:g} s"))
            self._over()

    def quit(self) -> None:
        """Say that we leave; the server's close ends the reader."""
        if self.state is State.PRESENT:
            self.state = State.LEAVING
            self.send(Quit())

    def give_up(self) -> None:
        """The time to leave is over."""
        if self.state is State.LEAVING:
            self._fail("quit", TimeoutError(f"no bye within {LEAVE_TIME:g} s after /quit"))
            self._over()

    def on_stop(self) -> None:
        """Leave, where we have not left by now."""
        self.quit()
        if self._socket is not None:
            self._reader.join(LEAVE_TIME)
            self.give_up()
            self._reader.kill()
            self._socket.close()
        self.crowd.dismiss(self)

    def send(self, request: Request) -> None:
        """Write a request; a connection that is broken is the reader's to report."""
        assert self._socket is not None
        try:
            self._socket.sendall(JSONL.encode_request(request))
        except OSError as error:
            if self.state is not State.GONE:
                self._fail("connection", error)
                self._over()

    def _over(self) -> None:
        self.state = State.GONE
        self.settled.set()
        self.done.set()
        self.gone.set()

    def _fail(self, name: str, error: Exception) -> None:
        self.environment.events.request.fire(
            request_type=figures.TYPE, name=name, response_time=None, response_length=0, exception=error
        )

    # -- the reader ------------------------------------------------------------------------------------

    def _listen(self, sock: socket.socket) -> None:
        """The reader greenlet's work, until the connection ends."""
        readable = gevent.get_hub().loop.io(sock.fileno(), _READ)
        try:
            self._read(sock, readable)
        except (OSError, ChatError) as error:
            if self.state is not State.GONE:
                self._fail("connection", error)
        finally:
            readable.close()
        self._over()

    def _on_defect(self, reader: Any) -> None:
        """An error of our own: locust would not see it."""
        self._fail("defect", RuntimeError(repr(reader.exception)))
        self._over()

    def _read(self, sock: socket.socket, readable: Any) -> None:
        wait = gevent.get_hub().wait
        while True:
            wait(readable)  # asking the socket first would cost one more call, which finds nothing
            data = sock.recv(_RECEIVE)
            now = time.monotonic_ns()
            if not data:
                if self.state is not State.GONE:
                    raise ConnectionError("the server closed the connection")
                return
            block = self._blocks.feed(data)
            if block is None:
                continue
            delivered = self.ledger.take(block)
            self.crowd.figures[figures.DELIVER].add(delivered, now)
            for event in block.events:
                handler = self._handlers.get(type(event))
                if handler is not None:
                    handler(event)
            if block.ended:
                self.look_for_end()

    def look_for_end(self) -> None:
        """Set `done` where there is nothing more to expect."""
        if self.crowd.talking.is_set() and self.is_complete():
            self.done.set()

    def is_complete(self) -> bool:
        """Whether every other talker was heard to end."""
        return self.ledger.is_complete(self.others_talking())

    def others_talking(self) -> int:
        """How many talkers there are besides us."""
        return self.crowd.talkers

    def _on_welcome(self, _: Welcome) -> None:
        self.crowd.figures[figures.JOIN].add((self._began,), time.monotonic_ns())
        self.state = State.PRESENT
        self.was_present = True
        self.settled.set()

    def _on_error(self, error: Error) -> None:
        if self.state is State.JOINING:
            self._fail(figures.JOIN, RuntimeError(error.text))
            self._over()
        else:
            self._fail("request", RuntimeError(error.text))

    def _on_skipped(self, skipped: Skipped) -> None:
        self.crowd.figures.failed("skipped", "the server skipped messages for a slow reader", skipped.count)

    def _on_bye(self, bye: Bye) -> None:
        if self.state is not State.LEAVING:
            self._fail("connection", ConnectionError(f"bye: {bye.reason}"))
        self._over()


class Listener(ChatUser):
    """Only reads."""

    kind = "l"

    @task
    def stay(self) -> None:
        self.crowd.finished.wait()


class Talker(ChatUser):
    """Says numbered messages at an even pace, from when all are in until it is told to end."""

    kind = "t"

    def __init__(self, environment: Any) -> None:
        super().__init__(environment)
        self.hush = Event()
        self._number = 0
        self._has_ended = False
        self._unacknowledged: dict[str, int] = {}
        self._handlers[Ack] = self._on_ack

    @task
    def talk(self) -> None:
        self.crowd.talking.wait()
        if self.state is State.PRESENT and not self._has_ended:
            pause = 1 / self.crowd.options.rate
            due = time.monotonic() + random.random() * pause  # talkers do not talk in step
            while not self.hush.wait(max(0.0, due - time.monotonic())):
                self._say()
                due += pause
            self._end()
        self.crowd.finished.wait()

    def quit(self) -> None:
        if self.state is State.PRESENT and self._number and not self._has_ended:
            self._end()
        super().quit()

    def others_talking(self) -> int:
        return self.crowd.talkers - 1

    def is_complete(self) -> bool:
        return self._has_ended and not self._unacknowledged and super().is_complete()

    @property
    def unacknowledged(self) -> int:
        """How many messages the server has not acknowledged."""
        return len(self._unacknowledged)

    def _end(self) -> None:
        self._has_ended = True
        self._say(is_last=True)

    def _say(self, *, is_last: bool = False) -> None:
        number, self._number = self._number, self._number + 1
        now = time.monotonic_ns()
        self._unacknowledged[str(number)] = now
        text = message_text(number, now, self.crowd.options.size, is_last=is_last)
        self.send(Say(text=text, ref=str(number)))

    def _on_ack(self, ack: Ack) -> None:
        said = self._unacknowledged.pop(ack.ref, None)
        if said is None:
            self._fail(figures.ACK, LookupError("an ack for what was not said"))
            return
        self.crowd.figures[figures.ACK].add((said,), time.monotonic_ns())
        if self._has_ended:
            self.look_for_end()
