"""Time in which the server did not run is nobody's."""

from dataclasses import replace
from typing import Any

import pytest

from chatd.net import closing
from chatd.net.standstill import BEAT, TOLERANCE, Heartbeat
from chatd.protocol.limits import DEFAULT
from chatd.state.outbox import Flow
from tests.net.test_delivery import TIGHT, freeze
from tests.support.live import Peer, crowd, serving


def test_a_beat_that_comes_much_too_late_says_for_how_long_nothing_ran() -> None:
    now = 100.0
    stood: list[float] = []
    heart = Heartbeat(stood.append, lambda: now)
    for later in (BEAT, BEAT + TOLERANCE, BEAT + 30.0, BEAT):
        now += later
        heart.beat()
    heart.stop()
    assert stood == [30.0]


def test_the_servers_heart_beats_and_what_it_tells_is_taken_off() -> None:
    with serving() as server, Peer(server) as peer:
        peer.send('{"type":"ping"}')
        peer.expect(r'\{"type":"pong"\}')
        assert server._heartbeat._timer.active  # type: ignore[attr-defined]  # as documented
        pacer = peer.connection._pacer
        name_by = pacer._name_by
        server._heartbeat._last -= 30
        server._heartbeat.beat()
        assert pacer._name_by == pytest.approx(name_by + 29, abs=2)


def test_who_is_closing_has_its_time_again(monkeypatch: pytest.MonkeyPatch) -> None:
    finish = closing.finish
    tries: list[bool] = []

    def stand_still(*arguments: Any) -> bool:
        tries.append(len(tries) < 2)
        if tries[-1]:
            server._stood_still(30.0)
            return False
        return finish(*arguments)

    monkeypatch.setattr(closing, "finish", stand_still)
    with serving() as server, Peer(server, "alice") as alice:
        alice.send("/quit")
        alice.expect(r"\* bye")
        assert alice.at_end()
        assert tries == [True, True, False]


def test_a_name_given_in_the_servers_time_is_not_late() -> None:
    with serving(replace(DEFAULT, greet_after=0.001)) as server, Peer(server) as peer:
        peer.expect(r".*what is your name\?")
        now = server.state.now
        server.state.now = lambda: now() + 100
        server._stood_still(100.0)
        peer.send("alice")
        peer.expect(r"\* you are alice .*")


def test_a_reader_that_is_behind_is_not_too_slow_for_it() -> None:
    with serving(replace(TIGHT, stall=50.0)) as server:
        alice, frozen = crowd(server, "alice", "frozen")
        freeze(server, alice, frozen)
        session = frozen.connection.session
        pace, outbox = server.flusher._drains[session].pace, session.outbox
        measured_at, progress_at = pace._at, outbox.progress_at
        now = server.state.now
        server.state.now = lambda: now() + 100
        server._stood_still(100.0)
        assert pace._at == measured_at + 100
        assert outbox.progress_at == progress_at + 100
        alice.send("/users")
        alice.expect(r"\* 2 here: .*")
        # The kernel may have taken the rest meanwhile; what may not be is that it was ended.
        assert outbox.flow is not Flow.CLOSED


def test_who_took_everything_since_is_not_judged_before_a_look_at_its_socket() -> None:
    with serving(replace(TIGHT, stall=50.0)) as server:
        alice, slow = crowd(server, "alice", "slow")
        freeze(server, alice, slow)
        session = slow.connection.session
        drain = server.flusher._drains[session]
        drain._watcher.stop()  # as if the timer came before the socket was looked at
        slow.until(r"<alice> 0 x+")
        now = server.state.now
        server.state.now = lambda: now() + 100
        while session.outbox.flow is Flow.BEHIND and session.outbox.progress_at < now():
            alice.send("/users")
            alice.until(r"\* 2 here: .*")
        assert session.outbox.flow is not Flow.CLOSED
