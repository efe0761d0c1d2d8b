"""A list of many hits."""

import pytest

from chatd.protocol.events import HistoryPage
from chatd.protocol.requests import Search
from chatd_client.screen.hit_list import HitList
from chatd_client.screen.lines import Composer
from tests.support.pages import line


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
