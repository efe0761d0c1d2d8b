"""A list of many hits."""

import pytest

from chatd.protocol.events import Error
from chatd.protocol.history_page import HistoryPage
from chatd.protocol.requests import Search
from chatd_client.screen.hit_list import HitList
from chatd_client.screen.lines import Composer
from tests.support.controller_fixture import ControllerFixture
from tests.support.pages import begun, line


def test_its_end_is_reached_without_drawing_all_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    hits = HitList(Search(words="tea"), Composer("alice", "T"), lambda request: None, lambda message: None)
    for top in range(500, 0, -50):
        messages = [line(id, text="tea") for id in range(top, top - 50, -1)]
        hits.answered(HistoryPage(messages=messages, more=True, found=True, ref=hits.ref))
        hits.press("end")
    hits.press("home")
    hits.view(80, 10)
    drawn: list[float] = []

    def day(_: Composer, at: float) -> str:
        drawn.append(at)
        return "today"

    monkeypatch.setattr(Composer, "day", day)
    hits.press("end")
    rows = ["".join(text for _, text in row) for row in hits.view(80, 10)]
    assert (rows[0][:10], rows[-1]) == ("500 of 500", "> today T <bob> tea")
    assert len(drawn) < 50


def test_it_stays_when_older_hits_cannot_be_had_now() -> None:
    controller = begun()
    controller.types("/search tea")
    ref = controller.link.asked[-1].ref
    controller.on_updates([HistoryPage(messages=[line(5), line(4)], more=True, found=True, ref=ref)])
    controller.covering.press("end")
    assert controller.link.asked[-1].before == 4
    controller.on_updates([Error("busy", "please try again later", ref=ref)])
    assert heading(controller) == "2 of 2+ found - please try again later"
    controller.covering.press("down")
    controller.on_updates([HistoryPage(messages=[line(3)], more=False, found=True, ref=ref)])
    assert heading(controller) == "2 of 3 found - Enter goes there, Escape back"


def heading(controller: ControllerFixture) -> str:
    assert isinstance(controller.covering.overlay, HitList)
    return "".join(text for _, text in controller.covering.overlay.view(80, 9)[0])
