"""The index whose file is taken away, or was never ours."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from chatd.state.stored_entries import SearchFailure
from chatd.store.sqlite.search import upkeep
from tests.support.faulty_disk import until
from tests.support.indexes import check, found, said, why_not
from tests.support.logs import sqlite
from tests.support.search_model import at_once, indexed


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(upkeep, "_AGAIN", 0.01)
    with at_once():
        yield


def replace_it(path: Path) -> None:
    path.write_bytes(b"this is no database")
    path.rename(path.parent / "search.sqlite3")


@pytest.mark.parametrize(
    ("lose", "why"),
    [
        (lambda path: (path / "search.sqlite3").unlink(), "it is not there any more"),
        (lambda path: (path / "search.sqlite3-wal").unlink(), "it is not there any more"),
        (lambda path: replace_it(path / "new"), "it is another file now"),
    ],
)
def test_one_that_is_taken_away_is_made_anew(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, lose: Any, why: str
) -> None:
    with sqlite(tmp_path) as journal:
        said(journal, "x 1")
        indexed(journal)
        lose(tmp_path)
        said(journal, "x 2")
        until(lambda: bool(caplog.messages))
        until(lambda: why_not(journal) is None)
        said(journal, "x 3")
        indexed(journal)
        assert found(journal) == ["x 3", "x 2", "x 1"]
    assert caplog.messages == [f"the search index is damaged ({why}); it is made anew"]
    assert len(check(tmp_path)) == 3


@pytest.mark.parametrize("file", ["search.sqlite3", "search.sqlite3-wal"])
def test_one_that_a_search_misses_is_made_anew(tmp_path: Path, file: str) -> None:
    with sqlite(tmp_path) as journal:
        said(journal, "x")
        indexed(journal)
        (tmp_path / file).unlink()
        assert why_not(journal) is SearchFailure.UNREADABLE
        until(lambda: why_not(journal) is None)
        assert found(journal) == ["x"]


def test_the_database_of_another_program_behind_a_link_stays_as_it_is(tmp_path: Path) -> None:
    theirs = tmp_path / "theirs"
    with closing(sqlite3.connect(theirs)) as database:
        database.execute("CREATE TABLE theirs(x)")
    before = theirs.read_bytes()
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "search.sqlite3").symlink_to(theirs)
    with sqlite(tmp_path / "data") as journal:
        said(journal, "x")
        indexed(journal)
        assert found(journal) == ["x"]
    assert theirs.read_bytes() == before
