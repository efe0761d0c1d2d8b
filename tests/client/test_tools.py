"""`chat send` and `chat tail`, each in a process of its own, against a scripted server."""

import os
import pty
import tty
from collections.abc import Iterator
from pathlib import Path

import gevent
import msgspec
import pytest
from gevent.os import make_nonblocking, nb_read

from tests.support.chat_process import ChatProcess
from tests.support.scripted_server import ScriptedServer, said


@pytest.fixture(autouse=True)
def watchdog() -> Iterator[None]:
    with gevent.Timeout(30):
        yield


def refused(ref: str, text: str = "bob is not here") -> dict[str, str]:
    return {"type": "error", "code": "no-such-nick", "text": text, "ref": ref}


def ack(ref: str) -> dict[str, str | int]:
    return {"type": "ack", "ref": ref, "id": 1}


# -- send --------------------------------------------------------------------------------------------------


def test_a_line_from_the_arguments() -> None:
    with ScriptedServer() as peer, ChatProcess("send", peer.target, "hi there") as chat:
        peer.welcome()
        peer.hears(type="say", text="hi there", ref="1")
        assert peer.has_heard_nothing()
        peer.says(said("unheard"), ack("1"))
        peer.hears_quit()
        assert chat.ends() == (0, "", "")


def test_lines_from_a_pipe() -> None:
    with ScriptedServer() as peer, ChatProcess("send", "--to", "bob", peer.target) as chat:
        peer.welcome()
        # no commands, nothing that shows nothing, the last without its end
        chat.types(b"/one\r\n\n \t \n\xe2\x80\x8b\ntwo\xff\n  three")
        peer.hears(type="dm", to="bob", text="/one", ref="1")
        peer.hears(type="dm", to="bob", text="two\ufffd", ref="2")
        chat.closes_keyboard()
        peer.hears(type="dm", to="bob", text="  three", ref="3")
        peer.says(ack("1"), ack("2"), ack("3"))
        peer.hears_quit()
        assert chat.ends() == (0, "", "")


def test_what_was_refused_is_said_once_a_run() -> None:
    with ScriptedServer() as peer, ChatProcess("send", peer.target, "a\nb\n\nc\nd\ne") as chat:
        peer.welcome()
        for ref, text in enumerate("abcde", 1):
            peer.hears(type="say", text=text, ref=str(ref))
        peer.says(refused("1"), refused("2"), refused("3"), ack("4"), refused("5"))
        peer.hears_quit()
        assert chat.ends() == (
            3,
            "",
            "! lines 1 to 4 were not delivered: bob is not here\n"
            "! line 6 was not delivered: bob is not here\n",
        )


def test_a_long_line_is_split_at_a_word() -> None:
    limits = {"line": 130, "name": 32}
    words = ["first" * 4, '"second"' * 3, "third" * 30, "end"]
    with ScriptedServer() as peer, ChatProcess("send", peer.target, " ".join(words)) as chat:
        peer.welcome(limits=limits)
        texts: list[str] = []
        while "".join(texts).replace(" ", "") != "".join(words):
            line = peer.hears_line()
            assert len(line) <= limits["line"]
            texts.append(msgspec.json.decode(line)["text"])
            peer.says(ack(str(len(texts))))
        peer.hears_quit()
        assert chat.ends() == (0, "", "")
    assert texts[0] == " ".join(words[:2])
    assert texts[-1].endswith(" end")


def test_lines_are_those_of_the_input_and_all_are_told(tmp_path: Path) -> None:
    """One of the 12,000 is too long for one message."""
    count, long = 12_000, 6000
    lines = [f"line {number}" for number in range(1, count + 1)]
    lines[long - 1] = "x" * 5000

    def refuse(peer: ScriptedServer) -> None:
        for ref in range(1, count + 2):
            peer.hears_line()
            peer.says(ack(str(ref)) if ref in (7, long + 1) else refused(str(ref)))
        peer.hears_quit()

    (tmp_path / "log").write_text("\n".join(lines))
    file = os.open(tmp_path / "log", os.O_RDONLY)
    with ScriptedServer() as peer, ChatProcess("send", peer.target, keyboard=file) as chat:
        os.close(file)
        peer.welcome()
        server = gevent.spawn(refuse, peer)
        code, _, errors = chat.ends()
        server.get()
    assert code == 3
    assert errors.splitlines() == [
        "! lines 1 to 6 were not delivered: bob is not here",
        "! lines 8 to 6000 were not delivered: bob is not here",
        "! lines 6001 to 12000 were not delivered: bob is not here",
    ]


