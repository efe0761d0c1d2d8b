"""One connection over a real socket: how it begins, how its lines are paced, how it ends."""

from dataclasses import replace

import pytest
from gevent import socket

from chatd.net.logs import log
from chatd.protocol.limits import DEFAULT
from tests.support.live import Peer, crowd, serving


def test_who_waits_is_greeted_and_who_speaks_first_is_not() -> None:
    with serving() as server, Peer(server) as waits, Peer(server) as speaks:
        speaks.send("bob")
        speaks.expect(r"\* you are bob - 1 here - .*")
        waits.expect(r"\* chatd \d.* - what is your name\?")
        waits.send("alice")
        waits.expect(r"\* you are alice - 2 here - .*")


def test_who_only_negotiated_is_greeted() -> None:
    with serving(replace(DEFAULT, greet_after=0.01)) as server, Peer(server) as putty:
        putty.sock.sendall(b"\xff\xfb\x1f\xff\xfd\x01")
        declined = b"\xff\xfe\x1f\xff\xfc\x01"
        assert putty.sock.recv(len(declined), socket.MSG_WAITALL) == declined
        putty.expect(r"\* chatd .* - what is your name\?")
        putty.send("alice\r")
        putty.expect(r"\* you are alice .*")


def test_an_empty_line_is_answered_after_a_silence() -> None:
    with serving(replace(DEFAULT, greet_after=0.01)) as server, Peer(server) as peer:
        peer.expect(r"\* chatd .* - what is your name\?")
        peer.send("\r")
        peer.expect("! a name has 1 to 32 .*")


@pytest.mark.parametrize(
    "start", ["PRI * HTTP/2.0", "PROXY UNKNOWN", "\r\n\r\n\0\r\nQUIT\n\x20\0\0\0", "\x16\x03\x01"]
)
def test_another_protocol_is_closed(start: str) -> None:
    with serving() as server, Peer(server, "alice") as alice, Peer(server) as other:
        other.send(start + "\r\nwebpage\r\nspoken by a page")
        other.expect("! this .*")
        assert other.at_end()
        alice.send("/users")
        alice.expect(r"\* 1 here: alice")


