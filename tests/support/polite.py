"""The stub server for those who look first whether it is one, as the suite's commands do: they say /quit."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread
from typing import Final

from chatd.protocol.dialects import JSONL
from chatd.protocol.events import Bye
from chatd.protocol.requests import Quit
from tests.support.stub_server import END, Delay, StubClient, StubServer, Wrong

_AT_ONCE: Final = Delay()


class Polite(StubServer):
    """Says goodbye."""

    def _hear(self, client: StubClient, line: bytes) -> None:
        if client.nick and isinstance(client.dialect.parse(line), Quit):
            self._due += [(0.0, client, JSONL.encode(Bye("quit"))), (0.0, client, END)]
        else:
            super()._hear(client, line)


@contextmanager
def polite(wrong: Wrong | None = None, delay: Delay = _AT_ONCE, at: int = 20) -> Iterator[str]:
    """Such a server's address."""
    server = Polite(wrong, delay, at=at)
    thread = Thread(target=server.run)
    thread.start()
    try:
        yield f"tcp://127.0.0.1:{server.address[1]}"
    finally:
        server.stop()
        thread.join()
