"""The index forgets the words of what was deleted, whenever the server ends."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chatd.state.stored_entries import EntryKind, StoredEntry
from chatd.store.sqlite.search import index_file, upkeep
from chatd.store.sqlite.search.index_file import IndexFile
from chatd.store.sqlite.search.index_writer import IndexWriter
from tests.support.acts import delete, do, ruling
from tests.support.faulty_disk import until
from tests.support.folders import value
from tests.support.indexes import check, found, raw, said, service, unindex
from tests.support.logs import Journal, sqlite
from tests.support.search_model import at_once, indexed


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(upkeep, "_AGAIN", 0.01)
    with at_once():
        yield


def words(path: Path) -> set[str]:
    """Those that the index has, but for x."""
    found: set[str] = set()
    with raw(path) as database:
        for [part] in database.execute("SELECT part FROM parts").fetchall():
            database.execute(f"CREATE VIRTUAL TABLE temp.words USING fts5vocab(main, part_{part}, row)")
            found.update(word for [word] in database.execute("SELECT term FROM temp.words"))
            database.execute("DROP TABLE temp.words")
    return {word for word in found if word.startswith("word")}


def waiting(path: Path) -> object:
    """How many texts the log keeps for the index."""
    return value(path / "log.sqlite3", "SELECT count(*) FROM unindexed")


def deleted(journal: Journal, entries: list[StoredEntry]) -> None:
    before = len(journal.entries("published"))
    for entry in entries:
        delete(journal, entry)
    journal.wait_for("published", before + len(entries))


def test_its_words_go(tmp_path: Path) -> None:
    with sqlite(tmp_path) as journal:
        entries = said(journal, "x word1", "x word2", "x word3")
        do(journal, ruling("7"))
        journal.wait_for("published", 4)
        indexed(journal)
        deleted(journal, entries[1:2])
        assert found(journal) == ["x word3", "x word1"]
        indexed(journal)
        until(lambda: waiting(tmp_path) == 0)
        said(journal, "x word4")
        indexed(journal)
    assert words(tmp_path) == {"word1", "word3", "word4"}
    assert len(check(tmp_path)) == 3


@pytest.mark.parametrize("is_indexed", [True, False])
def test_killed_before_the_index_has_forgotten_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_indexed: bool
) -> None:
    path, killed = tmp_path / "log", tmp_path / "killed"
    with sqlite(path) as journal:
        entries = said(journal, "x word1", "x word2") if is_indexed else []
        indexed(journal)
        with monkeypatch.context() as patched:
            patched.setattr(upkeep, "_SOON", 3600.0)
            entries = entries or said(journal, "x word1", "x word2")
            deleted(journal, entries[:1])
            shutil.copytree(path, killed)
    assert waiting(killed) == 1
    assert words(killed) == ({"word1", "word2"} if is_indexed else set())
    with sqlite(killed) as journal:
        indexed(journal)
        assert found(journal) == ["x word2"]
        until(lambda: waiting(killed) == 0)
    assert words(killed) == {"word2"}
    assert check(killed) == [entries[1].id]


def test_deleted_while_the_index_reads_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It has looked for what was deleted, and then finds that it was: there is nothing to forget later."""
    with sqlite(tmp_path) as journal:
        with monkeypatch.context() as patched:
            patched.setattr(IndexWriter, "_forget_deleted", lambda writer: [])
            with monkeypatch.context() as later:
                later.setattr(upkeep, "_SOON", 3600.0)
                entries = said(journal, "x word1", "x word2")
                deleted(journal, entries[:1])
            service(journal)._upkeep._step()
            until(lambda: found(journal) == ["x word2"])
        said(journal, "x word3")
        indexed(journal)
        until(lambda: waiting(tmp_path) == 0)
    assert words(tmp_path) == {"word2", "word3"}
    assert len(check(tmp_path)) == 2


def test_kept_no_longer_before_the_index_has_forgotten_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is taken out then is not what was put in."""
    with sqlite(tmp_path) as journal:
        entries = said(journal, "x word1", "x word2")
        indexed(journal)
        with monkeypatch.context() as patched:
            patched.setattr(upkeep, "_SOON", 3600.0)
            deleted(journal, entries[:1])
            unindex(journal, journal.history()[:1])
            assert waiting(tmp_path) == 1
        service(journal)._upkeep._step()
        until(lambda: waiting(tmp_path) == 0)
    assert words(tmp_path) == {"word2"}
    assert check(tmp_path) == [entries[1].id]


def test_an_index_that_cannot_be_written_forgets_it_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fails(file: IndexFile) -> None:
        raise OSError("no space left on device")

    with sqlite(tmp_path) as journal:
        entries = said(journal, "x word1", "x word2")
        indexed(journal)
        with monkeypatch.context() as patched:
            patched.setattr(IndexFile, "sync", fails)
            deleted(journal, entries[:1])
            until(lambda: bool(caplog.records))
            assert waiting(tmp_path) == 1
        until(lambda: waiting(tmp_path) == 0)
        until(lambda: "is written again" in caplog.text)
        assert found(journal) == ["x word2"]
    assert words(tmp_path) == {"word2"}


STEPS = st.lists(
    st.one_of(
        st.integers(1, 6),
        st.tuples(st.sampled_from(["delete", "remove"]), st.lists(st.integers(0, 20), max_size=6)),
        st.sampled_from(["restart", "kill", "anew"]),
    ),
    max_size=10,
)


@settings(max_examples=10)
@given(STEPS, st.sampled_from([3, 500]))
def test_any_mixture(
    tmp_path_factory: pytest.TempPathFactory, steps: list[int | tuple[str, list[int]] | str], part: int
) -> None:
    """So many are said; some are deleted, and taken out as it is done with what is kept no longer, as they
    are in the log by then; the server ends, is killed, or has no index when it starts."""
    root = tmp_path_factory.mktemp("logs")
    path, said_so_far, out = root / "0", list[StoredEntry](), set[int]()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(index_file, "PART_ENTRIES", part)
        life = sqlite(path, now=lambda: 0)
        journal = life.__enter__()
        for number, step in enumerate(steps, 1):
            match step:
                case int():
                    said_so_far += said(
                        journal, *[f"x word{len(said_so_far) + more} é" for more in range(step)]
                    )
                case "delete", which:
                    going = [said_so_far[place] for place in which if place < len(said_so_far)]
                    deleted(journal, going)
                    out.update(entry.id for entry in going)
                case "remove", which:
                    ids = {said_so_far[place].id for place in which if place < len(said_so_far)}
                    unindex(journal, [entry for entry in journal.history() if entry.id in ids])
                    out.update(ids)
                case _:
                    indexed(journal)
                    if step == "kill":
                        shutil.copytree(path, root / str(number))
                    life.__exit__(None, None, None)
                    path = root / str(number) if step == "kill" else path
                    if step == "anew":
                        (path / "search.sqlite3").unlink()
                        out = {one.id for one in said_so_far if one.id in out and is_deleted(path, one)}
                    life = sqlite(path, now=lambda: 0)
                    journal = life.__enter__()
        indexed(journal)
        until(lambda: waiting(path) == 0)
        life.__exit__(None, None, None)
    left = [entry for entry in said_so_far if entry.id not in out]
    assert check(path) == [entry.id for entry in left]
    assert words(path) == {entry.text.split()[1] for entry in left}


def is_deleted(path: Path, entry: StoredEntry) -> bool:
    kind = value(path / "log.sqlite3", f"SELECT kind FROM entries WHERE id = {entry.id}")
    return kind == EntryKind.DELETED.value
