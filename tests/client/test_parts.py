"""The parts of `chat` that need no process of their own, and `chat` in a terminal."""

import getpass
import itertools
import os
import signal
import socket as options
import sys
from collections.abc import Iterator
from types import ModuleType

import gevent
import pytest
from gevent import socket
from gevent.os import make_nonblocking, nb_read
from gevent.subprocess import Popen

from chatd.protocol.errors import ConfigError
from chatd.protocol.limits import DEFAULT
from chatd.protocol.version import __version__
from chatd_client import link
from chatd_client.__main__ import main
from chatd_client.settings import Settings
from chatd_client.target import Target, parse_target, with_valid_name
from tests.support.chat_process import default_signals
from tests.support.scripted_server import ScriptedServer

pytestmark = pytest.mark.usefixtures("watchdog")


@pytest.fixture(autouse=True)
def unchanged(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No settings are found, and what `main` makes of SIGINT does not last."""
    monkeypatch.setenv("XDG_CONFIG_HOME", "/nowhere")
    handler = signal.getsignal(signal.SIGINT)
    yield
    signal.signal(signal.SIGINT, handler)


# -- arguments ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "target"),
    [
        ("", ("login", "127.0.0.1", 5050)),
        ("example.org", ("login", "example.org", 5050)),
        ("example.org:80", ("login", "example.org", 80)),
        (":80", ("login", "127.0.0.1", 80)),
        ("al@", ("al", "127.0.0.1", 5050)),
        ("al@:65535", ("al", "127.0.0.1", 65535)),
        ("[::1]", ("login", "::1", 5050)),
        ("[x]@[::1]:5050", ("[x]", "::1", 5050)),
    ],
)
def test_targets(text: str, target: tuple[str, str, int], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(getpass, "getuser", lambda: "login")
    assert parse_target(text) == Target(*target)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("al@host:0", "the port 0 is not"),
        ("al@host:65536", "the port 65536 is not"),
        ("al@host:", "the port  is not"),
        ("al@host:٥", "the port ٥ is not"),
        ("al@host:\x1b1", "the port 1 is not"),
        ("al@::1", "the address ::1 is not understood"),
        ("al@[]:1", "the address []:1 is not understood"),
        ("@host", "a name has 1 to 32"),
        ("a b@host", "a name has 1 to 32"),
        ("a@b@host", "a name has 1 to 32"),
        ("Root@host", "the name Root is reserved; please give another, as in NAME@127.0.0.1"),
    ],
)
def test_bad_targets(text: str, sentence: str, capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ConfigError, match=f"^{sentence}".replace("[", r"\[")):
        with_valid_name(parse_target(text))
    with pytest.raises(SystemExit, match="2"):
        main([text])
    shown = capfd.readouterr()
    assert shown.out == ""
    assert shown.err.startswith(f"chat: {sentence}")
    assert shown.err.endswith("; chat --help shows how\n")


def test_no_login_name(monkeypatch: pytest.MonkeyPatch) -> None:
    def getuser() -> str:
        raise KeyError("getpwuid(): uid not found: 1000")

    monkeypatch.setattr(getpass, "getuser", getuser)
    with pytest.raises(ConfigError, match="please give a name"):
        with_valid_name(parse_target("host"))


def test_help_and_version(capfd: pytest.CaptureFixture[str]) -> None:
    for option, shown in (("--version", f"chat {__version__}\n"), ("--help", "[NAME@]HOST[:PORT]")):
        with pytest.raises(SystemExit, match="0"):
            main([option])
        assert shown in capfd.readouterr().out


def test_unknown_option(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["--shout"])
    assert capfd.readouterr().err == "chat: unrecognized arguments: --shout; chat --help shows how\n"


def test_an_ignored_interrupt_stays_ignored() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with pytest.raises(SystemExit):
        main(["--version"])
    assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN


def test_in_a_terminal_the_screen_takes_over(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[tuple[Target, Settings]] = []

    def run(target: Target, settings: Settings) -> int:
        seen.append((target, settings))
        return 7

    screen = ModuleType("chatd_client.screen")
    monkeypatch.setattr(screen, "run", run, raising=False)
    monkeypatch.setitem(sys.modules, "chatd_client.screen", screen)
    monkeypatch.setattr(os, "isatty", lambda fd: True)
    assert main(["root@host", "--bell", "off"]) == 7  # which asks for another name
    assert seen == [(Target("root", "host", 5050), Settings(bell="off"))]


# -- connecting --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("host", ["x" * 70, "no..host", "\udcff"])
def test_a_host_that_cannot_exist(host: str, capfd: pytest.CaptureFixture[str]) -> None:
    assert main([f"alice@{host}"]) == 1
    shown = capfd.readouterr().err
    assert shown.startswith("! cannot connect to ")
    assert shown.endswith(" port 5050: unknown host\n")
    assert shown.count("\n") == 1


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (options.gaierror(-2, "Name or service not known"), "unknown host"),
        (OSError(113, "No route to host"), "no route to host"),
        (OSError("odd\n"), "odd "),
    ],
)
def test_why_it_cannot_connect(
    error: OSError, sentence: str, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def fail(address: tuple[str, int], timeout: float) -> None:
        raise error

    monkeypatch.setattr("chatd_client.link.socket.create_connection", fail)
    assert main(["alice@h"]) == 1
    assert capfd.readouterr().err == f"! cannot connect to h port 5050: {sentence}\n"


def test_connecting_has_a_time_out(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def wait(address: tuple[str, int], timeout: float) -> None:
        gevent.get_hub().switch()

    monkeypatch.setattr(socket, "create_connection", wait)
    monkeypatch.setattr(link, "CONNECT_TIME", 0.001)
    assert main(["alice@h"]) == 1
    assert capfd.readouterr().err == "! cannot connect to h port 5050: timed out\n"


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
        with link.connect("127.0.0.1", peer.port, "alice") as connected:
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
            link.connect("127.0.0.1", peer.port, "alice")


def test_a_dead_server_is_found() -> None:
    """The socket options are set; the test does not wait the 155 s that they take."""
    with ScriptedServer() as peer:
        server = gevent.spawn(peer.welcome)
        with link.connect("127.0.0.1", peer.port, "alice") as connected:
            sock = connected._socket
            assert sock.getsockopt(options.SOL_SOCKET, options.SO_KEEPALIVE) == 1
            for option, value in (
                (options.TCP_KEEPIDLE, DEFAULT.keepalive_idle),
                (options.TCP_KEEPINTVL, DEFAULT.keepalive_interval),
                (options.TCP_KEEPCNT, DEFAULT.keepalive_probes),
                (options.TCP_USER_TIMEOUT, DEFAULT.user_timeout * 1000),
            ):
                assert sock.getsockopt(options.IPPROTO_TCP, option) == value
        server.get()


# -- a terminal --------------------------------------------------------------------------------------------


class LineModeTerminal:
    """`chat --plain` in a pseudo-terminal that is its controlling terminal."""

    def __init__(self, target: str) -> None:
        self._master, slave = os.openpty()
        start = "import fcntl, termios, sys; fcntl.ioctl(0, termios.TIOCSCTTY, 0); "
        start += "from chatd_client.__main__ import main; sys.exit(main(sys.argv[1:]))"
        self.process = Popen(
            [sys.executable, "-c", start, "--plain", target],
            stdin=slave,
            stdout=slave,
            stderr=slave,
            start_new_session=True,
            preexec_fn=default_signals,
        )
        os.close(slave)
        make_nonblocking(self._master)
        self.screen = b""

    def types(self, text: str) -> None:
        os.write(self._master, text.encode())

    def shows(self, text: str) -> None:
        while text.encode() not in self.screen:
            self.screen += nb_read(self._master, 65536)

    def ends(self) -> int:
        code = self.process.wait()
        self.hangs_up()
        return code

    def hangs_up(self) -> None:
        if self._master >= 0:
            os.close(self._master)
        self._master = -1


def test_a_talk_in_a_terminal() -> None:
    with ScriptedServer() as peer:
        terminal = LineModeTerminal(peer.target)
        peer.welcome()
        terminal.shows("you are alice")
        terminal.types("helo\x7flo\n")  # the terminal's own line editing
        peer.hears(type="say", text="hello", ref="1")
        peer.says({"type": "ack", "ref": "1", "id": 1})
        terminal.types("/dm bob\n")
        terminal.shows('! please write /dm NAME "MESSAGE"\r\n')
        terminal.types("\x04")
        peer.hears_quit()
        terminal.shows("* bye\r\n")
        assert terminal.ends() == 0


def test_ctrl_c_in_a_terminal() -> None:
    with ScriptedServer() as peer:
        terminal = LineModeTerminal(peer.target)
        peer.welcome()
        terminal.shows("you are alice")
        terminal.types("\x03")
        assert terminal.ends() == -signal.SIGINT
        assert b"Traceback" not in terminal.screen


def test_a_terminal_that_hangs_up() -> None:
    with ScriptedServer() as peer:
        terminal = LineModeTerminal(peer.target)
        peer.welcome()
        terminal.shows("you are alice")
        terminal.hangs_up()
        assert terminal.ends() == -signal.SIGHUP
