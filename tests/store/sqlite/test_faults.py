"""What goes wrong with the disk: errors for who spoke, nothing told that is not stored, and recovery."""

import contextlib
import errno
import os
import shutil
import sqlite3
from pathlib import Path
from typing import Any

import gevent
import pytest

from chatd.protocol.limits import DEFAULT, Limits
from chatd.state.message_log import RoomEntry
from chatd.state.rooms import Room
from chatd.state.stored_entries import Span
from chatd.store.sqlite import durability
from chatd.store.sqlite.writing import WriteJob
from tests.support.faulty_disk import FaultyDisk, settled, texts_after_restart, until
from tests.support.logs import sqlite


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> FaultyDisk:
    monkeypatch.setattr(durability, "_AGAIN", 0.01)
    return FaultyDisk()


def test_5_a_full_disk(tmp_path: Path, disk: FaultyDisk, caplog: pytest.LogCaptureFixture) -> None:
    with sqlite(tmp_path, wrap=disk) as journal:
        journal.say("before", "r")
        settled(journal, 1)
        disk.fill()
        for number in range(5):
            journal.say(f"{number} " + 4000 * "x", "r")
        journal.act("somebody left")
        settled(journal, 6)
        assert len(journal.entries("failed")) == 5 and journal.alice.in_flight == 0
        assert journal.texts("published") == ["before"] and ("done", "somebody left") in journal.told
        disk.empty()
        journal.say("after", "r")
        settled(journal, 7)
        assert journal.texts("acknowledged") == ["before", "after"]
    assert texts_after_restart(tmp_path) == ["before", "after"]
    assert [record.getMessage() for record in caplog.records] == [
        "the log cannot be written: database or disk is full; what is said is refused until it can",
        "the log is written again",
    ]


def test_a_room_whose_first_entry_failed_is_stored_with_the_next(tmp_path: Path, disk: FaultyDisk) -> None:
    with sqlite(tmp_path, wrap=disk) as journal:
        dev = Room("dev", DEFAULT, 2)
        disk.commit_error = sqlite3.OperationalError("disk I/O error")
        journal.say("one", "r", room=dev)
        settled(journal, 1)
        disk.commit_error = None
        journal.say("two", "r", room=dev)
        settled(journal, 2)
    with sqlite(tmp_path) as journal:
        assert [room.name for room in journal.log.rooms] == ["lobby", "dev"]


def test_5_an_error_after_it_was_written_is_none(tmp_path: Path, disk: FaultyDisk) -> None:
    disk.after_commit = True
    disk.commit_error = sqlite3.OperationalError("disk I/O error")
    with sqlite(tmp_path, wrap=disk) as journal:
        journal.say("one", "r")
        settled(journal, 1)
        assert journal.texts("acknowledged") == ["one"]
    assert texts_after_restart(tmp_path) == ["one"]


