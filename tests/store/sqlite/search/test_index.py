"""The index: made anew where it cannot be kept, and brought up to date."""

import itertools
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest

from chatd.state.stored_entries import NotFound, SearchFailure
from chatd.store.sqlite.search import index_writer, upkeep
from chatd.store.sqlite.search.index_writer import IndexWriter
from tests.support.faulty_disk import until
from tests.support.indexes import X, check, found, raw, said, service, unindex, why_not
from tests.support.logs import sqlite
from tests.support.search_model import at_once, indexed


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(upkeep, "_AGAIN", 0.01)
    with at_once():
        yield


def break_file(path: Path) -> None:
    path.write_bytes(b"this is no database " * 1000)


def forget_it(path: Path) -> None:
    path.unlink()


def truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:5000])


def execute(statement: str) -> Any:
    def change(path: Path) -> None:
        with raw(path.parent) as database:
            database.execute(statement)

    return change


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (forget_it, "there is none"),
        (break_file, "it is damaged"),
        (truncate, "it is damaged"),
        (lambda path: path.write_bytes(b""), "it is damaged"),
        (execute("UPDATE about SET identity = identity + 1"), "it is that of another log"),
        (execute("UPDATE about SET maker = '2, Unicode 99'"), "another version has made it"),
        (execute("DELETE FROM about"), "another version has made it"),
        (execute("DROP TABLE about"), "it is damaged"),
    ],
)
def test_what_cannot_be_kept_is_made_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, change: Any, why: str
) -> None:
    with sqlite(tmp_path) as journal:
        ids = [entry.id for entry in said(journal, "x 1", "x 2")]
        indexed(journal)
    change(tmp_path / "search.sqlite3")
    monkeypatch.setattr(upkeep, "_NEW", 0)  # so that so few are many
    with sqlite(tmp_path) as journal:
        until(lambda: why_not(journal) is None)
        assert found(journal) == ["x 2", "x 1"]
    assert caplog.messages == [f"the search index is made anew: {why}"]
    assert check(tmp_path) == ids
    assert (tmp_path / "search.sqlite3").stat().st_mode & 0o777 == 0o600


def test_while_it_is_made_it_says_how_much_is_done(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with sqlite(tmp_path) as journal:
        said(journal, *["x"] * 10)
    forget_it(tmp_path / "search.sqlite3")
    monkeypatch.setattr(upkeep, "_NEW", 5)
    monkeypatch.setattr(index_writer, "_STEP", 2)
    shares = []
    with sqlite(tmp_path) as journal:
        stepped = service(journal)._upkeep._stepped

        def ask_and_go_on(*result: Any) -> None:
            answer = journal.search(X)
            assert isinstance(answer, NotFound) and answer.why is SearchFailure.NOT_READY
            shares.append(answer.indexed)
            stepped(*result)

        monkeypatch.setattr(service(journal)._upkeep, "_stepped", ask_and_go_on)
        until(lambda: len(shares) == 5)
        assert len(found(journal)) == 10
    assert shares == [0.0, 0.2, 0.4, 0.6, 0.8]


def test_one_that_is_a_little_behind_is_ready_and_catches_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """As after a crash."""
    with sqlite(tmp_path) as journal:
        said(journal, "x 1")
        indexed(journal)
        monkeypatch.setattr(upkeep, "_NEXT", 3600.0)
        said(journal, "x 2")
        indexed(journal)
        said(journal, "x 3")
        assert found(journal) == ["x 2", "x 1"]
    with sqlite(tmp_path) as journal:
        assert why_not(journal) is None
        indexed(journal)
        assert found(journal) == ["x 3", "x 2", "x 1"]
    assert caplog.messages == []


def test_what_the_log_has_lost_is_not_found(tmp_path: Path) -> None:
    """After a power cut; or when it was removed, and the index does not know it yet."""
    with sqlite(tmp_path) as journal:
        entries = said(journal, "x 1", "x 2", "x 3")
        indexed(journal)
    database = sqlite3.connect(tmp_path / "log.sqlite3", isolation_level=None)
    database.execute("DELETE FROM entries WHERE id > ?", (entries[0].id,))
    database.close()
    with sqlite(tmp_path) as journal:
        assert found(journal) == ["x 1"]
        said(journal, "x 4")
        indexed(journal)
        assert found(journal) == ["x 4", "x 1"]


def damage(path: Path) -> None:
    """All of it but its first pages."""
    with raw(path) as database:
        assert database.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0] == 0
    with open(path / "search.sqlite3", "r+b") as file:
        file.seek(0, 2)
        size = file.tell()
        file.seek(8192)
        file.write(b"\xff" * (size - 8192))


