"""`/search` in the screen: the list of hits, and the way to where something was said."""

import pytest

from chatd.protocol.errors import ChatError
from chatd.protocol.events import DirectMessage, Error, RoomInfo, Said, TopicSet
from chatd.protocol.history_page import HistoryPage
from chatd.protocol.requests import History, Search
from chatd_client.screen.hit_list import HitList
from chatd_client.screen.typed_search import HITS, search_of
from chatd_client.updates import LinkChanged, LinkState
from tests.support.controller_fixture import NOON, RESUMED_WELCOME, ControllerFixture, entered
from tests.support.pages import line, numbers

DAY = 24 * 3600 * 1000


@pytest.fixture(autouse=True)
def utc(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "UTC")


@pytest.mark.parametrize(
    ("typed", "request_"),
    [
        ("one two", Search(words="one two", limit=HITS)),
        ('"since:x" in:Dev', Search(words='"since:x"', room="Dev", limit=HITS)),
        ("x since:1970-01-03 until:1970-01-03", Search(words="x", since=2 * DAY, until=3 * DAY, limit=HITS)),
        ("from:bob SINCE:1d context:on", Search(sender="bob", since=9 * DAY, context=True, limit=HITS)),
        ("x since:1970-01-02T10:30 with:eve", Search(words="x", since=124_200_000, whom="eve", limit=HITS)),
    ],
)
def test_what_is_typed(typed: str, request_: Search) -> None:
    assert search_of(typed, lambda: 10 * DAY / 1000) == request_


@pytest.mark.parametrize("typed", ["since:1d", "x since:soon", "x until:1970-13-01", "x context:yes"])
def test_what_is_typed_wrongly(typed: str) -> None:
    with pytest.raises(ChatError, match="please write"):
        search_of(typed)


def test_dates_are_those_of_the_readers_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    import time

    monkeypatch.setenv("TZ", "XYZ-2")
    time.tzset()
    assert search_of("x since:1970-01-02").since == DAY - 2 * 3600 * 1000
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()


def searching(*typed: str) -> tuple[ControllerFixture, HitList]:
    controller = entered("dev", *typed)
    controller.types("/w 1", "/search tea")
    hits = controller.covering.overlay
    assert isinstance(hits, HitList)
    return controller, hits


def shown(hits: HitList, columns: int = 80, height: int = 10) -> list[str]:
    return ["".join(text for _, text in row) for row in hits.view(columns, height)]


def found(hits: HitList, *messages: Said | DirectMessage | TopicSet, more: bool = False) -> HistoryPage:
    return HistoryPage(messages=messages, more=more, found=True, ref=hits.ref)


def test_the_hits_are_a_list_to_walk() -> None:
    controller, hits = searching()
    assert controller.link.asked == [Search(words="tea", limit=HITS, ref=hits.ref)]
    assert shown(hits) == ["searching; Escape goes back"]
    private = DirectMessage(id=7, sender="alice", to="eve", text="Téa?", at=NOON - DAY)
    topic = TopicSet(room="dev", id=2, sender="bob", text="tea", at=NOON - DAY)
    there = found(hits, line(9, text="Tea, or\ntea"), line(8, "dev", text="tea"), private, topic)
    controller.on_updates([there, there])  # the second one was not asked for
    assert shown(hits) == [
        "1 of 4 found - Enter goes there, Escape back",
        "> 2023-11-14 T <bob> Tea, or tea",
        "  2023-11-14 T #dev <bob> tea",
        "  2023-11-13 T <alice to eve> Téa?",
        "  2023-11-13 T bob set the topic of #dev: tea",
    ]
    marked = [text for row in hits.view(80, 10) for style, text in row if "class:found" in style]
    assert marked == ["Tea", "tea", "tea", "Téa"]
    controller.covering.press("down")
    controller.covering.press("x")
    assert shown(hits)[2].startswith("> 2023")
    controller.covering.press("end")
    assert shown(hits)[4].startswith("> 2023")
    controller.covering.press("home")
    hits.scroll(-1)
    hits.scroll(1)
    assert shown(hits)[0].startswith("1 of 4")
    assert shown(hits, 20, 3)[0] == "1 of 4 found - Enter"
    controller.covering.press("escape")
    assert controller.covering.overlay is None
    assert controller.titles() == ["[lobby]", "#dev"]


