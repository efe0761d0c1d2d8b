"""What others can make of the screen: there are bounds of windows and lines."""

import pytest

from chatd.protocol.events import RoomInfo
from chatd.protocol.requests import Join
from chatd_client.screen import windows as windows_module
from chatd_client.screen.windows import MOST_OPENED, MOST_WINDOWS
from chatd_client.updates import LinkChanged, LinkState
from tests.support.controller_fixture import RESUMED_WELCOME, ControllerFixture, direct, entered, said


def test_strangers_open_few_windows() -> None:
    controller = ControllerFixture()
    controller.types("/q friend", "/w 1")
    controller.on_updates([direct(f"x{number}", f"s{number}") for number in range(1000)])
    assert len(controller.windows) == 2 + MOST_OPENED
    assert controller.rows()[-1] == "T @ <s999 to you> x999"  # nothing is lost
    controller.types("/w s1", "/w 1")  # it is read
    controller.on_updates([direct("hello", "late"), direct("here", "friend")])
    assert controller.titles()[1] == "friend"
    assert "s1" not in controller.titles()
    assert controller.titles()[-1] == "late"
    controller.on_updates([direct("x", "no name"), direct("x", "a" * 10**6)])
    assert controller.rows()[-2] == "T @ <no name to you> x"
    assert len(controller.windows) == 2 + MOST_OPENED


def test_there_are_at_most_so_many_windows() -> None:
    controller = ControllerFixture()
    controller.on_updates([LinkChanged(LinkState.ONLINE, resumed=True), RESUMED_WELCOME])
    controller.on_updates([RoomInfo(f"r{number}", 1, "") for number in range(1000)])
    assert len(controller.windows) == MOST_WINDOWS
    controller.on_updates([said("x", room="r999"), said("x", room="r5")])
    assert controller.rows()[-1] == "T   #r999 <bob> x"
    controller.types("/q eve", "/join zoo")
    full = f"T ! {MOST_WINDOWS} windows are open; please close one with /close"
    assert controller.rows()[-2:] == [full, full]
    assert not any(isinstance(one, Join) for one in controller.link.asked)
    controller.types("/dm eve psst")
    assert controller.rows()[-1] == "T … <alice to eve> psst"


def test_what_all_windows_keep_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """The largest one forgets first."""
    monkeypatch.setattr(windows_module, "MOST_LINES", 100)
    controller = entered("dev", "ops")
    controller.on_updates([said(f"quiet {number}", room="ops") for number in range(10)])
    for _ in range(5):
        controller.on_updates([said("x", room="dev") for _ in range(50)])
        assert sum(len(window.scrollback) for window in controller.windows.all) <= 100
    assert controller.rows()[0] == "T   <bob> quiet 0"
    monkeypatch.setattr(windows_module, "MOST_TEXT", 1000)
    controller.on_updates([said("x" * 400, room="ops"), said("x" * 2000, room="dev")])
    assert [len(window.scrollback) for window in controller.windows.all] == [0, 1, 11]
