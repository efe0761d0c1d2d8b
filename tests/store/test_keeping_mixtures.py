"""What is kept no longer, in any mixture of messages, rules, deletions, days and restarts: number 13."""

import contextlib
from itertools import chain
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chatd.protocol.keep_rule import DAY, EVERYTHING, KeepRule
from chatd.protocol.limits import DEFAULT
from chatd.state.rooms import Room
from chatd.state.stored_entries import Found, Missed, Wanted
from tests.support.acts import delete
from tests.support.calendars import Calendar, KeepingOpener, forgetful
from tests.support.logs import Journal, memory, sqlite
from tests.support.search_model import at_once, indexed


@pytest.fixture(autouse=True)
def without_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("chatd.store.sqlite.unhurried.PAUSE", 0.0)


every_engine = pytest.mark.parametrize("engine", [memory, sqlite, forgetful])


class Expected:
    """What has to be shown: entries by conversation, and floors."""

    def __init__(self, keep: KeepRule) -> None:
        self._keep = keep
        self.rules: dict[int, tuple[int | None, int | None]] = {}
        self.entries: dict[tuple[int, int], list[tuple[int, int, str]]] = {}
        self.floors: dict[tuple[int, int], int] = {}
        self.unsaid: set[int] = set()  # acts, and what was deleted

    def look(self, now: int) -> None:
        for conversation, entries in self.entries.items():
            number, second = conversation
            days, count = self.rules.get(number, (None, None)) if not second else (None, 0)
            age = min((bound for bound in (self._keep.age, (days or 0) * DAY) if bound), default=None)
            most = min((bound for bound in (self._keep.count, count) if bound), default=None)
            if second:
                most = None
            kept = [one for one in entries if not age or one[1] >= now - age]
            if most:
                kept = kept[-most:]
            if len(kept) < len(entries):
                self.floors[conversation] = entries[len(entries) - len(kept) - 1][0]
            self.entries[conversation] = kept


few = st.sampled_from([None, 0, 2])
step = st.one_of(
    st.tuples(st.just("say"), st.integers(1, 3)),
    st.tuples(st.just("write"), st.none()),
    st.tuples(st.just("delete"), st.integers(0, 5)),
    st.tuples(st.just("days"), st.sampled_from([1, 4, 7])),
    st.tuples(
        st.just("keep"), st.tuples(st.integers(1, 3), *map(st.sampled_from, ([None, 0, 5], [None, 0, 2])))
    ),
    st.tuples(st.just("look"), st.none()),
    st.tuples(st.just("again"), st.none()),
)


@settings(max_examples=25)
@given(
    keep=st.sampled_from([KeepRule(6 * DAY, 3), KeepRule(count=1), KeepRule(age=3 * DAY), EVERYTHING]),
    steps=st.lists(step, max_size=25),
)
@every_engine
def test_13_any_mixture(
    engine: KeepingOpener,
    tmp_path_factory: pytest.TempPathFactory,
    keep: KeepRule,
    steps: list[tuple[str, Any]],
) -> None:
    calendar, expected, path = Calendar(), Expected(keep), tmp_path_factory.mktemp("log")
    rooms = {number: Room(f"room{number}", DEFAULT, number) for number in (1, 2, 3)}
    with at_once(), contextlib.ExitStack() as lives:
        journal = lives.enter_context(engine(path, now=calendar, keep=keep))
        for what, more in [*steps, ("look", None)]:
            match what:
                case "say" | "write":
                    entry = journal.say("x", room=rooms[more]) if more else journal.write("x")
                    journal.wait_for("published", 1)
                    journal.told.clear()
                    conversation = (more, 0) if more else (7, 11)
                    expected.entries.setdefault(conversation, []).append((entry.id, entry.at, "x"))
                case "delete":
                    everything = journal.history((1, 0))
                    if more < len(everything):
                        act = delete(journal, everything[more])
                        journal.wait_for("published", 1)
                        journal.told.clear()
                        expected.entries[1, 0].append((act.id, act.at, act.text))
                        expected.unsaid.update((act.id, everything[more].id))
                case "days":
                    calendar.pass_days(more)
                case "keep":
                    number, days, count = more
                    journal.log.keep(rooms[number], days, count)
                    expected.rules[number] = days, count
                case "again" if engine is not memory:
                    journal.look()
                    expected.look(calendar())
                    lives.close()
                    journal = lives.enter_context(engine(path, now=calendar, keep=keep))
                case "look":
                    journal.look()
                    expected.look(calendar())
                    same(journal, expected)


def same(journal: Journal, expected: Expected) -> None:
    """What the log shows is what it has to show."""
    found = {key: [entry.id for entry in journal.history(key)] for key in expected.entries}
    assert found == {key: [id for id, _, _ in entries] for key, entries in expected.entries.items()}
    [page] = journal.all_missed(Missed(7, (1, 2, 3), 0, 1000))
    assert sorted(entry.id for entry in page.entries) == sorted(chain.from_iterable(found.values()))
    indexed(journal)
    hits = journal.search(Wanted((("x",),), ((1, 0), (2, 0), (3, 0), (0, 7)), 500))
    assert isinstance(hits, Found)
    said = set(chain.from_iterable(found.values())) - expected.unsaid
    assert {entry.id for entry in hits.entries} == said and len(hits.entries) == len(said)
    gaps = {gap.number: gap.before - 1 for gap in page.gaps}
    assert gaps == {(0 if second else first): floor for (first, second), floor in expected.floors.items()}
