"""Asking for a password at a terminal, without echo."""

import os
import pty
import signal
import termios
import threading
from collections.abc import Callable, Iterator

import gevent
import pytest

from chatd.protocol.errors import ConfigError
from chatd.protocol.requests import Hello
from chatd_client import link, terminal
from chatd_client.link import connect
from chatd_client.password_prompt import ask_password, asking
from tests.support.scripted_server import WELCOME, ScriptedServer


class Keyboard:
    """A terminal that is standard input; what the program has set, as it asks, is in `echoed`."""

    def __init__(self) -> None:
        self.fd, self.other = pty.openpty()
        self.echoed: list[bool] = []
        self.seen = b""

    def answers(self, prompt: str, act: Callable[[], None]) -> threading.Thread:
        """Wait for the prompt in a thread of its own, and then do that."""

        def wait() -> None:
            while prompt.encode() not in self.seen:
                self.seen += os.read(self.fd, 4096)
            self.echoed.append(bool(termios.tcgetattr(self.other)[3] & termios.ECHO))
            act()

        thread = threading.Thread(target=wait)
        thread.start()
        return thread

    def types(self, data: bytes) -> Callable[[], None]:
        return lambda: assert_written(os.write(self.fd, data), data)


def assert_written(count: int, data: bytes) -> None:
    assert count == len(data)


@pytest.fixture
def keyboard(monkeypatch: pytest.MonkeyPatch) -> Iterator[Keyboard]:
    keyboard = Keyboard()
    monkeypatch.setattr(terminal, "KEYBOARD", keyboard.other)
    monkeypatch.setattr(terminal, "TERMINAL", "/nowhere/tty")
    yield keyboard
    os.close(keyboard.fd)
    os.close(keyboard.other)


def test_what_is_typed_is_not_echoed_and_the_terminal_is_as_before(
    keyboard: Keyboard, capfd: pytest.CaptureFixture[str]
) -> None:
    before = termios.tcgetattr(keyboard.other)
    thread = keyboard.answers("password for al at host:1: ", keyboard.types("pass wörd\n".encode()))
    assert asking("host", 1)("al", "that was wrong") == "pass wörd"
    thread.join()
    assert keyboard.echoed == [False] and termios.tcgetattr(keyboard.other) == before
    assert capfd.readouterr().err == "! that was wrong\n"


def test_nothing_typed_is_no_password(keyboard: Keyboard) -> None:
    for typed in (b"\n", b"\x04"):
        keyboard.seen = b""
        thread = keyboard.answers("password: ", keyboard.types(typed))
        with pytest.raises(ConfigError, match="no password was given"):
            ask_password("password: ")
        thread.join()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGTSTP])
def test_a_signal_finds_the_terminal_as_it_was(
    number: signal.Signals, keyboard: Keyboard, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The signal itself is played, and the process goes on, as after a Ctrl-Z."""
    before, handler = termios.tcgetattr(keyboard.other), signal.getsignal(number)
    threads = [keyboard.answers("password: ", lambda: os.kill(os.getpid(), number))]

    def raised(which: int) -> None:
        assert (which, signal.getsignal(which)) == (number, signal.SIG_DFL)
        assert termios.tcgetattr(keyboard.other) == before
        keyboard.seen = b""
        threads[0].join()
        threads.append(keyboard.answers("password: ", keyboard.types(b"secret\n")))

    monkeypatch.setattr(signal, "raise_signal", raised)
    assert ask_password("password: ") == "secret"
    threads[1].join()
    assert keyboard.echoed == [False, False] and termios.tcgetattr(keyboard.other) == before
    assert signal.getsignal(number) is handler


def test_a_host_that_is_no_text_is_asked_about(keyboard: Keyboard) -> None:
    thread = keyboard.answers("password for al at h", keyboard.types(b"secret\n"))
    assert asking("h\udcff\x1b", 1)("al", "") == "secret"
    thread.join()


def test_without_a_terminal_it_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(terminal, "TERMINAL", "/nowhere/tty")
    monkeypatch.setattr(os, "isatty", lambda fd: False)
    with pytest.raises(ConfigError, match="please run chat --login"):
        ask_password("password: ")


@pytest.mark.usefixtures("watchdog")
def test_a_password_may_take_longer_than_a_welcome(
    peer: ScriptedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(link, "GREETING_TIME", 0.0)
    opening = gevent.spawn(lambda: connect("127.0.0.1", peer.port, Hello("alice", password="password")))
    peer.accept_again()
    peer.hears(type="hello", nick="alice", password="password")
    peer.says(WELCOME)
    with opening.get() as opened:
        assert opened.welcome.nick == "alice"
