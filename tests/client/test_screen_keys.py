"""The screen with keys from a pipe, no output, and a fake link that records calls."""

import asyncio
import errno
import signal
from collections.abc import Awaitable, Callable, Iterator
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from msgspec.structs import replace
from prompt_toolkit.application import create_app_session
from prompt_toolkit.input import create_pipe_input
from prompt_toolkit.output import DummyOutput

from chatd.protocol.requests import Direct, Quit, Say
from chatd_client.outgoing import Message
from chatd_client.screen.app import Screen
from chatd_client.screen.link_thread import OnUpdates
from chatd_client.settings import Settings
from chatd_client.target import Target
from chatd_client.updates import LinkChanged, LinkState
from tests.support.controller_fixture import FakeLinkControl

#: A watchdog, not a wait.
WATCHDOG = 10.0

ENTER, ESCAPE, PAGE_UP, ALT_N = "\r", "\x1b", "\x1b[5~", "\x1bn"
CTRL_C, CTRL_D, CTRL_R = "\x03", "\x04", "\x12"
MOUSE_MOVES = "\x1b[<35;10;5M"


class FakeLinkThread(FakeLinkControl):
    """Stands in for LinkThread; the test calls `on_updates`, which is the screen's.

    `goes`: whether it is offline as soon as it is told to leave.
    """

    goes = True

    def __init__(self, make: object, on_updates: OnUpdates, failed: object, loop: object) -> None:
        super().__init__()
        self.on_updates = on_updates
        self.link = SimpleNamespace(undelivered=0)

    def leave(self, request: Quit) -> None:
        super().leave(request)
        if self.goes:
            self.on_updates([LinkChanged(LinkState.OFFLINE)])

    def close(self) -> None:
        pass


Use = Callable[[Screen, FakeLinkThread, Callable[[str], None]], Awaitable[object]]
Sit = Callable[[Use], FakeLinkThread]


@pytest.fixture
def sit(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Sit]:
    """Runs `use(screen, link, types)` with a new screen, and returns its link."""
    links: list[FakeLinkThread] = []

    def linked(*arguments: Any) -> FakeLinkThread:
        links.append(FakeLinkThread(*arguments))
        return links[-1]

    async def talk(use: Use) -> None:
        with create_pipe_input() as pipe, create_app_session(input=pipe, output=DummyOutput()):
            screen = Screen(Target("alice", "host", 1), Settings())
            await asyncio.wait_for(use(screen, links[-1], pipe.send_text), WATCHDOG)

    def seated(use: Use) -> FakeLinkThread:
        asyncio.run(talk(use))
        return links[-1]

    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    monkeypatch.setattr("chatd_client.screen.app.LinkThread", linked)
    handlers = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT)}
    yield seated
    for number, handler in handlers.items():  # what has run ignores them, since its process is about to end
        signal.signal(number, handler)


def pasted(text: str) -> str:
    return f"\x1b[200~{text}\x1b[201~"


@pytest.mark.parametrize(
    ("keys", "sent"),
    [
        (pasted("one\ntwo") + "y", ["one", "two"]),
        (pasted("one\ntwo") + "Y", ["one", "two"]),
        *((pasted("one\ntwo") + no, []) for no in ("n", "N", CTRL_C, CTRL_D)),
        # what is no answer leaves the question open
        *(
            (pasted("one\ntwo") + other + "y", ["one", "two"])
            for other in (ENTER, MOUSE_MOVES, PAGE_UP, ALT_N)
        ),
        (pasted("one\ntwo") + "es" + "y", ["one", "two"]),
        (pasted("one\ntwo") + "xn" + ENTER, []),  # nor does it get into the input
        # a further paste is part of it, and answers nothing
        (pasted("one\ntwo") + pasted("n") + pasted("y\nfour") + "y", ["one", "two", "n", "y", "four"]),
        (pasted("one\ntwo") + pasted("\n") + "y", ["one", "two"]),
        # what the terminal replies is no answer
        (pasted("one\ntwo") + "\x1b]11;rgb:n\x07\x1b[I\x1bP>|n\x1b\\" + "y", ["one", "two"]),
        # commands do nothing there
        (pasted("/quit\n//two") + "y", ["/quit", "//two"]),
    ],
)
def test_the_question_about_a_paste(sit: Sit, keys: str, sent: list[str]) -> None:
    async def use(screen: Screen, link: FakeLinkThread, types: Callable[[str], None]) -> None:
        types(f"{keys}behind it{ENTER}{CTRL_D}")
        await screen.run()

    *messages, last = sit(use).asked
    assert [message.text for message in messages] == [*sent, "behind it"]
    assert last == Quit()