def test_input_that_ends_is_handled_and_answered_first() -> None:
    with serving() as server, Peer(server, "alice") as alice, Peer(server) as script:
        script.sock.sendall(b"bob\nhi\n/users\nhalf a li")
        script.sock.shutdown(socket.SHUT_WR)
        script.expect(r"\* you are bob .*", r"\* 2 here: alice, bob")
        assert script.at_end()
        alice.expect(r"\* bob joined", "<bob> hi", "<bob> half a li", r"\* bob lost connection \(closed\)")


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("/quit", "bob left"),
        ("/quit for lunch", "bob left (for lunch)"),
        ("/quit \x1b[31m2020-01-01 INFO\x07 eve joined", "bob left ([31m2020-01-01 INFO eve joined)"),
    ],
)
def test_the_reason_that_someone_left_for_is_in_the_log(
    line: str, told: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(log, "propagate", True)
    caplog.set_level("INFO", "chatd")
    with serving() as server, Peer(server, "bob") as bob:
        bob.send(line)
        bob.expect(r"\* bye")
    assert [text for text in caplog.messages if "left" in text] == [told]


def test_a_reset_is_told_as_such() -> None:
    with serving() as server:
        alice, bob = crowd(server, "alice", "bob")
        bob.reset()
        alice.expect(r"\* bob lost connection \(reset\)")


def test_a_reset_before_the_name_disturbs_nobody() -> None:
    with serving() as server, Peer(server, "alice") as alice:
        for data in (b"", b"bo", b"bob bob\n", b"{", b"\x16\x03"):
            peer = Peer(server)
            peer.sock.sendall(data)
            peer.reset()
        alice.send("/users")
        alice.expect(r"\* 1 here: alice")


def test_a_reset_while_being_announced_and_written_to() -> None:
    with serving() as server:
        alice, bob = crowd(server, "alice", "bob")
        for number in range(20):
            peer = Peer(server)
            peer.sock.sendall(f"user{number}\nhello\n/users\n".encode())
            peer.reset()
        alice.send('/bc "done"', "/users")
        alice.until(r"\* 2 here: alice, bob")
        bob.until("<alice> done")
        assert len(server.state.roster) == 2


def test_quit_closes_when_all_is_written() -> None:
    with serving() as server:
        alice, bob = crowd(server, "alice", "bob")
        bob.send("/quit so long", "never read")
        bob.expect(r"\* bye")
        assert bob.at_end()
        alice.expect(r"\* bob left \(so long\)")


def test_taking_over_a_name_closes_the_old_connection() -> None:
    with serving() as server, Peer(server, "alice") as alice, Peer(server) as old, Peer(server) as new:
        old.send('{"type":"hello","nick":"robot"}')
        token = old.expect(r'\{"type":"welcome".*')[0].split('"token":"')[1].split('"')[0]
        alice.expect(r"\* robot joined")
        new.send(f'{{"type":"hello","nick":"robot","token":"{token}"}}')
        new.until(r'\{"type":"welcome".*')
        old.expect(r'\{"type":"bye","reason":"your name was taken over by a new connection"\}')
        assert old.at_end()
        new.send('{"type":"say","text":"back"}')
        alice.expect("<robot> back")


def test_a_name_must_come_in_time() -> None:
    with serving(replace(DEFAULT, name_time=0.01, greet_after=0.001)) as server, Peer(server) as peer:
        peer.expect(r"\* chatd .* - what is your name\?", r"! no name was given in 0.01 seconds; .*")
        assert peer.at_end()


def test_a_name_that_came_in_time_is_not_hurried_any_more() -> None:
    with serving() as server, Peer(server, "alice") as alice:
        later = server.state.now() + DEFAULT.name_time + 1
        server.state.now = lambda: later
        alice.send("/users")
        alice.expect(r"\* 1 here: alice")


def test_the_line_rate_waits_and_drops_nothing() -> None:
    limits = replace(DEFAULT, line_burst=2)
    with serving(limits, line_rate=200) as server:
        alice, bob = crowd(server, "alice", "bob")
        bob.send(*(f"line {number}" for number in range(50)), "/quit")
        assert bob.until(r"\* bye") == []
        alice.expect(*(f"<bob> line {number}" for number in range(50)), r"\* bob left")


def test_a_reset_discards_what_was_read_ahead() -> None:
    with serving(replace(DEFAULT, line_burst=2), line_rate=5) as server:
        alice, bob = crowd(server, "alice", "bob")
        bob.send(*(f"line {number}" for number in range(10)))
        alice.expect("<bob> line 0")
        bob.reset()
        said = alice.until(r"\* bob lost connection \(reset\)")
        assert len(said) < 9


@pytest.mark.parametrize("ahead", [3, 100])
def test_a_reset_is_noticed_whether_or_not_more_may_be_read_ahead(ahead: int) -> None:
    with serving(replace(DEFAULT, line_burst=1, read_ahead=ahead), line_rate=10) as server:
        alice, bob = crowd(server, "alice", "bob")
        bob.send(*("x" for _ in range(20)))
        alice.expect("<bob> x")
        bob.reset()
        alice.until(r"\* bob lost connection \(reset\)")


def test_read_ahead_stops_at_its_bound() -> None:
    with serving(replace(DEFAULT, line_burst=2, read_ahead=4), line_rate=0.01) as server:
        bob, robot = Peer(server, "bob"), Peer(server)
        reader = bob.connection._reader
        for number in range(10):
            bob.send(f"line {number}")
            for _ in range(2):  # by the second answer the server has looked at bob's line
                robot.send('{"type":"ping"}')
                robot.expect(r'\{"type":"pong"\}')
        assert reader.lines_ahead == 4


@pytest.mark.parametrize("flood", ["\n" * 20_000, "1bad\n" * 4000])
def test_the_time_to_give_a_name_is_over_though_lines_wait(flood: str) -> None:
    limits = replace(DEFAULT, name_time=0.2, line_burst=1)
    with serving(limits, line_rate=10) as server, Peer(server) as peer:
        peer.sock.sendall(flood.encode())
        peer.until(r"! no name was given in 0.2 seconds; .*")
        assert peer.at_end()


def test_what_is_read_ahead_of_a_paste_is_bounded_in_bytes() -> None:
    with serving(replace(DEFAULT, line_burst=2), line_rate=0.01) as server:
        bob, robot = Peer(server, "bob"), Peer(server)
        bob.sock.sendall(b"1x\n" * 30_000)
        for _ in range(20):
            robot.send('{"type":"ping"}')
            robot.expect(r'\{"type":"pong"\}')
        waiting = bob.connection._reader.lines_ahead
        assert waiting * 3 <= 16 * 1024 + DEFAULT.line


def test_a_burst_of_20_passes_at_once_after_the_name() -> None:
    with serving(line_rate=0.01) as server:
        alice, bob = crowd(server, "alice", "bob")
        bob.send(*(f"line {number}" for number in range(21)))
        alice.expect(*(f"<bob> line {number}" for number in range(20)))
        alice.send("/users")
        alice.expect(r"\* 2 here: .*")  # and not line 20


def test_a_long_answer_does_not_wait_for_a_round(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving() as server:
        alice, bob = crowd(server, "alice", "bob")
        alice.send(*["x" * 1000] * 6)
        bob.expect(*["<alice> " + "x" * 1000] * 6)
        monkeypatch.setattr(server.flusher._writer, "write_row", lambda row: None)
        bob.send("/history 6")
        bob.until(r".*x{1000}")
        monkeypatch.undo()
