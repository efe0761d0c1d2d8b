"""When what waits is committed, and since when it waits."""

from pathlib import Path

import gevent
import pytest

from chatd.store.sqlite import hand_overs
from chatd.store.sqlite.hand_overs import HandOvers
from tests.support.faulty_disk import FaultyDisk, until
from tests.support.logs import sqlite

_AN_HOUR = 3600.0


def a_turn() -> None:
    """All callbacks and timers that are due."""
    gevent.sleep(0.000001)


def test_what_comes_alone_is_handed_over_at_once_and_what_comes_quickly_together(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    happened: list[None] = []
    hand_overs_of_mine = HandOvers(lambda: 0.0, lambda: happened.append(None))
    monkeypatch.setattr(hand_overs, "GATHERING", _AN_HOUR)
    for taken in (0, 1, 1):
        hand_overs_of_mine.handed(taken)
        count = len(happened)
        hand_overs_of_mine.soon()
        hand_overs_of_mine.soon()
        a_turn()
        assert len(happened) == count + 1
    hand_overs_of_mine.handed(2)
    hand_overs_of_mine.soon()
    a_turn()
    assert len(happened) == 3
    hand_overs_of_mine.close()


def test_several_are_followed_by_the_next_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    happened: list[None] = []
    hand_overs_of_mine = HandOvers(lambda: 0.0, lambda: happened.append(None))
    monkeypatch.setattr(hand_overs, "GATHERING", 0.001)
    for count in (1, 2):
        hand_overs_of_mine.handed(2)
        hand_overs_of_mine.soon()
        until(lambda: len(happened) == count)  # noqa: B023


def test_since_is_when_the_oldest_came_that_is_not_told_yet(tmp_path: Path) -> None:
    disk = FaultyDisk()
    with sqlite(tmp_path, wrap=disk) as journal:
        assert journal.log.since is None
        disk.free.clear()
        journal.say("one")
        first = journal.log.since
        assert first is not None
        a_turn()
        journal.say("two")
        assert journal.log.since == first
        disk.free.set()
        journal.wait_for("published", 2)
        until(lambda: journal.log.since is None)
