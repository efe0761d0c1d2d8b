"""What tests of `chatd admin` share: it is run in this process, beside a server or in its place."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import gevent
import pytest

from chatd.commands.table import run_command
from chatd.net.server import Server
from tests.support.live import Peer, serving
from tests.support.logs import sqlite
from tests.support.people import account, register


class Ran(NamedTuple):
    """The exit code, the lines that it printed, and its sentence where something is wrong."""

    code: int
    lines: list[str]
    error: str

    @property
    def objects(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.lines]


Admin = Callable[..., Ran]


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A folder with an account, alice, and no server."""
    path = tmp_path / "data"
    with sqlite(path) as journal:
        register(journal, account(7, "alice"))
    return path


@pytest.fixture
def admin(data: Path, capsys: pytest.CaptureFixture[str]) -> Admin:
    """Run `chatd admin` with these words on the folder."""

    def run(*words: str | Path) -> Ran:
        code = run_command("admin", [str(word) for word in words] + ["--data", str(data)])
        out, err = capsys.readouterr()
        assert (code == 0) == (not err) and err.count("\n") <= 1, err
        return Ran(code, out.splitlines(), err.removeprefix("chatd admin: ").rstrip())

    return run


class Served(NamedTuple):
    """A server on that folder, and the command beside it."""

    server: Server
    admin: Admin

    def peer(self, nick: str) -> Peer:
        return Peer(self.server, nick)


@pytest.fixture
def served(data: Path, admin: Admin) -> Iterator[Served]:
    """(The command has a thread of its own: it waits as a process does.)"""
    with serving(data=str(data)) as server:
        pool = gevent.get_hub().threadpool
        yield Served(server, lambda *words: pool.apply(admin, words))
