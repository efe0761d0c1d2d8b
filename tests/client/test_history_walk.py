"""A conversation page by page, from servers that keep their promises and from others."""

import pytest
from msgspec.structs import replace

from chatd.protocol.events import DirectMessage, Said, TopicSet
from chatd.protocol.history_page import HistoryPage
from chatd.protocol.requests import History
from chatd_client.history_walk import PAGE, BadHistory, HistoryWalk

DEV = History(room="dev", ref="1")


def said(id: int, room: str = "dev") -> Said:
    return Said(room=room, id=id, sender="bob", text=f"line {id}", at=1000 * id)


def page(*ids: int, more: bool = False, room: str = "dev") -> HistoryPage:
    return HistoryPage(room=room, messages=[said(id, room) for id in ids], more=more, ref="1")


def ids(walk: HistoryWalk, page: HistoryPage) -> list[int]:
    return [one.id for one in walk.take(page)]


def test_from_the_beginning_each_page_begins_with_what_is_there() -> None:
    walk = HistoryWalk(DEV)
    assert walk.request == replace(DEV, after=0, limit=PAGE)
    assert ids(walk, page(3, 5, more=True)) == [3, 5]
    assert walk.request == replace(DEV, after=4, limit=PAGE)
    assert ids(walk, page(5, 8, 9, more=True)) == [8, 9]
    assert ids(walk, page(5, 8, 9, more=False)) == []  # asked for twice
    assert ids(walk, page(9, 10)) == [10]
    assert (walk.at_end, walk.hole, walk.reached) == (True, False, 10)


def test_an_empty_room() -> None:
    walk = HistoryWalk(DEV)
    assert ids(walk, page()) == []
    assert (walk.at_end, walk.hole) == (True, False)


def test_since_a_time_also_where_the_server_does_not_know_it() -> None:
    walk = HistoryWalk(DEV, since=5000)
    assert walk.request == replace(DEV, after=0, since=5000, limit=PAGE)
    assert ids(walk, page(3, 4, more=True)) == []
    assert walk.request == replace(DEV, after=3, limit=PAGE)
    assert ids(walk, page(4, 5, 6)) == [5, 6]


def test_the_newest_so_many() -> None:
    walk = HistoryWalk(DEV, newest=600)
    assert walk.request == replace(DEV, limit=PAGE)
    assert ids(walk, page(*range(401, 901), more=True)) == []
    assert walk.request == replace(DEV, before=401, limit=100)
    assert ids(walk, page(*range(351, 401), more=True)) == []  # long messages
    assert walk.request == replace(DEV, before=351, limit=50)
    assert ids(walk, page(*range(301, 351), more=True)) == list(range(301, 901))
    assert not walk.at_end  # what was said while it was read is not there
    assert walk.request == replace(DEV, after=899, limit=PAGE)
    assert ids(walk, page(900, 901)) == [901]
    assert walk.at_end


@pytest.mark.parametrize("there", [0, 3])
def test_the_newest_where_there_are_fewer(there: int) -> None:
    walk = HistoryWalk(DEV, newest=10)
    assert ids(walk, page(*range(1, there + 1))) == list(range(1, there + 1))
    assert walk.at_end


def test_no_more_than_was_asked_for() -> None:
    walk = HistoryWalk(DEV, newest=2)
    assert ids(walk, page(1, 2, 3)) == [2, 3]


@pytest.mark.parametrize("came", [(), (9, 10), (12,)])
def test_a_hole(came: tuple[int, ...]) -> None:
    walk = HistoryWalk(DEV)
    walk.take(page(3, 5, more=True))
    assert ids(walk, page(*came)) == list(came)
    assert walk.hole


@pytest.mark.parametrize(
    "wrong",
    [
        page(6, 5),
        page(5, 5),
        page(5, more=True),
        page(3, 4, more=True),
        page(more=True),
        page(5, 6, room="ops"),
        HistoryPage(room="dev", messages=[said(5), said(6, "ops")], more=False),
        HistoryPage(room=None, whom="bob", messages=[], more=False),
        HistoryPage(
            room="dev",
            messages=[DirectMessage(id=6, sender="bob", to="al", text="", at=0)],
            more=False,
        ),
    ],
    ids=str,
)
def test_what_is_no_page_of_it(wrong: HistoryPage) -> None:
    walk = HistoryWalk(DEV)
    walk.take(page(3, 5, more=True))
    with pytest.raises(BadHistory, match="the server"):
        walk.take(wrong)


@pytest.mark.parametrize("wrong", [page(7, 8, 9, more=True), page(more=True), page(9, 8)])
def test_what_is_no_page_of_the_newest(wrong: HistoryPage) -> None:
    walk = HistoryWalk(DEV, newest=10)
    walk.take(page(8, 9, more=True))
    with pytest.raises(BadHistory):
        walk.take(wrong)


def test_what_two_people_wrote_to_each_other() -> None:
    walk = HistoryWalk(History(whom="bob", ref="1"))
    messages = [DirectMessage(id=id, sender="bob", to="al", text="", at=0) for id in (1, 2)]
    assert walk.take(HistoryPage(whom="Bob", messages=messages, more=False)) == messages
    with pytest.raises(BadHistory, match="another conversation"):
        walk.take(page(2))


def test_topics_have_their_place() -> None:
    walk = HistoryWalk(DEV)
    topic = TopicSet(room="dev", id=2, sender="bob", text="x", at=0)
    assert walk.take(HistoryPage(room="dev", messages=[said(1), topic, said(3)], more=False))[1] == topic
