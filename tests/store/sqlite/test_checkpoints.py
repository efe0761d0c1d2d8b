"""The write-ahead log does not grow for ever."""

import sqlite3
from pathlib import Path

import pytest

from chatd.store.sqlite import durability
from tests.support.faulty_disk import settled, texts_after_restart, until
from tests.support.logs import sqlite


@pytest.mark.parametrize("longest", [1 << 30, 0])
def test_the_write_ahead_log_is_moved_into_the_database(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, longest: int
) -> None:
    monkeypatch.setattr(durability, "CHECKPOINT", 200_000)
    monkeypatch.setattr(durability, "LONGEST", longest)
    with sqlite(tmp_path) as journal:
        moved: list[bool] = []
        keeper = journal.log._durability  # type: ignore[attr-defined]
        checkpoint = keeper._checkpoint
        keeper._checkpoint = lambda: moved.append(checkpoint()) or moved[-1]  # type: ignore[func-returns-value]
        for number in range(400):
            journal.say(f"{number} " + 3000 * "x", "r")
            settled(journal, number + 1)
            if longest:  # it starts anew only when nothing was committed meanwhile
                until(lambda: not keeper._checkpointing)
        sizes = (tmp_path / "log.sqlite3-wal").stat().st_size
        assert any(moved) and sizes < 1_500_000
        until(lambda: not keeper.holds)
    assert len(texts_after_restart(tmp_path)) == 400


def test_a_checkpoint_that_fails_is_told_and_harms_nobody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(durability, "CHECKPOINT", 0)
    monkeypatch.setattr(durability, "LONGEST", 0)

    def fails() -> bool:
        raise sqlite3.OperationalError("disk I/O error")

    with sqlite(tmp_path) as journal:
        journal.log._durability._checkpoint = fails  # type: ignore[attr-defined]
        for _ in range(3):
            journal.say("x", "r")
        settled(journal, 3)
        until(lambda: bool(caplog.records))
    assert "could not be moved into the database: disk I/O error" in caplog.text
