"""Opening a connection: what is said when there is none, time-outs, and the options of the socket."""

import itertools
import socket as options

import gevent
import pytest
from gevent import socket

from chatd.protocol.limits import DEFAULT
from chatd.protocol.requests import Hello
from chatd_client import link, wire
from chatd_client.__main__ import main
from tests.support.scripted_server import ScriptedServer

pytestmark = pytest.mark.usefixtures("watchdog", "unchanged")


@pytest.mark.parametrize("host", ["x" * 70, "no..host", "\udcff"])
def test_a_host_that_cannot_exist(host: str, capfd: pytest.CaptureFixture[str]) -> None:
    assert main([f"alice@{host}"]) == 1
    shown = capfd.readouterr().err
    assert shown.startswith("! cannot connect to ")
    assert shown.endswith(" port 5050: unknown host; is its name spelled right?\n")
    assert shown.count("\n") == 1


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (
            options.gaierror(options.EAI_NONAME, "Name or service not known"),
            "unknown host; is its name spelled right?",
        ),
        (
            options.gaierror(options.EAI_AGAIN, "Temporary failure in name resolution"),
            "its name cannot be looked up now; is this machine online?",
        ),
        (OSError(113, "No route to host"), "there is no way to it; is that machine online?"),
        (OSError(99, "Cannot assign requested address"), "cannot assign requested address"),
        (TimeoutError("timed out"), "timed out; is the address right, and that machine online?"),
        (OSError("odd\n"), "odd "),
    ],
)
def test_why_it_cannot_connect(
    error: OSError, sentence: str, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def fail(address: tuple[str, int], timeout: float) -> None:
        raise error

    monkeypatch.setattr("chatd_client.wire.socket.create_connection", fail)
    assert main(["alice@h"]) == 1
    assert capfd.readouterr().err == f"! cannot connect to h port 5050: {sentence}\n"


def test_a_text_in_the_place_of_the_host(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def unknown(address: tuple[str, int], timeout: float) -> None:
        raise options.gaierror(options.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr("chatd_client.wire.socket.create_connection", unknown)
    known = "unknown host; is its name spelled right?"
    hint = ' - to say it, please write: chat send HOST "hello" (HOST may be "")'
    for words, end in ((["hello"], hint), (["hello", "you"], "")):
        assert main(["send", *words]) == 1
        assert capfd.readouterr().err == f"! cannot connect to hello port 5050: {known}{end}\n"


@pytest.mark.parametrize(
    "said",
    [
        b"SSH-2.0-OpenSSH_9.2p1\r\n",
        b"HTTP/1.1 400 Bad Request\r\n\r\n<html>",
        b"\x15\x03\x01\0\x02\x02\x0a",
        b":irc.example.org NOTICE * :hi\r\n",
    ],
)
def test_something_else_that_answers(said: bytes, capfd: pytest.CaptureFixture[str]) -> None:
    with ScriptedServer() as peer:
        server = gevent.spawn(peer.accept)
        server.link(lambda _: peer.sends(said))
        server.link(lambda _: peer.hangs_up())
        assert main([peer.target]) == 1
    assert capfd.readouterr().err == "! what answers there is no chat server; is the port right?\n"


def test_connecting_has_a_time_out(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def wait(address: tuple[str, int], timeout: float) -> None:
        gevent.get_hub().switch()

    monkeypatch.setattr(socket, "create_connection", wait)
    monkeypatch.setattr(wire, "CONNECT_TIME", 0.001)
    assert main(["alice@h"]) == 1
    assert capfd.readouterr().err == (
        "! cannot connect to h port 5050: timed out; is the address right, and that machine online?\n"
    )


def test_a_server_that_says_nothing(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(link, "GREETING_TIME", 0.001)
    for command in ([], ["send"], ["tail"]):
        with ScriptedServer() as peer:
            assert main([*command, peer.target]) == 1
            assert capfd.readouterr().err == "! the server does not answer\n"


def test_a_flood_leaves_time_for_others(monkeypatch: pytest.MonkeyPatch) -> None:
    with ScriptedServer() as peer:
        server = gevent.spawn(peer.welcome)
        with link.connect("127.0.0.1", peer.port, Hello("alice")) as connected:
            server.get()
            reads = itertools.count()
            monkeypatch.setattr(connected, "_receive", lambda within: b'{"type":"pong"}\n')
            flood = iter(connected)
            other = gevent.spawn(gevent.sleep, 1e-6)  # a timer: callbacks alone would not show it
            while not other.ready():
                next(flood)
                assert next(reads) < 1000


def test_a_bye_in_place_of_a_welcome() -> None:
    with ScriptedServer() as peer:
        server = gevent.spawn(peer.accept)
        server.link(lambda _: peer.says({"type": "bye", "reason": "closed for today"}))
        with pytest.raises(link.LinkError, match="closed for today"):
            link.connect("127.0.0.1", peer.port, Hello("alice"))


def test_a_dead_server_is_found() -> None:
    """The socket options are set; the test does not wait the 155 s that they take."""
    with ScriptedServer() as peer:
        server = gevent.spawn(peer.welcome)
        with link.connect("127.0.0.1", peer.port, Hello("alice")) as connected:
            sock = connected._wire.sock
            assert sock.getsockopt(options.SOL_SOCKET, options.SO_KEEPALIVE) == 1
            for option, value in (
                (options.TCP_KEEPIDLE, DEFAULT.keepalive_idle),
                (options.TCP_KEEPINTVL, DEFAULT.keepalive_interval),
                (options.TCP_KEEPCNT, DEFAULT.keepalive_probes),
                (options.TCP_USER_TIMEOUT, DEFAULT.user_timeout * 1000),
            ):
                assert sock.getsockopt(options.IPPROTO_TCP, option) == value
        server.get()
