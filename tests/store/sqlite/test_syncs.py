"""When what was committed is synced."""

from pathlib import Path

import pytest

from chatd.store.sqlite import durability
from tests.support.faulty_disk import FaultyDisk, until
from tests.support.logs import sqlite

_AN_HOUR = 3600.0


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