def test_escape_is_waited_for_no_longer_than_nobody_notices(sit: Sit) -> None:
    """But who presses it before a key, in place of Alt, has time for that."""

    async def use(screen: Screen, link: FakeLinkThread, types: Callable[[str], None]) -> None:
        assert screen.app.ttimeoutlen == 0.1
        assert screen.app.timeoutlen == 1.0
        types(CTRL_D)
        await screen.run()

    sit(use)


def test_escape_answers_no(sit: Sit) -> None:
    async def use(screen: Screen, link: FakeLinkThread, types: Callable[[str], None]) -> None:
        screen.app.ttimeoutlen = 0.0  # seconds until an Escape is no beginning of something else
        running = asyncio.create_task(screen.run())
        types(pasted("one\ntwo") + ESCAPE)
        while not len(screen.controller.windows.current.scrollback):  # it says that nothing was sent
            await asyncio.sleep(0)
        types(f"behind it{ENTER}{CTRL_D}")
        await running

    assert sit(use).asked == [Say(text="behind it", ref="1"), Quit()]


@pytest.mark.parametrize(
    ("keys", "sent"),
    [
        ("/dm bob " + pasted("one\ntwo") + "y", [Direct(to="bob", text="one"), Direct(to="bob", text="two")]),
        (" /dm bob " + pasted("/x\ntwo") + "y", [Direct(to="bob", text="/x"), Direct(to="bob", text="two")]),
        ("see " + pasted("one\ntwo") + "y", [Say(text="see one"), Say(text="two")]),
        # on no, and where it makes no sense, the line stays as it was
        ("/dm bob " + pasted("one\ntwo") + f"nhi{ENTER}", [Direct(to="bob", text="hi")]),
        ("/dm bo" + pasted("one\ntwo") + f"b hi{ENTER}", [Direct(to="bob", text="hi")]),
        ("ac\x1b[D" + pasted("one\ntwo") + f"nb{ENTER}", [Say(text="abc")]),
    ],
)
def test_a_paste_goes_where_the_line_goes(sit: Sit, keys: str, sent: list[Message]) -> None:
    async def use(screen: Screen, link: FakeLinkThread, types: Callable[[str], None]) -> None:
        link.on_updates([LinkChanged(LinkState.ONLINE)])
        types(f"{keys}{CTRL_D}")
        assert await screen.run() == 0

    assert sit(use).asked == [*(replace(each, ref=str(at)) for at, each in enumerate(sent, 1)), Quit()]


def test_ctrl_c_cancels_a_paste_and_then_leaves(sit: Sit) -> None:
    async def use(screen: Screen, link: FakeLinkThread, types: Callable[[str], None]) -> None:
        link.on_updates([LinkChanged(LinkState.ONLINE)])
        types(pasted("one\ntwo") + f"yhalf a line{CTRL_C}, kept{ENTER}{CTRL_C}")
        assert await screen.run() == 0

    assert sit(use).asked == [
        Say(text="one", ref="1"),
        Say(text="two", ref="2"),
        ("cancel", "1", "2"),
        Say(text="half a line, kept", ref="3"),
        Quit(),
    ]


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ("a\x1b[13;5ub", ["ab"]),  # Ctrl-Enter, as some terminals write it
        ("a\x1b]11;rgb:0000/0000/0000\x1b\\b", ["ab"]),  # a reply that somebody else asked for
        ("a\x1bxb\x1b]c\x1b d", ["abcd"]),  # Alt with keys that do nothing with it
        ("a b\x1bbc", ["a cb"]),  # and with one that does
        (f"abc{CTRL_R}b{ALT_N}{ENTER}d", ["adbc"]),  # nor does it end a search
        ("ab\x1b\x1b[Hc", ["cab"]),  # Escape, and a key that is no letter
        ("a\x1b" + pasted("b") + "c", ["abc"]),
        ("a\x1b[5;5~b", ["ab"]),  # Ctrl-PageUp
        ("draft" + CTRL_C + "b", ["b"]),
        ("你a\u0301", ["你a\u0301"]),
    ],
)
def test_what_gets_into_the_line(sit: Sit, keys: str, said: list[str]) -> None:
    async def use(screen: Screen, link: FakeLinkThread, types: Callable[[str], None]) -> None:
        link.on_updates([LinkChanged(LinkState.ONLINE)])
        types(f"{keys}{ENTER}{CTRL_C}")
        assert await screen.run() == 0

    *messages, last = sit(use).asked
    assert [message.text for message in messages] == said
    assert last == Quit()


