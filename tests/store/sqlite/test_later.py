"""What is done a while later, and when what was committed is synced."""

from pathlib import Path

import gevent
import pytest

from chatd.store.sqlite import durability
from chatd.store.sqlite.later import Later
from tests.support.faulty_disk import FaultyDisk, until
from tests.support.logs import sqlite

_AN_HOUR = 3600.0


def a_turn() -> None:
    """All callbacks and timers that are due."""
    gevent.sleep(0.000001)


def test_later_is_later_each_time() -> None:
    happened: list[str] = []
    later = Later()
    later.start(0.001, lambda: happened.append("one"))
    assert later.active
    until(lambda: bool(happened))
    assert not later.active
    later.start(_AN_HOUR, lambda: happened.append("two"))
    a_turn()
    assert later.active and happened == ["one"]
    later.stop()
    assert not later.active


def test_what_nobody_waits_for_is_synced_a_while_after_the_last_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    disk = FaultyDisk()
    monkeypatch.setattr(durability, "_LATER", 0.001)
    with sqlite(tmp_path, wrap=disk) as journal:
        journal.say("one")
        until(lambda: disk.syncs == 1)
        monkeypatch.setattr(durability, "_LATER", _AN_HOUR)
        for text in ("two", "three"):
            count = len(journal.entries("published"))
            journal.say(text)
            journal.wait_for("published", count + 1)
        journal.say("four", "r")  # somebody waits
        journal.wait_for("acknowledged", 1)
        assert disk.syncs == 2
