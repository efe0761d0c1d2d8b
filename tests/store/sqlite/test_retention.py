"""Old messages go in small steps, wherever it is interrupted; and harm nobody."""

import logging
import shutil
import sqlite3
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from chatd.protocol.keep_rule import DAY, EVERYTHING, KeepRule
from chatd.protocol.limits import DEFAULT
from chatd.state.stored_entries import Found, Missed, MissedPage, Page, Span, StoredEntry, StoredGuest, Wanted
from chatd.store.sqlite import removing, retention, unhurried
from chatd.store.sqlite.schema import Statements
from tests.support.faulty_disk import until
from tests.support.folders import change, value
from tests.support.kept import FEW, held_up, talk
from tests.support.logs import sqlite
from tests.support.search_model import at_once, indexed


@pytest.fixture(autouse=True)
def without_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unhurried, "PAUSE", 0.0)


def stored(path: Path) -> int:
    """How many entries are in the database."""
    count = value(path / "log.sqlite3", "SELECT count(*) FROM entries")
    assert isinstance(count, int)
    return count


def test_many_steps(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(removing, "RISE", 700)
    caplog.set_level(logging.INFO, "chatd")
    with sqlite(tmp_path, keep=FEW) as journal:
        talk(journal, 1800)
        for number in range(5):
            journal.write(str(number))
        journal.wait_for("published", 1805)
        journal.look()
        assert stored(tmp_path) == 8
        assert [entry.text for entry in journal.history()] == ["1797", "1798", "1799"]
        journal.look()
        talk(journal, 2)
        journal.look()
        assert stored(tmp_path) == 8
    messages = [record.message.partition(",")[0] for record in caplog.records]
    assert messages == ["1797 old messages were removed", "2 old messages were removed"]


def test_many_rooms(tmp_path: Path) -> None:
    """More than are looked at at once, and than a step takes, most with next to nothing."""
    with sqlite(tmp_path):
        pass
    rooms, many = 1200, 600
    change(
        tmp_path / "log.sqlite3",
        f"""INSERT INTO rooms (room, name, topic) WITH RECURSIVE r(x) AS
            (VALUES (2) UNION ALL SELECT x + 1 FROM r WHERE x < {rooms}) SELECT x, 'r' || x, '' FROM r""",
        """INSERT INTO entries (first, second, id, at, sender, person, kind, text)
            WITH RECURSIVE n(x) AS (VALUES (1) UNION ALL SELECT x + 1 FROM n WHERE x < 6)
            SELECT room, 0, room * 10 + x, 0, 'al', 7, 0, '' FROM rooms, n""",
        f"""INSERT INTO entries (first, second, id, at, sender, person, kind, text)
            WITH RECURSIVE n(x) AS (VALUES (1) UNION ALL SELECT x + 1 FROM n WHERE x < {many})
            SELECT 700, 0, 100000 + x, 0, 'al', 7, 0, '' FROM n""",
        "UPDATE ids SET ceiling = 1000000",
    )
    with sqlite(tmp_path, keep=FEW, limits=replace(DEFAULT, recent=10)) as journal:
        journal.look()
        assert stored(tmp_path) == rooms * 3
        assert [entry.id for entry in journal.history((700, 0))] == [100000 + many - 2 + n for n in range(3)]
        assert [entry.id for entry in journal.history((rooms, 0))] == [rooms * 10 + n for n in (4, 5, 6)]


def test_killed_anywhere_it_goes_on(tmp_path: Path) -> None:
    """The folder is copied as it is after each write: what a server finds that starts after a kill."""
    copies: list[Path] = []

    def wrap(files: Any) -> None:
        write = files.writer.change

        def and_copy(statements: Statements) -> None:
            write(statements)
            copies.append(tmp_path / f"copy{len(copies)}")
            shutil.copytree(tmp_path / "log", copies[-1])

        files.writer.change = and_copy

    with sqlite(tmp_path / "log", keep=FEW, wrap=wrap) as journal:
        ids = talk(journal, 230)
        journal.write("psst")
        journal.wait_for("published", 231)
        journal.look()
    assert [stored(copy) for copy in copies] == [231, 131, 31, 4]
    for copy in copies:
        with sqlite(copy, keep=EVERYTHING) as journal:  # what was hidden stays so under any rule
            assert [entry.id for entry in journal.history()] == ids[-3:]
            [page] = journal.all_missed(Missed(7, (1,), ids[0], 100))
            assert [(gap.number, gap.before) for gap in page.gaps] == [(1, ids[-4] + 1)]
            journal.look()
            assert stored(copy) == 4


def test_keys_hold(tmp_path: Path) -> None:
    now = [1000 * DAY]
    with sqlite(tmp_path, keep=KeepRule(count=1), now=lambda: now[0]) as journal:
        journal.log.keep_guest(StoredGuest("t", 11, "alice", ("lobby",)))
        [old] = talk(journal, 1, key="old")
        now[0] += DAY // 2
        [mid] = talk(journal, 1, key="mid")
        [new] = talk(journal, 1, key="new")
        journal.look()
        assert len(journal.history()) == 1
    now[0] += DAY // 4
    with sqlite(tmp_path, now=lambda: now[0]) as journal:
        [page] = journal.all_missed(Missed(11, (1,), 0, 100))
        assert page.keys == [("new", new), ("mid", mid), ("old", old)]
    now[0] += DAY // 2
    with sqlite(tmp_path, keep=KeepRule(count=1), now=lambda: now[0]) as journal:
        [page] = journal.all_missed(Missed(11, (1,), 0, 100))
        assert page.keys == [("new", new), ("mid", mid)]
        talk(journal, 1)
        journal.look()
    assert value(tmp_path / "log.sqlite3", "SELECT group_concat(key) FROM removed_keys") == "mid,new"


def test_the_search_forgets_before_the_log_does(tmp_path: Path) -> None:
    asked: list[int] = []
    with sqlite(tmp_path, keep=FEW) as journal:
        talk(journal, 700)

        def unindex(entries: list[StoredEntry], then: Callable[[], None]) -> None:
            asked.append(len(entries))
            assert stored(tmp_path) == 700 - removing.STEP * (len(asked) - 1)
            assert len(journal.history()) == 3  # nobody is shown them any more
            then()

        held_up(journal, unindex=unindex)
        journal.look()
    assert asked == [*[removing.STEP] * 6, 97]


def test_what_is_removed_is_not_found(tmp_path: Path) -> None:
    wanted = Wanted((("old",),), ((1, 0), (0, 7)), 10)
    with at_once(), sqlite(tmp_path, keep=FEW) as journal:
        for number in range(5):
            journal.say(f"old {number}")
        journal.write("old psst")
        journal.wait_for("published", 6)
        indexed(journal)
        journal.look()
        found = journal.search(wanted)
        assert isinstance(found, Found)
        assert [entry.text for entry in found.entries] == ["old psst", "old 4", "old 3", "old 2"]
    assert value(tmp_path / "search.sqlite3", "SELECT entries FROM parts") == 4


def test_a_disk_that_takes_no_change(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "FIRST", 0.0)
    monkeypatch.setattr(retention, "EVERY", 0.0)
    errors: list[Exception] = [ZeroDivisionError("a bug"), sqlite3.OperationalError("disk is full")]

    def wrap(files: Any) -> None:
        write = files.writer.change

        def fails(statements: Statements) -> None:
            if errors:
                raise errors.pop()
            write(statements)

        files.writer.change = fails

    with sqlite(tmp_path) as journal:
        talk(journal, 9)
    with sqlite(tmp_path, keep=FEW, wrap=wrap) as journal:
        until(lambda: len(journal.history()) == 3)
    assert "old messages cannot be removed: disk is full; it is tried again" in caplog.messages
    assert "an error while old messages were removed" in caplog.messages


def test_a_change_is_whole_or_not_there(tmp_path: Path) -> None:
    with sqlite(tmp_path) as journal:
        talk(journal, 2)
        writer = journal.log._files.writer  # type: ignore[attr-defined]
        with pytest.raises(sqlite3.OperationalError):
            writer.change([("DELETE FROM entries", ()), ("DELETE FROM nothing", ())])
        assert stored(tmp_path) == 2
        talk(journal, 1)


def test_a_server_that_always_writes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unhurried, "_PATIENCE", 0.02)
    asked: list[bool] = []
    with sqlite(tmp_path, keep=FEW) as journal:
        talk(journal, 9)

        def idle() -> bool:
            asked.append(True)
            return False

        held_up(journal, idle=idle)
        journal.look()
        assert len(journal.history()) == 3
        assert len(asked) > 4


def test_a_floor_that_rises_while_a_page_is_read(tmp_path: Path) -> None:
    """The thread that reads has the answer already when the floor rises."""
    few = replace(DEFAULT, recent=2)
    with sqlite(tmp_path, limits=few) as journal:
        ids = talk(journal, 9)
        floors = journal.log._files.floors  # type: ignore[attr-defined]
        pages: list[Page | None] = []
        missed: list[MissedPage | None] = []
        assert journal.log.read((1, 0), Span(8), pages.append)
        assert journal.log.read((1, 0), Span(8, after=0), pages.append)
        assert journal.log.read_missed(Missed(7, (1,), ids[1], 100), missed.append)
        floors.raise_to({1: ids[6]}, 0)
        until(lambda: len(pages) == 2 and len(missed) == 1)
        assert [page and [entry.id for entry in page.entries] for page in pages] == [ids[7:], ids[7:8]]
        assert [page and page.more for page in pages] == [False, True]
        [page] = missed
        assert page is not None and [entry.id for entry in page.entries] == ids[7:]
        assert [(gap.after, gap.before) for gap in page.gaps] == [(ids[1], ids[6] + 1)]
