"""What every engine of the log keeps; the numbers are those of state/message_log.py."""

import contextlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chatd.protocol.limits import DEFAULT
from chatd.protocol.search_words import phrases_of
from chatd.state.rooms import Room
from chatd.state.stored_entries import Conversation, Found, Missed, Span, StoredGuest, Wanted, pair_of
from tests.support.layers import imports, is_pure, modules
from tests.support.logs import Journal, memory, speaker, sqlite, sqlite_everysec
from tests.support.search_model import at_once, indexed

Opener = Callable[[Path], contextlib.AbstractContextManager[Journal]]

ENGINES = [memory, sqlite, sqlite_everysec]
every_engine = pytest.mark.parametrize("engine", ENGINES)


@every_engine
def test_1_ids_grow_and_times_never_fall(engine: Opener, tmp_path: Path) -> None:
    with engine(tmp_path) as journal:
        for number in range(50):
            journal.say(str(number))
            journal.write(str(number))
        journal.wait_for("published", 100)
        entries = journal.entries("published")
        ids, times = [entry.id for entry in entries], [entry.at for entry in entries]
        assert ids == sorted(set(ids)) and times == sorted(times)
        assert journal.log.last_id == ids[-1]


@every_engine
def test_2_published_once_in_order_then_acknowledged(engine: Opener, tmp_path: Path) -> None:
    with engine(tmp_path) as journal:
        said = [journal.say(str(number), "r" if number % 3 else None) for number in range(51)]
        due = [entry for entry in said if entry.ref is not None]
        journal.wait_for("acknowledged", len(due))
        journal.wait_for("published", len(said))
        assert journal.entries("published") == said
        assert journal.entries("acknowledged") == due
        for entry in due:
            assert journal.told.index(("published", entry)) < journal.told.index(("acknowledged", entry))


@every_engine
def test_3_what_is_not_stored_has_its_place(engine: Opener, tmp_path: Path) -> None:
    with engine(tmp_path) as journal:
        journal.act("first")
        assert journal.told == [("done", "first")]  # nothing was on its way
        journal.say("one")
        journal.act("second")
        journal.say("two")
        journal.act("third")
        journal.wait_for("done", 3)
        told = [
            entry if what == "done" else entry.text for what, entry in journal.told if what != "acknowledged"
        ]
        assert told == ["first", "one", "second", "two", "third"]


@every_engine
def test_3_an_error_in_one_entry_harms_no_other(
    engine: Opener, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with engine(tmp_path) as journal:
        publish = journal.log.published

        def fails_once(entry: object) -> None:
            journal.log.published = publish
            raise ZeroDivisionError

        journal.log.published = dict.fromkeys(publish, fails_once)
        with contextlib.suppress(ZeroDivisionError):  # in memory it is the author's
            journal.say("one", "r")
        journal.say("two", "r")
        journal.wait_for("published", 1)
        assert journal.texts("published") == ["two"]


@every_engine
def test_4_in_flight_until_answered(engine: Opener, tmp_path: Path) -> None:
    with engine(tmp_path) as journal:
        moved = []
        journal.log.moved = lambda: moved.append(journal.alice.in_flight)
        for number in range(20):
            journal.say(str(number), "r" if number % 2 else None)
        journal.wait_for("acknowledged", 10)
        assert journal.alice.in_flight == 0
        assert not journal.log.crowded


@every_engine
def test_9_rooms_of_before(engine: Opener, tmp_path: Path) -> None:
    with engine(tmp_path) as journal:
        assert {room.number for room in journal.log.rooms} <= {1}
        journal.log.forget(Room("dev", DEFAULT, 5))


@every_engine
def test_10_finished_everything_is_answered(engine: Opener, tmp_path: Path) -> None:
    with engine(tmp_path) as journal:
        for number in range(20):
            journal.say(str(number), "r")
        journal.log.finish(5)
        assert len(journal.texts("acknowledged")) == 20


@settings(max_examples=15)
@given(
    st.lists(
        st.tuples(st.sampled_from(["say", "ask", "topic", "write", "act"]), st.text(max_size=5)), max_size=30
    )
)
@pytest.mark.parametrize("engine", ENGINES)
def test_2_3_any_mixture_keeps_its_order(
    engine: Opener, tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[str, str]]
) -> None:
    texts = [text.encode(errors="ignore").decode().replace("\0", "") for _, text in steps]
    with engine(tmp_path_factory.mktemp("log")) as journal:
        for (what, _), text in zip(steps, texts, strict=True):
            match what:
                case "say":
                    journal.say(text)
                case "ask":
                    journal.say(text, "r")
                case "topic":
                    journal.set_topic(text)
                case "write":
                    journal.write(text)
                case _:
                    journal.act(text)
        journal.log.finish(5)
        told = [
            entry if what == "done" else entry.text for what, entry in journal.told if what != "acknowledged"
        ]
        assert told == texts
        assert journal.alice.in_flight == 0


@every_engine
def test_6_a_key_is_kept(engine: Opener, tmp_path: Path) -> None:
    with engine(tmp_path) as journal:
        journal.say("one", key="k")
        journal.say("two")
        journal.wait_for("published", 2)
        assert [entry.key for entry in journal.history()] == ["k", None]


