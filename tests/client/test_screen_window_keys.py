"""The keys that move between windows, drafts and the page of keys: the real screen with keys from a pipe."""

import asyncio
from collections.abc import Callable

import pytest

from chatd.protocol.events import Error, RoomInfo
from chatd.protocol.requests import Direct, Quit, Say
from chatd_client.screen.app import Screen
from chatd_client.screen.key_table import KEYS
from chatd_client.screen.overlay import KeysPage
from chatd_client.updates import LinkChanged, LinkState
from tests.client.test_screen_keys import CTRL_C, CTRL_D, ENTER, ESCAPE, FakeLinkThread, Sit, pasted, sit
from tests.support.controller_fixture import WELCOME, direct, said

__all__ = ["sit"]

LEFT, RIGHT, UP, DOWN = "\x1b[D", "\x1b[C", "\x1b[A", "\x1b[B"
ALT_LEFT, ALT_RIGHT, ALT_UP, ALT_DOWN = "\x1b[1;3D", "\x1b[1;3C", "\x1b[1;3A", "\x1b[1;3B"
F1, BACKSPACE = "\x1bOP", "\x7f"
TWO_LINES = pasted("three\nfour")
#: Any key closes the page of keys.
CLOSING = ("x", ENTER, F1, "?", CTRL_C, CTRL_D, "\x1b2", "\x1bx", LEFT)


def in_rooms(link: FakeLinkThread, screen: Screen) -> None:
    """In the rooms r2 to r11, which are the windows of these numbers; the lobby is shown."""
    link.on_updates([LinkChanged(LinkState.ONLINE), WELCOME])
    for number in range(2, 12):
        screen.controller.submit(f"/join r{number}")
        link.on_updates([RoomInfo(f"r{number}", 2, "", ref=f"join r{number}")])
    screen.go_to(1)
    link.asked.clear()


def seen(sit: Sit, keys: str) -> str:
    """The window in which one is after these keys."""
    titles: list[str] = []

    async def use(screen: Screen, link: FakeLinkThread, types: Callable[[str], None]) -> None:
        in_rooms(link, screen)
        link.on_updates([said("x", room="r5"), direct("x", "bob"), said("alice", room="r7")])
        types(f"{keys}{CTRL_D}")
        await screen.run()
        titles.append(screen.controller.windows.current.subject.title)

    assert sit(use).asked[-1] == Quit()
    return titles[0]


@pytest.mark.parametrize(
    ("keys", "title"),
    [
        ("\x1b2", "#r2"),
        ("\x1b9", "#r9"),
        ("\x1b0", "#r10"),
        ("\x1b3\x1b1", "lobby"),
        (ALT_LEFT, "bob"),
        (ALT_UP + ALT_UP, "#r11"),
        (ALT_RIGHT, "#r2"),
        (ALT_DOWN + ALT_DOWN, "#r3"),
        # Alt as Escape and then the key
        ("\x1b" + LEFT, "bob"),
        ("\x1b" + RIGHT + "\x1b" + DOWN, "#r3"),
        ("\x1ba", "bob"),
        ("\x1ba\x1ba", "#r7"),
        ("\x1ba\x1ba\x1ba", "#r5"),
        ("\x1ba\x1ba\x1ba\x1ba", "lobby"),
        (f"/w r4{ENTER}", "#r4"),
        (f"/w r1\t\t{ENTER}", "#r11"),
        (f"/q ca{ENTER}", "ca"),
    ],
)
def test_the_ways_between_windows(sit: Sit, keys: str, title: str) -> None:
    assert seen(sit, keys) == title


def test_escape_and_then_a_key_go_to_a_window(sit: Sit) -> None:
    """Where they come one after the other, as when Escape is pressed by hand."""

    async def use(screen: Screen, link: FakeLinkThread, types: Callable[[str], None]) -> None:
        in_rooms(link, screen)
        screen.app.ttimeoutlen = 0.0
        running = asyncio.create_task(screen.run())
        types(ESCAPE)
        while not screen.app.key_processor.key_buffer:
            await asyncio.sleep(0)
        types("4")
        while screen.controller.windows.current.subject.title != "#r4":
            await asyncio.sleep(0)
        types(CTRL_D)
        await running

    sit(use)


