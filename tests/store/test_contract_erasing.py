"""All that is kept of a person, and that it goes, with every engine; the numbers are those of
state/account_store.py."""

import contextlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from chatd.protocol.limits import DEFAULT
from chatd.protocol.search_words import phrases_of
from chatd.state.rooms import Room
from chatd.state.stored_accounts import UnreadPair, UnreadQuestion
from chatd.state.stored_entries import EntryKind, Found, Missed, Span, StoredEntry, Wanted
from chatd.state.stored_rulings import Act, AuditQuestion, AuditRows, act_of
from tests.store.test_contract import ENGINES, Opener
from tests.support.erasing import erase, file_of, moderate
from tests.support.logs import Answer, Journal, speaker, sqlite
from tests.support.people import caught_up, unread
from tests.support.search_model import at_once, indexed

DEV = Room("dev", DEFAULT, 2)


@contextlib.contextmanager
def on_disk(path: Path) -> Iterator[Journal]:
    """With nothing in memory."""
    with sqlite(path, limits=replace(DEFAULT, recent=0)) as journal:
        yield journal


every_engine = pytest.mark.parametrize("engine", [*ENGINES, on_disk])


def talk(journal: Journal) -> list[int]:
    """Alice and bob in two rooms and with each other, with eve beside them; the ids."""
    eve = speaker("eve", 5)
    journal.say("secret alice", key="k1")
    journal.say("public bob", by=journal.bob, key="k2")
    journal.say("secret in dev", room=DEV)
    journal.set_topic("secret topic", DEV)
    journal.write("secret to bob")
    journal.write("secret to alice", to=journal.alice, by=journal.bob)
    journal.write("eve to bob", by=eve)
    journal.write("secret to oneself", to=journal.alice)
    journal.wait_for("published", 8)
    return [entry.id for entry in journal.entries("published")]


@every_engine
def test_22_all_of_a_person(engine: Opener, tmp_path: Path) -> None:
    with engine(tmp_path) as journal:
        ids = talk(journal)

        def found(person: int, after: int = 0) -> list[tuple[str, int]]:
            file = file_of(journal, person, after)
            assert not file.more and not file.acts
            return [(name, ids.index(entry.id)) for name, entry in file.entries]

        mine = [("lobby", 0), ("dev", 2), ("dev", 3), ("", 4), ("", 5), ("", 7)]
        assert found(11) == mine and found(11, -5) == mine
        assert found(11, ids[3]) == mine[3:] and found(11, ids[-1]) == []
        assert found(7) == [("lobby", 1), ("", 4), ("", 5), ("", 6)]
        assert found(99) == []