def test_the_end_of_the_list_asks_for_older_hits() -> None:
    controller, hits = searching()
    controller.on_updates([found(hits, *(line(id) for id in range(200, 150, -1)), more=True)])
    assert shown(hits, 80, 5)[0].startswith("1 of 50+ found")
    for _ in range(11):
        controller.covering.press("pagedown")
    assert controller.link.asked[1:] == [Search(words="tea", limit=HITS, before=151, ref=hits.ref)]
    controller.covering.press("pagedown")
    assert len(controller.link.asked) == 2
    controller.on_updates([found(hits, line(151), line(20), line(10))])
    controller.covering.press("end")
    assert shown(hits, 80, 5)[0].startswith("52 of 52 found")
    assert shown(hits, 80, 5)[-1] == "> 2023-11-14 T <bob> line 10"
    controller.covering.press("pageup")
    assert shown(hits, 80, 5)[0].startswith("48 of 52")
    assert len(controller.link.asked) == 2


def test_what_stands_around_a_hit() -> None:
    _, hits = searching()
    answer = HistoryPage(
        messages=[line(5, text="tea"), line(3, text="tea")],
        before=[line(4), None],
        after=[None],
        more=False,
        found=True,
        ref=hits.ref,
    )
    hits.answered(answer)
    assert shown(hits)[1:] == [
        "    <bob> line 4",
        "> 2023-11-14 T <bob> tea",
        "  2023-11-14 T <bob> tea",
    ]


def test_an_error_or_nothing() -> None:
    controller, hits = searching()
    controller.on_updates([Error("busy", "please try again later", ref=hits.ref)])
    assert controller.covering.overlay is None
    assert controller.rows()[-1] == "T ! please try again later"
    controller.types("/search tea")
    other = controller.covering.overlay
    assert isinstance(other, HitList)
    controller.on_updates([found(hits, line(1))])  # of the one before
    controller.on_updates([found(other)])
    assert shown(other) == ["nothing was found; Escape goes back"]
    controller.covering.press("enter")
    controller.on_updates([LinkChanged(LinkState.RECONNECTING, "", 1.0)])
    controller.types("/search", "/search since:1d", "/search tea")
    assert controller.rows()[-1] == "T ! there is no link to the server at the moment"
    assert sum(row.startswith("T ! please write /search WORDS") for row in controller.rows()) == 2


def test_a_search_is_asked_again_when_the_link_broke() -> None:
    controller, hits = searching()
    controller.on_updates([LinkChanged(LinkState.RECONNECTING, "", 1.0)])
    controller.on_updates([LinkChanged(LinkState.ONLINE, resumed=True), RESUMED_WELCOME])
    assert controller.link.asked == [Search(words="tea", limit=HITS, ref=hits.ref)] * 2


def around(*messages: Said, room: str = "dev", more: bool = True) -> HistoryPage:
    return HistoryPage(room=room, messages=messages, more=more, ref=f"history at #{room}")


def marked(controller: ControllerFixture) -> list[str]:
    """What is marked of the lines in view."""
    view = controller.scrollback.view(80, 20)
    return [text for row in view for style, text in row if "class:found" in style]


def at_a_hit(id: int) -> ControllerFixture:
    """Enter was pressed on a hit in #dev, whose newest messages are 100 to 129."""
    controller, hits = searching()
    newest = HistoryPage(
        room="dev", messages=[line(n, "dev") for n in range(100, 130)], more=True, ref="history new #dev"
    )
    controller.types("/w dev")
    controller.on_updates([newest])
    controller.types("/w 1")
    controller.on_updates([found(hits, line(id, "dev"))])
    controller.link.pages.clear()
    controller.covering.press("enter")
    controller.look()
    return controller


def test_enter_goes_to_a_message_that_is_there() -> None:
    controller = at_a_hit(105)
    assert controller.titles() == ["lobby", "[#dev]"]
    assert controller.link.pages == []
    assert "line 105" in marked(controller)
    assert controller.scrollback.scrolled


