"""The server over real sockets: both dialects on one port, every way out, going down."""

import re
from dataclasses import replace

import pytest
from gevent import socket

from chatd.config import Config
from chatd.net.logs import log
from chatd.net.server import Server, max_clients
from chatd.protocol.errors import ConfigError
from chatd.protocol.events import Cause
from chatd.protocol.limits import DEFAULT
from chatd.protocol.registration import Registration
from chatd.state.message_log import RoomEntry
from tests.support.live import Peer, crowd, serving


def test_text_and_json_talk_on_one_port() -> None:
    with serving() as server, Peer(server, "alice") as alice, Peer(server) as robot:
        robot.send('{"type":"hello","nick":"robot"}')
        robot.expect(r'\{"type":"welcome",.*"users":2,.*\}')
        alice.expect(r"\* robot joined")
        alice.send("hi there", '/dm robot "psst"')
        robot.expect(
            r'\{"type":"said".*"from":"alice","text":"hi there".*', r'\{"type":"dm",.*"text":"psst".*'
        )
        robot.send('{"type":"say","text":"hello","ref":"1"}')
        robot.expect(r'\{"type":"ack","ref":"1","id":\d+\}')
        alice.expect(r"\[dm to robot\] psst", "<robot> hello")


def test_one_too_many_is_told_that_the_server_is_full() -> None:
    with serving(max_clients=2) as server, Peer(server, "alice") as alice, Peer(server, "bob"):
        with Peer(server) as carol:
            carol.expect("! the server is full")
            assert carol.at_end()
        alice.send("/quit")
        alice.until(r"\* bye")
        alice.sock.close()
        # The place is free when the server has closed its side: a client may have to knock again.
        while True:
            dave = Peer(server)
            dave.send("dave")
            if dave.line() != "! the server is full":
                break
        dave.send("/users")
        dave.until(r"\* 2 here: bob, dave")


class TurnedAway:
    """A transport that was just accepted, and what is said to it."""

    peer = "somewhere"

    def __init__(self) -> None:
        self.said = b""
        self.closed = False

    def send(self, data: bytes) -> int:
        self.said += data
        return len(data)

    def receive(self, size: int) -> bytes:
        raise BlockingIOError

    def close(self) -> None:
        self.closed = True


def test_a_connection_counts_from_accept_on() -> None:
    """Before its greenlet has run."""
    with serving(max_clients=2) as server, Peer(server, "alice"):
        first, second = TurnedAway(), TurnedAway()
        for transport in (first, second):
            server._admit(transport)  # type: ignore[arg-type]
        assert (first.said, first.closed) == (b"", False)
        assert (second.said, second.closed) == (b"! the server is full\n", True)


def test_a_server_that_stays_full_says_so_once(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(log, "propagate", True)
    with serving(max_clients=1) as server, Peer(server, "alice") as alice:
        for _ in range(5):
            Peer(server).expect("! the server is full")
        alice.send("/quit")
        alice.until(r"\* bye")
        alice.sock.close()
        while (bob := Peer(server)).line() == "! the server is full":  # until alice's socket is closed
            pass
        for _ in range(5):
            Peer(server).expect("! the server is full")
        bob.sock.close()
    said = [text for text in caplog.messages if "full" in text]
    assert said[0] == "the server is full: 1 clients; more are turned away"
    assert re.fullmatch(r"the server is full: .* \(\d+ more times since the last such line\)", said[1])
    assert len(said) == 2


def test_options_of_an_accepted_socket_are_those_of_the_table() -> None:
    with serving() as server, Peer(server, "alice") as alice:
        sock = alice.connection._transport._sock  # type: ignore[attr-defined]
        tcp = socket.IPPROTO_TCP
        assert sock.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE) == 1
        assert sock.getsockopt(tcp, socket.TCP_KEEPIDLE) == 60
        assert sock.getsockopt(tcp, socket.TCP_KEEPINTVL) == 15
        assert sock.getsockopt(tcp, socket.TCP_KEEPCNT) == 3
        assert sock.getsockopt(tcp, socket.TCP_USER_TIMEOUT) == 75_000
        assert sock.getsockopt(tcp, socket.TCP_NODELAY) == 1
        # Linux doubles what is asked for, for its own bookkeeping.
        assert sock.getsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF) == 2 * 131072
        assert sock.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF) == 2 * 65536


