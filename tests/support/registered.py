"""A reception for people with accounts: tokens and passwords, devices, and what is unread; as a process that
is killed and started, which reads the folder that was filled for it."""

import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from os import getpid
from pathlib import Path
from threading import Thread

from msgspec.structs import replace

from chatd.protocol.dialects import JSONL
from chatd.protocol.errors import Code
from chatd.protocol.events import Error, Event, Said
from chatd.protocol.people_events import Done, UnreadCounts, UnreadMessages
from chatd.protocol.people_requests import Register
from chatd.protocol.requests import Hello
from chatd.state.stored_accounts import Unread, UnreadQuestion
from chatd.store.sqlite.people.beginning import read_accounts
from chatd.store.sqlite.people.unread import UnreadBounds, count_unread
from loadtests.servers.target import ServerUnderTest
from tests.support.reception import Reception, Spoil
from tests.support.stub_server import StubClient
from tests.support.well_read import PATIENCE, made

#: Ids and times with as many digits as chatd's.
FIRST_ID = 3_665_920_000_000_000
NOW = 1_790_000_000_000
#: Wrong passwords that an address may give.
ALLOWED = 10


def counted(folder: Path) -> dict[str, UnreadCounts]:
    """What each account in this folder is told, by its name: counted by chatd's own statement."""
    told: dict[str, UnreadCounts] = {}
    with closing(sqlite3.connect(folder / "log.sqlite3")) as database:
        numbers = dict(database.execute("SELECT name, room FROM rooms"))
        names = {number: name for name, number in numbers.items()}
        for account in read_accounts(database, NOW):
            rooms = tuple(numbers[room] for room in account.rooms)
            question = UnreadQuestion(account.person, account.name, rooms, account.since)
            unread = count_unread(database, question, UnreadBounds(1 << 62, {}, 0, {}))
            told[account.name] = _told(unread, names)
    return told


def _told(unread: Unread, names: dict[int, str]) -> UnreadCounts:
    counts = [
        UnreadMessages(one.count, one.mark, names[one.number], mentions=one.mentions) for one in unread.rooms
    ]
    counts += [UnreadMessages(one.count, one.mark, whom=one.name) for one in unread.pairs]
    return UnreadCounts(counts)


class RegisteredReception(Reception):
    """Who has a token is told what is unread; who gives a password is refused, or kept waiting."""

    def __init__(self, spoil: Spoil, unread: dict[str, UnreadCounts]) -> None:
        super().__init__(spoil)
        self._said = FIRST_ID
        self._unread = unread
        self._tries = Counter[str]()

    def _hear(self, client: StubClient, line: bytes) -> None:
        request = JSONL.parse(line) if line.startswith(b"{") else None
        match request:
            case Hello(password=str()):
                client.dialect, client.nick = JSONL, request.nick
                address = client.sock.getpeername()[0]
                self._tries[address] += 1
                if self._tries[address] <= ALLOWED:
                    self._give(client, Error(code=Code.WRONG_PASSWORD, text="wrong"))
                client.nick = ""
            case Hello(token=str()):
                super()._hear(client, line)
                self._give(client, self._unread[request.nick])
            case Register():
                self._give(client, Done(text="it is yours"))
            case _:
                super()._hear(client, line)

    def _give(self, client: StubClient, event: Event) -> None:
        super()._give(client, replace(event, at=NOW) if isinstance(event, Said) else event)


class RegisteredProcess:
    """It, as a process."""

    #: What serves in it.
    reception: type[RegisteredReception] = RegisteredReception

    def __init__(self, spoil: Spoil, folder: Path) -> None:
        self._spoil, self._folder = spoil, folder
        self._thread: Thread | None = None
        self.target = ServerUnderTest("chatd-always", ("127.0.0.1", 0), getpid(), self, folder)

    def start(self) -> int:
        self._server = self.reception(self._spoil, counted(self._folder))
        self.target.address = self._server.address
        self._thread = Thread(target=self._server.run, name="registered reception")
        self._thread.start()
        return getpid()

    def kill(self) -> None:
        if self._thread is not None:
            self._server.stop()
            self._thread.join(PATIENCE)
            assert not self._thread.is_alive(), "the reception does not end"
            self._thread = None


@contextmanager
def registered_server(spoil: Spoil, folder: Path) -> Iterator[ServerUnderTest]:
    """A server with a folder, which runs."""
    made(folder)
    process = RegisteredProcess(spoil, folder)
    process.start()
    try:
        yield process.target
    finally:
        process.kill()
