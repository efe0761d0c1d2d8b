"""A chat server that is right, or wrong in one exact place: what the load suite must notice.

It speaks chatd's dialects as far as a Room and People need: names, notices of joining, messages to all and to
one, acknowledgements, pings. One thread of its own serves everyone; the room's loop has the test's thread.
The rules:

1. A wrong is one row of data: which stream it spoils, and a recipe for what comes there in place of message
   `at` and of the one after it. Everything else is served as by the right server.
2. Counting begins after START, so that `at` is a place in the measurement.
3. `delivered` counts what was handed to clients, apart from what the suite counts; `settled` is how many
   messages have been dealt with to the last byte.
4. Streams are spoiled line by line and by number, never by the clock: how TCP cuts them changes nothing.
5. Lateness keeps the order: what follows a late line waits behind it, as it does in a server that was late.
"""

import select
import socket
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread
from time import monotonic, sleep
from typing import Final

from chatd.protocol.dialects import JSONL, TEXT
from chatd.protocol.dialects.jsonl import JsonLines
from chatd.protocol.dialects.text import TextLines
from chatd.protocol.events import DirectMessage, Event, Joined, LineLimits, Pong, Said, Sent, Welcome
from chatd.protocol.framing import LineBuffer
from chatd.protocol.limits import MIB
from chatd.protocol.requests import LOBBY, Direct, Hello, Ping, Request, Say
from loadtests.engine.wire import START
from tests.support.stub_wrongs import END, HEARS, PUNCTUAL, VICTIM, Delay, Spoiler, Stream, Wrong

__all__ = ["END", "Delay", "Stream", "StubClient", "StubServer", "Wrong", "serving"]

#: A watchdog for the thread's end.
_JOIN_TIME: Final = 10.0


class StubClient:
    """A connection, and what it was not yet sent."""

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock
        self.nick = ""
        self.dialect: TextLines | JsonLines = TEXT
        self.lines = LineBuffer(MIB)
        self.out = bytearray()
        self.is_open = True

    def push(self) -> None:
        """Write what the socket takes; a client that has gone takes all."""
        if self.out and self.is_open:
            try:
                del self.out[: self.sock.send(self.out)]
            except BlockingIOError:
                pass
            except OSError:
                self.close()

    def close(self) -> None:
        self.is_open = False
        self.out.clear()
        self.sock.close()


