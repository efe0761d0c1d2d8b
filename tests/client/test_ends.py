"""How the `chat` program starts and ends: no welcome, a broken link, files and pipes, signals."""

import os
import signal
from pathlib import Path

import pytest

from chatd.protocol.limits import DEFAULT
from tests.support.chat_process import ChatProcess
from tests.support.scripted_server import NOT_UNDERSTOOD, WELCOME, YOU_ARE, ScriptedServer, said

pytestmark = pytest.mark.usefixtures("watchdog")


# -- before the welcome ------------------------------------------------------------------------------------


def test_lines_before_the_welcome_are_skipped() -> None:
    with ScriptedServer() as peer, ChatProcess(peer.target) as chat:
        peer.accept()
        peer.sends(b'* what is your name?\n{"type":"motd"}\n')
        peer.says({"type": "pong"}, WELCOME, said("hi"))
        chat.closes_keyboard()
        peer.hears_quit()
        assert chat.ends() == (0, f"{YOU_ARE}<bob> hi\n* bye\n", "")


@pytest.mark.parametrize(
    ("sent", "sentence"),
    [
        (b"! the server is full\n", "the server is full"),
        (b"* wait\r\n! the server\x1b[2J is \xff full", "the server[2J is � full"),
        (b'{"type":"error","code":"taken-nick","text":"alice is taken"}\n', "alice is taken"),
        (b"", "the server closed the connection"),
        (b"x" * (DEFAULT.line_to_client + 1), "the server closed the connection"),
        (b'{"type":"wel', "the server closed the connection"),
    ],
)
def test_no_welcome(sent: bytes, sentence: str) -> None:
    with ScriptedServer() as peer, ChatProcess(peer.target) as chat:
        peer.accept()
        peer.sends(sent)
        peer.hangs_up()
        assert chat.ends() == (1, "", f"! {sentence}\n")


def test_a_reset_does_not_hide_the_servers_last_words() -> None:
    with ScriptedServer() as peer, ChatProcess(peer.target) as chat:
        peer.accept()
        peer.sends(b"! the server is full\n")
        peer.resets()
        assert chat.ends() == (1, "", "! the server is full\n")


# -- cut off -----------------------------------------------------------------------------------------------


def test_closed_in_the_middle_of_a_line() -> None:
    with ScriptedServer() as peer, ChatProcess(peer.target) as chat:
        peer.welcome()
        peer.sends(b'{"type":"sa')
        peer.hangs_up()
        assert chat.ends() == (1, YOU_ARE + NOT_UNDERSTOOD, "! the server closed the connection\n")


def test_reset_while_an_answer_is_awaited() -> None:
    with ScriptedServer() as peer, ChatProcess(peer.target) as chat:
        peer.welcome()
        chat.types("hi\n")
        chat.closes_keyboard()
        peer.hears(type="say", text="hi", ref="1")
        chat.shows(YOU_ARE)
        peer.resets()
        assert chat.ends() == (1, YOU_ARE, "! the connection to the server broke: connection reset by peer\n")


def test_a_bye_that_was_not_asked_for() -> None:
    with ScriptedServer() as peer, ChatProcess(peer.target) as chat:
        peer.welcome()
        peer.says(said("hi"), {"type": "bye", "reason": "the server is going down"})
        assert chat.ends() == (1, f"{YOU_ARE}<bob> hi\n", "! the server is going down\n")


def test_typing_into_a_broken_link_ends_it() -> None:
    """The server is gone and says nothing; only a second write finds out."""
    with ScriptedServer() as peer, ChatProcess(peer.target) as chat:
        peer.welcome()
        chat.shows(YOU_ARE)
        for _ in range(15):
            chat.types("x" * 4000 + "\n")  # more than the server reads: a close is then a reset
        peer.hears(type="say", text="x" * 4000, ref="1")
        peer.hangs_up()
        code, _, errors = chat.ends()
        assert code == 1
        assert errors.count("\n") == 1


# -- files, pipes, signals ---------------------------------------------------------------------------------


def test_a_file_as_keyboard(tmp_path: Path) -> None:
    (tmp_path / "lines").write_bytes(b"one\r\ntwo")
    file = os.open(tmp_path / "lines", os.O_RDONLY)
    with ScriptedServer() as peer, ChatProcess(peer.target, keyboard=file) as chat:
        os.close(file)
        peer.welcome()
        peer.hears(type="say", text="one", ref="1")
        peer.hears(type="say", text="two", ref="2")
        peer.says({"type": "ack", "ref": "1", "id": 1}, {"type": "ack", "ref": "2", "id": 2})
        peer.hears_quit()
        assert chat.ends() == (0, f"{YOU_ARE}* bye\n", "")


def test_a_keyboard_that_cannot_be_read_is_the_end_of_input() -> None:
    unreadable = os.open(os.devnull, os.O_WRONLY)
    with ScriptedServer() as peer, ChatProcess(peer.target, keyboard=unreadable) as chat:
        os.close(unreadable)
        peer.welcome()
        peer.hears_quit()
        assert chat.ends() == (0, f"{YOU_ARE}* bye\n", "")


def test_what_was_closed_by_the_shell_is_not_taken_for_the_link() -> None:
    with ScriptedServer() as peer, ChatProcess(peer.target, redirected="<&- >&- 2>&-") as chat:
        peer.welcome()
        peer.hears_quit()
        assert chat.ends() == (0, "", "")


def test_a_closed_screen_ends_it_quietly() -> None:
    read, write = os.pipe()
    os.close(read)
    with ScriptedServer() as peer, ChatProcess(peer.target, screen=write) as chat:
        os.close(write)
        peer.welcome()
        assert chat.ends() == (0, "", "")


def test_a_full_disk_is_said() -> None:
    full = os.open("/dev/full", os.O_WRONLY)
    with ScriptedServer() as peer, ChatProcess(peer.target, screen=full) as chat:
        os.close(full)
        peer.welcome()
        assert chat.ends() == (
            1,
            "",
            "! cannot write: no space is left; please free some\n",
        )


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_signals_end_it_quietly(number: signal.Signals) -> None:
    with ScriptedServer() as peer, ChatProcess(peer.target) as chat:
        peer.welcome()
        chat.shows(YOU_ARE)
        chat.process.send_signal(number)
        code, screen, errors = chat.ends()
    assert (screen, errors) == (YOU_ARE, "")
    assert code in (-number, 128 + number)


def test_ipv6() -> None:
    with ScriptedServer("::1") as peer, ChatProcess(f"alice@[::1]:{peer.port}") as chat:
        peer.welcome()
        chat.closes_keyboard()
        peer.hears_quit()
        assert chat.ends()[0] == 0


def test_refused() -> None:
    with ScriptedServer() as peer:
        port = peer.port
    with ChatProcess(f"alice@127.0.0.1:{port}") as chat:
        refused = "connection refused; is a server running there, on this port?"
        assert chat.ends() == (1, "", f"! cannot connect to 127.0.0.1 port {port}: {refused}\n")