@pytest.mark.parametrize("found_by", ["a search", "a step", "a removal"])
def test_damage_that_is_found_later(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, found_by: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with sqlite(tmp_path) as journal:
        entries = said(journal, *[f"x {number}" for number in range(50)])
        indexed(journal)
        damage(tmp_path)
        service(journal)._writer._open.execute("PRAGMA cache_size = 0")
        if found_by == "a search":
            assert why_not(journal) is SearchFailure.NOT_READY
        elif found_by == "a step":
            said(journal, "x")
        else:
            unindex(journal, entries[:5])
        until(lambda: why_not(journal) is None)
        assert len(found(journal)) in (50, 51)
        assert caplog.messages == [
            "the search index is damaged (database disk image is malformed); it is made anew"
        ]
        monkeypatch.setattr(upkeep, "_REMADE", 3600.0)
        damage(tmp_path)
        said(journal, "x")
        until(lambda: len(caplog.messages) == 2)
        assert why_not(journal) is SearchFailure.NOT_READY  # not again so soon


def test_a_full_disk_is_for_searches_only(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with sqlite(tmp_path) as journal:
        said(journal, "x 1")
        indexed(journal)
        index = service(journal)._writer._open
        [pages] = index.execute("PRAGMA page_count").fetchone()
        index.execute(f"PRAGMA max_page_count = {pages}")
        said(journal, *[f"x {number}" + " y" * number for number in range(500)])
        until(lambda: why_not(journal) is SearchFailure.UNREADABLE)
        assert len(said(journal, "x")) == 1  # nobody else knows
        unindex(journal, said(journal, "x"))
        index.execute("PRAGMA max_page_count = 1000000")
        until(lambda: why_not(journal) is None)
        indexed(journal)
        assert len(found(journal)) >= 500
    assert caplog.messages == [
        "the search index cannot be written: database or disk is full; nothing is found until it can",
        "the search index is written again",
    ]


def test_an_index_that_cannot_be_opened_harms_nobody(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "search.sqlite3").mkdir()
    with sqlite(tmp_path) as journal:
        said(journal, "x")
        assert why_not(journal) is SearchFailure.UNREADABLE
        (tmp_path / "search.sqlite3").rmdir()
        until(lambda: why_not(journal) is None)
        indexed(journal)
        assert found(journal) == ["x"]


def test_a_log_that_cannot_be_read_is_not_the_fault_of_the_index(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with sqlite(tmp_path) as journal:
        said(journal, "x 1")
        indexed(journal)
        log = journal.log._files.writer.database  # type: ignore[attr-defined]
        log.execute("DROP INDEX entries_by_id")
        said(journal, "x 2")
        until(lambda: bool(caplog.messages))
        assert why_not(journal) is SearchFailure.UNREADABLE
        log.execute("CREATE INDEX entries_by_id ON entries(id)")
        until(lambda: why_not(journal) is None)
        indexed(journal)
        assert found(journal) == ["x 2", "x 1"]
    assert "no such index" in caplog.messages[0] and len(caplog.messages) == 2


def test_a_step_that_was_cut_off_is_done_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Between its statements, as when the server is killed."""
    with sqlite(tmp_path) as journal:
        writer: IndexWriter = service(journal)._writer
        kept = writer._transaction

        @contextmanager
        def cut_off() -> Iterator[sqlite3.Connection]:
            with kept() as database:
                yield database
                raise sqlite3.OperationalError("disk I/O error")

        monkeypatch.setattr(writer, "_transaction", cut_off)
        entries = said(journal, "x 1", "x 2")
        until(lambda: why_not(journal) is SearchFailure.UNREADABLE)
        monkeypatch.undo()
        until(lambda: why_not(journal) is None)
        indexed(journal)
        assert found(journal) == ["x 2", "x 1"]
    assert check(tmp_path) == [entry.id for entry in entries]


def test_its_write_ahead_log_does_not_grow_for_ever(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(index_writer, "_CHECKPOINT", 100_000)
    sizes = []
    with sqlite(tmp_path) as journal:
        for number in range(40):
            said(journal, *[f"x {number} {letter}" for letter in "abcdefgh" * 20])
            indexed(journal)
            found(journal)
            sizes.append((tmp_path / "search.sqlite3-wal").stat().st_size)
    assert max(sizes) < 400_000
    # It begins again, and is not moved after each step from then on, since the file would stay long.
    assert sum(after < before for before, after in itertools.pairwise(sizes)) > 1


def test_after_trouble_nothing_is_found_until_nothing_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(index_writer, "_STEP", 2)
    failures: list[SearchFailure | None] = []
    with sqlite(tmp_path) as journal:
        writer = service(journal)._writer
        with monkeypatch.context() as patch:
            fail = Mock(side_effect=sqlite3.OperationalError("database or disk is full"))
            patch.setattr(writer, "_transaction", fail)
            said(journal, *["x"] * 9)
            until(lambda: why_not(journal) is not None)
            stepped = service(journal)._upkeep._stepped

            def ask_and_go_on(*result: Any) -> None:
                stepped(*result)
                failures.append(why_not(journal))

            monkeypatch.setattr(service(journal)._upkeep, "_stepped", ask_and_go_on)
        until(lambda: why_not(journal) is None)
        assert len(found(journal)) == 9
    assert failures.count(SearchFailure.NOT_READY) >= 4