@every_engine
def test_7_pages_of_what_was_published(engine: Opener, tmp_path: Path) -> None:
    with engine(tmp_path) as journal:
        for number in range(9):
            journal.say(str(number))
        journal.wait_for("published", 9)
        ids = [entry.id for entry in journal.entries("published")]
        for span, expected in (
            (Span(3), ("678", True)),
            (Span(2, before=ids[3]), ("12", True)),
            (Span(4, after=ids[6]), ("78", False)),
            (Span(1, after=ids[2], before=ids[5]), ("3", True)),
            (Span(0), ("", True)),
            (Span(10**9), ("012345678", False)),
            (Span(5, after=ids[-1]), ("", False)),
            (Span(5, after=2**70), ("", False)),
            (Span(5, before=-1), ("", False)),
            (Span(4, since=0), ("0123", True)),
            (Span(9, after=ids[6], since=0), ("78", False)),
            (Span(9, since=2**70), ("", False)),
            (Span(4, around=ids[4]), ("3456", True)),
            (Span(9, around=ids[1]), ("012345", False)),
        ):
            page = journal.page((1, 0), span)
            assert page is not None
            assert ("".join(entry.text for entry in page.entries), page.more) == expected


@every_engine
def test_7_what_a_person_missed(engine: Opener, tmp_path: Path) -> None:
    with engine(tmp_path) as journal:
        dev = Room("dev", DEFAULT, 2)
        for number in range(3):
            journal.say(f"lobby {number}")
            journal.say(f"dev {number}", room=dev)
        journal.write("to bob")
        journal.wait_for("published", 7)
        ids = [entry.id for entry in journal.entries("published")]

        def missed(person: int, rooms: tuple[int, ...], after: int, most: int | None) -> list[str]:
            [page] = journal.all_missed(Missed(person, rooms, after, most))
            gaps = [f"{gap.count} of {gap.number} up to {ids.index(gap.before - 1)}" for gap in page.gaps]
            return gaps + [entry.text for entry in page.entries]

        assert missed(7, (1,), ids[2], 100) == ["lobby 2", "to bob"]
        assert missed(13, (2,), ids[2], None) == ["dev 1", "dev 2"]
        assert missed(11, (1, 2), -5, 2) == ["3 of 1 up to 4", "2 of 2 up to 4", "dev 2", "to bob"]
        assert missed(7, (1, 2, 3), 2**70, 100) == []
        assert missed(7, (), 0, 0) == ["1 of 0 up to 6"]


@every_engine
def test_8_a_conversation_is_one_of_persons(engine: Opener, tmp_path: Path) -> None:
    with engine(tmp_path) as journal:
        journal.write("one")
        journal.write("two", to=speaker("bob", 8))
        journal.write("three", to=journal.alice, by=journal.bob)
        journal.wait_for("published", 3)
        found = journal.history(pair_of(7, 11))
        assert [(entry.sender, entry.text, entry.to) for entry in found] == [
            ("alice", "one", "bob"),
            ("bob", "three", "alice"),
        ]


@every_engine
def test_11_who_may_come_back_is_noted_at_any_time(engine: Opener, tmp_path: Path) -> None:
    with engine(tmp_path) as journal:
        assert list(journal.log.guests) == []
        journal.log.forget_guest("unknown")
        journal.log.keep_guest(StoredGuest("t", 11, "alice", ("lobby",)))
        journal.log.keep_guest(StoredGuest("t", 11, "alice", ("lobby",), "lobby", 5))
        journal.log.forget_guest("t")
        journal.log.finish(5)
        journal.log.keep_guest(StoredGuest("t", 11, "alice"))


@every_engine
def test_7_a_page_comes_by_a_callback(engine: Opener, tmp_path: Path) -> None:
    with engine(tmp_path) as journal:
        assert journal.history((1, 0)) == []


@every_engine
def test_14_what_was_said_is_found_newest_first(engine: Opener, tmp_path: Path) -> None:
    with at_once(), engine(tmp_path) as journal:
        dev = Room("dev", DEFAULT, 2)
        for text in ("Déploy at noon", "no", "the build-42 is red", "build 4 is redder"):
            journal.say(text, room=dev if text == "no" else None)
        journal.say("deploy, deploy!", by=journal.bob)
        journal.write("deploy the build")
        journal.wait_for("published", 6)
        indexed(journal)
        ids = [entry.id for entry in journal.entries("published")]

        def found(words: str, *conversations: Conversation, **bounds: Any) -> list[int]:
            wanted = Wanted(phrases_of(words), conversations or ((1, 0), (2, 0), (0, 7)), 50, **bounds)
            answer = journal.search(wanted)
            assert isinstance(answer, Found) and not answer.more
            return [ids.index(entry.id) for entry in answer.entries]

        assert found("DEPLOY") == [5, 4, 0]
        assert found("deploy", (1, 0)) == [4, 0] and found("deploy", (2, 0)) == []
        assert found("deploy", (7, 11)) == [5] and found("deploy", (0, 99)) == []
        assert found("deploy", sender="bob") == [4]
        assert found("deploy", before=ids[5]) == [4, 0]
        assert found("build-42") == [2] and found("build red") == [2] and found('"is red"') == [2]
        assert found("buil") == [] and found("noon build") == []


@every_engine
def test_14_a_search_is_bounded_and_has_context_where_it_is_wanted(engine: Opener, tmp_path: Path) -> None:
    with at_once(), engine(tmp_path) as journal:
        for number in range(5):
            journal.say(f"x {number}")
        journal.wait_for("published", 5)
        indexed(journal)
        answer = journal.search(Wanted((("x",),), ((1, 0),), 2, context=True))
        assert isinstance(answer, Found) and answer.more and answer.seconds > 0
        assert [entry.text for entry in answer.entries] == ["x 4", "x 3"]
        assert [[one and one.text for one in beside] for beside in answer.context or ()] == [
            ["x 3", None],
            ["x 2", "x 4"],
        ]
        answer = journal.search(Wanted((), (), 2))
        assert isinstance(answer, Found) and not answer.entries and not answer.more


def test_12_nothing_above_the_engines_knows_which_there_is() -> None:
    above = [path for name, path in modules("chatd") if is_pure(name)]
    assert above
    assert not [path for path in above for name in imports(path) if name.startswith("chatd.store")]
