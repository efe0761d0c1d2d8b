"""What a search in the database finds: what a plain list has, whatever the words and bounds are."""

import threading
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace as with_limits
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from chatd.protocol.limits import DEFAULT
from chatd.protocol.search_words import phrases_of, words_of
from chatd.state.stored_entries import Found, NotFound, SearchFailure, StoredEntry, Wanted
from chatd.store.scanning import spaced
from chatd.store.sqlite.search import index_file, index_writer, searcher
from chatd.store.sqlite.search.searcher import IndexSearcher
from chatd.store.sqlite.search.words import IndexRow, indexed_words
from tests.support.logs import Answer, Journal, sqlite
from tests.support.search_model import REMARKS, WANTED, Remark, at_once, compare, indexed


@pytest.fixture(autouse=True)
def _at_once() -> Iterator[None]:
    with at_once():
        yield


X = Wanted((("x",),), ((1, 0),), 50)


def hits(journal: Journal, words: str, limit: int = 50) -> list[str]:
    found = journal.search(Wanted(phrases_of(words), ((1, 0),), limit))
    assert isinstance(found, Found)
    return [entry.text for entry in found.entries]


def said(journal: Journal, *texts: str) -> None:
    before = len(journal.entries("published"))
    for text in texts:
        journal.say(text)
    journal.wait_for("published", before + len(texts))
    indexed(journal)


@settings(max_examples=25)
@given(
    st.lists(REMARKS, max_size=30),
    st.lists(WANTED, min_size=1, max_size=12),
    st.sampled_from([3, 500]),
    st.sampled_from([4, 500]),
)
def test_as_a_plain_list_has_it(
    tmp_path_factory: pytest.TempPathFactory,
    remarks: list[Remark],
    questions: list[Wanted],
    step: int,
    part: int,
) -> None:
    now = 0
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(index_writer, "_STEP", step)
        patch.setattr(index_file, "PART_ENTRIES", part)
        with sqlite(tmp_path_factory.mktemp("log"), now=lambda: now) as journal:
            everything: list[StoredEntry] = []
            for remark in remarks:
                now += remark.later
                everything.append(remark.said(journal))
            journal.wait_for("published", len(remarks))
            indexed(journal)
            for wanted in questions:
                compare(everything, wanted, journal.search(wanted))


def test_every_character_is_the_same_word_for_fts5(tmp_path: Path) -> None:
    """In the order in which words_of has them; of those that are written without spaces only some."""
    codes = (range(1, 0x3400), range(0x3400, 0xD800, 97), range(0xF900, 0x20000), range(0x20000, 0x32400, 97))
    chars = [chr(code) for some in codes for code in some]
    with sqlite(tmp_path) as journal:
        database = journal.log._searches._writer._open  # type: ignore[attr-defined]
        index_file.add_part(database, 0)
        text = "\n".join(chars)
        database.execute("INSERT INTO part_1(rowid, words) VALUES (1, ?)", (text_of(text),))
        database.execute(
            "INSERT INTO part_1(rowid, words) VALUES (2, ?)", (" ".join(map(chr, range(1, 128))),)
        )
        database.execute("CREATE VIRTUAL TABLE temp.found USING fts5vocab(main, part_1, instance)")
        for row, whole in ((1, text), (2, " ".join(map(chr, range(1, 128))))):
            found = [
                term
                for [term] in database.execute("SELECT term FROM found WHERE doc = ? ORDER BY offset", (row,))
                if not term.startswith("\ue000")
            ]
            assert found == words_of(whole)


def text_of(text: str) -> str:
    return indexed_words(IndexRow(1, 1, 0, "alice", text))


#: What FTS5 takes for its own, where it is not in quotes.
_ITS_OWN = """" * NEAR( AND OR NOT ^ : - + words: {words} ( build* part_1 rowid ' \\ NEAR(a,b,2) a-OR-b ^a
    words:a -a \ue000r1 "a "a" a* *a a,NOT,b (a) {a} [a] a;b a=b a<b a|b a&b $a @a #a %a ~a `a ?1 :match /*
    --"""


def test_what_fts5_takes_for_its_own_is_words(tmp_path: Path) -> None:
    with sqlite(tmp_path) as journal:
        texts = [*_ITS_OWN.split(), "a" * 4096]
        said(journal, *texts)
        for text in texts:
            found = [
                one for one in reversed(texts) if f" {' '.join(words_of(text))} " in spaced(words_of(one))
            ]
            assert not words_of(text) or (text, hits(journal, text.replace('"', ""))) == (text, found)