def test_enter_goes_to_a_message_that_is_not_there() -> None:
    """The page around it is put above a gap, which is filled from both sides, with nothing twice."""
    controller = at_a_hit(50)
    assert controller.link.pages == [History(room="dev", around=50, limit=40, ref="history at #dev")]
    controller.on_updates([around(*(line(n, "dev") for n in range(40, 60)))])
    view = controller.scrollback.view(80, 20)
    assert "line 50" in marked(controller)
    controller.scrolled(False)  # the gap is a screen below
    assert controller.link.pages[1:] == [History(room="dev", after=59, limit=100, ref="history down #dev")]
    below = HistoryPage(
        room="dev", messages=[line(n, "dev") for n in range(60, 80)], more=True, ref="history down #dev"
    )
    controller.on_updates([below])
    assert controller.scrollback.view(80, 20)[:19] == view[:19]
    assert controller.scrollback.view(80, 20)[19][-1] == ("", "line 60")  # in place of the gap
    controller.scrollback.to_end()
    there = [*range(40, 80), 0, *range(100, 130)]
    assert numbers(controller) == there[-50:]
    assert "— there is more in between —" in controller.rows()
    controller.scrolled(True)
    controller.scrollback.scroll(25, 80, 20)
    controller.scrolled(True)
    assert controller.link.pages[2:] == [History(room="dev", before=100, limit=100, ref="history up #dev")]
    above = HistoryPage(
        room="dev", messages=[line(n, "dev") for n in range(70, 100)], more=True, ref="history up #dev"
    )
    controller.on_updates([above])
    controller.scrollback.to_end()
    assert numbers(controller) == [*range(80, 130)]


def test_nobody_scrolls_past_what_is_about_to_come() -> None:
    controller = at_a_hit(50)
    controller.on_updates([around(*(line(n, "dev") for n in range(40, 60)))])
    for _ in range(3):
        controller.scrollback.scroll(-19, 80, 20)
        controller.scrolled(False)
        assert "in between" in controller.scrollback.view(80, 20)[-1][0][1]
    controller.on_updates([Error("busy", "please try again later", ref="history down #dev")])
    controller.scrollback.scroll(-19, 80, 20)  # it does not come
    assert "line 11" in str(controller.scrollback.view(80, 20)[-1])


def test_pages_around_messages_grow_together() -> None:
    controller = at_a_hit(50)
    controller.on_updates([around(*(line(n, "dev") for n in range(40, 60)))])
    pages = ((20, 10, 30, 2), (35, 29, 45, 1), (90, 80, 99, 2), (70, 55, 85, 1), (99, 84, 110, 0))
    for id, first, last, gaps in pages:
        controller.windows.current.pages.under_way = None
        controller.pages.go_to(controller.windows.current, id)
        controller.on_updates([around(*(line(n, "dev") for n in range(first, last)))])
        assert len(controller.scrollback.gaps()) == gaps
    everything = controller.scrollback.view(80, 1000)
    ids = [int(text.split()[1]) for row in everything for _, text in row if text.startswith("line")]
    assert ids == [*range(10, 130)]


def test_what_is_not_kept_any_more() -> None:
    controller = at_a_hit(50)
    controller.on_updates([around(line(60, "dev"))])
    assert controller.rows()[-1] == "T ! that message is not kept any more"
    controller.pages.go_to(controller.windows.current, 40)
    controller.on_updates([Error("unavailable", "the server cannot read this now", ref="history at #dev")])
    assert controller.rows()[-1] == "T ! the server cannot read this now"
    controller.look()
    assert len(controller.link.pages) == 2


def test_enter_opens_the_window_of_a_person_whose_newest_page_comes_first() -> None:
    controller, hits = searching()
    mine = DirectMessage(id=5, sender="alice", to="Eve", text="tea", at=NOON)
    controller.on_updates([found(hits, mine)])
    controller.covering.press("enter")
    controller.look()
    assert controller.titles() == ["lobby", "#dev", "[Eve]"]
    assert controller.link.pages[-1] == History(whom="Eve", limit=20, ref="history new eve")
    newer = DirectMessage(id=90, sender="Eve", to="alice", text="later", at=NOON)
    controller.on_updates([HistoryPage(whom="Eve", messages=[newer], more=True, ref="history new eve")])
    assert controller.link.pages[-1] == History(whom="Eve", around=5, limit=40, ref="history at eve")
    controller.on_updates([HistoryPage(whom="Eve", messages=[mine], more=False, ref="history at eve")])
    assert controller.rows() == ["T > <alice> tea", "— there is more in between —", "T @ <Eve> later"]


def test_a_jump_is_made_when_the_link_is_back() -> None:
    controller = at_a_hit(50)
    controller.on_updates([LinkChanged(LinkState.RECONNECTING, "", 1.0)])
    controller.on_updates([LinkChanged(LinkState.ONLINE, resumed=True), RESUMED_WELCOME])
    controller.on_updates([RoomInfo("dev", 2, "")])
    assert controller.link.pages[1:] == controller.link.pages[:1]
    controller.on_updates([around(line(50, "dev"))])
    assert "line 50" in controller.rows()[0]
