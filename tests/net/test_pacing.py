"""The waits between two requests of a client, and the drain's wait for a transport: piece by piece."""

import contextlib
import socket
from types import SimpleNamespace
from typing import Any

import gevent
import pytest

from chatd.net.draining import Drain
from chatd.net.flusher import Flusher
from chatd.net.pacing import Pacer
from chatd.net.yielding import give_way
from chatd.protocol.events import Cause
from chatd.protocol.limits import DEFAULT
from chatd.protocol.requests import Hello, Say
from chatd.state.outbox import Flow
from chatd.state.sessions import Session, SessionState
from chatd.state.stored_rulings import Ruling, RulingKind
from tests.support.live import WATCHDOG
from tests.support.world import World


class Crowded:
    """Exerts backpressure until it was asked so often."""

    def __init__(self, times: int) -> None:
        self.times = times

    @property
    def crowded(self) -> bool:
        self.times -= 1
        return self.times >= 0


def pacer(done: list[str], error: OSError | None = None) -> Pacer:
    """Notes what it does while it waits; the connection is broken by `error`."""

    def raise_error() -> None:
        done.append("check")
        if error is not None:
            raise error

    parts: Any = SimpleNamespace(
        raise_error=raise_error,
        begin=lambda: done.append("fresh slice"),
        wait_for_round=lambda: done.append("round"),
    )
    world = World()
    return Pacer(world.player("alice").session, parts, parts, parts, world.state, parts)


def test_who_waits_for_its_replies_to_be_taken_lets_its_client_read_before_it_adds_more(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    done: list[str] = []
    monkeypatch.setattr("chatd.net.pacing.give_way", lambda: done.append("yields"))
    held = pacer(done)
    outbox = held._session.outbox
    outbox.private = 2 * DEFAULT.private_waiting

    def written(session: Session) -> None:
        done.append("written")
        outbox.private -= DEFAULT.private_waiting

    held._flusher.wait = written  # type: ignore[method-assign]
    assert held.wait_until_taken()
    assert done == ["written", "yields", "fresh slice", "check"]


def test_after_backpressure_lifts_the_reader_gets_a_fresh_time_slice() -> None:
    done: list[str] = []
    held = pacer(done)
    held.added_to(Crowded(2))
    assert held.admit(Say(text="hello"))
    assert done == ["round", "fresh slice", "check"] * 2


def test_an_operator_does_not_wait_for_the_crowd_of_its_room() -> None:
    done: list[str] = []
    held = pacer(done)
    lobby, person = held._state.rooms.lobby, held._session.person
    lobby.held = True
    held._state.rulings.keep(Ruling(lobby.number, RulingKind.ROLE, str(person.number), "admin"))
    held.added_to(lobby)
    assert held.admit(Say(text="hello"))
    held.added_to(Crowded(1))
    assert held.admit(Say(text="hello"))
    assert done == ["round", "fresh slice", "check"]


def test_a_connection_that_broke_meanwhile_is_noticed() -> None:
    held = pacer([], ConnectionResetError())
    held.added_to(Crowded(1))
    with pytest.raises(ConnectionResetError):
        held.admit(Say(text="hello"))


class NeedsInput:
    """A connection whose send has to receive something first, as TLS may, on a socket that is writable."""

    transport, fingerprint, since = "grudging", "", 0

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self.sends = 0
        self.sent = b""
        self.send_needs_input = False

    def fileno(self) -> int:
        return self._sock.fileno()

    def send(self, data: bytes | memoryview) -> int:
        self.sends += 1
        try:
            self._sock.recv(1)
        except BlockingIOError:
            self.send_needs_input = True
            raise
        self.send_needs_input = False
        self.sent += data[:3]
        return len(data[:3])

    def hang_up(self) -> None: ...

    def write_now(self) -> None: ...

    def broken(self, cause: Cause) -> None: ...


def test_a_drain_waits_for_input_where_the_transport_needs_it_and_does_not_spin() -> None:
    ours, theirs = socket.socketpair()  # the operating system's, as in a transport
    ours.setblocking(False)
    connection = NeedsInput(ours)
    session = Session(DEFAULT, connection, connection.send)
    session.outbox.post(b"abcdef")
    session.outbox.fall_behind(0, 0.0)
    flusher = Flusher(World().state)
    flusher._drains[session] = Drain(session, flusher.state.now, flusher.forget)
    with contextlib.closing(ours), contextlib.closing(theirs), gevent.Timeout(WATCHDOG):
        try:
            for _ in range(50):
                give_way()
            assert connection.sends == 1
            while session.outbox.flow is not Flow.KEEPING_UP:
                theirs.send(b"x")
                give_way()
        finally:
            flusher.forget(session)
    assert connection.sent == b"abcdef"
    assert connection.sends < 10


def test_those_who_wait_to_give_a_password_look_rarely_and_one_after_the_other() -> None:
    held, looks, clock = pacer([]), list[float](), [1000.0]
    state, session, logins = held._state, held._session, held._state.logins
    state.now = lambda: clock[0]
    session.state = SessionState.NAMELESS

    def receive(seconds: float, size: int) -> None:
        looks.append(round(seconds, 6))
        clock[0] += seconds

    reader: Any = held._reader
    reader.receive, reader.ended, reader.lines_ahead = receive, False, 0
    for _ in range(DEFAULT.login_burst + 1):  # the next may come after 40 s
        logins.take(session.address, None, state.now())
    turns = [round(logins.begin_waiting(), 6) for _ in range(7)]
    assert turns == [0, 0.001, 0.002, 0.003, 0.004, 0.005, 0.006]
    held._name_by = state.now() + 100
    assert held.admit(Hello("alice", password="correct horse"))
    assert looks == [40.007]
    logins.take(session.address, None, state.now())
    held._name_by = state.now() + 15
    assert not held.admit(Hello("alice", password="correct horse"))
    assert looks[1:] == [15.0]
    assert held.held_by_logins
