"""What is taken out of the index."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chatd.state.stored_entries import StoredEntry
from chatd.store.sqlite.search import index_file, index_writer, upkeep
from tests.support.folders import change
from tests.support.indexes import check, found, raw, said, service, unindex
from tests.support.logs import sqlite
from tests.support.search_model import at_once, indexed


@pytest.fixture(autouse=True)
def _at_once() -> Iterator[None]:
    with at_once():
        yield


@settings(max_examples=12)
@given(
    st.lists(
        st.one_of(st.integers(1, 9), st.lists(st.integers(0, 40), max_size=9), st.just("restart")), max_size=9
    ),
    st.sampled_from([3, 500]),
)
def test_what_is_taken_out_is_out_and_nothing_is_taken_out_twice(
    tmp_path_factory: pytest.TempPathFactory, steps: list[int | list[int] | str], part: int
) -> None:
    """So many are said; those with these numbers are taken out, again perhaps, or before they are in."""
    path = tmp_path_factory.mktemp("log")
    everything: list[StoredEntry] = []
    out: set[int] = set()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(index_file, "PART_ENTRIES", part)
        journals = [sqlite(path, now=lambda: 0)]
        journal = journals[0].__enter__()
        for step in steps:
            if isinstance(step, int):
                everything += said(journal, *[f"x {'é' * number} y" for number in range(step)])
            elif isinstance(step, list):
                going = [everything[number] for number in step if number < len(everything)]
                unindex(journal, going)
                out.update(entry.id for entry in going)
            else:
                indexed(journal)
                journals.pop().__exit__(None, None, None)
                journals.append(sqlite(path, now=lambda: 0))
                journal = journals[0].__enter__()
        indexed(journal)
        journals[0].__exit__(None, None, None)
    assert check(path) == [entry.id for entry in everything if entry.id not in out]


def test_a_part_with_nothing_left_goes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(index_file, "PART_ENTRIES", 4)
    monkeypatch.setattr(index_writer, "_STEP", 4)
    with sqlite(tmp_path) as journal:
        entries = []
        for number in range(12):
            entries += said(journal, f"x {number}")
            indexed(journal)
        unindex(journal, entries[:3])
        unindex(journal, entries[2:9])
        unindex(journal, entries[11:])
        assert found(journal) == ["x 10", "x 9"]
    with raw(tmp_path) as database:
        assert database.execute("SELECT part, entries FROM parts").fetchall() == [(3, 2)]
        tables = database.execute("SELECT name FROM sqlite_master WHERE name LIKE 'part\\_%' ESCAPE '\\'")
        assert {name[:6] for [name] in tables} == {"part_3"}


def test_of_what_is_taken_out_early_only_what_the_log_still_has_is_remembered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While an index is made anew, millions may be removed that are not in it yet."""
    with sqlite(tmp_path) as journal:
        said(journal, "x")
        indexed(journal)
        writer = service(journal)._writer
        monkeypatch.setattr(upkeep, "_SOON", 3600.0)
        entries = said(journal, "x 1", "x 2", "x 3")
        unindex(journal, entries[:2])
        change(tmp_path / "log.sqlite3", f"DELETE FROM entries WHERE id = {entries[0].id}")
        unindex(journal, entries[2:])
        assert writer._going == {entries[1].id, entries[2].id}
