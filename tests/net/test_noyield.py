"""The no-yield law: between the first and the last line of a dispatch no other greenlet runs.

The trace sees each greenlet switch of a real server under a bit of everything, and asks whether a dispatch
was under way.
"""

import contextlib
from collections.abc import Iterator
from typing import Any

import gevent
import greenlet
import pytest

from chatd.behaviour.dispatch import dispatch
from chatd.net import connection
from tests.support.live import Peer, serving


class Guard:
    """Counts dispatches, and switches inside one."""

    def __init__(self) -> None:
        self.inside = False
        self.dispatches = 0
        self.switches = 0
        self.caught = 0

    def dispatch(self, *arguments: Any) -> Any:
        self.inside = True
        self.dispatches += 1
        try:
            return dispatch(*arguments)
        finally:
            self.inside = False

    def trace(self, event: str, switch: object) -> None:
        self.switches += 1
        self.caught += self.inside


@contextlib.contextmanager
def guarded(monkeypatch: pytest.MonkeyPatch) -> Iterator[Guard]:
    guard = Guard()
    monkeypatch.setattr(connection, "dispatch", guard.dispatch)
    previous = greenlet.settrace(guard.trace)
    try:
        yield guard
    finally:
        greenlet.settrace(previous)


def everything(alice: Peer, robot: Peer) -> None:
    """Every command once, and a few mistakes."""
    robot.send('{"type":"hello","nick":"robot"}', '{"type":"say","text":"x","ref":"1"}', '{"type":"ping"}')
    robot.until(r'\{"type":"pong"\}')
    alice.send("hi", '/dm robot "x"', "/users", "/help", "/nonsense", "\x1b", "/quit bye")
    alice.until(r"\* bye")
    robot.until(r'\{"type":"left".*')


def test_no_switch_inside_a_dispatch(monkeypatch: pytest.MonkeyPatch) -> None:
    with guarded(monkeypatch) as guard, serving() as server:
        everything(Peer(server, "alice"), Peer(server))
    assert guard.dispatches == 11
    assert guard.switches > 10
    assert guard.caught == 0


def test_the_guard_catches_a_handler_that_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    with guarded(monkeypatch) as guard, serving() as server:
        now = server.state.now

        def waits() -> float:
            gevent.sleep(0)
            return now()

        server.state.now = waits
        everything(Peer(server, "alice"), Peer(server))
    assert guard.caught > 0
