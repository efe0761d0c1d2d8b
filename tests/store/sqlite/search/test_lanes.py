"""Searches that turn out to take long: they take nobody's place, and begin none with an index that goes."""

import itertools
import sqlite3
import threading
from collections.abc import Iterator
from dataclasses import replace as with_limits
from pathlib import Path

import pytest
from msgspec.structs import replace

from chatd.protocol.limits import DEFAULT
from chatd.state.stored_entries import Found, NotFound, SearchFailure, Wanted
from chatd.store.sqlite.search import searcher, upkeep
from chatd.store.sqlite.search.index_file import IndexFile
from chatd.store.sqlite.search.searcher import IndexSearcher
from tests.support.indexes import X, found, said, service, why_not
from tests.support.logs import Answer, sqlite
from tests.support.search_model import at_once, indexed

#: It is not quick, here.
LONG = replace(X, limit=10)


@pytest.fixture(autouse=True)
def _long(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    kept = IndexSearcher.search

    def search(one: IndexSearcher, wanted: Wanted, end: int) -> Found | NotFound:
        if one._seconds < DEFAULT.search_time and wanted == LONG:
            return NotFound(SearchFailure.TOO_SLOW, 1.0)
        return kept(one, wanted, end)

    monkeypatch.setattr(IndexSearcher, "search", search)
    with at_once():
        yield


def test_those_that_take_long_take_nobodys_place(tmp_path: Path) -> None:
    free = threading.Event()
    limits = with_limits(DEFAULT, searches_asked=3, long_searches_asked=2)
    with sqlite(tmp_path, limits=limits) as journal:
        said(journal, "x")
        indexed(journal)
        service(journal)._long.thread.start(lambda: free.wait(10), lambda _, error: None)
        answers: list[Answer[Found | NotFound]] = [Answer(), Answer(), Answer()]
        for answer in answers:
            assert journal.log.search(LONG, answer)
        one_too_many = answers.pop().wait()
        assert isinstance(one_too_many, NotFound)
        assert (one_too_many.why, one_too_many.seconds) == (SearchFailure.TOO_SLOW, 1.0)
        assert found(journal) == ["x"]
        free.set()
        assert all(isinstance(answer.wait(), Found) for answer in answers)


def test_none_is_begun_anew_with_an_index_that_goes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It would have the old file open for ever."""
    monkeypatch.setattr(upkeep, "_REMADE", 3600.0)
    with sqlite(tmp_path) as journal:
        said(journal, "x")
        indexed(journal)
        assert why_not(journal) is None
        answer: Answer[Found | NotFound] = Answer()
        assert journal.log.search(LONG, answer)
        service(journal)._upkeep.damaged(sqlite3.DatabaseError("it is damaged"))
        not_found = answer.wait()
        assert isinstance(not_found, NotFound) and not_found.why is SearchFailure.NOT_READY
        assert service(journal)._long.waiting == 0


def test_one_that_is_late_ends_in_peace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The clock is looked at in each step of SQLite's, also in those that end the transaction."""
    monkeypatch.setattr(searcher, "_LOOKED", 1)
    with sqlite(tmp_path) as journal:
        said(journal, *["x"] * 50)
        indexed(journal)
        files = journal.log._files  # type: ignore[attr-defined]
        clock = itertools.chain(itertools.repeat(0.0, 200), itertools.repeat(9.0))
        index = IndexFile(files.folder.search_index, files.identity)
        late = IndexSearcher(index, files.folder.database, 1.0, lambda: next(clock))
        not_found = late.search(X, 1 << 60)
        late.close()
        assert isinstance(not_found, NotFound) and not_found.why is SearchFailure.TOO_SLOW
