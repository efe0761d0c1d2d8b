"""What a person missed, out of the database and the newest entries in memory."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chatd.protocol.limits import DEFAULT, Limits
from chatd.state.entry_rows import stored
from chatd.state.rooms import Room
from chatd.state.stored_entries import Gap, Missed, MissedPage, StoredEntry
from chatd.store.sqlite import missed as missed_module
from tests.support.logs import Answer, Journal, sqlite
from tests.support.missed_model import DEV, LOBBY, STEPS, MissedAsked, SaidBy, compare

FEW = Limits(recent=5)
NONE = Limits(recent=0)

#: The server goes down, or is killed, and is started again.
RESTARTS = st.sampled_from(["stopped", "killed"])


@contextmanager
def small_pages(size: int) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        for module in ("recent_missed", "sqlite.missed", "sqlite.pages"):
            patch.setattr(f"chatd.store.{module}.PAGE_LIMIT", size)
        yield


class Lives:
    """A log that is closed and opened again."""

    def __init__(self, path: Path, limits: Limits) -> None:
        self._path, self._limits = path, limits
        self._open = ExitStack()
        self.journal = self._start()

    def _start(self) -> Journal:
        return self._open.enter_context(sqlite(self._path, limits=self._limits, now=lambda: 0))

    def restart(self, how: str) -> None:
        if how == "killed":  # the exact end of the ids is not written
            self.journal.log._trouble.why = "as if it was killed"  # type: ignore[attr-defined]
        self._open.close()
        self.journal = self._start()

    def close(self) -> None:
        self._open.close()


@settings(max_examples=25)
@given(
    st.lists(st.one_of(STEPS, RESTARTS), max_size=5), st.sampled_from([0, 3, 50]), st.sampled_from([3, 500])
)
def test_as_a_plain_list_has_it(
    tmp_path_factory: pytest.TempPathFactory,
    parts: list[list[SaidBy | MissedAsked] | str],
    recent: int,
    size: int,
) -> None:
    everything: list[StoredEntry] = []
    lives = Lives(tmp_path_factory.mktemp("log"), replace(DEFAULT, recent=recent))
    with small_pages(size):
        for part in parts:
            if isinstance(part, str):
                lives.restart(part)
            else:
                walk(lives.journal, part, everything)
        lives.close()


def walk(journal: Journal, steps: list[SaidBy | MissedAsked], everything: list[StoredEntry]) -> None:
    before = len(everything) - len(journal.entries("published"))
    for step in steps:
        if isinstance(step, SaidBy):
            everything.append(step.said(journal))
        else:
            missed = step.of(everything)
            journal.wait_for("published", len(everything) - before)
            compare(everything, missed, journal.all_missed(missed))
    journal.wait_for("published", len(everything) - before)


@pytest.mark.parametrize("newer", [0, 2, 5])
def test_the_last_page_reaches_up_to_the_moment_in_which_it_comes(tmp_path: Path, newer: int) -> None:
    with sqlite(tmp_path, limits=FEW) as journal:
        for _ in range(20):
            journal.say("x")
        journal.wait_for("published", 20)
        moments: list[tuple[MissedPage | None, list[StoredEntry]]] = []
        answer: Answer[MissedPage] = Answer()

        def then(page: MissedPage | None) -> None:
            moments.append((page, [stored(entry) for entry in journal.entries("published")]))
            answer(page)

        assert journal.log.read_missed(Missed(11, (1,), 0, 15), then)
        for _ in range(newer):
            journal.say("y")
        journal.wait_for("published", 20 + newer)
        answer.wait()
        [(page, told)] = moments
        assert page is not None and not page.more
        assert page.entries == told[5:]
        assert page.gaps == [Gap(1, 5, 0, told[4].id + 1)]


@pytest.mark.parametrize(("most", "pages"), [(15, [15, 10]), (0, [10])])
def test_where_memory_has_forgotten_what_came_meanwhile_there_is_one_more_page(
    tmp_path: Path, most: int, pages: list[int]
) -> None:
    with sqlite(tmp_path, limits=FEW) as journal:
        for _ in range(20):
            journal.say("x")
        journal.wait_for("published", 20)
        questions = journal.log._questions  # type: ignore[attr-defined]
        ask = questions.ask

        def when_much_was_said(*question: object) -> bool:
            questions.ask = ask
            for _ in range(10):
                journal.say("y")
            journal.wait_for("published", 30)
            asked: bool = ask(*question)
            return asked

        questions.ask = when_much_was_said
        found = journal.all_missed(Missed(11, (1,), 0, most))
        assert [len(page.entries) for page in found] == pages
        assert [entry for page in found for entry in page.entries] == [
            stored(entry) for entry in journal.entries("published")[20 - most :]
        ]
        assert [gap.count for gap in found[0].gaps] == [20 - most]


@pytest.mark.parametrize("most", [0, 1, 10, 40, 120])
def test_of_very_much_the_newest_are_found(tmp_path: Path, most: int) -> None:
    """In bursts, so that neither shorter times nor halves fit at once."""
    now = 0
    with sqlite(tmp_path, limits=NONE, now=lambda: now) as journal:
        for number in range(130):
            now += 0 if number % 40 else 1 << number // 4
            journal.say("x", room=DEV if number % 3 else LOBBY)
        journal.wait_for("published", 130)
        everything = [stored(entry) for entry in journal.entries("published")]
        missed = Missed(11, (1, 2), 0, most)
        compare(everything, missed, journal.all_missed(missed))


def test_of_a_long_gap_the_count_is_the_least(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(missed_module, "_COUNTED", 9)
    with sqlite(tmp_path, limits=NONE) as journal:
        for number in range(20):
            journal.say("x", room=Room("x", DEFAULT, number % 2 + 1))
        journal.write("y")
        journal.wait_for("published", 21)
        page = journal.missed(Missed(11, (1, 2), 0, 0))
        assert page is not None
        assert {gap.number: gap.count for gap in page.gaps} == {1: 3, 2: 3, 0: 1}


def test_one_that_cannot_be_read_is_none(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with sqlite(tmp_path, limits=NONE) as journal:
        journal.say("x")
        journal.wait_for("published", 1)
        journal.log._files.writer.database.execute("DROP INDEX direct_by_first")  # type: ignore[attr-defined]
        assert journal.missed(Missed(11, (1,), 0)) is None
    assert "a page of the log could not be read: no such index" in caplog.text
