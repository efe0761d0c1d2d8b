"""A person goes from the log in a folder: also where the disk fails, or the server is killed meanwhile."""

import shutil
import sqlite3
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import gevent
import pytest

from chatd.protocol.limits import DEFAULT
from chatd.protocol.search_words import phrases_of
from chatd.state.stored_accounts import CaughtUp, UnreadQuestion
from chatd.state.stored_entries import Found, Missed, MissedPage, NotFound, Page, Span, StoredGuest, Wanted
from chatd.state.stored_rulings import Act, PersonFile, Ruling, RulingKind
from chatd.store.sqlite import durability, unhurried
from chatd.store.sqlite.people import erasing
from chatd.store.sqlite.schema import Statements
from tests.support.erasing import erase, file_of, moderate
from tests.support.faulty_disk import FaultyDisk, until
from tests.support.folders import value
from tests.support.indexes import check, service
from tests.support.logs import Answer, Journal, sqlite
from tests.support.search_model import at_once, indexed

NONE = replace(DEFAULT, recent=0)
#: What of alice (11) is in the database.
LEFT = "SELECT count(*) FROM entries WHERE person = 11 OR (second <> 0 AND 11 IN (first, second))"
FULL = sqlite3.OperationalError("database or disk is full")


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unhurried, "PAUSE", 0.0)
    monkeypatch.setattr(erasing, "STEP", 5)
    monkeypatch.setattr(erasing, "_AGAIN", 0.01)
    monkeypatch.setattr(durability, "_AGAIN", 0.01)


def talk(journal: Journal) -> None:
    for number in range(10):
        journal.say(f"secret x {number}", key=f"k{number}")
        journal.say(f"bob x {number}", by=journal.bob)
        journal.write(f"secret x letter {number}")
    journal.wait_for("published", 30)


def left(path: Path) -> object:
    return value(path / "log.sqlite3", LEFT)


def test_nothing_of_it_is_in_the_file(tmp_path: Path) -> None:
    with at_once(), sqlite(tmp_path) as journal:
        journal.log.keep_guest(StoredGuest("t", 11, "alice", ("lobby",)))
        talk(journal)
        [said] = journal.history()[1:2]
        ban = Ruling(1, RulingKind.BAN, "7", "on", whom="bob", by="alice")
        moderate(journal, Act("ban", "bob", 7), ban)
        muted = Ruling(1, RulingKind.MUTE, "11", "on", whom="alice", by="bob")
        moderate(journal, Act("mute", "alice", 11), muted, by=journal.bob)
        moderate(journal, Act("delete", "bob", 7, message=said.id), removes=said)
        indexed(journal)
        assert erase(journal, 11) is True
        indexed(journal)
    found = (tmp_path / "log.sqlite3").read_bytes()
    assert b"secret" not in found and b"alice" not in found
    assert found.count(b"bob x 9") == 1
    names = """SELECT group_concat(whom || '|' || "by") FROM (SELECT * FROM rulings ORDER BY id)"""
    assert value(tmp_path / "log.sqlite3", names) == "bob|[deleted],[deleted]|bob"
    assert len(check(tmp_path)) == 9
    assert b"secret" not in (tmp_path / "search.sqlite3").read_bytes()


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

    with sqlite(tmp_path / "log", wrap=wrap) as journal:
        talk(journal)
        assert erase(journal, 11) is True
    assert [left(copy) for copy in copies] == [20, 15, 10, 5, 0, 0]
    for copy in copies:
        with sqlite(copy) as journal:  # nobody is shown anything, from the start
            assert {entry.text for entry in journal.history()} == {"", *(f"bob x {n}" for n in range(10))}
            assert journal.history((7, 11)) == []
            assert erase(journal, 11) is True
            assert left(copy) == 0
            assert value(copy / "log.sqlite3", "SELECT count(*) FROM erasures") == 0


def test_a_server_that_ends_says_so_and_the_next_one_goes_on(tmp_path: Path) -> None:
    answer: Answer[bool] = Answer()
    with sqlite(tmp_path) as journal:
        talk(journal)
        work = journal.log._retention._work  # type: ignore[attr-defined]
        held = work.write_for_good
        steps: list[object] = []

        def end_in_the_middle(*step: Any) -> None:
            steps.append(step)
            if len(steps) == 3:
                gevent.sleep(3600)
            held(*step)

        work.write_for_good = end_in_the_middle
        journal.log.people.erase(11, answer)
        until(lambda: len(steps) == 3)
        journal.log.finish(5)
        assert answer.found == [False]
        late: Answer[bool] = Answer()
        journal.log.people.erase(11, late)
        assert late.found == [False]
    assert left(tmp_path) == 15
    with sqlite(tmp_path):
        until(lambda: left(tmp_path) == 0)


