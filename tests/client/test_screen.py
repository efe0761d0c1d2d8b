"""The real program in a pseudo-terminal, against the real server."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.link_fixture import resumed
from tests.support.screen_terminal import ScreenTerminal, TextTalker, chatd
from tests.support.scripted_server import ScriptedServer, mark, room_of, said, users_of

TAB, ENTER, PAGE_UP, PAGE_DOWN, UP = "\t", "\r", "\x1b[5~", "\x1b[6~", "\x1b[A"
CTRL_A, CTRL_C, CTRL_D, CTRL_R, CTRL_U = "\x01", "\x03", "\x04", "\x12", "\x15"
WHEEL_UP = "\x1b[<64;5;5M"


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    with chatd() as (_, port):
        yield port


def test_typing_while_messages_come_in(port: int, tmp_path: Path) -> None:
    with TextTalker(port, "bob") as bob, ScreenTerminal(f"alice@127.0.0.1:{port}", tmp_path) as terminal:
        terminal.shows("online", "2 here")
        terminal.types("half a")
        terminal.shows("> half a")
        bob.says("hello", "hey alice", '/dm alice "psst"', "b\x1b]0;title\x07ad \u202e你好 👩\u200d👧")
        terminal.shows("  <bob> hello", "» <bob> hey alice", "[1:lobby] 2:bob(1!)", "<bob> b]0;titlead 你")
        assert terminal.rows[-1] == "> half a"
        assert b"\x07" in terminal.raw  # the bell
        assert b"\x1b]0;title" not in terminal.raw
        terminal.types(f" line{ENTER}")
        bob.hears("<alice> half a line")
        terminal.shows("> <alice> half a line")
        terminal.types(f"/dm{TAB}b{TAB}secret{ENTER}")
        bob.hears(r"\[dm from alice\] secret")
        terminal.shows("> <alice to bob> secret")
        terminal.types(UP)
        terminal.shows("> /dm bob secret")
        terminal.types(f"{CTRL_U}{CTRL_R}half")
        terminal.shows("> half a line", "search back: half")
        terminal.types(CTRL_C)
        terminal.until("^>$")
        terminal.types("a draft")
        terminal.shows("> a draft")
        terminal.types(CTRL_C)
        terminal.until("^>$")
        terminal.types(UP)
        terminal.shows("> a draft")
        terminal.types(f"{CTRL_U}/quit bye all{ENTER}")
        assert terminal.ends() == 0
        assert terminal.restored()
        bob.hears(r"\* alice left \(bye all\)")
    assert (
        tmp_path / ".local/state/chatd/history"
    ).read_text() == "half a line\n/dm bob secret\na draft\n/quit bye all\n"


def test_a_talk_in_a_room(port: int, tmp_path: Path) -> None:
    with TextTalker(port, "rob") as rob, ScreenTerminal(f"ann@127.0.0.1:{port}", tmp_path) as terminal:
        rob.says("/join dev")
        rob.hears(r"\* #dev - 1 here")
        terminal.shows("· [1:lobby] · 2 here · online")
        terminal.types(f"/join dev{ENTER}in dev{ENTER}")
        terminal.shows("ann · 1:lobby [2:#dev] · 2 here · online", "> <ann> in dev")
        rob.hears("#dev <ann> in dev")
        rob.says("hello", "/bc lobby")
        terminal.shows("  <rob> hello", "1:lobby(1) [2:#dev]")
        terminal.types("/say d\t\x1b[200~one\ntwo\x1b[201~")
        terminal.shows("send 2 lines to #dev? y/n")
        terminal.types("y")
        rob.hears("#dev <ann> two")
        terminal.types(f"/leave{ENTER}")
        terminal.shows("* ann left #dev", "ann · [1:lobby] · 2 here", "  <rob> lobby")
        terminal.types(f"/quit{ENTER}")
        assert terminal.ends() == 0


def test_scrollback_and_search(port: int, tmp_path: Path) -> None:
    with (
        TextTalker(port, "dave") as dave,
        ScreenTerminal(f"carol@127.0.0.1:{port}", tmp_path, rows=10) as terminal,
    ):
        terminal.shows("online")
        dave.says(*(f"line {number}" for number in range(100)))
        terminal.shows("<dave> line 99")
        terminal.types(PAGE_UP)
        terminal.shows("scrolled up", "<dave> line 85")
        dave.says("new")
        terminal.shows("1 new below")
        terminal.types(WHEEL_UP)
        terminal.shows("<dave> line 82")
        terminal.types(PAGE_DOWN * 3)
        terminal.shows("<dave> new")
        terminal.types(f"/find line 42{ENTER}")
        terminal.shows("<dave> line 42")
        terminal.resize(20, 5)
        terminal.until(r"^\[1:lobby\]")
        terminal.types(CTRL_D)
        assert terminal.ends() == 0


def test_a_paste_of_several_lines_is_asked_about(port: int, tmp_path: Path) -> None:
    with TextTalker(port, "frank") as frank, ScreenTerminal(f"erin@127.0.0.1:{port}", tmp_path) as terminal:
        terminal.shows("online")
        terminal.types("\x1b[200~one\r/two\r\n\nthree\x1b[201~")
        terminal.shows("send 3 lines to everyone? y/n")
        terminal.types("n")
        terminal.shows("nothing was sent")
        terminal.until("^>$")
        terminal.types("\x1b[200~one line\n\x1b[201~")
        terminal.shows("> one line")
        terminal.types(f"{CTRL_U}\x1b[200~one\r/two\x1b[201~")
        terminal.shows("send 2 lines to everyone?")
        terminal.types("y")
        assert frank.hears("<erin> /two")[-1] == "<erin> one"
        terminal.types(CTRL_D)
        assert terminal.ends() == 0


def test_a_long_paste_can_be_stopped(tmp_path: Path) -> None:
    """At the server's rate: it takes 20 lines at once, and 10 a second."""
    with (
        chatd(line_rate=None) as (_, port),
        TextTalker(port, "frank") as frank,
        ScreenTerminal(f"erin@127.0.0.1:{port}", tmp_path) as terminal,
    ):
        terminal.shows("online")
        lines = "".join(f"line {number}\n" for number in range(300))
        terminal.types(f"\x1b[200~{lines}\x1b[201~")
        terminal.shows("send 300 lines to everyone?")
        terminal.types("y")
        frank.hears("<erin> line 0")
        terminal.shows("sending", "of 300, Ctrl-C stops it")
        terminal.types(f"a draft{CTRL_C}")
        told = next(row for row in terminal.until(r"\d+ of 300 lines were sent") if "300 lines were" in row)
        sent = int(told.split()[2])
        assert 1 < sent < 100
        terminal.shows("> a draft", "- <erin> line 299")
        terminal.types(f" is said{ENTER}")
        heard = frank.hears("<erin> a draft is said")
        assert heard == [f"<erin> line {number}" for number in range(1, sent)]
        terminal.until("^>$")
        terminal.types(CTRL_C)
        assert terminal.ends() == 0