def test_what_is_half_typed_stays_with_its_window(sit: Sit) -> None:
    async def use(screen: Screen, link: FakeLinkThread, types: Callable[[str], None]) -> None:
        in_rooms(link, screen)
        types(f"helo{LEFT}\x1b2two\x1b1l\x1b2{ENTER}\x1b3/w 1{ENTER} all{ENTER}")
        types(f"\x1b3{CTRL_D}")
        await screen.run()

    *sent, last = sit(use).asked
    assert last == Quit()
    assert [(one.room, one.text) for one in sent] == [("r2", "two"), ("lobby", "hell allo")]


def test_what_is_half_typed_outlives_a_refused_room(sit: Sit) -> None:
    async def use(screen: Screen, link: FakeLinkThread, types: Callable[[str], None]) -> None:
        link.on_updates([LinkChanged(LinkState.ONLINE), WELCOME])
        screen.controller.submit("/join dev")
        screen.input.insert_text("half")
        link.on_updates([Error("full", "it is full", ref="join dev")])
        assert screen.controller.windows.current.subject.title == "#dev"
        types(f"{CTRL_C}{CTRL_D}")
        await screen.run()

    sit(use)


def test_the_question_about_a_paste_waits_in_its_window(sit: Sit) -> None:
    async def use(screen: Screen, link: FakeLinkThread, types: Callable[[str], None]) -> None:
        in_rooms(link, screen)
        types(f"see {TWO_LINES}\x1b2yes{ENTER}{ALT_LEFT}n, and{ENTER}")
        types(f"/q bob{ENTER}{TWO_LINES}{ALT_RIGHT}y{ALT_LEFT}y\x1b1{BACKSPACE}{CTRL_D}")
        await screen.run()

    *sent, last = sit(use).asked
    assert last == Quit()
    assert sent == [
        Say(text="yes", room="r2", ref="1"),
        Say(text="see , and", ref="2"),
        Direct(to="bob", text="three", ref="3"),
        Direct(to="bob", text="four", ref="4"),
    ]


@pytest.mark.parametrize("keys", [F1, "\x1b[11~", "?"])
@pytest.mark.parametrize("closes", CLOSING)
def test_the_page_of_keys(sit: Sit, keys: str, closes: str) -> None:
    """Any key closes it and does nothing else, but for those that scroll."""

    async def use(screen: Screen, link: FakeLinkThread, types: Callable[[str], None]) -> None:
        in_rooms(link, screen)
        types(f"{keys}{DOWN}{UP}\x1b[6~\x1b[5~\x1b[<64;5;5M{closes}said{ENTER}")
        running = asyncio.create_task(screen.run())
        while not link.asked:
            await asyncio.sleep(0)
        assert not screen.covered
        types(CTRL_D)
        await running

    assert sit(use).asked == [Say(text="said", ref="1"), Quit()]


def test_a_question_mark_is_one_in_a_line(sit: Sit) -> None:
    async def use(screen: Screen, link: FakeLinkThread, types: Callable[[str], None]) -> None:
        in_rooms(link, screen)
        types(f"what?{ENTER}{CTRL_D}")
        await screen.run()

    assert sit(use).asked == [Say(text="what?", ref="1"), Quit()]


def test_the_page_scrolls_in_a_small_terminal() -> None:
    page = KeysPage()
    shown = ["".join(text for _, text in row) for row in page.view(20, 3)]
    assert shown[0].startswith("keys")
    for _ in range(100):
        assert page.press("pagedown")
    last = ["".join(text for _, text in row) for row in page.view(20, 3)]
    assert "suspend" in last[-1]
    assert page.press("down")
    assert page.press("up")
    assert page.view(20, 3) != [[("", text)] for text in last]
    assert not page.press("c-m")
    everything = "".join(text for row in page.view(200, 100) for _, text in row)
    assert all(key.keys in everything for key in KEYS)


def test_direct_goes_to_the_person_of_the_window(sit: Sit) -> None:
    async def use(screen: Screen, link: FakeLinkThread, types: Callable[[str], None]) -> None:
        in_rooms(link, screen)
        types(f"/q bob{ENTER}one\x1b\rtwo{ENTER}{TWO_LINES}y{CTRL_D}")
        await screen.run()

    *sent, _ = sit(use).asked
    assert sent == [
        Direct(to="bob", text="one\ntwo", ref="1"),
        Direct(to="bob", text="three", ref="2"),
        Direct(to="bob", text="four", ref="3"),
    ]
