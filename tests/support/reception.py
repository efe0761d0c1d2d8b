"""A chat server for those who come and go: besides what the stub does it tells of everyone who left, and has
rooms. What a client gets may be spoiled, event by event."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from threading import Thread

from chatd.protocol.events import (
    QUIT,
    Ack,
    Bye,
    Cause,
    DirectMessage,
    Event,
    Joined,
    LineLimits,
    Lost,
    Pong,
    RoomInfo,
    Said,
    Sent,
    UserList,
    Welcome,
)
from chatd.protocol.requests import LOBBY, Direct, Join, Ping, Quit, Say, Users
from tests.support.stub_server import END, Delay, StubClient, StubServer

#: What a client of that name gets in place of an event.
Spoil = Callable[[str, Event], Sequence[Event]]


def right(nick: str, event: Event) -> Sequence[Event]:
    """Nothing is spoiled."""
    return (event,)


class Reception(StubServer):
    """Its room messages and its direct ones are numbered apart, as chatd's are."""

    def __init__(self, spoil: Spoil, address: tuple[str, int] = ("127.0.0.1", 0)) -> None:
        super().__init__(None, Delay(), 0, address)
        self._spoil = spoil
        #: Who is in which room beside the lobby, and where each says what it types.
        self._members: dict[str, set[str]] = {}
        self._here: dict[str, str] = {}

    def _hear(self, client: StubClient, line: bytes) -> None:
        if not client.nick:
            super()._hear(client, line)
            return
        match client.dialect.parse(line):
            case Say(text=text, ref=ref, room=room):
                self._said += 1
                if ref is not None:
                    self._give(client, Ack(ref, self._said))
                room = room or self._here.get(client.nick, LOBBY)
                self._give_others(client, Said(room, self._said, client.nick, text, 0), room)
            case Join(room=room, ref=ref):
                self._members.setdefault(room, set()).add(client.nick)
                self._here[client.nick] = room
                self._give(client, RoomInfo(room, len(self._members[room]), "", ref))
            case Direct(to=to, text=text, ref=ref):
                self._written += 1
                for reader in self._clients.values():  # who was interrupted has gone
                    if reader.nick == to:
                        self._give(reader, DirectMessage(self._written, client.nick, to, text, 0))
                sent = Sent(to, text, self._written, ref)
                if client.dialect.encode(sent):  # JSON says nothing where there is no ref
                    self._give(client, sent)
            case Ping(ref=ref):
                self._give(client, Pong(ref))
            case Users(ref=ref):
                names = [other.nick for other in self._clients.values() if other.nick]
                self._give(client, UserList(names, len(names), ref))
            case request:
                assert isinstance(request, Quit), line
                self._give(client, Bye(QUIT))
                self._due.append((0.0, client, END))

    def _welcome(self, client: StubClient, nick: str) -> None:
        client.nick = nick
        self._give(client, Welcome(nick, "token", "stub", len(self._clients), LineLimits(4096, 32)))
        self._give_others(client, Joined([nick], 1))

    def _turn(self) -> bool:
        before = [*self._clients.values()]
        goes_on = super()._turn()
        for client in before:
            if not client.is_open and client.nick:
                self._give_others(client, Lost([client.nick], 1, Cause.CLOSED))
        return goes_on

    def _give_others(self, client: StubClient, event: Event, room: str = LOBBY) -> None:
        for other in self._clients.values():
            if other is not client and other.nick and (room == LOBBY or other.nick in self._members[room]):
                self._give(other, event)

    def _give(self, client: StubClient, event: Event) -> None:
        self._due += [(0.0, client, client.dialect.encode(one)) for one in self._spoil(client.nick, event)]


@contextmanager
def receiving(spoil: Spoil = right) -> Iterator[tuple[str, int]]:
    """Its address."""
    server = Reception(spoil)
    thread = Thread(target=server.run, name="reception")
    thread.start()
    try:
        yield server.address
    finally:
        server.stop()
        thread.join(10)
        assert not thread.is_alive(), "the reception does not end"
