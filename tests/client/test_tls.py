"""`chat` and its kin over TLS, as programs, against a real server."""

import os
from collections.abc import Iterator
from pathlib import Path

import gevent
import pytest
from gevent import socket

from chatd.net.server import Server
from chatd.protocol.events import Said, Welcome
from chatd.protocol.fingerprints import shown_fingerprint
from chatd_client import Chat, LinkError, terminal
from chatd_client.__main__ import main
from chatd_client.link import Link
from chatd_client.state_files import server_path
from tests.support.certificates import self_signed
from tests.support.chatd_process import running
from tests.support.encrypted import encrypted_server, port_of
from tests.support.live import Peer
from tests.support.screen_terminal import ScreenTerminal

pytestmark = pytest.mark.usefixtures("watchdog", "unchanged")

MINE, OTHER = self_signed(), self_signed("other.example", 2)
SHOWN = shown_fingerprint(MINE.fingerprint)


@pytest.fixture(autouse=True)
def nobody(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Nobody vouches for anything, and there is no terminal."""
    nothing = os.open(os.devnull, os.O_RDONLY)
    monkeypatch.setenv("SSL_CERT_FILE", os.devnull)
    monkeypatch.setenv("SSL_CERT_DIR", "/nowhere")
    monkeypatch.setattr(terminal, "TERMINAL", "/nowhere/tty")
    monkeypatch.setattr(terminal, "KEYBOARD", nothing)
    yield
    os.close(nothing)


@pytest.fixture
def server() -> Iterator[Server]:
    with encrypted_server(MINE) as server:
        yield server


def target(server: Server, name: str = "alice") -> str:
    return f"chats://{name}@127.0.0.1:{port_of(server)}"


@pytest.mark.parametrize("command", [["--plain"], ["send"], ["tail"], ["log", "lobby"]])
def test_a_script_is_told_how(command: list[str], server: Server, capfd: pytest.CaptureFixture[str]) -> None:
    assert main([*command, target(server)]) == 1
    shown = capfd.readouterr()
    assert shown.out == "" and shown.err == (
        "! nobody whom this system trusts vouches for the certificate of 127.0.0.1 port "
        f"{port_of(server)}; if its SHA-256 is what those who run it say, please give it once: "
        f"--fingerprint {SHOWN}\n"
    )


def test_what_was_given_once_is_known(server: Server, capfd: pytest.CaptureFixture[str]) -> None:
    with Peer(server, "bob") as bob:
        assert main(["send", "--fingerprint", SHOWN, target(server), "first"]) == 0
        bob.until("<alice> first")
        assert main(["send", target(server), "second"]) == 0
        bob.until("<alice> second")
        assert main(["send", "--fingerprint", OTHER.fingerprint, target(server), "third"]) == 1
        assert "NOT THE ONE" in capfd.readouterr().err


def test_whoever_takes_any_certificate_reads_so_each_time(
    server: Server, capfd: pytest.CaptureFixture[str]
) -> None:
    for _ in range(2):
        assert main(["send", "--insecure", target(server), "hello"]) == 0
        assert capfd.readouterr().err.startswith("* the certificate of 127.0.0.1 is not looked at")
    state = server_path("certificates", "x", 1)
    assert state is not None and not state.parent.parent.exists()


def test_plain_text_by_name(server: Server, capfd: pytest.CaptureFixture[str]) -> None:
    with Peer(server, "bob") as bob:
        assert main(["send", target(server).replace("chats", "chat"), "hello"]) == 0
        bob.until("<alice> hello")
    assert capfd.readouterr().err == ""  # to this machine


def test_a_bot_comes_back_over_it(server: Server, waits: list[float]) -> None:
    with Chat(target(server), reconnect=True, fingerprint=SHOWN) as chat, Peer(server, "bob") as bob:
        events = iter(chat)
        assert isinstance(next(events), Welcome)
        chat._link._wire.sock.shutdown(socket.SHUT_RDWR)
        while not isinstance(next(events), Welcome):
            pass
        assert chat.welcome.resumed
        bob.send("are you back?")
        assert any(isinstance(event, Said) and event.text == "are you back?" for event in events)
    with pytest.raises(LinkError, match="NOT THE ONE"):
        Chat(target(server), fingerprint=OTHER.fingerprint)


def test_who_comes_back_to_another_certificate_says_nothing(waits: list[float]) -> None:
    """It tries again: who is in between now may be gone later."""
    with encrypted_server(MINE) as server:
        port = port_of(server)
        chat = Chat(target(server), reconnect=True, fingerprint=SHOWN)
        next(iter(chat))
    with encrypted_server(OTHER, port) as stranger:
        coming_back = gevent.spawn(lambda: [type(event) for event in chat])
        while len(waits) < 3:
            gevent.sleep(0)
        assert not stranger.state.roster and not coming_back.ready()
        coming_back.kill()


def test_a_password_goes_with_its_way(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """The token that is got by TLS is in a file of its own, which plain text never reads."""
    hellos: list[bytes] = []
    send = Link.send

    def noted(link: Link, line: bytes) -> bool:
        hellos.append(line)
        return send(link, line)

    monkeypatch.setattr(Link, "send", noted)
    with Chat(target(server), fingerprint=SHOWN) as chat:
        token = chat.welcome.token
    path = server_path("devices-tls", "127.0.0.1", port_of(server))
    assert path is not None
    path.mkdir(parents=True)
    Path(path, "carol").write_text(f'{{"token":"{token}"}}')
    for scheme, sent in (("chat", False), ("chats", True)):
        hellos.clear()
        assert main(["send", f"{scheme}://carol@127.0.0.1:{port_of(server)}", "hello"]) == 0
        assert (token.encode() in hellos[0]) is sent


def test_at_a_terminal_one_is_asked_and_then_the_screen_comes(tmp_path: Path) -> None:
    options = ("--tls-certificate", str(MINE.certificate), "--tls-key", str(MINE.key))
    with running("--listen", "tcp://127.0.0.1:0", *options) as (_, [port]):
        address = f"chats://alice@127.0.0.1:{port}"
        with ScreenTerminal(address, tmp_path, columns=100) as screen:
            screen.shows("Its SHA-256:", SHOWN[:47], SHOWN[48:], "Do you trust it? yes/no:")
            screen.types("yes\r")
            screen.shows("online")
            screen.types("/quit\r")
            assert screen.ends() == 0
        with ScreenTerminal(address, tmp_path, columns=100) as screen:
            screen.shows("online")
            screen.types("/quit\r")
            assert screen.ends() == 0
        with ScreenTerminal(address.replace("chats", "chat"), tmp_path, options=("--insecure",)) as screen:
            assert screen.ends() == 2
            assert "! chat:// is plain text" in screen.errors