def test_a_name_that_is_taken_is_asked_for(port: int, tmp_path: Path) -> None:
    with TextTalker(port, "kate"), ScreenTerminal(f"kate@127.0.0.1:{port}", tmp_path) as terminal:
        terminal.shows("which name do you want?", "name:")
        terminal.types(f"luke{ENTER}")
        terminal.shows("you are luke", "luke · [1:lobby] · 2 here · online")


def test_everyone_counts_the_same_after_a_rename(port: int, tmp_path: Path) -> None:
    with TextTalker(port, "owen") as owen, ScreenTerminal(f"rosa@127.0.0.1:{port}", tmp_path) as terminal:
        terminal.shows("online")
        owen.hears(r"\* rosa joined")
        terminal.types(f"/name ruth{ENTER}")
        terminal.shows("* rosa left (now ruth)", "ruth · [1:lobby] · 2 here · online")


def test_a_server_that_was_killed_and_came_back_gets_each_line_once(tmp_path: Path) -> None:
    with chatd() as (server, port), ScreenTerminal(f"alice@127.0.0.1:{port}", tmp_path) as terminal:
        terminal.shows("online")
        server.kill()
        server.wait()
        terminal.shows("reconnecting")
        terminal.types(f"one{ENTER}two{ENTER}three{ENTER}")
        terminal.shows("… <alice> one", "… <alice> two", "… <alice> three")
        with chatd(port), TextTalker(port, "bob") as bob:
            terminal.types(f"/reconnect{ENTER}")
            terminal.shows("> <alice> one", "> <alice> two", "> <alice> three")
            terminal.types(f"four{ENTER}")
            heard = [line for line in bob.hears("<alice> four") if line.startswith("<")]
    assert heard == ["<alice> one", "<alice> two", "<alice> three"]


