"""The parts of `chat` that need no process of their own, and `chat` in a terminal."""

import getpass
import os
import signal
import sys
from types import ModuleType

import pytest
from gevent.os import make_nonblocking, nb_read
from gevent.subprocess import Popen

from chatd.protocol.errors import ConfigError
from chatd.protocol.version import __version__
from chatd_client.__main__ import main
from chatd_client.login import Login
from chatd_client.settings import Settings
from chatd_client.target import Target, parse_target, with_valid_name
from chatd_client.wire import Security
from tests.support.chat_process import default_signals
from tests.support.scripted_server import ScriptedServer

pytestmark = pytest.mark.usefixtures("watchdog", "unchanged")


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
        ("al@host:", "there is no port behind the colon; please write HOST"),
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
    assert capfd.readouterr().err == "chat: there is no option --shout; chat --help shows how\n"


def test_an_ignored_interrupt_stays_ignored() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with pytest.raises(SystemExit):
        main(["--version"])
    assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN


def test_in_a_terminal_the_screen_takes_over(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[tuple[Target, Settings]] = []

    def run(target: Target, settings: Settings, login: Login, security: Security, warning: str) -> int:
        seen.append((target, settings))
        return 7

    screen = ModuleType("chatd_client.screen")
    monkeypatch.setattr(screen, "run", run, raising=False)
    monkeypatch.setitem(sys.modules, "chatd_client.screen", screen)
    monkeypatch.setattr(os, "isatty", lambda fd: True)
    assert main(["root@127.0.0.1", "--bell", "off"]) == 7  # which asks for another name
    assert seen == [(Target("root", "127.0.0.1", 5050), Settings(bell="off"))]


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
