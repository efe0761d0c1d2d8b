"""Nobody keeps the processor from the others, whatever it sends and however large its room is."""

from dataclasses import replace

import gevent
import pytest
from gevent import socket

from chatd.net.yielding import TimeSlice, Turns, give_way
from chatd.protocol.limits import DEFAULT, KIB
from tests.net.test_delivery import LONG, TIGHT, one_slow_reader, talk_until_held
from tests.support.live import Peer, serving


def test_giving_way_lets_readable_sockets_be_read_at_once() -> None:
    """What `gevent.sleep(0)` does not do: it would come back 50 times first."""
    here, there = socket.socketpair()
    with here, there:
        reader = gevent.spawn(there.recv, 1)
        gevent.sleep(0)  # the reader waits now
        here.send(b"x")
        give_way()
        assert reader.dead
        assert reader.value == b"x"


def test_a_turn_is_over_after_its_time() -> None:
    now = 0.0
    others: list[str] = []
    time_slice = TimeSlice(lambda: now, 0.005, Turns())
    gevent.spawn(others.append, "one")
    time_slice.check()
    assert others == []
    now = 0.006
    time_slice.check()
    assert others == ["one"]
    gevent.spawn(others.append, "two")
    now = 0.010
    time_slice.check()
    assert others == ["one"]
    time_slice.begin()
    now = 0.014
    time_slice.check()
    assert others == ["one"]
    gevent.sleep(0)


def test_in_a_crowd_slices_are_shorter_down_to_a_tenth() -> None:
    turns = Turns()
    time_slice = TimeSlice(lambda: 0.0, 0.010, turns)
    ends = []
    for more in (0, 1, 3, 5, 991, -1000):
        turns.wait(more)
        time_slice.begin()
        ends.append(time_slice._ends)
    assert ends == pytest.approx([0.010, 0.005, 0.002, 0.001, 0.001, 0.010])


def test_who_yields_is_counted_while_the_others_run() -> None:
    turns, now = Turns(), 0.0
    time_slice = TimeSlice(lambda: now, 0.010, turns)
    now = 1.0
    shares: list[float] = []
    gevent.spawn(lambda: shares.append(turns.share))
    time_slice.check()
    assert (shares, turns.share) == ([0.5], 1.0)


@pytest.mark.parametrize("line", ["", '{"type":"ping"}', "no such name"])
def test_who_sends_without_end_does_not_keep_others_from_being_answered(line: str) -> None:
    """With turns of no length a line is one turn: in between everyone else is read."""
    with serving(replace(DEFAULT, slice=0.0)) as server, Peer(server) as flood, Peer(server) as other:
        flood.send('{"type":"hello","nick":"flood"}', *[line] * 3000)
        other.send('{"type":"hello","nick":"other"}', '{"type":"ping","ref":"x"}')
        other.until(r'\{"type":"pong","ref":"x"\}')
        assert flood.connection._reader.lines_ahead > 0  # its chunk is not done


def test_a_flusher_with_held_talkers_makes_rounds_and_does_not_spin() -> None:
    with one_slow_reader(rest_max=0.02) as (server, alice, bob, frozen):
        talk_until_held(server, alice, bob)
        began = server.state.now()
        for _ in range(6):
            server.flusher.wait_for_round()
        assert server.state.now() - began > 4 * server.state.limits.rest_max
        frozen.reset()


def test_who_took_its_replies_is_read_again_though_the_room_goes_on() -> None:
    with serving(TIGHT) as server:
        alice, greedy = Peer(server, "alice"), Peer(server, "greedy", buffer=4 * KIB)
        alice.until(r"\* greedy joined")
        outbox = greedy.connection.session.outbox
        greedy.send(*["/help"] * 2000, "/dm alice done")
        heard: list[str] = []

        def read_on() -> None:
            heard.extend(greedy.until(r"\[dm to alice\] done"))

        reading = gevent.spawn(read_on)
        while not reading.dead:
            alice.send(LONG)  # so that greedy is behind for as long as this goes on
            alice.send("/users")
            alice.until(r"\* 2 here: .*")
        assert sum(line.startswith("* /help") for line in heard) == 2000
        assert outbox.private <= TIGHT.private_waiting
