"""Whatever was said, and whoever goes: each engine shows what a plain list has, and no more."""

from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chatd.protocol.limits import DEFAULT
from chatd.state.stored_accounts import UnreadQuestion
from chatd.state.stored_entries import Missed, Span, StoredEntry, Wanted
from chatd.store.erased import erased_from
from tests.support.erasing import erase, file_of
from tests.support.indexes import raw
from tests.support.logs import Journal, memory, sqlite
from tests.support.missed_model import PEOPLE, compare, is_of
from tests.support.people import unread
from tests.support.search_model import REMARKS, Remark, at_once, indexed
from tests.support.search_model import compare as compare_found

PERSONS = [one.person.number for one in PEOPLE]


@dataclass(frozen=True)
class Erasure:
    """This person is erased."""

    person: int


STEPS = st.lists(
    st.one_of(REMARKS, REMARKS, REMARKS, st.builds(Erasure, st.sampled_from(PERSONS))), max_size=20
)


def play(journal: Journal, steps: list[Remark | Erasure]) -> list[StoredEntry]:
    """All that there is afterwards. Nobody speaks, or is spoken to, who is gone."""
    everything: list[StoredEntry] = []
    said, gone = 0, set[int]()
    for step in steps:
        if isinstance(step, Erasure):
            gone.add(step.person)
            assert erase(journal, step.person) is True  # also of what is on its way
            everything, _ = erased_from(gone, everything)
        elif not gone & {step.by.person.number, step.to.person.number}:
            everything.append(step.said(journal))
            said += 1
    journal.wait_for("published", said)
    return everything


def check(journal: Journal, everything: list[StoredEntry]) -> None:
    for place in {(one.first, one.second) for one in everything} | {(1, 0), (7, 11), (11, 11)}:
        page = journal.page(place, Span(500))
        assert page is not None and not page.more
        assert page.entries == [one for one in everything if (one.first, one.second) == place]
    for person in PERSONS:
        missed = Missed(person, (1, 2, 3), 0)
        compare(everything, missed, journal.all_missed(missed))
        own = [entry for _, entry in file_of(journal, person).entries]
        seen = (person,)
        assert own == [
            one
            for one in everything
            if (is_of(Missed(person, (), 0), one) == 0 if one.second else one.person in seen)
        ]
    indexed(journal)
    for words in ((), (("build",),), (("deploy",),)):
        wanted = Wanted(words, ((1, 0), (2, 0), (3, 0), *((0, person) for person in PERSONS)), 500)
        said = [one for one in everything if one.kind.name != "DELETED"]
        compare_found(said, wanted, journal.search(wanted))


@settings(max_examples=10)
@given(STEPS, st.sampled_from([0, 4, 500]))
def test_22_as_a_plain_list_has_it(
    tmp_path_factory: pytest.TempPathFactory, steps: list[Remark | Erasure], recent: int
) -> None:
    limits = replace(DEFAULT, recent=recent)
    path = tmp_path_factory.mktemp("log")
    with pytest.MonkeyPatch.context() as patch, at_once():
        patch.setattr("chatd.store.sqlite.unhurried.PAUSE", 0.0)
        patch.setattr("chatd.store.sqlite.people.erasing.STEP", 3)
        patch.setattr("chatd.store.sqlite.people.person_rows.LOOKED_THROUGH", 5)
        patch.setattr("chatd.store.sqlite.durability._LATER", 0.0)
        patch.setattr("chatd.store.sqlite.search.index_file.PART_ENTRIES", 4)
        patch.setattr("chatd.store.sqlite.search.index_writer._MERGED", 1)
        with sqlite(path, limits=limits) as journal:
            everything = play(journal, steps)
            check(journal, everything)
        with sqlite(path, limits=limits) as journal:
            check(journal, everything)
    with raw(path) as index:
        for [part] in index.execute("SELECT part FROM parts").fetchall():
            index.execute(f"INSERT INTO part_{part}(part_{part}) VALUES ('integrity-check')")


@settings(max_examples=25)
@given(STEPS)
def test_22_in_memory_too(steps: list[Remark | Erasure]) -> None:
    with memory(Path()) as journal:
        everything = play(journal, steps)
        check(journal, everything)
        for person in PERSONS:
            question = UnreadQuestion(person, "x", (1, 2, 3), 0)
            others = [one for one in everything if one.second and one.person != person]
            mine = [one for one in others if person in (one.first, one.second)]
            assert sum(pair.count for pair in unread(journal, question).pairs) == len(mine)