@every_engine
def test_22_page_after_page(engine: Opener, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("memory_people", "sqlite.people.person_files"):
        monkeypatch.setattr(f"chatd.store.{module}.PAGE_LIMIT", 4)
    monkeypatch.setattr("chatd.store.sqlite.people.person_rows.LOOKED_THROUGH", 3)
    with engine(tmp_path) as journal:
        for number in range(20):
            journal.say(str(number), by=journal.bob if number % 2 else None)
        journal.wait_for("published", 20)
        pages, after, more = [], 0, True
        while more:
            page = file_of(journal, 7, after)
            pages.append([entry.text for _, entry in page.entries])
            after, more = page.entries[-1][1].id, page.more
        assert pages == [["1", "3", "5", "7"], ["9", "11", "13", "15"], ["17", "19"]]


def told(entries: list[StoredEntry]) -> list[tuple[str, str, int, str | None]]:
    return [(entry.sender, entry.text, entry.person, entry.key) for entry in entries]


@every_engine
def test_22_what_was_said_in_rooms_is_nobodys(engine: Opener, tmp_path: Path) -> None:
    with engine(tmp_path) as journal:
        ids = talk(journal)
        assert erase(journal, 11) is True
        gone = ("[deleted]", "", 0, None)
        assert told(journal.history()) == [gone, ("bob", "public bob", 7, "k2")]
        assert told(journal.history((2, 0))) == [gone, gone]
        assert {entry.kind for entry in journal.history((2, 0))} == {EntryKind.DELETED}
        around = journal.page((1, 0), Span(4, around=ids[0]))
        assert around is not None and [entry.id for entry in around.entries] == ids[:2]
        assert journal.history((7, 11)) == journal.history((11, 11)) == []
        assert [entry.text for entry in journal.history((5, 7))] == ["eve to bob"]
        assert not file_of(journal, 11).entries
        assert [entry.text for _, entry in file_of(journal, 7).entries] == ["public bob", "eve to bob"]
        assert erase(journal, 11) is True and erase(journal, 99) is True


@every_engine
def test_22_who_wrote_with_it_has_nothing_of_it(engine: Opener, tmp_path: Path) -> None:
    with engine(tmp_path) as journal:
        ids = talk(journal)
        question = UnreadQuestion(7, "bob", (1, 2), 0)
        before = unread(journal, question)
        assert before.pairs == (UnreadPair(5, "eve", 1, 0), UnreadPair(11, "alice", 1, 0))
        assert [room.count for room in before.rooms] == [1, 1]
        assert erase(journal, 11) is True
        after = unread(journal, question)
        assert after.pairs == (UnreadPair(5, "eve", 1, 0),)
        assert [room.count for room in after.rooms] == [0, 0]
        found = caught_up(journal, question)
        assert [entry.text for entry in found.first] == ["eve to bob"] and not found.rest
        [page] = journal.all_missed(Missed(7, (1,), 0))
        assert [ids.index(entry.id) for entry in page.entries] == [0, 1, 6]
        assert not page.gaps


@every_engine
def test_22_no_search_finds_it(engine: Opener, tmp_path: Path) -> None:
    with at_once(), engine(tmp_path) as journal:
        talk(journal)
        indexed(journal)

        def found(words: str, sender: str = "") -> list[str]:
            answer = journal.search(Wanted(phrases_of(words), ((1, 0), (2, 0), (0, 7), (0, 11)), 50, sender))
            assert isinstance(answer, Found)
            return [entry.text for entry in answer.entries]

        assert len(found("secret")) == 6 and len(found("", "alice")) == 5
        assert erase(journal, 11) is True
        journal.say("secret of bob", by=journal.bob)
        journal.wait_for("published", 9)
        indexed(journal)
        assert found("secret") == ["secret of bob"] and found("", "alice") == found("", "[deleted]") == []
        assert found("to") == ["eve to bob"] and found("bob") == ["secret of bob", "eve to bob", "public bob"]


def audit(journal: Journal) -> list[tuple[str, int, str | None, int | None]]:
    """By whom, and to whom, each with the number."""
    answer: Answer[AuditRows] = Answer()
    assert journal.log.read_audit(AuditQuestion(None, 50), answer)
    rows = answer.wait()
    assert rows is not None
    acts = [(entry, act_of(entry)) for _, entry in rows.acts]
    return [(entry.sender, entry.person, act.whom, act.person) for entry, act in acts]


@every_engine
def test_22_acts_stay_without_the_name(engine: Opener, tmp_path: Path) -> None:
    with engine(tmp_path) as journal:
        eve = speaker("eve", 5)
        moderate(journal, Act("kick", "bob", 7, reason="noise"))
        moderate(journal, Act("op", "alice", 11), by=journal.bob)
        moderate(journal, Act("kick", "bob", 7), by=eve)
        acts = [(name, entry.sender, act_of(entry).whom) for name, entry in file_of(journal, 11).acts]
        assert acts == [("lobby", "alice", "bob"), ("lobby", "bob", "alice")]
        assert not file_of(journal, 11).entries
        assert erase(journal, 11) is True
        left = [
            ("[deleted]", 0, "bob", 7),
            ("bob", 7, "[deleted]", None),
            ("eve", 5, "bob", 7),
        ]
        assert audit(journal) == left
        told = [(entry, act_of(entry)) for entry in journal.history()]
        assert [(entry.sender, entry.person, act.whom, act.person) for entry, act in told] == left
        assert told[0][1].reason == "noise"
        assert not file_of(journal, 11).acts and len(file_of(journal, 7).acts) == 3


@every_engine
def test_22_what_the_person_deleted_does_not_name_it(engine: Opener, tmp_path: Path) -> None:
    with engine(tmp_path) as journal:
        for text in ("by alice", "by eve"):
            journal.say(text, by=journal.bob)
        journal.wait_for("published", 2)
        first, second = journal.history()
        moderate(journal, Act("delete", "bob", 7, message=first.id), removes=first)
        moderate(journal, Act("delete", message=second.id), by=speaker("eve", 5), removes=second)
        assert [entry.text for entry in journal.history()[:2]] == ["alice", "eve"]
        assert erase(journal, 11) is True
        assert [(entry.sender, entry.text) for entry in journal.history()[:2]] == [
            ("bob", "[deleted]"),
            ("bob", "eve"),
        ]
