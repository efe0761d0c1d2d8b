"""Whole runs that search and page, against a reception whose answers are right or wrong."""

import re
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path

import pytest
from msgspec.structs import replace

from chatd.protocol.errors import Code
from chatd.protocol.events import Error, Event
from chatd.protocol.history_page import HistoryPage
from chatd.state.message_log import IDS_A_MILLISECOND
from chatd.state.stored_entries import EntryKind, Span
from chatd.store.sqlite.folder import DataFolder
from chatd.store.sqlite.opening import open_database
from chatd.store.sqlite.reading import read_page
from loadtests.measure.errors import Unusable
from loadtests.measure.result import Run
from loadtests.plans.runs import perform
from loadtests.scenarios.base import RunContext
from loadtests.scenarios.reading import Paging, Reading, Searching
from loadtests.servers.filling import IDS_A_MS
from loadtests.servers.old_messages import CHINESE, DEV, FREQUENT, OldMessages, write
from loadtests.servers.target import ServerUnderTest
from tests.support.reception import Spoil, right
from tests.support.well_read import kept, made, well_read

OLD = OldMessages(1000, newest=1_790_000_000_000)
SMALL = {"messages": 1200, "readers": 3, "talkers": 2, "rate": 100, "askers": 2, "questions": 50}


def ran(kind: type[Reading], folder: Path, spoil: Spoil = right, refused: int = 0) -> Run:
    run = Run("chatd-always")
    with well_read(spoil, folder, refused) as target:
        perform(kind(**SMALL, seconds=0.2), RunContext(target, run))
    return run


# -- what was said before ------------------------------------------------------------------------------


def test_the_server_reads_what_was_written_for_it(tmp_path: Path) -> None:
    made(tmp_path)
    (tmp_path / "index").mkdir()
    (tmp_path / "search.sqlite3").touch()
    write(OLD, tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {"log.sqlite3", "lock"}
    folder = DataFolder(tmp_path)
    with closing(open_database(folder)) as database:
        lobby = read_page(database, (1, 0), Span(500), 1 << 62)
        assert lobby.more and len(lobby.entries) == 500
        last = lobby.entries[-1]
        assert (last.sender, last.text, last.at) == (OLD.sender(999), OLD.text(999), OLD.newest)
        assert last.kind == EntryKind.MESSAGE and last.id == OLD.id(999)
        assert len(read_page(database, (2, 0), Span(500), 1 << 62).entries) == 125
        assert database.execute("SELECT ceiling, at FROM ids").fetchone() == (OLD.id(999), OLD.newest)
    folder.release()


def test_what_was_said_follows_from_its_number(tmp_path: Path) -> None:
    assert IDS_A_MS == IDS_A_MILLISECOND
    texts = [OLD.text(number).split() for number in range(1000)]
    assert sum(FREQUENT.text in text for text in texts) == 100
    assert sum(OLD.rare.text in text for text in texts) == 5
    assert [number for number, text in enumerate(texts) if CHINESE.text in text] == [5]
    assert sum(OLD.room(number) == DEV for number in range(1000)) == 125
    assert len({" ".join(text) for text in texts}) > 990
    ids = [OLD.id(number) for number in range(1000)]
    assert ids == sorted(set(ids)) and OldMessages.until_now(10).newest > OLD.newest - 10**12


# -- runs ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [Searching, Paging])
def test_right_answers_are_counted_and_timed(kind: type[Reading], tmp_path: Path) -> None:
    run = ran(kind, tmp_path, refused=1)
    assert run.faults == []
    assert run.figures["answers"] == 10 and run.figures["deliveries"] == 20 * 4
    for figure in ("answer p99 ms", "ack p99 ms", "lag worst s", "rebuilt s", "index µs", "p99 ms"):
        assert run.figures[figure] > 0, figure
    assert any(mark.startswith("p99 of answers: ") for mark in run.marks)
    assert len(kept(tmp_path)) == 1200


PageChange = Callable[[HistoryPage], HistoryPage]


def changing(change: PageChange) -> Spoil:
    """Spoils long pages, as all are but for those of a word that few messages have."""

    def spoil(nick: str, event: Event) -> Sequence[Event]:
        is_long = isinstance(event, HistoryPage) and len(event.messages) > 20
        return (change(event),) if is_long and isinstance(event, HistoryPage) else (event,)

    return spoil


@pytest.mark.parametrize("kind", [Searching, Paging])
@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (
            lambda page: replace(page, messages=[*page.messages[1:]]),
            "missing|came in place",
        ),
        (lambda page: replace(page, messages=[*page.messages[::-1]]), "out of order"),
        (
            lambda page: replace(page, messages=[page.messages[0], *page.messages[:-1]]),
            "missing|order",
        ),
    ],
    ids=["one missing", "turned round", "one doubled"],
)
def test_wrong_answers_fail_the_run(
    kind: type[Reading], change: PageChange, sentence: str, tmp_path: Path
) -> None:
    run = ran(kind, tmp_path, changing(change))
    assert len(run.faults) == 1 and re.search(sentence, run.faults[0]), run.faults


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda page: replace(page, more=not page.more), "it is told that there is no more"),
        (
            lambda page: replace(page, messages=[replace(page.messages[0], text="x"), *page.messages[1:]]),
            "is not what was said: changed",
        ),
    ],
    ids=["no more", "changed"],
)
def test_what_is_said_of_the_right_messages_has_to_be_right(
    change: PageChange, sentence: str, tmp_path: Path
) -> None:
    run = ran(Searching, tmp_path, changing(change))
    assert len(run.faults) == 1 and sentence in run.faults[0], run.faults
    assert run.faults[0].startswith("a0000") and " asked for a " in run.faults[0]


def test_who_is_refused_an_answer_fails_the_run(tmp_path: Path) -> None:
    """But for the first searches, until the index is there."""
    asked = Counter[str]()

    def spoil(nick: str, event: Event) -> Sequence[Event]:
        if not isinstance(event, HistoryPage) or nick == "a99999":
            return (event,)
        asked[nick] += 1
        busy = Error(code=Code.BUSY, text="too many search now", ref=event.ref)
        return (busy,) if asked[nick] == 2 else (event,)

    run = ran(Searching, tmp_path, spoil, refused=2)
    assert len(run.faults) == 1 and "too many search now" in run.faults[0]


def test_reading_needs_a_server_of_its_own() -> None:
    context = RunContext(ServerUnderTest("chatd-always", ("192.0.2.1", 5050)), Run("chatd-always"))
    with pytest.raises(Unusable, match="please leave out --host"):
        Searching().run(context)
    assert "stores nothing" in str(Paging().mistake("chatd"))
    assert "no question" in str(Paging(questions=0.01, seconds=1).mistake("chatd-always"))