def test_a_word_of_another_room_cannot_be_forged(tmp_path: Path) -> None:
    with sqlite(tmp_path) as journal:
        said(journal, "\ue000r2 hello \ue000r2", "é \ue000r2")
        found = journal.search(Wanted((), ((2, 0),), 50))
        assert isinstance(found, Found) and found.entries == []


def test_it_takes_so_long_at_most(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with sqlite(tmp_path, limits=with_limits(DEFAULT, search_time=0.0)) as journal:
        said(journal, "x")
        found = journal.search(X)
        assert isinstance(found, NotFound) and found.why is SearchFailure.TOO_SLOW and found.seconds > 0


def test_what_the_log_does_not_have_does_not_hold_it_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks: Counter[IndexSearcher] = Counter()

    def late_at_the_third_look(one: IndexSearcher) -> bool:
        looks[one] += 1
        return looks[one] == 3

    monkeypatch.setattr(searcher, "_LOOKED", 1000)
    monkeypatch.setattr(IndexSearcher, "_is_late", late_at_the_third_look)
    with sqlite(tmp_path) as journal:
        said(journal, *["x"] * 1000)
        journal.log._files.writer.database.execute("DELETE FROM entries")  # type: ignore[attr-defined]
        found = journal.search(X)
        assert isinstance(found, NotFound) and found.why is SearchFailure.TOO_SLOW
        assert sorted(looks.values()) == [3, 3]


def test_what_is_not_quick_waits_for_others_that_are_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that asks for a page of ten is not quick, here."""
    quick = IndexSearcher.search

    def search(one: IndexSearcher, wanted: Wanted, end: int) -> Found | NotFound:
        if one._seconds < DEFAULT.search_time and wanted.limit == 10:
            return NotFound(SearchFailure.TOO_SLOW, 1.0)
        return quick(one, wanted, end)

    monkeypatch.setattr(IndexSearcher, "search", search)
    free = threading.Event()
    with sqlite(tmp_path) as journal:
        said(journal, "x")
        journal.log._searches._long.thread.start(  # type: ignore[attr-defined]
            lambda: free.wait(10), lambda _, error: None
        )
        answer: Answer[Found | NotFound] = Answer()
        assert journal.log.search(replace(X, limit=10), answer)
        assert isinstance(journal.search(X), Found) and not answer.found
        free.set()
        found = answer.wait()
        assert isinstance(found, Found) and found.entries and found.seconds > 1


def test_so_many_may_wait_and_one_for_which_nobody_waits_is_not_begun(tmp_path: Path) -> None:
    with sqlite(tmp_path, limits=with_limits(DEFAULT, searches_asked=2)) as journal:
        said(journal, "x")
        answers: list[Answer[Found | NotFound]] = [Answer(), Answer(), Answer()]
        asked = [journal.log.search(X, answers[0])]
        asked.append(journal.log.search(X, answers[1], lambda: False))
        asked.append(journal.log.search(X, answers[2]))
        assert asked == [True, True, False]
        assert isinstance(answers[0].wait(), Found)
        given_up = answers[1].wait()
        assert isinstance(given_up, NotFound) and given_up.why is SearchFailure.UNWANTED


def test_below_the_floor_nothing_is_found_nor_shown(tmp_path: Path) -> None:
    with sqlite(tmp_path) as journal:
        said(journal, "x 1", "x 2", "x 3")
        journal.write("x to bob")
        journal.wait_for("published", 4)
        indexed(journal)
        ids = [entry.id for entry in journal.entries("published")]
        database = journal.log._files.writer.database  # type: ignore[attr-defined]
        database.execute("UPDATE rooms SET floor = ? WHERE room = 1", (ids[1],))
        wanted = Wanted((("x",),), ((1, 0), (0, 7)), 50, context=True)
        found = journal.search(wanted)
        assert isinstance(found, Found) and [entry.text for entry in found.entries] == ["x to bob", "x 3"]
        assert found.context == [(None, None), (None, None)]
        database.execute("UPDATE ids SET direct_floor = ?", (ids[3],))
        found = journal.search(wanted)
        assert isinstance(found, Found) and [entry.text for entry in found.entries] == ["x 3"]
