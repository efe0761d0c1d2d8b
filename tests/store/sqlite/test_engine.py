"""What only an engine keeps that stores something: restarts, pages, rooms, ids."""

from pathlib import Path

import pytest

from chatd.protocol.limits import DEFAULT, Limits
from chatd.state.message_log import IDS_A_MILLISECOND, Entry
from chatd.state.rooms import Room
from chatd.state.stored_entries import EntryKind, Missed, Page, Span, StoredRoom, pair_of
from tests.support.logs import Answer, Journal, sqlite, time_of_day

NOTHING_IN_MEMORY = Limits(recent=0)


def numbers(journal: Journal, span: Span) -> tuple[list[int], bool]:
    page = journal.page((1, 0), span)
    assert page is not None
    return [int(entry.text) for entry in page.entries], page.more


def test_what_was_said_is_there_after_a_restart(tmp_path: Path) -> None:
    with sqlite(tmp_path) as journal:
        journal.say("Grüße 🎉 \"quoted\" 'and' \\", "r")
        journal.set_topic("a topic")
        journal.write("a word")
        journal.wait_for("acknowledged", 2)
        told = journal.entries("published")
    with sqlite(tmp_path) as journal:
        said, topic = journal.history()
        assert (said.text, said.sender, said.person) == ("Grüße 🎉 \"quoted\" 'and' \\", "alice", 11)
        assert (said.kind, topic.kind) == (EntryKind.MESSAGE, EntryKind.TOPIC)
        assert [(entry.id, entry.at) for entry in (said, topic)] == [
            (entry.id, entry.at) for entry in told[:2]
        ]
        assert journal.log.rooms == [StoredRoom(1, "lobby", "a topic")]
        assert [entry.text for entry in journal.history(pair_of(11, 7))] == ["a word"]
        assert journal.history((7, 12)) == []


def test_7_pages(tmp_path: Path) -> None:
    with sqlite(tmp_path) as journal:
        said = [journal.say(str(number)) for number in range(20)]
        journal.wait_for("published", 20)
        ids = [entry.id for entry in said]
        assert numbers(journal, Span(5)) == ([15, 16, 17, 18, 19], True)
        assert numbers(journal, Span(20)) == ([*range(20)], False)
        assert numbers(journal, Span(3, before=ids[4])) == ([1, 2, 3], True)
        assert numbers(journal, Span(4, before=ids[4])) == ([0, 1, 2, 3], False)
        assert numbers(journal, Span(3, after=ids[4])) == ([5, 6, 7], True)
        assert numbers(journal, Span(9, after=ids[4], before=ids[7])) == ([5, 6], False)
        assert numbers(journal, Span(9, after=ids[-1])) == ([], False)
        assert numbers(journal, Span(9, before=-1)) == ([], False)
        assert numbers(journal, Span(0)) == ([], True)
        assert numbers(journal, Span(10**9)) == ([*range(20)], False)


