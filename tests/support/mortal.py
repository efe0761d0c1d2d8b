"""A reception that is killed and started again, and remembers what was said, by whom and with which key."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event as Moment
from threading import Thread

from chatd.protocol.dialects import JSONL
from chatd.protocol.events import Ack, LineLimits, Mark, RoomInfo, Said, UserList, Welcome
from chatd.protocol.requests import LOBBY, Hello, Say
from tests.support.reception import Reception, Spoil
from tests.support.stub_server import StubClient

#: A watchdog.
PATIENCE = 10.0


class Memory:
    """What outlives the server. `heard` is set when as many messages were said as it is asked to wait for."""

    def __init__(self, awaited: int) -> None:
        self.said: list[Said] = []
        self.heard = Moment()
        self._awaited = awaited

    def keep(self, said: Said) -> None:
        self.said.append(said)
        if len(self.said) >= self._awaited:
            self.heard.set()


class MindfulReception(Reception):
    """One life of it."""

    def __init__(self, spoil: Spoil, memory: Memory, address: tuple[str, int]) -> None:
        super().__init__(spoil, address)
        self._memory = memory

    def _hear(self, client: StubClient, line: bytes) -> None:
        request = JSONL.parse(line)
        if isinstance(request, Hello) and request.token is not None:
            self._resume(client, request)
        elif isinstance(request, Say):
            self._say(client, request)
        else:
            super()._hear(client, line)

    def _say(self, client: StubClient, say: Say) -> None:
        said = self._memory.said
        known = next((one for one in said if (one.sender, one.key) == (client.nick, say.key)), None)
        if known is None:
            known = Said(LOBBY, len(said) + 1, client.nick, say.text, 0, key=say.key)
            self._memory.keep(known)
            self._give_others(client, _to_others(known))
        assert say.ref is not None
        self._give(client, Ack(say.ref, known.id))

    def _resume(self, client: StubClient, hello: Hello) -> None:
        client.nick, client.dialect = hello.nick, JSONL
        self._give(client, Welcome(hello.nick, "token", "stub", 1, LineLimits(4096, 32), resumed=True))
        for one in self._memory.said:
            if one.id > (hello.seen or 0):
                self._give(client, one if one.sender == hello.nick else _to_others(one))
        names = [other.nick for other in self._clients.values() if other.nick]
        self._give(client, RoomInfo(LOBBY, len(names), ""))
        self._give(client, UserList(names, len(names)))
        self._give(client, Mark(len(self._memory.said)))


def _to_others(said: Said) -> Said:
    return Said(said.room, said.id, said.sender, said.text, said.at)


class MortalReception:
    """Is killed when everyone has said so many messages; `lives` counts. What the load suite asks of a server
    that it kills."""

    def __init__(self, spoil: Spoil, awaited: int) -> None:
        self.lives = 0
        self.memory = Memory(awaited)
        self.address = ("127.0.0.1", 0)
        self._spoil = spoil
        self.start()

    def start(self) -> int:
        self.lives += 1
        self._server = MindfulReception(self._spoil, self.memory, self.address)
        self.address = self._server.address
        self._thread = Thread(target=self._server.run, name=f"reception {self.lives}")
        self._thread.start()
        return os.getpid()

    def kill(self) -> None:
        assert self.memory.heard.wait(PATIENCE), "too few messages were said"
        self.stop()

    def stop(self) -> None:
        self._server.stop()
        self._thread.join(PATIENCE)
        assert not self._thread.is_alive(), "the reception does not end"


@contextmanager
def mortal(spoil: Spoil, awaited: int) -> Iterator[MortalReception]:
    """A server that runs, and is stopped with the block."""
    server = MortalReception(spoil, awaited)
    try:
        yield server
    finally:
        server.stop()