class StubServer:
    """Serves from `run` until `stop`; `at` is the place of the wrong, in messages of its stream."""

    def __init__(
        self, wrong: Wrong | None, delay: Delay, at: int, address: tuple[str, int] = ("127.0.0.1", 0)
    ) -> None:
        self.delivered = 0
        self.settled = 0
        self._spoilers = {} if wrong is None else {wrong.stream: Spoiler(wrong, at)}
        self._victims = {VICTIM[stream] for stream in self._spoilers}
        self._delay = delay
        self._at = at
        self._measuring = False
        self._heard = 0
        self._said = self._written = 0
        self._clients: dict[int, StubClient] = {}
        #: What is to be written: (not before, to whom, what), in order.
        self._due: deque[tuple[float, StubClient, bytes]] = deque()
        self._not_before = 0.0
        self._listener = socket.create_server(address, backlog=128)
        self._listener.setblocking(False)
        self._waker, self._wake = socket.socketpair()
        self._epoll = select.epoll()
        for sock in (self._listener, self._waker):
            self._epoll.register(sock.fileno(), select.EPOLLIN)
        self.address: tuple[str, int] = self._listener.getsockname()

    # -- the loop --------------------------------------------------------------------------------------

    def run(self) -> None:
        """The thread's work. A defect of the stub's own closes everything, so that no client waits."""
        try:
            while self._turn():
                pass
        finally:
            for sock in (self._listener, self._waker):
                sock.close()
            for client in self._clients.values():
                client.close()
            self._epoll.close()

    def stop(self) -> None:
        """End `run`, from another thread."""
        self._wake.close()

    def _turn(self) -> bool:
        for descriptor, _ in self._epoll.poll(self._patience()):
            if descriptor == self._waker.fileno():
                return False
            if descriptor == self._listener.fileno():
                self._accept()
            else:
                self._read(self._clients[descriptor])
        self._flush()
        return True

    def _patience(self) -> float:
        """Seconds until something is to be written; -1 is for ever."""
        if any(client.out for client in self._clients.values()):
            return 0.001
        return max(0.0, self._due[0][0] - monotonic()) if self._due else -1

    def _accept(self) -> None:
        sock, _ = self._listener.accept()
        sock.setblocking(False)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._epoll.register(sock.fileno(), select.EPOLLIN)
        self._clients[sock.fileno()] = StubClient(sock)

    def _read(self, client: StubClient) -> None:
        try:
            data = client.sock.recv(65536)
        except OSError:
            data = b""
        if not data:
            del self._clients[client.sock.fileno()]
            client.close()
            return
        client.lines.feed(data)
        while (line := client.lines.pop()) is not None:
            self._hear(client, line)

    def _flush(self) -> None:
        now = monotonic()
        while self._due and self._due[0][0] <= now:
            _, client, data = self._due.popleft()
            client.out += data
            if data == END:
                client.push()
                client.close()
        for descriptor, client in [*self._clients.items()]:
            client.push()
            if not client.is_open:
                del self._clients[descriptor]
        if not self._due and not any(client.out for client in self._clients.values()):
            self.settled = self._heard

    # -- the room --------------------------------------------------------------------------------------

    def _hear(self, client: StubClient, line: bytes) -> None:
        if not client.nick:
            client.dialect = JSONL if line.startswith(b"{") else TEXT
            request = client.dialect.parse_first(line)
            assert isinstance(request, Hello), line
            self._welcome(client, request.nick)
            return
        request = client.dialect.parse(line)
        if isinstance(request, Ping):
            self._due.append((self._not_before, client, client.dialect.encode(Pong(request.ref))))
            return
        assert isinstance(request, Say | Direct), line
        start = request.text == START.decode()
        if start:
            self._measuring = False
        elif self._measuring:
            self._dawdle()
        if isinstance(request, Direct):
            self._pass_on(client, request)
        else:
            for taken in self._spoiled(Stream.ROOM, client, line):
                self._broadcast(client, request if taken is line else client.dialect.parse(taken))
        self._measuring = self._measuring or start

    def _welcome(self, client: StubClient, nick: str) -> None:
        client.nick = nick
        others = [other for other in self._clients.values() if other.nick and other is not client]
        welcome = Welcome(nick, "token", "stub", len(others) + 1, LineLimits(4096, 32))
        self._due.append((0.0, client, client.dialect.encode(welcome)))
        for other in others:
            self._due.append((0.0, other, other.dialect.encode(Joined([nick], 1))))

    def _broadcast(self, sender: StubClient, request: Request | None) -> None:
        assert isinstance(request, Say), request
        self._said += 1
        event: Event = Said(room=LOBBY, id=self._said, sender=sender.nick, text=request.text, at=0)
        forms = {TEXT: TEXT.encode(event), JSONL: JSONL.encode(event)}
        for client in self._clients.values():
            if client is sender or not client.nick:
                continue
            line = forms[client.dialect]
            if client.nick not in self._victims:  # the hot path
                self._due.append((self._not_before, client, line))
                self.delivered += self._measuring
            else:
                self.delivered += self._tell(client, HEARS[client.nick[0]], line)

    def _pass_on(self, sender: StubClient, request: Direct) -> None:
        self._written += 1
        message = DirectMessage(self._written, sender.nick, request.to, request.text, at=0)
        for reader in self._clients.values():  # nobody, where they have gone
            if reader.nick == request.to:
                self.delivered += self._tell(reader, Stream.PERSON, reader.dialect.encode(message))
        sent = Sent(to=request.to, text=request.text, id=self._written, ref=request.ref)
        if line := sender.dialect.encode(sent):
            self._due.append((self._not_before, sender, line))

    def _spoiled(self, stream: Stream, client: StubClient, line: bytes) -> list[bytes]:
        spoiler = self._spoilers.get(stream)
        if spoiler is None or client.nick != VICTIM[stream] or not self._measuring:
            return [line]
        return spoiler.spoil(line)

    def _tell(self, client: StubClient, stream: Stream, line: bytes) -> int:
        """Write a line, or what comes in its place; return how many lines of the measurement that was."""
        lines = self._spoiled(stream, client, line)
        for each in lines:
            self._due.append((self._not_before, client, each))
        return len(lines) if self._measuring else 0

    def _dawdle(self) -> None:
        """Before each message: be late, or stop, where it is time to."""
        number, self._heard = self._heard, self._heard + 1
        if self._delay.late and number % self._delay.every == 0:
            self._not_before = monotonic() + self._delay.late
        if self._delay.stop and number == self._at:
            sleep(self._delay.stop)


@contextmanager
def serving(wrong: Wrong | None = None, delay: Delay = PUNCTUAL, at: int = 500) -> Iterator[StubServer]:
    """A stub on a free port of its own; it is right where nothing else is asked for."""
    server = StubServer(wrong, delay, at)
    thread = Thread(target=server.run, name="stub server")
    thread.start()
    try:
        yield server
    finally:
        server.stop()
        thread.join(_JOIN_TIME)
        assert not thread.is_alive(), "the stub server does not end"
