"""A reception with an admin: it bans, puts out who is banned, and lets nobody but accounts speak while it is
locked."""

from collections.abc import Iterator
from contextlib import contextmanager
from ipaddress import ip_address
from pathlib import Path

from chatd.protocol.address_ranges import looks_like_address, parse_range
from chatd.protocol.dialects import JSONL
from chatd.protocol.errors import Code
from chatd.protocol.events import Ack, Bye, Error, Left
from chatd.protocol.moderation_events import Acted
from chatd.protocol.moderation_requests import Ban, Lockdown, Unban
from chatd.protocol.people_events import UnreadCounts
from chatd.protocol.requests import LOBBY, Hello, Say
from loadtests.servers.target import ServerUnderTest
from tests.support.reception import Spoil
from tests.support.registered import RegisteredProcess, RegisteredReception
from tests.support.stub_server import END, StubClient
from tests.support.well_read import made


class ModeratedReception(RegisteredReception):
    """Its admin is whoever asks."""

    def __init__(self, spoil: Spoil, unread: dict[str, UnreadCounts]) -> None:
        super().__init__(spoil, unread)
        self._bans: dict[str, str] = {}
        self._locked = False

    def _hear(self, client: StubClient, line: bytes) -> None:
        request = JSONL.parse(line) if line.startswith(b"{") else None
        match request:
            case Hello(nick=nick) if (why := self._ban_of(client, nick)) is not None:
                client.dialect = JSONL
                self._refuse(client, nick, why)
            case Say() if self._locked and client.nick not in self._unread:
                self._give(client, Error(code=Code.LOCKED_DOWN, text="be quiet"))
            case Ban() | Unban() | Lockdown():
                self._act(client, request)
            case _:
                super()._hear(client, line)

    def _act(self, client: StubClient, request: Ban | Unban | Lockdown) -> None:
        self._said += 1
        whom = value = None
        if isinstance(request, Lockdown):
            self._locked, value = request.on, "on" if request.on else "off"
        elif isinstance(request, Ban):
            whom = request.whom
            self._bans[whom] = f"you are banned ({request.reason})"
        else:
            whom = request.whom
            del self._bans[whom]
        word = str(request.__struct_config__.tag)
        event = Acted(act=word, room=LOBBY, id=self._said, at=0, by=client.nick, whom=whom, value=value)
        for one in [*self._clients.values()]:
            if one.nick:
                self._give(one, event)
        self._give(client, Ack(request.ref or "", self._said))
        for one in [*self._clients.values()]:
            if one.nick and (why := self._ban_of(one, one.nick)) is not None:
                self._put_out(one, why)

    def _put_out(self, client: StubClient, why: str) -> None:
        self._give(client, Error(code=Code.BANNED, text=why))
        self._give(client, Bye(why))
        self._due.append((0.0, client, END))
        name, client.nick = client.nick, ""
        self._give_others(client, Left([name], 1, "banned"))

    def _refuse(self, client: StubClient, nick: str, why: str) -> None:
        client.nick = nick  # as whom it is spoiled
        self._give(client, Error(code=Code.BANNED, text=why))
        client.nick = ""
        self._due.append((0.0, client, END))

    def _ban_of(self, client: StubClient, nick: str) -> str | None:
        if nick in self._bans:
            return self._bans[nick]
        address = ip_address(client.sock.getpeername()[0])
        for whom, why in self._bans.items():
            if looks_like_address(whom) and address in parse_range(whom):
                return why
        return None


class ModeratedProcess(RegisteredProcess):
    """It, as a process."""

    reception = ModeratedReception


@contextmanager
def moderated_server(spoil: Spoil, folder: Path) -> Iterator[ServerUnderTest]:
    """A server with a folder, which runs."""
    made(folder)
    process = ModeratedProcess(spoil, folder)
    process.start()
    try:
        yield process.target
    finally:
        process.kill()
