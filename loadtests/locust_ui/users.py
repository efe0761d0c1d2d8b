"""locust's users: each is one client of chatd, with a connection and a name of its own.

    class Chatter(ChatUser):
        wait_time = between(1, 3)

        @task
        def greet(self):
            self.client.say("hello")

A user's greenlet does not read. Its socket belongs to the one epoll loop of the process (`engine.gathering`),
which reads, counts and checks for all of its users: a greenlet for each reader keeps up with 150,000
deliveries a second, this with 3 million. The server must run with `--line-rate 0` where users say more than
ten lines a second.
"""

import errno
import os
import random
from collections.abc import Callable
from contextlib import ExitStack
from time import monotonic_ns
from typing import Any, Final

import gevent
from gevent import GreenletExit, socket
from gevent.event import AsyncResult
from locust import User, constant, constant_throughput, task

from chatd.protocol.events import Ack, Event, Said, UserList, Welcome
from chatd.protocol.requests import LOBBY
from loadtests.engine import stamps
from loadtests.engine.participant import Participant
from loadtests.engine.sockets import prepared
from loadtests.locust_ui.session import ChatTest
from loadtests.measure.errors import Fault

#: Seconds to connect, to be welcomed, and to get everything before leaving.
PATIENCE: Final = 30.0


class ChatClient:
    """What a user does with its connection. Each request is timed under its name in locust's statistics; one
    that the server refuses is a failed request, and returns None. When the connection has ended, or the
    server did something wrong, the user is stopped: by GreenletExit, which may also come in `on_stop`, where
    locust's own StopUser would be printed as an error."""

    def __init__(self, user: "ChatUser") -> None:
        self._session: ChatTest = user.environment.chat_session
        self._gathering = self._session.gathering
        self._slow = user.slow
        self._one: Participant | None = None
        self._over: AsyncResult[Event | None] = AsyncResult()

    @property
    def name(self) -> str:
        """Under which the others know this user."""
        return self._joined.name

    def say(self, text: str) -> int | None:
        """To the room. Returns the message's id, when it has its place in the room's order."""
        answer = self._answer(lambda done: self._joined.say(text, done))
        return answer.id if isinstance(answer, Ack) else None

    def direct(self, name: str, text: str) -> int | None:
        """To one person. Returns the message's id."""
        answer = self._answer(lambda done: self._joined.direct(name, text, done))
        return answer.id if isinstance(answer, Ack) else None

    def users(self) -> list[str] | None:
        """The names of all who are in the room, as the server tells."""
        answer = self._answer(self._joined.list_users)
        return answer.names if isinstance(answer, UserList) else None

    def somebody(self) -> str | None:
        """The name of another user of this process, drawn at random; None where there is none."""
        names = self._gathering.names()
        return next((name for name in random.sample(names, min(2, len(names))) if name != self.name), None)

    def wait_for_delivery(self) -> Said:
        """Wait until the next message of somebody else reaches this user, and return it: `sender`, `text`,
        `id`, `at` (milliseconds since the epoch)."""
        result: AsyncResult[Said | None] = AsyncResult()
        self._joined.awaiting = result.set
        said = result.get()
        if said is None:
            raise GreenletExit
        return Said(said.room, said.id, said.sender, stamps.read(said.sender, LOBBY, said.text).text, said.at)

    def pause(self) -> None:
        """Stop reading: the server must keep what is said, and may skip some of it."""
        self._gathering.forget(self._joined.sock)

    def resume(self) -> None:
        """Read again."""
        self._gathering.attend(self._joined)

    def join(self) -> None:
        """Connect, and give the name."""
        begun = monotonic_ns()
        sock = self._connected()
        self._gathering.times["connect"].add((begun,), monotonic_ns())
        self._one = one = self._gathering.add(sock, slow=self._slow)
        result: AsyncResult[Event | None] = AsyncResult()
        one.enter(result.set)
        answer = result.wait(PATIENCE)
        if isinstance(answer, Welcome):
            return
        if answer is None and one.ended is None:
            self._gathering.failed("join", f"no welcome within {PATIENCE:g} s")
        self._gathering.end(one, f"{one.name} was not welcomed")
        raise GreenletExit

    def leave(self, *, silently: bool = False) -> None:
        """Wait until everything that is due has arrived, then leave, or `silently` just close."""
        one = self._one
        if one is None or one.ended is not None:
            return
        if not one.is_in:
            self._gathering.end(one, "left")
            return
        if one.until < 0:  # else it was stopped while it left
            self._gathering.attend(one)
            self._over = AsyncResult()
            one.leave(self._over.set, silently=silently)
        self._over.wait(PATIENCE)
        self._gathering.end(one, f"{one.name} got no answer within {PATIENCE:g} s to its ping", fault=True)

    def _connected(self) -> Any:
        """Other users go on meanwhile; of a host's addresses that is kept which answered."""
        failure = ""
        for address in [*self._session.addresses]:
            with ExitStack() as stack:
                try:
                    sock = prepared(address, self._gathering.count)
                    stack.callback(sock.close)
                    sock.setblocking(False)
                    code = sock.connect_ex(address)
                    if code == errno.EINPROGRESS:
                        socket.wait_write(sock.fileno(), PATIENCE)
                        code = sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
                    if code:
                        raise OSError(code, f"{address[0]} port {address[1]}: {os.strerror(code)}")
                except (OSError, Fault) as error:
                    failure = getattr(error, "strerror", None) or str(error)
                else:
                    self._session.addresses.sort(key=lambda one: one != address)
                    stack.pop_all()
                    return sock
        self._gathering.failed("connect", failure)
        raise GreenletExit

    @property
    def _joined(self) -> Participant:
        if self._one is None or self._one.ended is not None:
            raise GreenletExit
        return self._one

    def _answer(self, ask: Callable[[Callable[[Event | None], None]], None]) -> Event:
        result: AsyncResult[Event | None] = AsyncResult()
        ask(result.set)
        answer = result.get()
        if answer is None:
            raise GreenletExit
        return answer


