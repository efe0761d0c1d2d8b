"""Retention where the disk refuses, and where rules change: nothing is forgotten, and nothing is too much."""

import sqlite3
from pathlib import Path
from unittest.mock import Mock

import pytest

from chatd.protocol.keep_rule import DAY
from chatd.store.sqlite import unhurried
from tests.support.kept import FEW, held_up, talk
from tests.support.logs import sqlite


def test_a_rooms_rule_is_not_lost_where_the_disk_is_full(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with sqlite(tmp_path) as journal:
        talk(journal, 9)
        with monkeypatch.context() as patch:
            fail = Mock(side_effect=sqlite3.OperationalError("database or disk is full"))
            patch.setattr(journal.log._files.writer, "change", fail)  # type: ignore[attr-defined]
            journal.log.keep(journal.lobby, None, 4)
            with pytest.raises(sqlite3.OperationalError):
                journal.look()
        journal.look()
        assert len(journal.history()) == 4


def test_what_was_not_counted_yet_is_not_missing_when_it_was_removed(tmp_path: Path) -> None:
    """Counted under one rule, removed under another, counted on under the first."""
    now = [1000 * DAY]
    with sqlite(tmp_path, now=lambda: now[0]) as journal:
        journal.log.keep(journal.lobby, None, 3)
        talk(journal, 5)
        journal.look()
        journal.log.keep(journal.lobby, 1, None)
        talk(journal, 5)
        now[0] += 2 * DAY
        journal.look()
        assert journal.history() == []
        journal.log.keep(journal.lobby, None, 3)
        talk(journal, 5)
        journal.look()
        assert len(journal.history()) == 3


def test_nothing_is_removed_while_a_sync_has_failed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Then nothing may be committed until all is written anew."""
    monkeypatch.setattr(unhurried, "_PATIENCE", 0.0)
    with sqlite(tmp_path, keep=FEW) as journal:
        talk(journal, 9)
        asked: list[bool] = []

        def held() -> bool:
            asked.append(len(journal.history()) == 9)
            return len(asked) < 4

        held_up(journal, held=held)
        journal.look()
        assert asked[:4] == [True] * 4
        assert len(journal.history()) == 3
