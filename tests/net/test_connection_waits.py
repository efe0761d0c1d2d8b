"""What a client waits for: its rates, a crowd; and who is told so, and who is gone meanwhile."""

from dataclasses import replace

import pytest
from gevent import socket

from chatd.protocol.limits import DEFAULT
from chatd.state.rooms import Room
from tests.support.live import Peer, crowd, serving


def test_pings_have_a_rate_of_their_own_and_wait_for_it() -> None:
    with serving(replace(DEFAULT, free_burst=3, free_rate=0.01), line_rate=1000) as server:
        robot, bob = Peer(server), Peer(server, "bob")
        robot.send(*['{"type":"ping"}'] * 4)
        robot.expect(*[r'\{"type":"pong"\}'] * 3)
        bucket = robot.connection._pacer._free
        assert bucket is not None
        assert bucket.wait(server.state.now()) > 50
        bob.send(*["hello"] * 4, "/users")  # lines are another matter
        bob.expect(r"\* 1 here: bob")


def test_without_a_line_rate_pings_are_not_held_either() -> None:
    with serving(replace(DEFAULT, free_burst=1, free_rate=0.01)) as server, Peer(server) as robot:
        robot.send(*['{"type":"ping"}'] * 100)
        robot.expect(*[r'\{"type":"pong"\}'] * 100)


def test_a_long_answer_costs_the_rate_more_than_a_line() -> None:
    with serving(replace(DEFAULT, answer_bytes=400), line_rate=0.01) as server:
        alice = Peer(server, "alice")
        alice.send("/help", "/users")
        answer = alice.until(r"\* 1 here: alice")
        bucket = alice.connection._pacer._lines
        assert bucket is not None
        lines = 2 + sum(len(line) + 1 for line in answer) // 400
        assert lines > 2
        assert bucket._full_at - server.state.now() == pytest.approx(100 * lines, abs=50)


def test_a_message_of_several_lines_costs_the_rate_as_many() -> None:
    with serving(line_rate=0.01) as server:
        robot = Peer(server)
        robot.send('{"type":"hello","nick":"robot"}', '{"type":"say","text":"a\\nb\\nc\\nd","ref":"1"}')
        robot.expect(r'\{"type":"welcome".*', r'\{"type":"ack".*')
        bucket = robot.connection._pacer._lines
        assert bucket is not None
        assert bucket._full_at - server.state.now() == pytest.approx(400, abs=50)


def test_who_closed_its_side_and_still_listens_is_told_how_much_waits_and_all_is_said() -> None:
    with serving(replace(DEFAULT, line_burst=2), line_rate=10) as server:
        alice, bob = crowd(server, "alice", "bob")
        bob.send(*(f"line {number}" for number in range(12)))
        bob.sock.shutdown(socket.SHUT_WR)
        bob.expect(r"\* \d+ of your lines waits? to be handled")
        alice.expect(*(f"<bob> line {number}" for number in range(12)), r"\* bob lost connection \(closed\)")
        assert bob.at_end()


@pytest.mark.parametrize("count", [30, 8000])
def test_who_is_gone_with_lines_waiting_is_not_spoken_for(count: int) -> None:
    """Its side is closed, too, but the end of input stands behind lines that are not read yet."""
    with serving(replace(DEFAULT, line_burst=2), line_rate=20) as server:
        alice, bob = crowd(server, "alice", "bob")
        bob.send(*["x"] * count)
        bob.sock.close()
        said = alice.until(r"\* bob lost connection \(.*\)")
        assert len(said) < 30


def test_who_is_held_by_its_rate_for_long_is_told_so() -> None:
    lines = 19 * r"\n" + "x"
    with serving(replace(DEFAULT, tell_waiting=0.01), line_rate=0.001) as server, Peer(server) as robot:
        robot.send('{"type":"hello","nick":"robot"}')
        robot.send(*[f'{{"type":"say","text":"{lines}"}}'] * 2, '{"type":"ping"}')
        robot.expect(r'\{"type":"welcome".*', *[r'\{"type":"waiting","lines":2\}'] * 2)


class Held:
    """What a client's next message waits for, until it is let go."""

    crowded = True


def test_who_is_held_can_ask_for_all_that_adds_nothing() -> None:
    with serving() as server, Peer(server) as robot:
        robot.send('{"type":"hello","nick":"robot"}', '{"type":"ping"}')
        robot.until(r'\{"type":"pong"\}')
        held = Held()
        robot.connection._pacer.added_to(held)
        say = '{"type":"say","text":"x","ref":"1"}'
        robot.send('{"type":"ping"}', '{"type":"users"}', say, '{"type":"ping"}')
        robot.expect(r'\{"type":"pong"\}', r'\{"type":"users".*')
        held.crowded = False
        robot.expect(r'\{"type":"ack".*', r'\{"type":"pong"\}')


def test_the_first_message_of_one_who_just_came_waits_for_the_lobby(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Room, "assess", lambda room, slow: None)
    with serving(replace(DEFAULT, tell_waiting=0.01)) as server, Peer(server) as robot:
        lobby = server.state.rooms["lobby"]
        lobby.held = True
        robot.send('{"type":"hello","nick":"robot"}', '{"type":"dm","to":"robot","text":"x","ref":"1"}')
        robot.expect(r'\{"type":"welcome".*', r'\{"type":"waiting","lines":1\}')
        lobby.held = False
        robot.until(r'\{"type":"ack".*')


def test_who_is_held_for_long_is_told_so() -> None:
    with serving(replace(DEFAULT, tell_waiting=0.01)) as server, Peer(server, "bob") as bob:
        held = Held()
        bob.connection._pacer.added_to(held)
        bob.send("one", "two", "three")
        bob.expect(r"\* 3 of your lines wait to be handled", r"\* 3 of your lines wait to be handled")
        held.crowded = False
