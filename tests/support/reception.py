"""A chat server for those who come and go: besides what the stub does it tells of everyone who left. What a
member gets may be spoiled, event by event."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from threading import Thread

from chatd.protocol.events import (
    Ack,
    Cause,
    DirectMessage,
    Event,
    Joined,
    LineLimits,
    Lost,
    Pong,
    Said,
    Sent,
    Welcome,
)
from chatd.protocol.requests import LOBBY, Direct, Ping, Quit, Say
from tests.support.stub_server import Delay, Member, StubServer

#: What a member of that name gets in place of an event.
Spoil = Callable[[str, Event], Sequence[Event]]


def right(nick: str, event: Event) -> Sequence[Event]:
    """Nothing is spoiled."""
    return (event,)


class Reception(StubServer):
    """Its room messages and its direct ones are numbered apart, as chatd's are."""

    def __init__(self, spoil: Spoil) -> None:
        super().__init__(None, Delay(), 0)
        self._spoil = spoil

    def _hear(self, member: Member, line: bytes) -> None:
        if not member.nick:
            super()._hear(member, line)
            return
        match member.dialect.parse(line):
            case Say(text=text, ref=ref):
                self._said += 1
                if ref is not None:
                    self._give(member, Ack(ref, self._said))
                self._give_others(member, Said(LOBBY, self._said, member.nick, text, 0))
            case Direct(to=to, text=text, ref=ref):
                self._written += 1
                for reader in self._members.values():  # who was interrupted has gone
                    if reader.nick == to:
                        self._give(reader, DirectMessage(self._written, member.nick, to, text, 0))
                sent = Sent(to, text, self._written, ref)
                if member.dialect.encode(sent):  # JSON says nothing where there is no ref
                    self._give(member, sent)
            case Ping(ref=ref):
                self._give(member, Pong(ref))
            case request:
                assert isinstance(request, Quit), line  # the connection's end comes next

    def _welcome(self, member: Member, nick: str) -> None:
        member.nick = nick
        self._give(member, Welcome(nick, "token", "stub", len(self._members), LineLimits(4096, 32)))
        self._give_others(member, Joined([nick], 1))

    def _turn(self) -> bool:
        before = [*self._members.values()]
        goes_on = super()._turn()
        for member in before:
            if not member.is_open and member.nick:
                self._give_others(member, Lost([member.nick], 1, Cause.CLOSED))
        return goes_on

    def _give_others(self, member: Member, event: Event) -> None:
        for other in self._members.values():
            if other is not member and other.nick:
                self._give(other, event)

    def _give(self, member: Member, event: Event) -> None:
        self._due += [(0.0, member, member.dialect.encode(one)) for one in self._spoil(member.nick, event)]


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