class ChatUser(User):
    """One client of chatd: connected and named when its tasks begin; when it stops, it leaves after all that
    is due to it has arrived. Subclasses have tasks that use `self.client`, and a `wait_time`."""

    abstract = True
    #: It may read so slowly that the server skips messages.
    slow = False
    client: ChatClient

    def on_start(self) -> None:
        if self.environment.chat_session is None:  # there is no server, which is said elsewhere
            raise GreenletExit
        self.client = ChatClient(self)
        self.client.join()

    def on_stop(self) -> None:
        if hasattr(self, "client"):
            self.client.leave()

    def option(self, name: str) -> Any:
        """One of the options of the command line, or of the web page's form."""
        return getattr(self.environment.parsed_options, name)


class Reader(ChatUser):
    """Only reads: the engine does, its task has nothing to do. Of those who come with Readers few talk."""

    weight = 9
    wait_time = constant(3600)

    @task
    def rest(self) -> None:
        """Whatever arrives is counted and checked."""


class Talker(ChatUser):
    """Says something `--rate` times a second; with 0 as soon as the last message is acknowledged."""

    def wait_time(self) -> float:
        rate = self.option("rate")
        return float(constant_throughput(rate)(self)) if rate else 0.0

    @task
    def talk(self) -> None:
        self.client.say("x" * self.option("size"))


class DirectWriter(Talker):
    """Writes to somebody else of its process, `--rate` times a second."""

    @task
    def talk(self) -> None:
        if name := self.client.somebody():
            self.client.direct(name, "x" * self.option("size"))


class Visitor(ChatUser):
    """Stays for `--stay` seconds, leaves, every other time without a word, and comes back with a new name."""

    wait_time = constant(0)

    @task
    def visit(self) -> None:
        gevent.sleep(self.option("stay"))
        self.client.leave(silently=random.random() < 0.5)
        self.client.join()


class SlowReader(ChatUser):
    """Does not read for `--stay` seconds, then reads everything, and so on. What the server skipped meanwhile
    it must have counted."""

    wait_time = constant(1)
    slow = True

    @task
    def doze(self) -> None:
        self.client.pause()
        gevent.sleep(self.option("stay"))
        self.client.resume()
