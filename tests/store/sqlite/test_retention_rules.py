"""By which rules old messages go, and when."""

import contextlib
import logging
import sqlite3
from pathlib import Path

import pytest

from chatd.protocol.keep_rule import DAY, EVERYTHING, KeepRule
from chatd.protocol.limits import DEFAULT
from chatd.state.rooms import Room
from chatd.store.sqlite import retention, unhurried
from tests.support.faulty_disk import until
from tests.support.folders import value
from tests.support.kept import FEW, held_up, talk
from tests.support.logs import sqlite


@pytest.fixture(autouse=True)
def without_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unhurried, "PAUSE", 0.0)


def test_a_server_looks_by_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "FIRST", 0.0)
    with sqlite(tmp_path) as journal:
        talk(journal, 9)
    with sqlite(tmp_path, keep=FEW) as journal:
        until(lambda: len(journal.history()) == 3)
    monkeypatch.setattr(retention, "EVERY", 0.0)
    with sqlite(tmp_path, keep=KeepRule(count=2)) as journal:
        until(lambda: len(journal.history()) == 2)
        journal.log.keep(journal.lobby, None, 1)
        talk(journal, 5)
        until(lambda: len(journal.history()) == 1)
        journal.log.keep(journal.lobby, None, None)
        talk(journal, 9)
        until(lambda: len(journal.history()) == 2)
    assert value(tmp_path / "log.sqlite3", "SELECT keep FROM ids") == "2"


def test_a_rule_that_comes_while_it_is_looked(tmp_path: Path) -> None:
    """What it keeps is not hidden by the one before."""
    with sqlite(tmp_path) as journal:
        journal.log.keep(journal.lobby, None, 1)
        talk(journal, 9)

        def keep_more() -> bool:
            held_up(journal, held=lambda: False)
            journal.log.keep(journal.lobby, None, 4)
            return False

        held_up(journal, held=keep_more)
        journal.look()
        assert len(journal.history()) == 4


def test_a_rule_of_a_room_in_which_nothing_was_said(tmp_path: Path) -> None:
    dev, other = Room("dev", DEFAULT, 2), Room("dev", DEFAULT, 3)
    with sqlite(tmp_path) as journal:
        journal.log.keep(dev, 90, None)
        journal.look()
        journal.log.keep(other, None, 2)  # the first one is gone, but nobody has written so yet
        journal.look()
        talk(journal, 5, room=other)
        journal.look()
        assert len(journal.history((3, 0))) == 2
    with contextlib.closing(sqlite3.connect(tmp_path / "log.sqlite3")) as database:
        rows = database.execute(
            "SELECT room, name, keep_days, keep_count FROM rooms WHERE room > 1"
        ).fetchall()
    assert rows == [(2, None, 90, None), (3, "dev", None, 2)]


def test_the_log_says_by_which_rule_and_up_to_when(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "_moment", lambda at: f"day {at / DAY:g}")
    caplog.set_level(logging.INFO, "chatd")
    now = [1000 * DAY]
    for keep in (KeepRule(90 * DAY, 1000), EVERYTHING):
        with sqlite(tmp_path, keep=keep, now=lambda: now[0]) as journal:
            talk(journal, 3)
            now[0] += 50 * DAY
            talk(journal, 2)
            now[0] += 50 * DAY
            journal.look()
            journal.log.keep(journal.lobby, None, 1)
            journal.look()
    assert [message.rpartition(", in ")[0] for message in caplog.messages] == [
        "3 old messages were removed, those up to day 1000, by --keep 90d,1000",
        "1 old messages were removed, those up to day 1050, by --keep 90d,1000 and rules of rooms",
        "5 old messages were removed, those up to day 1150, by rules of rooms",
    ]
