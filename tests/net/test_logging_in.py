"""Passwords over real sockets: what waits for them, what is dropped behind a wrong one, who hangs up."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from argon2 import PasswordHasher
from gevent import socket

from chatd.net import pacing
from chatd.net.connection import Connection
from chatd.net.opening import Opened, Opening
from chatd.net.server import Server
from chatd.net.yielding import give_way
from chatd.protocol.limits import DEFAULT, Limits
from chatd.state.accounts import Account
from chatd.state.sessions import SessionState
from tests.support.cheap import CHEAP
from tests.support.cheap_passwords import CheapPasswords
from tests.support.live import Peer, serving

#: Nobody is greeted, and what is dropped is soon.
QUICK = replace(DEFAULT, refusal_silence=0.01, greet_after=30.0)
ASKED = r"\* alice is registered - password\?"
WRONG = "! the name or the password is wrong; .*"
HELLO = '{"type":"hello","nick":"alice","password":"%s"}'


def with_alice(server: Server, password: str = "correct horse") -> Server:
    """Her name is registered."""
    verifier = PasswordHasher(CHEAP.passes, CHEAP.memory, CHEAP.lanes).hash(password)
    server.state.accounts.add(Account(7, "alice", verifier, 0))
    return server


@pytest.fixture
def server() -> Iterator[Server]:
    with serving(QUICK, line_rate=1000) as server:
        yield with_alice(server)


@pytest.fixture
def held(server: Server) -> CheapPasswords:
    """Her password is `password`, and is calculated when a test says so."""
    passwords = server.state.passwords = CheapPasswords()
    passwords.waits = True
    server.state.accounts.add(Account(7, "alice", "verifier of password", 0))
    return passwords


def asked(passwords: CheapPasswords, count: int = 1) -> None:
    """So many passwords are being calculated."""
    while len(passwords.asked) < count:
        give_way()


def test_who_types_is_asked_and_is_here_with_the_rate_of_its_lines(server: Server) -> None:
    with Peer(server) as alice:
        alice.send("alice")
        alice.expect(ASKED)
        alice.send("correct horse")
        alice.expect(r"\* you are alice - .*")
        session = alice.connection.session
        alice.send("/users")
        alice.until(r"\* 1 here: alice")
        assert session.state is SessionState.PRESENT
        assert session.person.lines is alice.connection._pacer._lines is not None


def test_the_password_may_come_right_behind_the_name(server: Server) -> None:
    with Peer(server) as alice:
        alice.send("alice", "correct horse", "/users")
        alice.expect(ASKED, r"\* you are alice - .*")
        alice.until(r"\* 1 here: alice")


def test_a_program_gives_it_with_its_name(server: Server) -> None:
    with Peer(server) as robot:
        robot.send(HELLO % "wrong horse", HELLO % "correct horse", '{"type":"users"}')
        robot.expect(r'\{"type":"error","code":"wrong-password".*', r'\{"type":"welcome","nick":"alice".*')
        robot.until(r'\{"type":"users","names":\["alice"\].*')


def test_what_comes_behind_a_wrong_password_is_no_name_and_no_password(server: Server) -> None:
    with Peer(server) as script:
        script.sock.sendall(b"alice\nwrong horse\nbob\nhello\n")
        script.sock.shutdown(socket.SHUT_WR)
        script.expect(ASKED, WRONG, ASKED)
        assert script.at_end()
        assert server.state.roster.get("bob") is None


@pytest.fixture
def prompt(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """Grows when a connection waits for a name, so when nothing is dropped (any more)."""
    waits: list[bool] = []
    await_name = Connection._await_name

    def told(connection: Connection) -> None:
        waits.append(True)
        await_name(connection)

    monkeypatch.setattr(Connection, "_await_name", told)
    monkeypatch.setattr(Opening, "open", lambda opening, transport: Opened(transport))  # without a look
    return waits


def test_wrong_names_and_wrong_passwords_are_counted_together(server: Server, prompt: list[bool]) -> None:
    with Peer(server) as peer:
        no_password = "! a password has 8 to 256 bytes.*"
        for line, *answers in (
            ("bad name", "! a name has .*"),
            ("alice", ASKED),
            ("wrong horse", WRONG, ASKED),
            ("short", no_password, ASKED),  # no password at all, which is no better
            ("wrong horse", WRONG, ASKED),
        ):
            seen = len(prompt)
            peer.send(line)
            peer.expect(*answers)
            while len(prompt) == seen:
                give_way()
        peer.send("short")
        peer.expect(no_password, ASKED, "! 5 names were refused; .*")
        assert peer.at_end()


def test_an_empty_line_in_place_of_a_password_is_no_refusal(server: Server) -> None:
    with Peer(server) as peer:
        peer.send("alice", "", "bob")
        peer.until(r"\* you are bob - .*")


def test_the_time_for_a_name_does_not_end_while_a_password_is_calculated(
    server: Server, held: CheapPasswords
) -> None:
    with Peer(server) as alice, Peer(server) as mallory:
        alice.send(HELLO % "password")
        asked(held, 1)
        mallory.send(HELLO % "wrong horse")
        asked(held, 2)
        for peer in (alice, mallory):
            peer.connection._pacer._name_by = 0.0
        held.answer()
        held.answer()
        alice.expect(r'\{"type":"welcome".*')
        mallory.expect(r'\{"type":"error","code":"wrong-password".*', r'\{"type":"error","code":"timeout".*')
        assert mallory.at_end()


@pytest.mark.parametrize("password", ["password", "wrong horse"])
def test_who_is_gone_while_its_password_is_calculated_is_nobody(
    server: Server, held: CheapPasswords, password: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pacing, "ALIVE_INTERVAL", 0.001)
    peer = Peer(server)
    peer.send(HELLO % password)
    asked(held)
    session = peer.connection.session
    peer.reset()
    while server._connections:
        give_way()
    held.answer()
    assert session.state is SessionState.GONE
    assert server.state.roster.get("alice") is None


def test_who_closed_its_side_meanwhile_came_and_went(server: Server, held: CheapPasswords) -> None:
    with Peer(server, "bob") as bob, Peer(server) as alice:
        alice.send(HELLO % "password")
        alice.sock.shutdown(socket.SHUT_WR)
        asked(held)
        held.answer()
        alice.expect(r'\{"type":"welcome".*')
        bob.until(r"\* alice .*")
        assert server.state.roster.get("alice") is None or bob.until(r"\* alice lost connection.*")


def test_going_down_does_not_wait_for_passwords(server: Server, held: CheapPasswords) -> None:
    with Peer(server) as alice:
        alice.send(HELLO % "password")
        asked(held)
        server.stop()
        alice.expect(r'\{"type":"bye".*')
        held.answer()
        assert server.state.roster.get("alice") is None


def slow(limits: Limits = QUICK, **more: float) -> Limits:
    """After one wrong password an address waits for long."""
    return replace(limits, login_burst=1, login_rate=0.001, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize("rate", [0, 1000])
def test_who_waits_longer_than_there_is_time_is_told_so(rate: float) -> None:
    with serving(slow(name_time=0.2), line_rate=rate) as server, Peer(with_alice(server)) as robot:
        robot.send(HELLO % "wrong horse", HELLO % "correct horse")
        robot.expect(
            r'\{"type":"error","code":"wrong-password".*',
            r'\{"type":"waiting","lines":1\}',
            r'\{"type":"error","code":"too-many","text":"too many wrong passwords came from your address.*',
        )
        assert robot.at_end()
        assert server.state.logins._waiting == 0


def test_who_types_waits_as_well_and_others_do_not() -> None:
    with serving(slow(name_time=0.2)) as server, Peer(with_alice(server)) as typist, Peer(server) as guest:
        typist.send("alice", "wrong horse")
        typist.expect(ASKED, WRONG)
        with Peer(server) as robot:
            robot.send(HELLO % "correct horse")
            robot.expect(r'\{"type":"waiting","lines":1\}')
            guest.send("bob")
            guest.expect(r"\* you are bob - 1 here.*")
            robot.expect(r'\{"type":"error","code":"too-many".*')


def test_a_password_is_tried_when_its_time_has_come(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pacing, "ALIVE_INTERVAL", 0.001)
    limits = replace(QUICK, login_burst=1, login_rate=50.0)
    with serving(limits) as server, Peer(with_alice(server)) as robot:
        robot.send(*[HELLO % "wrong horse"] * 5, HELLO % "correct horse")
        robot.expect(*[r'\{"type":"error","code":"wrong-password".*'] * 5, r'\{"type":"welcome".*')


def test_a_right_password_costs_nothing() -> None:
    with serving(slow()) as server:
        with_alice(server)
        for _ in range(3):
            robot = Peer(server)
            robot.send(HELLO % "correct horse")
            robot.until(r'\{"type":"welcome".*')


@pytest.mark.parametrize("lines", [0, 40])
def test_who_is_gone_while_it_waits_is_noticed(lines: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where so much was read that nothing more is."""
    monkeypatch.setattr(pacing, "_DEAF", 0.001)
    with serving(slow()) as server:
        peer = Peer(with_alice(server))
        peer.send(HELLO % "wrong horse", HELLO % "correct horse", *['{"type":"ping"}'] * lines)
        peer.expect(r'\{"type":"error","code":"wrong-password".*', r'\{"type":"waiting".*')
        peer.reset()
        while server._connections:
            give_way()
        assert server.state.logins._waiting == 0