def test_going_down_tells_everyone_and_closes() -> None:
    with serving() as server:
        alice, bob, nobody = Peer(server, "alice"), Peer(server, "bob"), Peer(server)
        nobody.expect(r"\* chatd .*")
        alice.expect(r"\* bob joined")
        server.stop()
        for peer in (alice, bob, nobody):
            peer.expect(r"\* the server is going down")
            assert peer.at_end()
        with pytest.raises(ConnectionRefusedError):
            Peer(server)


def test_a_line_that_waits_for_the_rate_is_not_accepted_any_more() -> None:
    with serving(replace(DEFAULT, line_burst=1), line_rate=0.01) as server:
        alice, bob = crowd(server, "alice", "bob")
        bob.send("one", "two")
        alice.expect("<bob> one")
        server.stop()
        alice.expect(r"\* the server is going down")
        assert alice.at_end()


def test_going_down_gives_up_on_who_does_not_read() -> None:
    with serving(replace(DEFAULT, down_time=0.05, send_buffer=4096)) as server:
        alice, bob = Peer(server, "alice"), Peer(server, "bob", buffer=4096)
        while not bob.connection.session.outbox.skipped and not bob.connection.session.outbox.backlog:
            alice.send("x" * 4000)
            alice.send("/users")
            alice.until(r"\* 2 here: .*")
        server.stop()
        assert not server._connections


def test_an_error_in_one_clients_request_ends_only_that_client(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    with serving() as server:
        alice, bob = crowd(server, "alice", "bob")
        monkeypatch.setattr(log, "propagate", True)
        monkeypatch.setattr(server.state.log, "published", {RoomEntry: lambda entry: 1 // 0})
        bob.send("hello")
        assert bob.at_end()
        alice.expect(rf"\* bob lost connection \({Cause.ERROR}\)")
        alice.send("/users")
        alice.expect(r"\* 1 here: alice")
        assert "ZeroDivisionError" in caplog.text


def test_a_port_in_use_is_one_sentence() -> None:
    with (
        serving() as server,
        pytest.raises(ConfigError, match=r"cannot listen on tcp://.*: Address already in use"),
    ):
        Server(Config((server.addresses[0],)))


def test_a_second_address_that_fails_frees_the_first() -> None:
    with serving() as server:
        free = "tcp://127.0.0.1:0"
        with pytest.raises(ConfigError):
            Server(Config((free, server.addresses[0])))


@pytest.mark.parametrize(
    ("uri", "what"),
    [
        ("udp://127.0.0.1:0", "the scheme is not one of tcp://"),
        ("tcp://no.such.host.invalid:0", "cannot listen on tcp://no.such.host.invalid:0"),
        ("tcp://192.0.2.1:0", "Cannot assign requested address"),
    ],
)
def test_an_address_that_cannot_be_had(uri: str, what: str) -> None:
    with pytest.raises(ConfigError, match=what):
        Server(Config((uri,)))


def test_ipv6() -> None:
    server = Server(Config(("tcp://[::1]:0",)))
    server.start()
    try:
        assert server.addresses[0].startswith("tcp://[::1]:")
        with Peer(server, "alice") as alice:
            alice.send("/users")
            alice.expect(r"\* 1 here: alice")
    finally:
        server.stop()


def test_the_file_limit_bounds_the_clients() -> None:
    most = max_clients(None, DEFAULT)
    assert max_clients(most, DEFAULT) == most
    with pytest.raises(ConfigError, match=f"leaves {most}; please raise the limit"):
        max_clients(most + 1, DEFAULT)


def test_the_last_words_are_not_lost_when_the_reader_is_just_going_on() -> None:
    """Everyone is told that the server goes down, those included whose lines are being handled."""
    with serving() as server:
        peers = [Peer(server, f"user{number}") for number in range(50)]
        for peer in peers:
            peer.send(*["hello"] * 20)
        server.stop()
        for peer in peers:
            peer.until(r"\* the server is going down")


def test_a_server_whose_flusher_fails_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving() as server:
        monkeypatch.setattr("chatd.net.flusher.flush_due_notices", lambda state: 1 // 0)
        Peer(server).send("alice")
        server.failed.wait()


def test_what_is_set_of_passwords_and_accounts_reaches_the_state() -> None:
    config = Config(("tcp://127.0.0.1:0",), registration=Registration.INVITE, plaintext_passwords=True)
    for given, registration, plaintext in (
        (config, Registration.INVITE, True),
        (Config(("tcp://127.0.0.1:0",)), Registration.OPEN, False),
    ):
        server = Server(given)
        server.start()
        server.stop()
        assert (server.state.registration, server.state.plaintext_passwords) == (registration, plaintext)
