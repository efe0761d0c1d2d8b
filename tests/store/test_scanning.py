"""Searches through what is in memory: what they find, and that nobody waits for them."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chatd.protocol.limits import DEFAULT
from chatd.protocol.search_words import phrases_of
from chatd.state.stored_entries import Found, NotFound, SearchFailure, StoredEntry, Wanted
from chatd.store import scanning
from chatd.store.memory import MemoryLog
from tests.support.logs import Answer, Journal
from tests.support.search_model import REMARKS, WANTED, Remark, compare

EVERYWHERE = ((1, 0), (2, 0), (0, 7))


def of(words: str, limit: int = 50) -> Wanted:
    return Wanted(phrases_of(words), EVERYWHERE, limit)


@settings(max_examples=150)
@given(st.lists(REMARKS, max_size=25), st.lists(WANTED, min_size=1, max_size=8), st.sampled_from([1, 10_000]))
def test_as_a_plain_list_has_it(remarks: list[Remark], questions: list[Wanted], size: int) -> None:
    now = 0
    journal = Journal(MemoryLog(lambda: now * 1_000_000, 10))
    everything: list[StoredEntry] = []
    for remark in remarks:
        now += remark.later
        everything.append(remark.said(journal))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(scanning, "_SLICE", size)
        patch.setattr(scanning, "_SORTED", 3)
        for wanted in questions:
            compare(everything[-10:], wanted, journal.search(wanted))


class Searcher:
    """Asks, and notes what it hears, in order."""

    def __init__(self, journal: Journal) -> None:
        self.journal = journal
        self.heard: list[str] = []

    def ask(self, words: str, awaited: bool = True) -> Answer[Found | NotFound]:
        answer: Answer[Found | NotFound] = Answer()

        def then(found: Found | NotFound) -> None:
            self.heard.append(words)
            answer(found)

        assert self.journal.log.search(of(words), then, lambda: awaited)
        return answer


def test_much_is_looked_at_in_slices_and_little_at_once() -> None:
    journal = Journal(MemoryLog(lambda: 0))
    searcher = Searcher(journal)
    journal.say("first")
    for _ in range(2000):
        journal.say("x")
    journal.say("last")
    far, near = searcher.ask("first"), searcher.ask("last")
    assert searcher.heard == []
    found = far.wait()
    assert isinstance(found, Found) and [entry.text for entry in found.entries] == ["first"]
    assert found.seconds > 0
    near.wait()
    searcher.ask("x")
    assert searcher.heard == ["first", "last", "x"]  # a page of them is found at once


def test_one_for_which_nobody_waits_is_not_begun() -> None:
    journal = Journal(MemoryLog(lambda: 0))
    searcher = Searcher(journal)
    for _ in range(2000):
        journal.say("x")
    searcher.ask("far")
    given_up = searcher.ask("gone", awaited=False).wait()
    assert isinstance(given_up, NotFound) and given_up.why is SearchFailure.UNWANTED
    assert searcher.heard == ["far", "gone"]


def test_so_many_may_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scanning, "_SLICE", 1)
    journal = Journal(MemoryLog(lambda: 0, limits=replace(DEFAULT, searches_asked=2)))
    searcher = Searcher(journal)
    for _ in range(3):
        journal.say("x")
    answers = [searcher.ask("far"), searcher.ask("away")]
    assert not journal.log.search(of("busy"), answers[0])
    answers[1].wait()
    searcher.ask("x").wait()


def test_it_takes_so_long_at_most() -> None:
    journal = Journal(MemoryLog(lambda: 0, limits=replace(DEFAULT, search_time=0.0)))
    for _ in range(2000):
        journal.say("x")
    found = journal.search(of("y"))
    assert isinstance(found, NotFound) and found.why is SearchFailure.TOO_SLOW and found.seconds > 0
    journal.log.close()


def test_an_error_in_one_keeps_nobody_waiting(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    journal = Journal(MemoryLog(lambda: 0))
    journal.say("x")
    with monkeypatch.context() as patch:
        patch.setattr(scanning.EntryTest, "fits", lambda self, entry: 1 / 0)
        failed = journal.search(of("x"))
    assert isinstance(failed, NotFound) and failed.why is SearchFailure.UNREADABLE
    found = journal.search(of("x"))
    assert isinstance(found, Found) and [entry.text for entry in found.entries] == ["x"]
    assert caplog.messages == ["an error in a search"]