def test_what_a_program_wrote_for_a_terminal() -> None:
    with ScriptedServer() as peer, ChatProcess("send", peer.target) as chat:
        peer.welcome()
        chat.types(b"\xef\xbb\xbf/tmp is full\r\n\x1b[0m\n10 %\r99 %\n\x1b[1;31mred\x1b[0m")
        chat.closes_keyboard()
        for ref, text in enumerate(("/tmp is full", "99 %", "red"), 1):
            peer.hears(type="say", text=text, ref=str(ref))
            peer.says(ack(str(ref)))
        peer.hears_quit()
        assert chat.ends() == (0, "", "")


def test_cut_off_while_an_answer_is_awaited() -> None:
    with ScriptedServer() as peer, ChatProcess("send", peer.target, "a\nb\nc") as chat:
        peer.welcome()
        for ref, text in enumerate("abc", 1):
            peer.hears(type="say", text=text, ref=str(ref))
        peer.says(refused("1"))
        peer.hangs_up()
        assert chat.ends() == (
            1,
            "",
            "! line 1 was not delivered: bob is not here\n"
            "! the server closed the connection; 2 not acknowledged\n",
        )


def test_cut_off_while_the_pipe_is_silent() -> None:
    with ScriptedServer() as peer, ChatProcess("send", peer.target) as chat:
        peer.welcome()
        peer.says({"type": "bye", "reason": "the server is going down"})
        assert chat.ends() == (1, "", "! the server is going down\n")


def test_a_full_window_waits_for_answers() -> None:
    text = "x" * 4000
    with ScriptedServer() as peer, ChatProcess("send", peer.target, "\n".join([text] * 10)) as chat:
        peer.welcome()
        for ref in range(1, 9):
            peer.hears(type="say", text=text, ref=str(ref))
        peer.says({"type": "pong"})
        assert peer.has_heard_nothing()
        peer.says(ack("1"))
        peer.hears(type="say", text=text, ref="9")
        peer.hangs_up()
        code, _, errors = chat.ends()
    assert (code, errors.count("not acknowledged\n")) == (1, 1)


def test_a_server_without_room_for_any_text() -> None:
    with ScriptedServer() as peer, ChatProcess("send", peer.target, "hi") as chat:
        peer.welcome(limits={"line": 20, "name": 32})
        assert chat.ends() == (1, "", "! the server's longest line is too short to say anything\n")


def test_no_progress_on_a_dumb_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "dumb")
    screen, terminal = pty.openpty()
    tty.setraw(terminal)
    make_nonblocking(screen)
    with ScriptedServer() as peer, ChatProcess("send", peer.target, "a", stderr=terminal) as chat:
        peer.welcome()
        peer.hears(type="say", text="a", ref="1")
        peer.says(refused("1"))
        peer.hears_quit()
        assert chat.process.wait() == 3
        assert nb_read(screen, 1024) == b"! line 1 was not delivered: bob is not here\n"
        os.close(terminal)
    os.close(screen)


def test_progress_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    screen, terminal = pty.openpty()
    tty.setraw(terminal)
    make_nonblocking(screen)
    with ScriptedServer() as peer, ChatProcess("send", peer.target, "a\nb", stderr=terminal) as chat:
        os.close(terminal)
        peer.welcome()
        peer.hears(type="say", text="a", ref="1")
        peer.says(ack("1"))
        shown = b""
        while b"\r1 of 2 sent" not in shown:
            shown += nb_read(screen, 1024)
        peer.hears(type="say", text="b", ref="2")
        peer.says(refused("2"))
        peer.hears_quit()
        while b"\r\x1b[K! line 2 was not delivered: bob is not here\n" not in shown:
            shown += nb_read(screen, 1024)
        assert chat.process.wait() == 3
    os.close(screen)


# -- names -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("command", ["send", "tail"])
def test_another_name_when_it_is_taken(command: str) -> None:
    with ScriptedServer() as peer, ChatProcess(command, peer.target) as chat:
        peer.accept()
        for code, name in (("taken-nick", "alice2"), ("bad-nick", "alice3"), ("reserved-nick", "alice4")):
            peer.says({"type": "error", "code": code, "text": "no"})
            peer.hears(type="hello", nick=name)
        peer.says({"type": "error", "code": "timeout", "text": "that took too long"})
        assert chat.ends() == (1, "", "! that took too long\n")


def test_names_come_to_an_end() -> None:
    with ScriptedServer() as peer, ChatProcess("tail", peer.target) as chat:
        peer.accept()
        for number in range(2, 17):
            peer.says({"type": "error", "code": "taken-nick", "text": f"no to {number}"})
            peer.hears(type="hello", nick=f"alice{number}")
        peer.says({"type": "error", "code": "taken-nick", "text": "no to all"})
        assert chat.ends() == (1, "", "! no to all\n")
