"""What every engine of the log keeps of moderation; the numbers are those of state/message_log.py."""

import contextlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from chatd.protocol.keep_rule import KeepRule
from chatd.protocol.limits import DEFAULT
from chatd.protocol.search_words import phrases_of
from chatd.state.entry_rows import stored
from chatd.state.rooms import Room
from chatd.state.stored_accounts import UnreadQuestion
from chatd.state.stored_entries import (
    EntryKind,
    Found,
    Missed,
    MissedPage,
    NotFound,
    Page,
    Span,
    StoredEntry,
    Wanted,
)
from chatd.store import scanning
from tests.support.acts import audit, audited, delete, do, ruling
from tests.support.logs import Answer, Journal, memory, sqlite, sqlite_everysec
from tests.support.people import account, caught_up, register, unread
from tests.support.search_model import at_once, indexed

ActsOpener = Callable[..., contextlib.AbstractContextManager[Journal]]


@contextlib.contextmanager
def from_disk(path: Path, **more: Any) -> Any:
    """Nothing is in memory: all is read from the disk."""
    with sqlite(path, limits=replace(DEFAULT, recent=0), **more) as journal:
        yield journal


every_engine = pytest.mark.parametrize("engine", [memory, sqlite, sqlite_everysec, from_disk])
DEV = Room("dev", DEFAULT, 2)


def said(
    journal: Journal, *texts: str, key: str | None = None, room: Room | None = None
) -> list[StoredEntry]:
    before = len(journal.entries("published"))
    entries = [journal.say(text, key=key, room=room) for text in texts]
    journal.wait_for("published", before + len(texts))
    return [stored(entry) for entry in entries]


def removed(journal: Journal, *entries: StoredEntry) -> None:
    """They are deleted by bob."""
    before = len(journal.entries("published"))
    for entry in entries:
        delete(journal, entry)
    journal.wait_for("published", before + len(entries))


def shown(entries: list[StoredEntry]) -> list[tuple[EntryKind, str, str, str | None]]:
    return [(one.kind, one.sender, one.text, one.key) for one in entries if one.kind is not EntryKind.ACT]


GONE = (EntryKind.DELETED, "alice", "bob", None)


def message(text: str) -> tuple[EntryKind, str, str, None]:
    return (EntryKind.MESSAGE, "alice", text, None)


@every_engine
def test_17_an_act_is_an_entry_as_others_are(engine: ActsOpener, tmp_path: Path) -> None:
    with engine(tmp_path) as journal:
        journal.say("one")
        act = do(journal, ruling("=eve"), ref="r", whom="eve")
        journal.say("two")
        journal.wait_for("published", 3)
        journal.wait_for("acknowledged", 1)
        assert journal.texts("published") == ["one", act.text, "two"]
        assert journal.entries("acknowledged") == [act]
        [_, entry, _] = journal.history()
        assert entry == stored(act) and entry.kind is EntryKind.ACT
        [page] = journal.all_missed(Missed(7, (1,), 0, 100))
        assert [one.text for one in page.entries] == ["one", act.text, "two"]


@every_engine
def test_17_an_act_is_in_the_audit_and_stays_there(engine: ActsOpener, tmp_path: Path) -> None:
    with engine(tmp_path, **({} if engine is sqlite_everysec else {"keep": KeepRule(count=1)})) as journal:
        do(journal, act="lockdown")
        do(journal, act="kick", room=DEV, by=journal.bob)
        said(journal, "one", "two", room=DEV)
        journal.log.forget(DEV)
        said(journal, "three")
        journal.look()
        assert audited(journal) == [("lobby", "alice", "lockdown"), ("dev", "bob", "kick")]


@every_engine
def test_20_the_audit_in_pages(engine: ActsOpener, tmp_path: Path) -> None:
    with engine(tmp_path) as journal:
        acts = [do(journal, act="kick", room=DEV if number % 2 else None) for number in range(6)]
        journal.wait_for("published", 6)

        def found(*question: Any) -> tuple[list[int], bool]:
            rows = audit(journal, *question)
            assert rows is not None
            assert all(stored(acts[ids.index(one.id)]) == one for _, one in rows.acts)
            return [ids.index(entry.id) for _, entry in rows.acts], rows.more

        ids = [act.id for act in acts]
        assert found() == ([0, 1, 2, 3, 4, 5], False)
        assert found(None, 2) == ([4, 5], True)
        assert found(None, 2, ids[4]) == ([2, 3], True)
        assert found(2) == ([1, 3, 5], False)
        assert found(2, 1, ids[5]) == ([3], True)
        assert found(3) == found(None, 5, ids[0]) == found(None, 5, -5) == ([], False)
        assert found(None, 0) == found(None, -1) == ([], True)
        assert found(None, 10**9, 2**70) == ([0, 1, 2, 3, 4, 5], False)


