"""What has come, over one connection after another: what is told as seen, and what is dropped."""

import pytest

from chatd.protocol.events import DirectMessage, Event, Mark, RoomInfo, Said, Skipped, TopicSet
from chatd.protocol.history_page import HistoryPage
from chatd.protocol.moderation_events import Acted
from chatd_client.received import MAX_CONVERSATIONS, Received
from tests.support.controller_fixture import RESUMED_WELCOME, WELCOME


def said(id: int, room: str = "lobby") -> Said:
    return Said(room=room, id=id, sender="bob", text="x", at=0)


def topic(id: int) -> TopicSet:
    return TopicSet(room="dev", id=id, sender="bob", text="x", at=0)


def direct(id: int) -> DirectMessage:
    return DirectMessage(id=id, sender="bob", to="alice", text="x", at=0)


def gap(room: str, before: int | None) -> Skipped:
    return Skipped(room=room, count=1, after=1, before=before)


ROOM = RoomInfo(room="lobby", users=1, topic="")


def new(received: Received, *events: Event, lobby_only: bool = False) -> list[bool]:
    return [received.is_new(event, lobby_only) for event in events]


def test_in_the_lobby_the_last_message_is_what_was_seen() -> None:
    received = Received()
    assert received.seen == 0
    assert new(received, WELCOME, said(3), direct(5), topic(6), lobby_only=True) == [True] * 4
    assert received.seen == 3
    new(received, said(9, "dev"), lobby_only=False)
    assert received.seen == 3
    new(received, Mark(id=7), Mark(id=6))
    assert received.seen == 7


def test_what_came_before_is_dropped_while_catching_up() -> None:
    received = Received()
    new(received, said(3), said(4, "dev"), direct(5), topic(6))
    received.begin(RESUMED_WELCOME)
    missed = [said(3), said(4, "dev"), direct(5), topic(6), said(7), direct(8), said(9, "dev")]
    assert new(received, *missed) == [False] * 4 + [True] * 3
    assert new(received, Mark(id=9)) == [False]  # not the end
    assert new(received, ROOM, Mark(id=10)) == [True, True]
    assert not received.catching_up
    assert new(received, said(3), Mark(id=11)) == [True, False]  # the server's word holds


def test_acts_are_dropped_likewise() -> None:
    received = Received()
    act = Acted(act="moderated", room="dev", id=7, at=0, by="bob", value="on")
    new(received, said(4, "dev"), act)
    received.begin(RESUMED_WELCOME)
    assert new(received, act, said(6, "dev"), said(8, "dev")) == [False, True, True]


def test_what_was_skipped_below_a_direct_message_or_a_topic_comes() -> None:
    """The link broke before the gap was told."""
    received = Received()
    new(received, said(3), said(4, "dev"), direct(8), topic(9))
    received.begin(RESUMED_WELCOME)
    missed = [said(5), said(6, "dev"), gap("lobby", 7), direct(8), topic(9)]
    assert new(received, *missed) == [True, True, True, False, False]


def test_a_gap_in_which_nothing_is_missing_is_not_told() -> None:
    received = Received()
    new(received, said(8), direct(5))
    received.begin(RESUMED_WELCOME)
    gaps = gap("lobby", 9), gap("lobby", 10), gap("", 6), gap("", 7), gap("dev", 2), gap("lobby", None)
    assert new(received, *gaps) == [False, True, False, True, True, True]


def test_a_new_person_begins_anew() -> None:
    received = Received()
    new(received, said(8), Mark(id=8))
    received.begin(WELCOME)
    assert received.seen == 0
    received.begin(RESUMED_WELCOME)
    assert new(received, said(1)) == [True]


@pytest.mark.parametrize("count", [MAX_CONVERSATIONS + 1])
def test_there_is_a_bound(count: int) -> None:
    received = Received()
    new(received, *(said(5, str(number)) for number in range(count)))
    received.begin(RESUMED_WELCOME)
    assert new(received, said(5, "0"), said(5, "2")) == [True, False]


def history(*ids: int, room: str = "lobby") -> HistoryPage:
    return HistoryPage(room=room, messages=[said(id, room) for id in ids], more=False)


def test_what_a_page_of_history_brought_does_not_come_again() -> None:
    received = Received()
    new(received, history(3, 5), history(8, 9), lobby_only=True)
    assert received.seen == 0  # below it may be what was not read
    received.begin(RESUMED_WELCOME)
    assert new(received, said(9), said(10)) == [False, True]
