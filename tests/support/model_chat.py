"""A chat server as a model, in the thread of the test: what it does, and when, the test decides step by step.

Each client of it is a participant of a Gathering, connected by a pair of sockets. `handle` lets the server do
what one client asked for, `deliver` passes some bytes of what waits for it. What a client gets may be
spoiled, event by event.
"""

import socket
from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from chatd.protocol.dialects import JSONL
from chatd.protocol.events import (
    QUIT,
    Ack,
    Bye,
    DirectMessage,
    Error,
    Event,
    Joined,
    Left,
    LineLimits,
    Pong,
    Said,
    UserList,
    Welcome,
)
from chatd.protocol.framing import LineBuffer
from chatd.protocol.limits import MIB
from chatd.protocol.requests import LOBBY, Direct, Hello, Ping, Quit, Say, Users
from loadtests.engine.gathering import Gathering
from loadtests.engine.ledger import Ledger
from loadtests.engine.participant import Participant

#: What client so-and-so (by order of arrival) gets in place of an event.
Spoiling = Callable[[int, Event], Sequence[Event]]


def unspoiled(client: int, event: Event) -> Sequence[Event]:
    """What a right server sends."""
    return (event,)


class ModelClient:
    """The server's side of a connection."""

    def __init__(self, number: int, gathering: Gathering, *, slow: bool = False) -> None:
        ours, self.sock = socket.socketpair()
        for sock in (ours, self.sock):
            sock.setblocking(False)
        self.number = number
        self.gathering = gathering
        self.one: Participant = gathering.add(ours, slow=slow)
        self.nick = ""
        self.lines = LineBuffer(MIB)
        self.out = bytearray()
        self.one.enter()

    @property
    def over(self) -> bool:
        """The other side has closed."""
        return self.one.ended is not None


class ModelChat:
    """Use it as a context manager."""

    def __init__(self, spoil: Spoiling = unspoiled) -> None:
        self.clients: list[ModelClient] = []
        self.spoil = spoil
        self.room_id = self.direct_id = 0
        #: Deliveries that the right server makes, of messages.
        self.deliveries = 0

    def __enter__(self) -> "ModelChat":
        return self

    def __exit__(self, *_: object) -> None:
        for client in self.clients:
            client.sock.close()
        for gathering in {client.gathering for client in self.clients}:
            gathering.close()

    def join(self, gathering: Gathering, *, slow: bool = False) -> ModelClient:
        """Somebody connects, and has asked for a name."""
        client = ModelClient(len(self.clients), gathering, slow=slow)
        self.clients.append(client)
        return client

    def handle(self, client: ModelClient) -> None:
        """Do what it has asked for until now."""
        try:
            data = client.sock.recv(65536) if not client.over else b""
        except BlockingIOError:
            return
        client.lines.feed(data)
        while (line := client.lines.pop()) is not None:
            self._do(client, JSONL.parse(line))

    def deliver(self, client: ModelClient, size: int = MIB) -> None:
        """Pass so many bytes of what waits for it, and let it read them."""
        if client.out and not client.over:
            client.sock.send(client.out[:size])
            del client.out[:size]
            client.gathering.turn(0)

    def rest(self) -> None:
        """Do and deliver everything."""
        while any(client.out for client in self.clients if not client.over) or self._asked():
            for client in self.clients:
                self.handle(client)
                self.deliver(client)

    def say(self, sender: str, text: str) -> None:
        """A stranger says something."""
        self._say(None, sender, text)

    def write(self, sender: str, reader: ModelClient, text: str) -> None:
        """A stranger writes to somebody."""
        self.direct_id += 1
        self._give(reader, DirectMessage(self.direct_id, sender, reader.nick, text, 0))

    def _asked(self) -> bool:
        for client in self.clients:
            self.handle(client)
        return any(client.out for client in self.clients if not client.over)

    def _do(self, client: ModelClient, request: Any) -> None:
        match request:
            case Hello(nick=nick):
                client.nick = nick
                names = [other.nick for other in self._present()]
                self._give(client, Welcome(nick, "token", "model", len(names), LineLimits(4096, 32)))
                self._tell_others(client, Joined([nick], 1))
            case Say(text=text, ref=ref):
                self._say(client, client.nick, text)
                self._give(client, Ack(ref or "", self.room_id))
            case Direct(to=to, text=text, ref=ref):
                reader = next((other for other in self._present() if other.nick == to), None)
                if reader is None:
                    self._give(client, Error("no-such-nick", f"{to} is not here", ref))
                    return
                self.direct_id += 1
                self.deliveries += 1
                self._give(reader, DirectMessage(self.direct_id, client.nick, to, text, 0))
                self._give(client, Ack(ref or "", self.direct_id))
            case Users(ref=ref):
                names = [other.nick for other in self._present()]
                self._give(client, UserList(names, len(names), ref))
            case Ping(ref=ref):
                self._give(client, Pong(ref))
            case Quit():
                self._give(client, Bye(QUIT))
                nick, client.nick = client.nick, ""
                self._tell_others(client, Left([nick], 1))

    def _say(self, client: ModelClient | None, sender: str, text: str) -> None:
        self.room_id += 1
        said = Said(LOBBY, self.room_id, sender, text, 0)
        self.deliveries += sum(other is not client for other in self._present())
        self._tell_others(client, said)

    def _present(self) -> list[ModelClient]:
        return [client for client in self.clients if client.nick and client.one.ended is None]

    def _tell_others(self, client: ModelClient | None, event: Event) -> None:
        for other in self._present():
            if other is not client:
                self._give(other, event)

    def _give(self, client: ModelClient, event: Event) -> None:
        for one in self.spoil(client.number, event):
            client.out += JSONL.encode(one)


class Meeting:
    """Two gatherings on one server, and the ledger that both report to."""

    def __init__(self, spoil: Spoiling = unspoiled) -> None:
        self.chat = ModelChat(spoil)
        self.gatherings = [Gathering(), Gathering()]
        self.ledger = Ledger()
        #: What was wrong.
        self.faults: list[str] = []

    def settle(self, *, last: bool = False) -> None:
        for one in self.gatherings:
            self.ledger.take(one.settle(last=last))

    def end(self) -> None:
        """Everybody leaves."""
        for client in self.chat.clients:
            if client.one.ended is None and client.one.until < 0:
                client.one.leave()
        self.chat.rest()
        stuck = [client.number for client in self.chat.clients if client.one.ended is None]
        self.settle(last=True)
        self.ledger.close()
        self.faults = [*self.ledger.faults, *(f"{number} is stuck" for number in stuck)]


def nothing(event: Event) -> Sequence[Event]:
    return ()


def twice(event: Event) -> Sequence[Event]:
    return (event, event)


def changed(event: Any) -> Sequence[Event]:
    return (msgspec.structs.replace(event, text=event.text.replace("l", "L").replace("p", "P")),)
