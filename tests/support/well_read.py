"""A reception that has the messages of a folder, and answers searches and questions for pages of them."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from threading import Thread

from chatd.protocol.errors import Code
from chatd.protocol.events import Ack, Error, Said
from chatd.protocol.history_page import HistoryPage
from chatd.protocol.requests import LOBBY, History, Say, Search
from chatd.store.sqlite.folder import DataFolder
from chatd.store.sqlite.opening import open_database
from loadtests.servers.target import ServerUnderTest
from tests.support.reception import Reception, Spoil
from tests.support.stub_server import StubClient

#: A watchdog.
PATIENCE = 10.0
ROOMS = {1: LOBBY, 2: "dev"}


def made(folder: Path) -> None:
    """What a chatd leaves there that nobody used."""
    data = DataFolder(folder)
    open_database(data).close()
    data.release()


def kept(folder: Path) -> list[Said]:
    """What was said, in order of the ids."""
    with closing(sqlite3.connect(folder / "log.sqlite3")) as database:
        rows = database.execute("SELECT first, id, sender, text, at FROM entries ORDER BY id")
        return [Said(ROOMS[room], id, sender, text, at) for room, id, sender, text, at in rows]


class WellReadReception(Reception):
    """Refuses the first searches, while it would make its index; what was said is found when it was asked for
    once before."""

    def __init__(self, spoil: Spoil, old: list[Said], refused: int) -> None:
        super().__init__(spoil)
        self._all = old
        self._said = old[-1].id if old else 0
        self._refused = refused
        self._new: list[Said] = []

    def _hear(self, client: StubClient, line: bytes) -> None:
        request = client.dialect.parse(line) if client.nick else None
        match request:
            case Search():
                self._search(client, request)
            case History(before=before, limit=limit, room=room):
                below = [one for one in self._all if one.room == room and one.id < (before or one.id + 1)]
                page = HistoryPage(
                    room=room, messages=below[-limit:], more=len(below) > limit, ref=request.ref
                )
                self._give(client, page)
            case Say(room="dev", text=text, ref=str(ref)):
                self._said += 1
                self._give(client, Ack(ref, self._said))
                self._new.append(Said("dev", self._said, client.nick, text, 0))
            case _:
                super()._hear(client, line)

    def _search(self, client: StubClient, search: Search) -> None:
        if self._refused:
            self._refused -= 1
            self._give(client, Error(code=Code.UNAVAILABLE, text="it is being indexed", ref=search.ref))
            return
        words = set(search.words.split())
        found = [one for one in reversed(self._all) if words <= {*one.text.split()}]
        found = [one for one in found if search.room in (None, one.room)]
        messages, more = found[: search.limit], len(found) > search.limit
        page = HistoryPage(room=search.room, messages=messages, more=more, found=True, ref=search.ref)
        self._give(client, page)
        self._all += self._new
        self._new = []


class WellReadProcess:
    """It, as a process that is killed and started: then it reads its folder."""

    def __init__(self, spoil: Spoil, folder: Path, refused: int) -> None:
        self._spoil, self._folder, self._refused = spoil, folder, refused
        self._thread: Thread | None = None
        self.target = ServerUnderTest("chatd-always", ("127.0.0.1", 0), os.getpid(), self, folder)

    def start(self) -> int:
        self._server = WellReadReception(self._spoil, kept(self._folder), self._refused)
        self.target.address = self._server.address
        self._thread = Thread(target=self._server.run, name="well-read reception")
        self._thread.start()
        return os.getpid()

    def kill(self) -> None:
        if self._thread is not None:
            self._server.stop()
            self._thread.join(PATIENCE)
            assert not self._thread.is_alive(), "the reception does not end"
            self._thread = None


@contextmanager
def well_read(spoil: Spoil, folder: Path, refused: int = 0) -> Iterator[ServerUnderTest]:
    """A server with a folder, which runs."""
    made(folder)
    process = WellReadProcess(spoil, folder, refused)
    process.start()
    try:
        yield process.target
    finally:
        process.kill()
