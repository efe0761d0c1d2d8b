"""How the full screen ends: by signals, and by a terminal that is gone. The real program in a terminal."""

import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.screen_terminal import ScreenTerminal, TextTalker, chatd
from tests.support.scripted_server import BYE, ScriptedServer, room_of

ENTER, CTRL_C = "\r", "\x03"

End = Callable[[ScreenTerminal], None]


def _signal(number: signal.Signals) -> End:
    def send(terminal: ScreenTerminal) -> None:
        terminal.process.send_signal(number)

    send.__name__ = number.name
    return send


CLOSED = ScreenTerminal.closes
HUP, TERM, INT = map(_signal, (signal.SIGHUP, signal.SIGTERM, signal.SIGINT))


def _named(ends: tuple[End, ...]) -> str:
    return " ".join(end.__name__ for end in ends)


@pytest.mark.parametrize(
    "ends",
    [(CLOSED,), (CLOSED, HUP), (HUP, CLOSED), (HUP, HUP), (TERM, TERM), (INT, INT), (INT, CLOSED, TERM, HUP)],
    ids=_named,
)
def test_lines_under_way_arrive_however_it_ends(tmp_path: Path, ends: tuple[End, ...]) -> None:
    with ScriptedServer() as peer, ScreenTerminal(peer.target, tmp_path) as terminal:
        peer.welcome()
        peer.hears(type="users", ref="roster")
        terminal.types(f"one{ENTER}two{ENTER}")
        peer.hears(type="say", text="one", ref="1")
        peer.hears(type="say", text="two", ref="2")
        terminal.shows("… <alice> two")
        first, *others = ends
        first(terminal)
        peer.hears(type="quit")
        for end in others:
            end(terminal)
        peer.says({"type": "ack", "ref": "1", "id": 1}, {"type": "ack", "ref": "2", "id": 2}, BYE)
        assert terminal.process.wait(10) == 0
        assert terminal.errors == ""


def test_a_second_ctrl_c_does_not_wait(tmp_path: Path) -> None:
    with ScriptedServer() as peer, ScreenTerminal(peer.target, tmp_path) as terminal:
        peer.welcome()
        peer.hears(type="users", ref="roster")
        terminal.types(f"one{ENTER}")
        peer.hears(type="say", text="one", ref="1")
        terminal.types(CTRL_C)
        peer.hears(type="quit")
        terminal.shows("leaving when 1 of your lines were answered; Ctrl-C leaves at once")
        terminal.types(CTRL_C)
        assert terminal.ends() == 3
        assert terminal.errors == "! 1 line was not acknowledged\n"
        assert terminal.restored()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_signals_leave_cleanly(tmp_path: Path, number: signal.Signals) -> None:
    with ScriptedServer() as peer, ScreenTerminal(peer.target, tmp_path) as terminal:
        peer.welcome()
        terminal.shows("online")
        terminal.process.send_signal(number)
        peer.hears(type="users", ref="roster")
        peer.hears_quit()
        assert terminal.ends() == 0
        assert terminal.restored()
        assert terminal.errors == ""


# Not SIGTERM: while coverage is measured it has a handler of its own in each process.
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGHUP])
def test_a_signal_that_was_ignored_stays_so(tmp_path: Path, number: signal.Signals) -> None:
    with (
        ScriptedServer() as peer,
        ScreenTerminal(peer.target, tmp_path, ignored=(number,)) as terminal,
    ):
        peer.welcome()
        peer.hears(type="users", ref="roster")
        terminal.process.send_signal(number)
        terminal.types(f"still here{ENTER}")
        peer.hears(type="say", text="still here", ref="1")
        peer.says({"type": "ack", "ref": "1", "id": 1})
        terminal.shows("> <alice> still here")
        terminal.closes()
        peer.hears_quit()
        assert terminal.process.wait(10) == 0


@pytest.mark.parametrize("ends", [(CLOSED, HUP), (HUP, TERM)], ids=_named)
def test_all_of_a_burst_arrives_however_it_ends(tmp_path: Path, ends: tuple[End, ...]) -> None:
    """At the server's rate: it takes 20 lines at once, and 10 a second."""
    with (
        chatd(line_rate=None) as (_, port),
        TextTalker(port, "ivan") as ivan,
        ScreenTerminal(f"judy@127.0.0.1:{port}", tmp_path) as terminal,
    ):
        terminal.shows("online")
        terminal.types("".join(f"line {number}{ENTER}" for number in range(25)))
        terminal.shows("<judy> line 24")
        for end in ends:
            end(terminal)
        heard = [line for line in ivan.hears(r"\* judy left") if line.startswith("<judy>")]
        assert heard == [f"<judy> line {number}" for number in range(25)]
        assert terminal.process.wait(10) == 0
        assert terminal.errors == ""


def test_who_is_banned_reads_why_when_the_screen_is_gone_and_keys_are_in_no_file(tmp_path: Path) -> None:
    why = "you are banned from this server for good, by bob"
    with ScriptedServer() as peer, ScreenTerminal(peer.target, tmp_path) as terminal:
        peer.welcome()
        peer.hears(type="users", ref="roster")
        terminal.types("/join dev sesame")
        terminal.shows("> /join dev ******")
        terminal.types(ENTER)
        peer.hears(type="join", room="dev", key="sesame", ref="join dev")
        peer.says(room_of("dev") | {"ref": "join dev", "key": True, "role": "owner", "slow": 10})
        terminal.shows("alice (owner)", "key, slow 10s")
        peer.says({"type": "error", "code": "banned", "text": why}, {"type": "bye", "reason": why})
        assert terminal.ends() == 1
        assert terminal.errors == f"! {why}\n" and terminal.restored()
    kept = [path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()]
    assert any(b"dev" in data for data in kept) and not any(b"sesame" in data for data in kept)
