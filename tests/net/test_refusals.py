"""Names refused to someone who types: what comes with them is dropped, and in the end they are closed."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from gevent import socket
from gevent.event import Event

from chatd.net.connection import Connection
from chatd.net.opening import Opened, Opening
from chatd.protocol.limits import DEFAULT
from tests.support.live import Peer, serving

#: Nobody is greeted, so a connection waits for a name once and again only after a refusal.
QUICK = replace(DEFAULT, refusal_silence=0.01, greet_after=30.0)


@pytest.fixture
def prompt(monkeypatch: pytest.MonkeyPatch) -> Iterator[Event]:
    """Set each time when a connection waits for a name, so when nothing is dropped (any more)."""
    waits = Event()
    await_name = Connection._await_name

    def told(connection: Connection) -> None:
        waits.set()
        await_name(connection)

    monkeypatch.setattr(Connection, "_await_name", told)
    monkeypatch.setattr(Opening, "open", lambda opening, transport: Opened(transport))  # without a look
    yield waits


def refused(peer: Peer, prompt: Event, dropped: bytes) -> None:
    """Send a bad name and what is to be dropped; return when the silence is over."""
    prompt.clear()
    peer.sock.sendall(b"bad name\n" + dropped)
    peer.expect("! a name has 1 to 32 .*")
    prompt.wait()


def test_what_comes_with_a_bad_name_does_not_become_the_name() -> None:
    with serving() as server, Peer(server, "alice") as alice, Peer(server) as script:
        script.sock.sendall(b"bad name\nbob\nhello\n")
        script.sock.shutdown(socket.SHUT_WR)
        script.expect("! a name has 1 to 32 .*")
        assert script.at_end()
        alice.send("/users")
        alice.expect(r"\* 1 here: alice")


def test_after_a_silence_another_name_is_heard(prompt: Event) -> None:
    with serving(QUICK) as server, Peer(server) as peer:
        prompt.wait()
        refused(peer, prompt, b"carol\nhello\n")
        peer.send("bob")
        peer.expect(r"\* you are bob - 1 here .*")


def test_the_end_of_a_line_that_was_dropped_is_no_name(prompt: Event) -> None:
    with serving(QUICK) as server, Peer(server) as peer:
        prompt.wait()
        refused(peer, prompt, b"carol and then")
        peer.send("dave", "bob")
        peer.expect(r"\* you are bob - 1 here .*")


def test_the_silence_begins_anew_with_all_that_comes() -> None:
    with (
        serving(replace(DEFAULT, refusal_silence=30.0)) as server,
        Peer(server) as peer,
        Peer(server) as robot,
    ):
        peer.send("bad name")
        peer.expect("! a name has 1 to 32 .*")
        for number in range(10):
            peer.send(f"name{number}")
            robot.send('{"type":"ping"}')
            robot.expect(r'\{"type":"pong"\}')
        robot.send('{"type":"hello","nick":"robot"}', '{"type":"users"}')
        robot.until(r'\{"type":"users","names":\["robot"\],"count":1\}')


def test_telnets_ctrl_c_is_answered_though_it_is_dropped(prompt: Event) -> None:
    with serving(QUICK) as server, Peer(server) as peer:
        prompt.wait()
        prompt.clear()
        peer.sock.sendall(b"bad name\n\xff\xf4\xff\xfd\x06")
        peer.expect("! a name has 1 to 32 .*")
        assert peer.sock.recv(3, socket.MSG_WAITALL) == b"\xff\xfc\x06"
        peer.send("bob")
        peer.expect(r"\* you are bob - 1 here .*")


def test_after_five_refusals_the_connection_is_closed(prompt: Event) -> None:
    with serving(QUICK) as server, Peer(server) as peer:
        prompt.wait()
        for _ in range(DEFAULT.names_refused - 1):
            refused(peer, prompt, b"")
        peer.sock.sendall(b"caf\xe9\n")  # a line that cannot be read is no better
        peer.expect("! the line is not valid UTF-8.*", "! 5 names were refused; .*")
        assert peer.at_end()


def test_a_program_reads_its_answers_so_nothing_of_it_is_dropped() -> None:
    with serving() as server, Peer(server) as robot:
        robot.send(*(f'{{"type":"hello","nick":"{number}"}}' for number in range(16)))
        robot.send('{"type":"hello","nick":"robot"}')
        assert len(robot.until(r'\{"type":"welcome".*')) == 16


@pytest.mark.parametrize("flood", [b"x", b"x\n", b"\xff\xf1"])
def test_what_is_dropped_is_bounded(flood: bytes) -> None:
    with serving(replace(DEFAULT, dropped=4096, refusal_silence=30.0)) as server, Peer(server) as peer:
        peer.sock.sendall(b"bad name\n")
        peer.expect("! a name has 1 to 32 .*")
        for _ in range(20):
            peer.sock.sendall(flood * (1000 // len(flood)))
        peer.expect("! more than 4096 bytes came in place of a name; .*")


def test_while_something_is_dropped_the_time_to_give_a_name_goes_on() -> None:
    limits = replace(DEFAULT, name_time=0.05, greet_after=0.001, refusal_silence=30.0)
    with serving(limits) as server, Peer(server) as peer:
        peer.send("bad name", "bob")
        assert peer.until("! no name was given in 0.05 seconds; .*") != []
        assert peer.at_end()