def test_a_link_cut_between_write_and_ack(tmp_path: Path) -> None:
    with ScriptedServer() as peer, ScreenTerminal(peer.target, tmp_path) as terminal:
        peer.welcome()
        peer.hears(type="users", ref="roster")
        terminal.types(f"did it arrive?{ENTER}")
        peer.hears(type="say", text="did it arrive?", ref="1")
        peer.resets()
        terminal.shows("reconnecting in")
        terminal.types(f"next{ENTER}")
        terminal.shows("… <alice> did it arrive?", "… <alice> next")
        terminal.types(f"/reconnect{ENTER}")
        resumed(peer)
        peer.hears(type="say", text="did it arrive?", ref="1")
        peer.hears(type="say", text="next", ref="2")
        own = said("did it arrive?", "alice", 2) | {"key": peer.keys["1"]}
        peer.says(own, said("welcome back", id=3), room_of("lobby"), users_of("lobby", "alice"), mark(3))
        peer.says({"type": "ack", "ref": "1", "id": 2}, {"type": "ack", "ref": "2", "id": 4})
        terminal.shows("1 here")
        rows = terminal.shows("<bob> welcome back", "> <alice> did it arrive?", "> <alice> next")
        assert sum("did it arrive?" in row for row in rows) == 1
        assert not any("#lobby" in row for row in rows)
        terminal.types(f"last{ENTER}")
        peer.hears(type="say", text="last", ref="3")
        terminal.types(CTRL_C)
        peer.hears(type="quit")
        peer.hangs_up()
        assert terminal.ends() == 3
        assert terminal.errors == "! 1 line was not acknowledged\n"


def test_a_server_that_talks_nonsense(tmp_path: Path) -> None:
    with ScriptedServer() as peer, ScreenTerminal(peer.target, tmp_path, 20, 5) as terminal:
        peer.welcome()
        peer.sends(b'nonsense\n{"type":"new"}\n' + b"x" * (1 << 20) + b"xx\n")
        terminal.shows("not understand")
        peer.says(said("e" + "\u0301" * 200 + "\x1b[2J" + "你" * 40))
        terminal.shows("[1:lobby] · online")
        rows = terminal.until("你")
        assert rows[-1] == ">"
        terminal.types(CTRL_C)


@pytest.mark.parametrize(
    ("colours", "variables", "coloured"),
    [
        ("auto", {}, True),
        ("auto", {"NO_COLOR": "1"}, False),
        ("on", {"NO_COLOR": "1"}, True),
        ("on", {"NO_COLOR": "1", "TERM": "linux"}, True),
        ("off", {}, False),
    ],
)
def test_colours_and_none(
    port: int, tmp_path: Path, colours: str, variables: dict[str, str], coloured: bool
) -> None:
    (tmp_path / ".config" / "chatd").mkdir(parents=True)
    (tmp_path / ".config" / "chatd" / "client.toml").write_text(f'colours = "{colours}"')
    with (
        TextTalker(port, "mike") as mike,
        ScreenTerminal(f"nina@127.0.0.1:{port}", tmp_path, variables=variables) as terminal,
    ):
        terminal.shows("online")
        mike.says("hi nina")
        terminal.shows("» <mike> hi nina")
        # A foreground colour of 256, or one of 16.
        assert (re.search(rb"\x1b\[0;(38;5;\d+|9[0-7]|3[0-7])", terminal.raw) is not None) is coloured
        assert re.search(rb"\x1b\[0;([0-9;]*;)?1;7m", terminal.raw)  # bold and reverse stay


def test_a_burst_leaves_the_half_typed_line_alone(port: int, tmp_path: Path) -> None:
    with (
        TextTalker(port, "olga") as olga,
        ScreenTerminal(f"pete@127.0.0.1:{port}", tmp_path, 40, 8) as terminal,
    ):
        terminal.shows("online")
        for part in range(10):
            olga.says(*(f"line {1000 * part + number}" for number in range(1000)))
            terminal.types(str(part))
        olga.says("the end")
        terminal.shows("<olga> the end")
        assert terminal.shows("> 0123456789")[-1] == "> 0123456789"
        frames = terminal.raw.count(b"\x1b[?25l")  # each drawing hides the cursor first
        assert 0 < frames < 1000
