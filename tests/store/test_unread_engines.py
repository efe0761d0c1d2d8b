"""The engine in memory and the one in a folder agree on what is unread, whatever was said and read."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chatd.protocol.limits import DEFAULT
from chatd.state.rooms import Room
from chatd.state.stored_accounts import ReadMark, UnreadQuestion
from chatd.state.stored_entries import pair_of
from tests.support.logs import Journal, memory, speaker, sqlite
from tests.support.people import account, caught_up, register, unread

ROOMS = [Room(name, DEFAULT, number) for number, name in enumerate(("lobby", "dev", "ops"), 1)]
PEOPLE = [speaker("alice", 11), speaker("bob", 7), speaker("Eve", 5)]
#: Names that hold what a pattern of SQLite could take for something else.
NAMES = ["b", "[b]", "a^b", "b-b_", "{b|", "bob"]
TEXTS = st.one_of(
    st.text("b[]^-_|{} éさB", min_size=1, max_size=8),
    st.builds(
        str.join, st.sampled_from(["", " ", "[", ": ", "\n"]), st.lists(st.sampled_from(NAMES), max_size=3)
    ),
)
#: Of rooms, of pairs, and of all direct messages.
PLACES = [*((room.number, 0) for room in ROOMS), *(pair_of(7, one.person.number) for one in PEOPLE), (0, 7)]
PERSON = st.sampled_from(range(len(PEOPLE)))
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("say"), PERSON, st.integers(0, 2), TEXTS),
        st.tuples(st.just("write"), PERSON, PERSON, TEXTS),
        st.tuples(st.just("topic"), PERSON, st.integers(0, 2), TEXTS),
        st.tuples(st.just("mark"), PERSON, st.integers(0, 6), st.integers(0, 25)),
    ),
    max_size=25,
)


#: Of whom asks: of rooms, ids.
FLOORS = st.dictionaries(st.sampled_from([1, 2, 3]), st.integers(0, 25), max_size=3)


def play(journal: Journal, steps: list[tuple[str, int, int, object]]) -> None:
    """Ids are 1, 2, 3 … of a clock that stands at 0."""
    register(journal, account(7, "bob"))
    said = 0
    for what, person, where, how in steps:
        by = PEOPLE[person]
        match what:
            case "say":
                journal.say(str(how), room=ROOMS[where], by=by)
            case "write":
                journal.write(str(how), to=PEOPLE[where], by=by)
            case "topic":
                journal.set_topic(str(how), ROOMS[where])
            case _:
                assert isinstance(how, int)
                journal.log.people.keep_mark(ReadMark(7, *PLACES[where], how))
                continue
        said += 1
    journal.wait_for("published", said)


@settings(max_examples=40, derandomize=True, deadline=None)
@given(STEPS, st.sampled_from(NAMES), st.integers(0, 20), st.integers(0, 6), FLOORS)
def test_16_both_engines_agree(
    tmp_path_factory: pytest.TempPathFactory,
    steps: list[tuple[str, int, int, object]],
    name: str,
    since: int,
    limit: int,
    floors: dict[int, int],
) -> None:
    path = tmp_path_factory.mktemp("log")
    question = UnreadQuestion(7, name, (1, 2, 3), since, tuple(floors.items()))
    with memory(Path(), now=lambda: 0) as first, sqlite(path, now=lambda: 0) as second:
        for journal in (first, second):
            play(journal, steps)
        assert unread(first, question) == unread(second, question)
        everything = caught_up(first, question)
        assert everything == caught_up(second, question)
        some = caught_up(second, question, limit)
        assert some.more is (max(len(everything.first), len(everything.rest)) > limit)
        assert some.rest == everything.rest[max(0, len(everything.rest) - limit) :]
        found = len(some.first)  # fewer, where some of those that were looked at do not name the person
        assert found <= limit and some.first == everything.first[len(everything.first) - found :]