def test_7_too_many_pages_are_refused_and_a_page_that_cannot_be_read_is_none(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with sqlite(tmp_path, limits=Limits(pages_asked=1, recent=0)) as journal:
        journal.say("one")
        journal.wait_for("published", 1)
        assert journal.log.read((1, 0), Span(1), lambda page: None)
        assert not journal.log.read((1, 0), Span(1), lambda page: None)
        assert not journal.log.read_missed(Missed(11, (1,), 0), lambda page: None)
    with sqlite(tmp_path) as journal:
        journal.say("one")
        journal.wait_for("published", 1)
    with sqlite(
        tmp_path,
        limits=NOTHING_IN_MEMORY,
        wrap=lambda files: files.reader.execute("DROP TABLE entries"),  # type: ignore[arg-type]
    ) as journal:
        assert journal.page((1, 0), Span(1)) is None
    assert "a page of the log could not be read: no such table: entries" in caplog.text


def test_9_rooms_come_back_and_their_numbers_are_not_used_again(tmp_path: Path) -> None:
    dev, ops, other = Room("dev", DEFAULT, 2), Room("ops", DEFAULT, 3), Room("dev", DEFAULT, 4)
    with sqlite(tmp_path) as journal:
        journal.say("in ops", room=ops)
        journal.set_topic("developers", room=dev)
        journal.say("in dev", room=dev)
        journal.set_topic("operators", room=ops)
        journal.wait_for("published", 4)
        assert dev.has_history
    with sqlite(tmp_path) as journal:
        assert journal.log.rooms == [
            StoredRoom(1, "lobby"),
            StoredRoom(2, "dev", "developers"),
            StoredRoom(3, "ops", "operators"),
        ]
        journal.log.forget(dev)
        journal.log.forget(ops)
        journal.say("in another dev", room=other)
        journal.wait_for("published", 1)
    with sqlite(tmp_path) as journal:
        assert {room.number: room.name for room in journal.log.rooms} == {
            1: "lobby",
            2: None,
            3: None,
            4: "dev",
        }
        assert [entry.text for entry in journal.history((4, 0))] == ["in another dev"]


def test_9_a_room_that_goes_is_forgotten_though_nothing_more_is_said(tmp_path: Path) -> None:
    dev = Room("dev", DEFAULT, 2)
    with sqlite(tmp_path) as journal:
        journal.say("x", room=dev)
        journal.wait_for("published", 1)
        journal.log.forget(dev)
    with sqlite(tmp_path) as journal:
        assert journal.log.rooms == [StoredRoom(1, "lobby"), StoredRoom(2, None)]


@pytest.mark.parametrize("clean", [True, False])
def test_1_no_id_is_used_again_though_the_clock_jumps_back_a_day(tmp_path: Path, clean: bool) -> None:
    yesterday = time_of_day() - 86_400_000
    with sqlite(tmp_path) as journal:
        journal.say("one")
        journal.wait_for("published", 1)
        if not clean:
            journal.log._settled.clear()  # type: ignore[attr-defined]
            journal.log._trouble.why = "as if it was killed"  # type: ignore[attr-defined]
        [one] = journal.entries("published")
    with sqlite(tmp_path, now=lambda: yesterday) as journal:
        journal.say("two")
        journal.wait_for("published", 1)
        [two] = journal.entries("published")
        assert two.at >= one.at
        assert two.id == one.id + 1 if clean else two.id > one.id
        assert [entry.text for entry in journal.history()] == ["one", "two"]


def test_1_after_a_long_silence_the_ceiling_is_on_the_disk_before_anyone_reads_the_id(tmp_path: Path) -> None:
    now = time_of_day()
    order: list[str] = []

    with sqlite(tmp_path, now=lambda: now) as journal:
        sync = journal.log._durability._sync  # type: ignore[attr-defined]

        def noted() -> int:
            order.append("sync")
            size: int = sync()
            return size

        journal.log._durability._sync = noted  # type: ignore[attr-defined]
        publish = journal.log.published

        def noted_too(entry: Entry) -> None:
            order.append(entry.text)
            publish[type(entry)](entry)

        journal.log.published = dict.fromkeys(publish, noted_too)
        for text in ("one", "two"):
            now += 3_600_000
            entry = journal.say(text)
            journal.wait_for("published", len(journal.texts("published")) + 1)
            assert journal.log._teller.ceiling > entry.id >= now * IDS_A_MILLISECOND  # type: ignore[attr-defined]
        assert order[:2] == ["sync", "one"] and order[-1] == "two"
        assert order[order.index("one") + 1] == "sync"


def test_4_crowded_by_entries_or_by_bytes(tmp_path: Path) -> None:
    with sqlite(tmp_path, limits=Limits(log_pending=3, log_pending_bytes=1000)) as journal:
        for _ in range(3):
            journal.say("x")
            journal.act("does not count")
        assert not journal.log.crowded
        journal.say("x", "r")
        assert journal.log.crowded and journal.alice.in_flight == 4
        journal.wait_for("acknowledged", 1)
        assert not journal.log.crowded
        journal.say("x" * 1001)
        assert journal.log.crowded


def test_10_what_comes_while_it_finishes_waits(tmp_path: Path) -> None:
    with sqlite(tmp_path) as journal:
        journal.log.finish(5)
        assert journal.log.crowded


def test_1_times_do_not_fall_after_a_kill_though_a_direct_message_was_the_last(tmp_path: Path) -> None:
    now = start = time_of_day()
    with sqlite(tmp_path, now=lambda: now) as journal:
        journal.say("one")
        now += 5000
        journal.write("two")
        journal.wait_for("published", 2)
        journal.log._trouble.why = "as if it was killed"  # type: ignore[attr-defined]
    with sqlite(tmp_path, now=lambda: start) as journal:
        three = journal.say("three")
        journal.wait_for("published", 1)
        assert three.at >= start + 5000


def test_a_page_that_nobody_wants_any_more_is_not_read(tmp_path: Path) -> None:
    with sqlite(tmp_path, limits=Limits(recent=0)) as journal:
        journal.say("one")
        journal.wait_for("published", 1)
        unwanted, wanted = Answer[Page](), Answer[Page]()
        journal.log.read((1, 0), Span(5), unwanted, lambda: False)
        journal.log.read((1, 0), Span(5), wanted)
        page = wanted.wait()
        assert page is not None and len(page.entries) == 1
        assert unwanted.wait() is None