@pytest.mark.parametrize("keys", ["\x1b[1;5F", "\x1b\x1b[F", ENTER])
def test_back_to_what_is_newest(sit: Sit, keys: str) -> None:
    async def use(screen: Screen, link: FakeLinkThread, types: Callable[[str], None]) -> None:
        for number in range(100):
            screen.controller.windows.current.notice(f"line {number}")
        screen.messages.scroll(50)
        assert screen.controller.windows.current.scrollback.scrolled
        types(f"{keys}{CTRL_C}")
        assert await screen.run() == 1  # there was no link when we left
        assert not screen.controller.windows.current.scrollback.scrolled

    sit(use)


def test_what_was_pasted_never_becomes_a_name(sit: Sit) -> None:
    async def use(screen: Screen, link: FakeLinkThread, types: Callable[[str], None]) -> None:
        link.on_updates([LinkChanged(LinkState.NAMELESS, "the name alice is taken")])
        types(pasted("one\ntwo") + "y" + CTRL_D)
        await screen.run()

    assert sit(use).asked == [Say(text="one", ref="1"), Say(text="two", ref="2"), Quit()]


def test_who_leaves_waits_for_the_server_however_often_it_is_said(sit: Sit) -> None:
    async def use(screen: Screen, link: FakeLinkThread, types: Callable[[str], None]) -> None:
        link.goes = False
        link.on_updates([LinkChanged(LinkState.ONLINE)])
        loop, running = asyncio.get_running_loop(), asyncio.create_task(screen.run())
        for end in (screen.leave, screen.leave, partial(screen.app.exit, exception=EOFError), screen.leave):
            loop.call_soon(end)
        while screen.app.is_running or not screen.controller.leaving:
            await asyncio.sleep(0)
        assert not running.done()
        link.on_updates([LinkChanged(LinkState.OFFLINE)])
        assert await running == 0

    assert sit(use).asked == [Quit()]


def test_a_terminal_that_takes_nothing_more_ends_it_in_order(sit: Sit) -> None:
    async def use(screen: Screen, link: FakeLinkThread, types: Callable[[str], None]) -> None:
        def draw() -> None:
            raise OSError(errno.EIO, "Input/output error")

        asyncio.get_running_loop().call_soon(draw)
        assert await screen.run() == 1  # there was no link when we left

    assert sit(use).asked == [Quit()]


def test_an_error_of_ours_ends_it_and_is_raised(sit: Sit) -> None:
    async def use(screen: Screen, link: FakeLinkThread, types: Callable[[str], None]) -> None:
        asyncio.get_running_loop().call_soon(lambda: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            await screen.run()

    assert sit(use).asked == []


def test_there_is_one_timer_while_offline_and_none_while_online(
    sit: Sit, monkeypatch: pytest.MonkeyPatch
) -> None:
    timers: list[asyncio.TimerHandle] = []

    async def use(screen: Screen, link: FakeLinkThread, types: Callable[[str], None]) -> None:
        loop = asyncio.get_running_loop()
        later = loop.call_later

        def noted(*arguments: Any) -> asyncio.TimerHandle:
            timers.append(later(*arguments))
            return timers[-1]

        monkeypatch.setattr(loop, "call_later", noted)
        for _ in range(5):
            link.on_updates(
                [LinkChanged(LinkState.CONNECTING), LinkChanged(LinkState.RECONNECTING, "refused", 1.0)]
            )
        assert [timer.cancelled() for timer in timers] == [True] * 4 + [False]
        link.on_updates([LinkChanged(LinkState.ONLINE)])
        assert all(timer.cancelled() for timer in timers)

    sit(use)