def test_5_what_may_or_may_not_be_there_is_taken_out_before_anything_else_is_written(
    tmp_path: Path, disk: FaultyDisk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unreadable(job: WriteJob) -> bool:
        raise sqlite3.OperationalError("disk I/O error")

    with sqlite(tmp_path, wrap=disk) as journal:
        disk.after_commit, disk.commit_error = True, sqlite3.OperationalError("disk I/O error")
        monkeypatch.setattr(disk.files.writer, "_has", unreadable)
        journal.say("one", "r")
        settled(journal, 1)
        assert journal.texts("failed") == ["one"]
        monkeypatch.undo()
        disk.commit_error = None
        journal.say("two", "r")
        settled(journal, 2)
    assert texts_after_restart(tmp_path) == ["two"]


def test_5_one_wrong_entry_fails_alone(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with sqlite(tmp_path) as journal:
        for text in ("one", "\ud800", "three"):
            journal.say(text, "r")
        settled(journal, 3)
        assert journal.texts("acknowledged") == ["one", "three"]
        assert journal.texts("failed") == ["\ud800"]


def test_5_who_waits_for_the_disk_for_too_long_fails_and_a_batch_is_answered_when_it_returns(
    tmp_path: Path, disk: FaultyDisk, caplog: pytest.LogCaptureFixture
) -> None:
    now = 0.0
    with sqlite(tmp_path, wrap=disk, clock=lambda: now) as journal:
        disk.free.clear()
        journal.say("handed over", "r")
        gevent.sleep(0)  # so that it is
        journal.say("waits", "r")
        journal.act("somebody left")
        now = 4.9
        journal.log._look()  # type: ignore[attr-defined]
        assert journal.told == []
        now = 5.0
        journal.log._look()  # type: ignore[attr-defined]
        assert journal.texts("failed") == ["waits"] and journal.told[-1] == ("done", "somebody left")
        disk.free.set()
        settled(journal, 2)
        assert journal.texts("acknowledged") == ["handed over"]
    assert texts_after_restart(tmp_path) == ["handed over"]


def test_2_after_a_failed_sync_all_is_written_anew_before_anything_is_acknowledged(
    tmp_path: Path, disk: FaultyDisk, caplog: pytest.LogCaptureFixture
) -> None:
    with sqlite(tmp_path, wrap=disk) as journal:
        disk.sync_error = OSError(errno.EIO, "Input/output error")
        journal.say("one", "r")
        journal.wait_for("published", 1)
        until(lambda: disk.syncs >= 3)
        journal.say("two", "r")
        assert journal.entries("acknowledged") == []
        rewritten: list[list[str]] = []
        rewrite = disk.files.writer.rewrite

        def noted(entries: list[Any], changes: Any = ()) -> None:
            rewritten.append([entry.text for entry in entries])
            rewrite(entries, changes)

        disk.files.writer.rewrite = noted  # type: ignore[method-assign]
        disk.sync_error = None
        settled(journal, 2)
        assert rewritten == [["one"]]
        assert journal.texts("published") == ["one", "two"] == journal.texts("acknowledged")
    assert texts_after_restart(tmp_path) == ["one", "two"]
    messages = [record.getMessage() for record in caplog.records]
    assert "the log is not safe on the disk: [Errno 5] Input/output error" in messages[0]
    assert messages[-1] == "the log is safe on the disk again"


def test_a_sync_that_goes_on_failing_ends_the_server(
    tmp_path: Path, disk: FaultyDisk, caplog: pytest.LogCaptureFixture
) -> None:
    now = 0.0
    ended: list[bool] = []
    with sqlite(
        tmp_path, wrap=disk, clock=lambda: now, fatal=lambda: ended.append(True), patience=0
    ) as journal:
        disk.sync_error = OSError(errno.EIO, "Input/output error")
        journal.say("one", "r")
        journal.wait_for("published", 1)
        until(lambda: disk.syncs >= 2)
        now = durability.PATIENCE + 1
        until(lambda: bool(ended))
        assert journal.entries("acknowledged") == []


def test_a_folder_that_is_gone_and_comes_back(
    tmp_path: Path, disk: FaultyDisk, caplog: pytest.LogCaptureFixture
) -> None:
    now = 0.0
    folder, away = tmp_path / "log", tmp_path / "away"
    with sqlite(folder, wrap=disk, clock=lambda: now) as journal:
        journal.say("one", "r")
        settled(journal, 1)
        os.rename(folder, away)
        journal.say("two", "r")
        journal.wait_for("published", 2)
        until(lambda: disk.syncs >= 2)
        now += 100  # it is waited for, however long that takes
        journal.say("three", "r")
        now += 5
        journal.log._look()  # type: ignore[attr-defined]
        assert journal.texts("failed") == ["three"] and journal.texts("acknowledged") == ["one"]
        os.rename(away, folder)
        journal.say("four", "r")
        settled(journal, 4)
        assert journal.texts("acknowledged") == ["one", "two", "four"]
    assert texts_after_restart(folder) == ["one", "two", "four"]


def test_10_what_still_waits_at_the_end_has_failed(tmp_path: Path, disk: FaultyDisk) -> None:
    with sqlite(tmp_path, wrap=disk, patience=0) as journal:
        disk.free.clear()
        journal.say("handed over", "r")
        gevent.sleep(0)
        journal.say("waits", "r")
        journal.log.finish(0.001)
        assert journal.texts("failed") == ["waits"]
        disk.free.set()
        settled(journal, 2)


def test_a_deleted_folder_refuses_what_is_said(
    tmp_path: Path, disk: FaultyDisk, caplog: pytest.LogCaptureFixture
) -> None:
    with sqlite(tmp_path / "log", wrap=disk, patience=0) as journal:
        shutil.rmtree(tmp_path / "log")
        entry: RoomEntry = journal.say("one", "r")
        journal.wait_for("published", 1)
        until(lambda: disk.syncs >= 2)
        assert journal.entries("acknowledged") == [] and entry.author.in_flight == 1


def test_a_slow_disk_delays_answers_and_nothing_else(tmp_path: Path, disk: FaultyDisk) -> None:
    with sqlite(tmp_path, wrap=disk) as journal:
        disk.sync_is_free.clear()
        for number in range(20):
            journal.say(str(number), "r")
            journal.wait_for("published", number + 1)
        assert journal.entries("acknowledged") == []
        assert len(journal.history()) == 20
        disk.sync_is_free.set()
        settled(journal, 20)
        assert journal.entries("acknowledged") == journal.entries("published")


def test_a_stolen_lock(tmp_path: Path, disk: FaultyDisk, caplog: pytest.LogCaptureFixture) -> None:
    """Somebody removes the lock and starts another server: the first one acknowledges nothing more."""
    now = 0.0
    with sqlite(tmp_path, wrap=disk, clock=lambda: now, patience=0) as journal:
        journal.say("one", "r")
        settled(journal, 1)
        (tmp_path / "lock").unlink()
        with sqlite(tmp_path) as second:
            second.say("two", "r")
            settled(second, 1)
            journal.say("unsafe", "r")
            journal.wait_for("published", 2)
            until(lambda: disk.syncs >= 3)
            journal.say("three", "r")
            now += 5
            journal.log._look()  # type: ignore[attr-defined]
            assert journal.texts("failed") == ["three"] and journal.texts("acknowledged") == ["one"]
            second.say("four", "r")
            settled(second, 2)
            assert second.texts("acknowledged") == ["two", "four"]
    assert "lock is another file now; nothing more is taken until it is" in caplog.text
    assert {"one", "two", "four"} <= set(texts_after_restart(tmp_path)) <= {"one", "two", "four", "unsafe"}


@pytest.mark.parametrize("what", ["a page", "a text"])
def test_one_flipped_byte_harms_only_what_is_read_there(
    tmp_path: Path, what: str, caplog: pytest.LogCaptureFixture
) -> None:
    rooms = [Room(name, DEFAULT, number) for number, name in enumerate(("lobby", "dev", "ops"), 1)]
    with sqlite(tmp_path) as journal:
        for room in rooms:
            for _ in range(100):
                journal.say("grün " * 100, room=room)
        journal.wait_for("published", 300)
    database = tmp_path / "log.sqlite3"
    with sqlite(tmp_path, limits=Limits(recent=0)) as journal:
        content = database.read_bytes()
        leaf = next(at for at in range(len(content) // 8192 * 4096, len(content), 4096) if content[at] == 10)
        place = content.index("grün ".encode(), leaf)
        flip(database, place // 4096 * 4096 if what == "a page" else place + 3)
        found = [journal.page((room.number, 0), Span(500)) for room in rooms]
        assert [page is not None and len(page.entries) for page in found].count(False) == 1
        assert [page is not None and len(page.entries) for page in found].count(100) == 2
        journal.say("goes on", "r")
        settled(journal, 1)
        assert journal.texts("acknowledged") == ["goes on"]
    assert "a page of the log could not be read: " in caplog.text


def flip(file: Path, place: int) -> None:
    with file.open("r+b") as opened:
        opened.seek(place)
        [byte] = opened.read(1)
        opened.seek(place)
        opened.write(bytes([byte ^ 0xFF]))


def test_a_value_that_none_of_ours_has_harms_only_what_is_read_there(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with sqlite(tmp_path) as journal:
        journal.say("one")
        journal.say("two")
        journal.wait_for("published", 2)
    with contextlib.closing(sqlite3.connect(tmp_path / "log.sqlite3")) as database:
        database.execute("UPDATE entries SET kind = 99 WHERE text = 'one'")
        database.commit()
    with sqlite(tmp_path, limits=Limits(recent=0)) as journal:
        assert journal.page((1, 0), Span(500)) is None
    assert "a page of the log could not be read: " in caplog.text and "Traceback" not in caplog.text
