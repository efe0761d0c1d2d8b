"""`chatd admin`'s socket: who may, in which order, and what bounds it. A server in this process answers."""

import logging
import os
import stat
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import gevent
import pytest
from gevent import socket

from chatd.net import admin_socket
from chatd.net.admin_socket import SOCKET
from chatd.net.server import Server
from chatd.net.transports.unix import uid_of
from chatd.protocol.admin_events import AnswerEnd, UserRow
from chatd.protocol.admin_lines import encode
from chatd.protocol.admin_requests import ErasePerson, ListUsers
from chatd.protocol.errors import Code
from chatd.protocol.events import Ack, Error, Event
from chatd.protocol.limits import DEFAULT
from chatd.protocol.moderation_events import Acted
from chatd.protocol.moderation_requests import Announce, Lockdown
from chatd.state.accounts import Account
from tests.support.admin_shell import Shell, close_shells
from tests.support.live import Peer, serving

END = encode(AnswerEnd())


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture(autouse=True)
def closing() -> Iterator[None]:
    """All that a test opened is closed, whatever became of it."""
    yield
    close_shells()


def code_of(events: list[Event]) -> str:
    [error] = events
    assert isinstance(error, Error)
    return error.code


def test_it_is_for_the_servers_user_only_and_goes_with_it(data: Path) -> None:
    with serving(data=str(data)):
        found = (data / SOCKET).stat()
        assert stat.S_ISSOCK(found.st_mode) and stat.S_IMODE(found.st_mode) == 0o600
        assert os.umask(0o22) == 0o22  # as it was
    assert not (data / SOCKET).exists()


def test_a_server_without_a_folder_has_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with serving():
        assert list(tmp_path.iterdir()) == []


def test_a_request_is_answered_and_the_connection_closed(data: Path) -> None:
    with serving(data=str(data)) as server:
        Peer(server, "bob")
        [row] = Shell(data).ask(encode(ListUsers()))
        assert isinstance(row, UserRow) and row.name == "bob" and row.addresses == ("127.0.0.1",)


def test_a_request_may_come_byte_by_byte(data: Path) -> None:
    with serving(data=str(data)) as server:
        bob, shell = Peer(server, "bob"), Shell(data)
        for byte in encode(ListUsers()):
            shell.sock.sendall(bytes([byte]))
            bob.send("/users")
            bob.expect(r"\* 1 here: bob")
        assert len(shell.answer()) == 1


def test_an_act_is_answered_when_it_cannot_be_lost_any_more(data: Path) -> None:
    with serving(data=str(data)) as server:
        bob = Peer(server, "bob")
        ack, acted = Shell(data).ask(encode(Announce(text="hello")))
        assert isinstance(ack, Ack) and isinstance(acted, Acted) and acted.value == "hello"
        bob.expect(r"\* announcement of admin: hello")
    with serving(data=str(data)):
        assert code_of(Shell(data).ask(encode(Lockdown(on=False)))) == Code.USAGE


def test_an_account_is_erased(data: Path) -> None:
    with serving(data=str(data)) as server:
        alice = Peer(server, "alice")
        alice.send("/register long password")
        alice.expect(r"\* the name alice is yours now.*")
        assert len(Shell(data).ask(encode(ErasePerson("alice")))) == 1
        assert alice.until(r"\* your account was deleted") and alice.at_end()
        alice.sock.close()
        Peer(server, "alice")


@pytest.mark.parametrize(
    ("line", "code"),
    [
        (b"users\n", Code.BAD_JSON),
        (b'{"type":"say","text":"hello"}\n', Code.BAD_JSON),
        (b"\n", Code.BAD_JSON),
        (b"x" * (DEFAULT.line + 1), Code.TOO_LONG),
    ],
)
def test_what_is_no_request_is_answered(data: Path, line: bytes, code: Code) -> None:
    with serving(data=str(data)):
        assert code_of(Shell(data).ask(line)) == code


def test_what_is_logged_of_it_moves_no_cursor(data: Path, caplog: pytest.LogCaptureFixture) -> None:
    with serving(data=str(data)), caplog.at_level(logging.INFO, "chatd"):
        Shell(data).ask('{"type":"unban","room":"lobby","whom":"\u202e\x9b"}\n'.encode())
    [line] = [one for one in caplog.messages if one.startswith("chatd admin")]
    assert line.isprintable()


def test_only_the_first_line_counts(data: Path) -> None:
    with serving(data=str(data)):
        assert Shell(data).ask(encode(ListUsers()) + encode(Lockdown(on=True))) == []


@pytest.mark.parametrize("said", [b"", b'{"type":'])
def test_who_says_nothing_and_goes(data: Path, said: bytes) -> None:
    with serving(data=str(data)) as server:
        shell = Shell(data)
        shell.sock.sendall(said)
        shell.sock.shutdown(socket.SHUT_WR)
        assert shell.rest() == b""
        Peer(server, "bob")


def test_who_says_nothing_for_too_long(data: Path) -> None:
    with serving(replace(DEFAULT, admin_patience=0.01), data=str(data)):
        assert Shell(data).rest() == b""


def test_who_resets_the_connection_disturbs_nobody(data: Path) -> None:
    with serving(data=str(data)) as server:
        for line in (b"", encode(ListUsers())):
            shell = Shell(data)
            shell.sock.sendall(line)
            shell.close()
        assert Shell(data).ask(encode(ListUsers())) == []
        Peer(server, "bob")


def fill(server: Server, count: int) -> None:
    """So many accounts."""
    for number in range(count):
        server.state.accounts.add(Account(1 << 40 | number, f"user{number}", "v", 1, ("lobby", "r" * 20)))


def test_a_long_answer_to_who_reads_late_disturbs_nobody(data: Path) -> None:
    with serving(data=str(data)) as server:
        fill(server, 10_000)
        shell = Shell(data)
        shell.sock.sendall(encode(ListUsers()))
        bob = Peer(server, "bob")
        bob.send("/users")
        bob.expect(r"\* 1 here: bob")
        names = [row.name for row in shell.answer() if isinstance(row, UserRow)]
        assert names[:10_000] == [f"user{number}" for number in range(10_000)]


def test_who_does_not_read_is_given_up(data: Path) -> None:
    with serving(replace(DEFAULT, admin_patience=0.05), data=str(data)) as server:
        fill(server, 10_000)
        shell = Shell(data)
        shell.sock.sendall(encode(ListUsers()))
        admin = server._admin
        assert admin is not None
        while not admin._serving:
            gevent.sleep(0)
        gevent.joinall(list(admin._serving))
        assert not shell.rest().endswith(END)


def test_so_many_at_a_time(data: Path) -> None:
    with serving(data=str(data)):
        for _ in range(DEFAULT.admins):
            Shell(data)
        assert code_of(Shell(data).answer()) == Code.BUSY
    with serving(data=str(data)):
        assert Shell(data).ask(encode(ListUsers())) == []


def test_another_user_is_refused(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(data=str(data)):
        monkeypatch.setattr(admin_socket, "uid_of", lambda sock: 4711)
        assert code_of(Shell(data).answer()) == Code.NOT_ALLOWED
        monkeypatch.setattr(admin_socket, "uid_of", lambda sock: 0)
        assert Shell(data).ask(encode(ListUsers())) == []


def test_of_whom_a_connection_is() -> None:
    one, other = socket.socketpair()
    with one, other:
        assert uid_of(one) == os.geteuid()