def test_a_full_disk(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with sqlite(tmp_path) as journal:
        talk(journal)
        writer = journal.log._files.writer  # type: ignore[attr-defined]
        change, asked = writer.change, 0

        def full(statements: Statements) -> None:
            nonlocal asked
            asked += 1
            if asked > 2:
                raise FULL
            change(statements)

        writer.change = full
        assert erase(journal, 11) is False
        assert left(tmp_path) == 15
        assert "secret x 1" not in {entry.text for entry in journal.history()}
        writer.change = change
        assert erase(journal, 11) is True
        assert left(tmp_path) == 0
    assert "database or disk is full; it is tried again" in caplog.text


def test_nobody_has_to_ask_again(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with sqlite(tmp_path) as journal:
        talk(journal)
        writer = journal.log._files.writer  # type: ignore[attr-defined]
        change = writer.change

        def fails_once(statements: Statements) -> None:
            writer.change = change
            raise FULL

        writer.change = fails_once
        assert erase(journal, 11) is False
        until(lambda: left(tmp_path) == 0)


def test_what_is_written_anew_after_a_failed_sync_is_erased(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The entries are not synced yet when they go: they come with their texts again, but do not stay."""
    disk = FaultyDisk()
    with sqlite(tmp_path, always=False, wrap=disk, limits=NONE) as journal:
        disk.sync_is_free.clear()
        talk(journal)
        answer: Answer[bool] = Answer()
        journal.log.people.erase(11, answer)
        until(lambda: left(tmp_path) == 0)
        disk.sync_error = OSError(5, "Input/output error")
        disk.sync_is_free.set()
        until(lambda: "the log is not safe on the disk" in caplog.text)
        assert not answer.found
        disk.sync_error = None
        assert answer.wait() is True
        assert left(tmp_path) == 0
        assert {entry.text for entry in journal.history()} == {"", *(f"bob x {n}" for n in range(10))}


@pytest.mark.parametrize("recent", [0, 3])
def test_who_asked_before_is_shown_nothing_of_it(tmp_path: Path, recent: int) -> None:
    """The thread that reads has the answer already."""
    with at_once(), sqlite(tmp_path, limits=replace(DEFAULT, recent=recent)) as journal:
        talk(journal)
        indexed(journal)
        log, people = journal.log, journal.log.people
        page: Answer[Page] = Answer()
        missed: Answer[MissedPage] = Answer()
        found: Answer[Found | NotFound] = Answer()
        unread: Answer[CaughtUp] = Answer()
        own: Answer[PersonFile] = Answer()
        answer: Answer[bool] = Answer()
        assert log.read((1, 0), Span(30), page)
        assert log.read_missed(Missed(7, (1,), 0), missed)
        assert log.search(Wanted(phrases_of("secret"), ((1, 0), (0, 7)), 50, context=True), found)
        assert people.read_unread(UnreadQuestion(7, "bob", (1,), 0), 50, unread)
        assert people.read_person(7, 0, own)
        people.erase(11, answer)
        pages = page.wait(), missed.wait(), unread.wait(), own.wait(), found.wait()
        assert pages[0] is not None and len(pages[0].entries) == 20
        assert "secret" not in repr(pages)
        assert pages[2] == CaughtUp([], [], True) or pages[2] == CaughtUp([], [], False)
        assert answer.wait() is True


def test_what_is_on_its_way_to_it_goes_too(tmp_path: Path) -> None:
    with sqlite(tmp_path) as journal:
        for number in range(20):
            journal.write(str(number), to=journal.alice, by=journal.bob)
            journal.say(str(number))
        assert erase(journal, 11) is True
        assert len(journal.entries("published")) == 40
        assert left(tmp_path) == 0
        assert len(journal.history()) == 20


def test_several_and_one_twice(tmp_path: Path) -> None:
    with sqlite(tmp_path) as journal:
        talk(journal)
        answers: list[Answer[bool]] = [Answer() for _ in range(4)]
        for answer, person in zip(answers, (11, 11, 7, 99), strict=True):
            journal.log.people.erase(person, answer)
        assert [answer.wait() for answer in answers] == [True] * 4
        assert {entry.text for entry in journal.history()} == {""}


def test_pages_of_several_people_take_turns(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who asks for many keeps nobody waiting for all of them; and too many are refused."""
    monkeypatch.setattr("chatd.store.sqlite.people.person_rows.LOOKED_THROUGH", 4)
    with sqlite(tmp_path, limits=replace(DEFAULT, pages_asked=4)) as journal:
        talk(journal)
        order: list[tuple[int, int]] = []

        def then(person: int) -> Callable[[PersonFile | None], None]:
            return lambda file: order.append((person, len(file.entries) if file else -1))

        for person in (11, 11, 11, 7):
            assert journal.log.people.read_person(person, 0, then(person))
        assert not journal.log.people.read_person(7, 0, then(7))
        until(lambda: len(order) == 4)
        assert [person for person, _ in order] == [11, 11, 7, 11]
        assert dict(order) == {11: 20, 7: 20}
        assert len(file_of(journal, 7).entries) == 20


def test_one_that_cannot_be_read_is_none(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with sqlite(tmp_path) as journal:
        journal.log._files.writer.database.execute("ALTER TABLE audit RENAME TO other")  # type: ignore[attr-defined]
        answer: Answer[PersonFile] = Answer()
        assert journal.log.people.read_person(7, 0, answer)
        assert answer.wait() is None
        journal.log._files.writer.database.execute("ALTER TABLE other RENAME TO audit")  # type: ignore[attr-defined]
        assert file_of(journal, 7) == PersonFile([], [], False)


def test_an_index_that_cannot_be_written_holds_nobody_up(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with at_once(), sqlite(tmp_path) as journal:
        talk(journal)
        indexed(journal)

        def full() -> bool:
            raise sqlite3.OperationalError("disk I/O error")

        service(journal)._writer.purge_step = full
        assert erase(journal, 11) is True
        assert left(tmp_path) == 0
    assert "the search index cannot be written: disk I/O error" in caplog.text