@every_engine
def test_18_what_is_deleted_has_no_text_for_anyone(engine: ActsOpener, tmp_path: Path) -> None:
    with at_once(), engine(tmp_path) as journal:
        register(journal, account(7, "bob"))
        one, two, three = said(journal, "first bob", "secret bob", "third bob", key="k")
        indexed(journal)
        removed(journal, two)
        expected = [
            (EntryKind.MESSAGE, "alice", "first bob", "k"),
            GONE,
            (EntryKind.MESSAGE, "alice", "third bob", "k"),
        ]
        assert shown(journal.history()) == expected
        for span in (
            Span(9, before=three.id + 1),
            Span(9, after=0),
            Span(9, around=two.id),
            Span(9, since=0),
        ):
            page = journal.page((1, 0), span)
            assert page is not None and shown(page.entries) == expected
        [missed] = journal.all_missed(Missed(9, (1,), one.id, 100))
        assert shown(missed.entries) == expected[1:]
        indexed(journal)
        found = journal.search(Wanted(phrases_of("bob"), ((1, 0),), 50, context=True))
        assert isinstance(found, Found)
        assert [entry.id for entry in found.entries] == [three.id, one.id]
        assert found.context is not None and found.context[1][1] is not None
        assert found.context[1][1].kind is EntryKind.DELETED
        assert found_of(journal, "secret") == found_of(journal, "delete") == []
        [room] = unread(journal, UnreadQuestion(7, "bob", (1,), 0)).rooms
        assert (room.count, room.mentions) == (2, 2)
        read = caught_up(journal, UnreadQuestion(7, "bob", (1,), 0))
        assert [entry.id for entry in read.first] == [one.id, three.id] and not read.rest


def found_of(journal: Journal, words: str) -> list[str]:
    answer = journal.search(Wanted(phrases_of(words), ((1, 0), (2, 0), (0, 7)), 50))
    assert isinstance(answer, Found)
    return [entry.text for entry in answer.entries]


@every_engine
def test_18_what_is_not_there_or_deleted_already_is_harmless(engine: ActsOpener, tmp_path: Path) -> None:
    rule = {} if engine is sqlite_everysec else {"keep": KeepRule(count=6)}
    with engine(tmp_path, **rule) as journal:
        one, two = said(journal, "one", "two")
        removed(journal, two)
        delete(journal, two, by=journal.alice)  # a second time: it has the name of who did it first
        [act] = [entry for entry in journal.history() if entry.kind is EntryKind.ACT][:1]
        removed(journal, act)  # nobody takes an act back
        removed(journal, StoredEntry(1, 0, 5, 5, "eve", 9, EntryKind.MESSAGE, None, "never was"))
        assert shown(journal.history()) == [message("one"), GONE]
        assert journal.history().count(act) == 1
        said(journal, *"456789")
        journal.look()
        assert len(journal.history()) == (6 if rule else 12)
        removed(journal, one)
        assert message("one") not in shown(journal.history())


@every_engine
def test_18_a_direct_message(engine: ActsOpener, tmp_path: Path) -> None:
    with engine(tmp_path) as journal:
        register(journal, account(7, "bob"))
        letters = [stored(journal.write(text)) for text in ("one", "two")]
        journal.wait_for("published", 2)
        removed(journal, letters[0])
        assert [(entry.kind, entry.text, entry.to) for entry in journal.history((7, 11))] == [
            (EntryKind.DELETED, "bob", "bob"),
            (EntryKind.MESSAGE, "two", "bob"),
        ]
        [missed] = journal.all_missed(Missed(7, (), 0, 100))
        assert [entry.text for entry in missed.entries] == ["bob", "two"]
        assert [pair.count for pair in unread(journal, UnreadQuestion(7, "bob", (), 0)).pairs] == [1]


@every_engine
def test_18_who_asked_before_does_not_read_it_either(
    engine: ActsOpener, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The act is published when the thread has read already, and the answer is on its way."""
    monkeypatch.setattr(scanning, "_SLICE", 0)
    with at_once(), engine(tmp_path) as journal:
        register(journal, account(7, "bob"))
        one, two = said(journal, "a secret x", "x")
        indexed(journal)
        journal.history()
        pages: Answer[Page] = Answer()
        hits: Answer[Found | NotFound] = Answer()
        recent = recent_of(journal)
        journal.log.search(Wanted(phrases_of("x"), ((1, 0),), 50, context=True), hits)
        journal.log.read((1, 0), Span(9), pages)
        recent.delete(one, "bob")  # as it is when an act is published
        found = hits.wait()
        assert isinstance(found, Found) and [entry.id for entry in found.entries] == [two.id]
        assert found.context is not None and found.context[0][0] is not None
        assert found.context[0][0].text == "bob"
        if engine is not memory:  # which answers at once
            page = pages.wait()
            assert page is not None
            if engine is from_disk:
                assert shown(page.entries) == [GONE, message("x")]
        assert "secret" not in repr(recent.floors.missed(Missed(7, (1,), 0), MissedPage([one], False)))


def recent_of(journal: Journal) -> Any:
    log: Any = journal.log
    return log._recent if hasattr(log, "_recent") else log._questions.recent


@every_engine
def test_18_its_key_holds_nevertheless(engine: ActsOpener, tmp_path: Path) -> None:
    """It says that the message was said, and not what it was."""
    with engine(tmp_path) as journal:
        register(journal, account(11, "alice"))
        [one] = said(journal, "one", key="k")
        removed(journal, one)
        assert [entry.key for entry in journal.history()] == [None, None]
    if engine is memory:
        return
    with engine(tmp_path) as journal:
        [page] = journal.all_missed(Missed(11, (1,), 0, 100))
        assert page.keys == [("k", one.id)]
        assert shown(page.entries) == [GONE]


@every_engine
def test_19_rulings_that_no_act_makes_are_kept_at_any_time(engine: ActsOpener, tmp_path: Path) -> None:
    with engine(tmp_path) as journal:
        assert list(journal.log.rulings) == []
        journal.log.keep_ruling(ruling("7"))
        journal.log.keep_ruling(ruling("7", ""))
        journal.log.finish(5)
        journal.log.keep_ruling(ruling("8"))
