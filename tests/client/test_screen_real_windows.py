"""The windows of the real program in a pseudo-terminal, against the real server: every key and behaviour."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.link_fixture import resumed
from tests.support.screen_terminal import ScreenTerminal, TextTalker, chatd
from tests.support.scripted_server import ScriptedServer, mark, room_of, said, users_of

ENTER, TAB, UP, ESCAPE = "\r", "\t", "\x1b[A", "\x1b"
PAGE_UP, PAGE_DOWN, CTRL_D, CTRL_U = "\x1b[5~", "\x1b[6~", "\x04", "\x15"
ALT_LEFT, ALT_RIGHT, ALT_UP, ALT_DOWN = "\x1b[1;3D", "\x1b[1;3C", "\x1b[1;3A", "\x1b[1;3B"
ESC_LEFT, F1 = "\x1b\x1b[D", "\x1bOP"


def page_of(room: str, which: str, more: bool, *messages: dict[str, Any]) -> dict[str, Any]:
    ref = f"history {which} #{room}"
    return {"type": "page", "room": room, "messages": messages, "more": more, "ref": ref}


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    with chatd() as (_, port):
        yield port


def drafts_and_news(terminal: ScreenTerminal, bob: TextTalker) -> None:
    """What is half typed stays, and what is new is marked."""
    terminal.types("half\x1b2")
    terminal.shows("1:lobby(1!) [2:#dev] 3:bob", "— new since ", "* bob joined #dev", "  <bob> hello all")
    terminal.types(f"{ESC_LEFT}")
    terminal.shows("[1:lobby] 2:#dev 3:bob", "» <bob> ann?", "— new since ")
    terminal.types(ALT_LEFT)
    terminal.shows("1:lobby 2:#dev [3:bob]", "> half")
    terminal.types(f"{ALT_RIGHT}{ALT_DOWN}{ALT_DOWN}{ALT_UP}")
    terminal.shows("[2:#dev]")
    terminal.until("^>$")
    assert not any("new since" in row for row in terminal.rows)


def a_paste(terminal: ScreenTerminal, bob: TextTalker) -> None:
    """It is asked about in its window."""
    terminal.types("\x1b[200~one\ntwo\x1b[201~")
    terminal.shows("send 2 lines to #dev? y/n")
    terminal.types("\x1b1")
    terminal.shows("[1:lobby]")
    terminal.until("^>$")
    terminal.types("yes\x1b2y")
    bob.hears("#dev <ann> two")
    terminal.types(f"{ESCAPE}1 indeed{ENTER}{UP}")
    bob.hears("<ann> yes indeed")
    terminal.shows("> yes indeed")


def to_what_is_new(terminal: ScreenTerminal, bob: TextTalker) -> None:
    """And back."""
    terminal.types(CTRL_U)
    bob.says("one", '/dm ann "two"')
    terminal.shows("[1:lobby] 2:#dev(1) 3:bob(1!)")
    terminal.types("\x1ba")
    terminal.shows("[3:bob]", "@ <bob> two")
    terminal.types("\x1ba")
    terminal.shows("[2:#dev]", "  <bob> one")
    terminal.types("\x1ba")
    terminal.shows("[1:lobby] 2:#dev 3:bob")


def by_number_and_name(terminal: ScreenTerminal, bob: TextTalker) -> None:
    """And what closes a window."""
    terminal.types(f"/w b{TAB}{ENTER}")
    terminal.shows("[3:bob]", "> half")
    terminal.types(f"{CTRL_U}/close{ENTER}")
    terminal.shows("[1:lobby] 2:#dev · 2 here")
    terminal.types(f"/window 2{ENTER}/leave{ENTER}")
    terminal.shows("* ann left #dev", "ann · [1:lobby] · 2 here")
    terminal.types(f"/dm nobody hi{ENTER}")
    terminal.shows("! <ann to nobody> hi", "! nobody is not here; /users lists who is", "2:nobody")
    terminal.types(f"\x1b2and{ENTER}")
    terminal.shows("! <ann> hi", "! <ann> and", "[2:nobody] · not here")


def test_a_day_in_windows(port: int, tmp_path: Path) -> None:
    """Rooms, people, what is new, drafts and questions, and all ways from one to another."""
    with TextTalker(port, "bob") as bob, ScreenTerminal(f"ann@127.0.0.1:{port}", tmp_path) as terminal:
        terminal.shows("ann · [1:lobby] · 2 here · online")
        terminal.types(f"/join dev{ENTER}in dev{ENTER}")
        terminal.shows("1:lobby [2:#dev] · 1 here", "* #dev - 1 here - no topic", "> <ann> in dev")
        terminal.types(f"/q BOB{ENTER}psst{ENTER}")
        bob.hears(r"\[dm from ann\] psst")
        terminal.shows("[3:BOB] · here · online", "> <ann> psst")
        assert not any("in dev" in row for row in terminal.rows)
        bob.says("/join dev", "hello all", "/bc ann?", '/dm ann "yes?"')
        terminal.shows("1:lobby(1!) 2:#dev(1) [3:bob]", "@ <bob> yes?")
        for part in (drafts_and_news, a_paste, to_what_is_new, by_number_and_name):
            part(terminal, bob)
        terminal.types(CTRL_D)
        assert terminal.ends() == 0


def test_who_comes_and_goes_is_told_in_their_window(port: int, tmp_path: Path) -> None:
    with ScreenTerminal(f"eve@127.0.0.1:{port}", tmp_path) as terminal:
        terminal.shows("online")
        with TextTalker(port, "dave") as dave:
            dave.says('/dm eve "hi"', "/quit now rob")
            terminal.shows("2:dave(1!)")
            terminal.types("\x1b2")
            terminal.shows("@ <dave> hi", "* dave left (now rob)", "[2:dave] · not here")
            terminal.types(f"still there?{ENTER}")
            terminal.shows("! <eve> still there?", "! dave is not here")
        with TextTalker(port, "DAVE") as dave:
            terminal.shows("* DAVE joined", "[2:dave] · here")
            terminal.types(f"welcome back{ENTER}")
            dave.hears(r"\[dm from eve\] welcome back")
        terminal.types(CTRL_D)
        assert terminal.ends() == 0


def test_the_keys_are_shown(port: int, tmp_path: Path) -> None:
    with ScreenTerminal(f"faye@127.0.0.1:{port}", tmp_path, 20, 5) as terminal:
        terminal.shows("online")
        for key in (F1, "?"):
            terminal.types(key)
            terminal.shows("keys - any other key")
            terminal.types(PAGE_DOWN * 50)
            terminal.shows("suspend")
            terminal.types("x")
            terminal.shows("you are faye")
            terminal.until("^>$")
        terminal.types(CTRL_D)
        assert terminal.ends() == 0


def test_older_pages_come_without_a_jump_also_over_a_broken_link(tmp_path: Path) -> None:
    with ScriptedServer() as peer, ScreenTerminal(peer.target, tmp_path, 40, 12) as terminal:
        peer.welcome()
        peer.hears(type="users", ref="roster")
        terminal.types(f"/join dev{ENTER}")
        peer.hears(type="join", room="dev", ref="join dev")
        peer.says(page_of("lobby", "new", False), {**room_of("dev"), "ref": "join dev"})
        peer.hears(type="users", room="dev", ref="roster")
        peer.hears(type="history", room="dev", limit=10, ref="history new #dev")
        lines = [said(f"line {id}", id=id, room="dev") for id in range(1, 100)]
        peer.says(page_of("dev", "new", True, *lines[80:90]))
        terminal.shows("<bob> line 90")
        terminal.types(PAGE_UP)
        older = {"type": "history", "room": "dev", "before": 81, "limit": 100, "ref": "history old #dev"}
        peer.hears(**older)
        peer.resets()
        terminal.shows("reconnecting in")
        terminal.types(f"{ESCAPE}1/reconnect{ENTER}")
        resumed(peer)
        missed = [said("in the lobby", id=98), *lines[90:95]]
        peer.says(
            *missed, room_of("lobby"), users_of("lobby", "alice"), room_of("dev"), users_of("dev", "alice")
        )
        peer.says(mark(98))
        terminal.shows("<bob> in the lobby", "2:#dev(5)")
        terminal.types(f"{ESCAPE}2")
        peer.hears(**older)
        before = terminal.shows("6 new below", "line 81")[:10]
        peer.says(page_of("dev", "old", False, *lines[:80]))
        peer.says(said("that is all", id=99, room="dev"))
        assert terminal.shows("7 new below")[1:10] == before[1:]  # the date was above all
        terminal.types(PAGE_UP)
        terminal.shows("line 77")
        terminal.types(ENTER)
        terminal.shows("that is all")
        terminal.types(PAGE_UP * 30)
        terminal.shows("* this is where #dev begins", "— 1970-01-01 —")
        terminal.types(f"{ENTER}/find line{ENTER}")
        terminal.shows("line 95")
        terminal.types(f"/quit{ENTER}")
        peer.hears(type="quit")


def test_a_search_and_the_way_to_a_hit(port: int, tmp_path: Path) -> None:
    with (
        TextTalker(port, "gus") as gus,
        ScreenTerminal(f"hal@127.0.0.1:{port}", tmp_path, rows=12) as terminal,
    ):
        gus.says("/join tea", *(f"/say tea line {number} of it" for number in range(300)))
        gus.says("/say tea the pot is hot", *(f"/say tea line {number} of it" for number in range(300, 600)))
        gus.says("/users")
        gus.hears(r"\* 1 in #tea")
        terminal.shows("online")
        terminal.types(f"/join tea{ENTER}")
        terminal.shows("line 599 of it")
        terminal.types(f"\x1b1/search POT{ENTER}")
        terminal.shows("1 of 1 found", "#tea <gus> the pot is hot")
        terminal.types(f"\x1b[B{ESCAPE}")
        terminal.shows("you are hal")
        terminal.types(f"/search of in:tea{ENTER}")
        terminal.shows("1 of 50+ found", "#tea <gus> line 599 of it")
        terminal.types("\x1b[B\x1b[6~")
        terminal.until("^11 of 50. found")
        terminal.types("\x1b[F\x1b[F")
        terminal.until("of 100. found")
        terminal.types(f"x{ESCAPE}")
        terminal.shows("you are hal")
        terminal.types(f"/search pot from:GUS{ENTER}")
        terminal.shows("1 of 1 found")
        terminal.types(ENTER)
        terminal.shows("1:lobby [2:#tea]", "<gus> line 299 of it", "<gus> the pot is hot", "scrolled up")
        terminal.types(PAGE_DOWN)
        terminal.shows("<gus> line 310 of it")
        terminal.types(PAGE_DOWN)
        terminal.shows("<gus> line 319 of it")
        terminal.types("\x1b[1;5F")
        terminal.shows("line 599 of it")
        terminal.types(CTRL_D)
        assert terminal.ends() == 0


def test_thirty_windows_in_a_terminal_of_twenty_columns(port: int, tmp_path: Path) -> None:
    """The rooms of last time: their windows are there from the start."""
    rooms = [f"small{number}" for number in range(29)]
    folder = tmp_path / ".local/state/chatd/rooms"
    folder.mkdir(parents=True)
    (folder / f"127.0.0.1:{port}.json").write_text(json.dumps({"rooms": [*rooms, "lobby"]}))
    ivy = f"ivy@127.0.0.1:{port}"
    with TextTalker(port, "jo") as jo, ScreenTerminal(ivy, tmp_path, 20, 5) as terminal:
        terminal.until(r"^\[1:lobby\] \+29$")
        terminal.shows("you are ivy")
        jo.says("/join small3", "/say small3 hi", "/say small3 ivy", '/dm ivy "here"')
        terminal.until(r"^\[1:lobby\] \+30")
        terminal.types("\x1ba")
        terminal.shows("[24:#small3] +30")
        terminal.types("\x1ba")
        terminal.shows("[31:jo] +30")
        terminal.types("\x1ba/w small28\r")
        terminal.shows("[23:#small28] +30")
        terminal.types(f"a long line that takes all of it{ENTER}")
        terminal.shows("of it")
        terminal.types(f"/search long{ENTER}")
        terminal.shows("1 of 1 found", "#small28 <ivy> a")
        terminal.types(f"{ENTER}{F1}")
        terminal.shows("keys - any other key")
        terminal.types(f"x{ALT_RIGHT * 35}")
        terminal.shows("[27:#small6] +30")
        assert all(len(row) <= 20 for row in terminal.rows)
        terminal.types(CTRL_D)
        assert terminal.ends() == 0
