"""A bot as a program of its own, as docs/bots.md has it: what peers say to it, and how it ends."""

import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import gevent
import pytest
from gevent.subprocess import Popen

from chatd.config import Config
from chatd.net.server import Server
from chatd.protocol.limits import DEFAULT
from chatd_client import ConfigError, LinkError, chat, program
from tests.support import live
from tests.support.chat_process import AT_ONCE, default_signals
from tests.support.scripted_server import WELCOME, ScriptedServer

pytestmark = pytest.mark.usefixtures("watchdog", "unchanged")


class BotProcess:
    """The bot of the documentation, at the server of this address."""

    def __init__(self, address: str) -> None:
        shown = [line[4:] for line in (chat.__doc__ or "").splitlines() if line.startswith("    ")]
        script = "\n".join(shown).replace("127.0.0.1:5050", address)
        self.process = Popen(
            [sys.executable, "-c", f"{AT_ONCE}\n{script}"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            preexec_fn=interruptible,
        )

    def ends(self) -> tuple[int, str]:
        said, _ = self.process.communicate()
        return self.process.returncode, said.decode()


def interruptible() -> None:
    default_signals()
    signal.signal(signal.SIGINT, signal.default_int_handler)


@contextmanager
def bot_at(address: str) -> Iterator[BotProcess]:
    bot = BotProcess(address.removeprefix("tcp://"))
    try:
        yield bot
    finally:
        if bot.process.poll() is None:
            bot.process.kill()
            bot.process.communicate()


def test_what_peers_may_send_does_not_end_it() -> None:
    longest = "echo " + "x" * (DEFAULT.line - 5)
    quotes = "echo " + '"' * (DEFAULT.line - 5)  # twice as long in JSON
    with live.serving() as server:
        alice = live.Peer(server, "alice")
        with bot_at(server.addresses[0]):
            alice.expect(r"\* echo joined")
            alice.send(
                "echo ", "echo  ", "echo \t", longest, quotes, "echo \u200b\u2060\u00ad", "echo \U000e0041"
            )
            alice.send("/dm echo x", "/dm echo \u200b", "echo /quit", "echo")
            heard: list[str] = []
            while not heard or heard[-1] != "<echo> /quit":
                heard.append(str(alice.line()))
            said = [line for line in heard if line.startswith("<echo> ")]
            assert all(len(line) < 100 for line in said)
            assert "[dm from echo] x" in heard
            alice.send("echo still here")
            alice.until("<echo> still here")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_says_goodbye_when_it_is_interrupted(number: signal.Signals) -> None:
    with live.serving() as server:
        alice = live.Peer(server, "alice")
        with bot_at(server.addresses[0]) as bot:
            alice.expect(r"\* echo joined")
            alice.send("echo hi")
            alice.expect("<echo> hi")
            bot.process.send_signal(number)
            alice.expect(r"\* echo left")
            assert bot.ends() == (0, "")


def test_it_comes_back_when_the_server_was_started_anew() -> None:
    with live.serving() as server, bot_at(server.addresses[0]):
        live.Peer(server, "alice").until(r"\* echo joined|\* you are alice - 2 here .*")
        server.stop()
        second = Server(Config(tuple(server.addresses), 0, None), DEFAULT)
        second.start()
        try:
            alice, line = live.Peer(second, "alice"), ""
            while not re.fullmatch(r"\* 2 here: .*", line):  # ask until it is here
                alice.send("/users")
                line = str(alice.line())
            alice.send("echo back?")
            alice.until(r"<echo> back\?")
        finally:
            second.stop()


def test_a_name_that_is_gone_is_one_sentence() -> None:
    with ScriptedServer() as peer, bot_at(f"127.0.0.1:{peer.port}") as bot:
        peer.accept("echo")
        peer.says(WELCOME | {"nick": "echo"})
        peer.hangs_up()
        peer.accept_again()
        peer.hears(type="hello", nick="echo", token="secret", seen=0)
        peer.says({"type": "error", "code": "taken-nick", "text": "the name echo is taken"})
        assert bot.ends() == (1, "! the name echo is taken\n")


def test_no_server_is_one_sentence() -> None:
    with ScriptedServer() as peer:
        port = peer.port
    with bot_at(f"127.0.0.1:{port}") as bot:
        code, said = bot.ends()
    assert (code, said.count("\n")) == (1, 1)
    assert said.startswith(f"! cannot connect to 127.0.0.1 port {port}: connection refused")


# -- the block that it is in -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("error", "code"), [(LinkError("gone"), 1), (ConfigError("the port x is no port"), 2)], ids=str
)
def test_an_error_for_people_is_a_sentence(
    error: Exception, code: int, capfd: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit, match=str(code)), program():
        raise error
    assert capfd.readouterr().err == f"! {error}\n"


def test_other_errors_are_for_programmers() -> None:
    before = signal.getsignal(signal.SIGTERM)
    with pytest.raises(ZeroDivisionError), program():
        assert signal.getsignal(signal.SIGTERM) is not before
        raise ZeroDivisionError
    assert signal.getsignal(signal.SIGTERM) is before


def test_an_interrupt_ends_the_block_at_its_next_wait() -> None:
    reached = []
    with program():
        signal.raise_signal(signal.SIGINT)  # in this greenlet
        reached.append("the wait")
        gevent.get_hub().switch()
        reached.append("behind it")
    assert reached == ["the wait"]
    with program():
        signal.raise_signal(signal.SIGINT)  # nothing waits any more
    gevent.idle()
    reached.clear()
    with program():
        gevent.spawn(signal.raise_signal, signal.SIGTERM)  # in another one
        gevent.get_hub().switch()
    assert reached == []


def test_in_another_thread_there_are_no_signals() -> None:
    used = []

    def use() -> None:
        with program():
            used.append(True)

    thread = threading.Thread(target=use)
    thread.start()
    thread.join()
    assert used
