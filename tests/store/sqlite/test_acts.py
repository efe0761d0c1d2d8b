"""Acts of moderation in a folder: what holds after a restart, and in which order it was said."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import structs

from chatd.protocol.errors import ConfigError
from chatd.protocol.keep_rule import DAY, KeepRule
from chatd.protocol.limits import DEFAULT
from chatd.state.entry_rows import stored
from chatd.state.rooms import Room
from chatd.state.stored_accounts import AccountChange
from chatd.state.stored_entries import EntryKind, StoredEntry, StoredRoom
from chatd.state.stored_rulings import Ruling, RulingKind, act_of
from tests.support.acts import audited, delete, do, held, ruling
from tests.support.faulty_disk import until
from tests.support.folders import change, value
from tests.support.logs import Journal, sqlite, time_of_day
from tests.support.people import account, changed, register

DEV = Room("dev", DEFAULT, 2)


def rulings(path: Path) -> list[Ruling]:
    """After a restart."""
    with sqlite(path) as journal:
        return list(journal.log.rulings)


def test_17_rulings_have_the_id_and_time_of_their_act(tmp_path: Path) -> None:
    ends = time_of_day() + DAY
    full = Ruling(1, RulingKind.BAN, "@10.0.0.0/24", "on", "10.0.0.0/24", ends, "alice", "why?")
    slow, mute = ruling("slow", "10", kind=RulingKind.SETTING), ruling("=eve", kind=RulingKind.MUTE)
    with sqlite(tmp_path) as journal:
        first = do(journal, ruling("7", room=2), full, room=DEV)
        second = do(journal, slow, mute)
        journal.wait_for("published", 2)
    of_first, of_second = {"id": first.id, "at": first.at}, {"id": second.id, "at": second.at}
    assert rulings(tmp_path) == [
        structs.replace(full, **of_first),
        structs.replace(ruling("7", room=2), **of_first),
        structs.replace(mute, **of_second),
        structs.replace(slow, **of_second),
    ]


def test_17_one_of_each_kind_and_subject_in_a_room_and_one_without_a_value_takes_it_away(
    tmp_path: Path,
) -> None:
    role, mute = RulingKind.ROLE, RulingKind.MUTE
    with sqlite(tmp_path) as journal:
        do(journal, ruling("7", "voice", kind=role), ruling("7", "operator", kind=role), ruling("8"))
        do(journal, ruling("7", "admin", kind=role), ruling("7", kind=mute), ruling("8", ""), ruling("9", ""))
        do(journal, ruling("7", "operator", room=2, kind=role), room=DEV)
        journal.wait_for("published", 3)
        do(journal, ruling("7", "", kind=mute))
        journal.wait_for("published", 4)
    with sqlite(tmp_path) as journal:
        assert held(journal) == [(1, "role", "7", "admin"), (2, "role", "7", "operator")]


def test_17_with_a_room_go_its_rulings(tmp_path: Path) -> None:
    with sqlite(tmp_path) as journal:
        do(journal, ruling("7", room=2), room=DEV)
        do(journal, ruling("7"))
        journal.log.keep_ruling(ruling("8", room=2))
        journal.log.keep_ruling(ruling("8", room=3))  # nothing was ever said there: its number is free
        journal.log.forget(DEV)
        journal.wait_for("published", 2)
    with sqlite(tmp_path) as journal:
        assert held(journal) == [(1, "ban", "7", "on")]
        assert audited(journal) == [("dev", "alice", "ban"), ("lobby", "alice", "ban")]
        assert journal.log.rooms[0] == StoredRoom(2, None)
    assert value(tmp_path / "log.sqlite3", "SELECT count(*) FROM rulings") == 1


def test_17_with_an_account_go_its_roles_and_memberships(tmp_path: Path) -> None:
    """Not what keeps it out: a banned person must not be free by that."""
    with sqlite(tmp_path) as journal:
        register(journal, account(7, "bob"), account(77, "eve"))
        for person in ("7", "77"):
            do(journal, *(ruling(person, kind=kind) for kind in RulingKind))
        journal.wait_for("published", 2)
        changed(journal, AccountChange(gone=(7,)))
    with sqlite(tmp_path) as journal:
        assert [kind for _, kind, subject, _ in held(journal) if subject == "7"] == ["ban", "mute", "setting"]
        assert len([one for one in held(journal) if one[2] == "77"]) == 5


def test_17_what_is_over_is_forgotten_a_month_later(tmp_path: Path) -> None:
    now = time_of_day()
    with sqlite(tmp_path) as journal:
        ends = (0, now - 31 * DAY, now - 29 * DAY, now + DAY)
        do(journal, *(ruling(str(number), until=until) for number, until in enumerate(ends)))
        journal.wait_for("published", 1)
    with sqlite(tmp_path) as journal:
        assert [subject for _, _, subject, _ in held(journal)] == ["0", "2", "3"]


def test_17_acts_go_with_the_floor_of_their_room_and_stay_in_the_audit(tmp_path: Path) -> None:
    with sqlite(tmp_path, keep=KeepRule(count=2)) as journal:
        do(journal, ruling("7"))
        for text in "abc":
            journal.say(text)
        journal.wait_for("published", 4)
        journal.look()
        assert [entry.text for entry in journal.history()] == ["b", "c"]
    assert value(tmp_path / "log.sqlite3", "SELECT count(*) FROM entries WHERE kind = 3") == 0
    with sqlite(tmp_path) as journal:
        assert held(journal) == [(1, "ban", "7", "on")] and len(audited(journal)) == 1


def test_17_one_wrong_act_fails_alone(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with sqlite(tmp_path) as journal:
        do(journal, ruling("7"), ref="r")
        do(journal, ruling("\ud800"), ref="r")
        do(journal, ruling("\ud801", ""), ref="r")
        do(journal, ruling("8"), ref="r")
        journal.wait(lambda: len(journal.entries("acknowledged")) + len(journal.entries("failed")) < 4)
        assert len(journal.entries("failed")) == 2
    with sqlite(tmp_path) as journal:
        assert [subject for _, _, subject, _ in held(journal)] == ["7", "8"]


def test_18_what_was_deleted_is_so_after_a_restart(tmp_path: Path) -> None:
    with sqlite(tmp_path / "log") as journal:
        one = stored(journal.say("secret", key="k"))
        journal.say("two")
        journal.wait_for("published", 2)
        delete(journal, one, ref="r")
        journal.wait_for("acknowledged", 2)
        shutil.copytree(tmp_path / "log", tmp_path / "killed")
        assert [(one.kind, one.text) for one in journal.history()][:2] == [
            (EntryKind.DELETED, "bob"),
            (EntryKind.MESSAGE, "two"),
        ]
    for recent in (10, 0):
        with sqlite(tmp_path / "killed", limits=replace(DEFAULT, recent=recent)) as journal:
            deleted, _, act = journal.history()
            assert (deleted.id, deleted.kind, deleted.text, deleted.key) == (
                one.id,
                EntryKind.DELETED,
                "bob",
                None,
            )
            assert act_of(act).message == one.id
    assert value(tmp_path / "killed" / "log.sqlite3", "SELECT key FROM removed_keys") == "k"


def test_18_of_acts_in_one_batch(tmp_path: Path) -> None:
    """Two delete the same message, which was said in the same batch as another one."""
    with sqlite(tmp_path) as journal:
        one = stored(journal.say("one"))
        journal.wait_for("published", 1)
        delete(journal, one, by=journal.alice)
        delete(journal, one)
        do(journal, ruling("7"))
        do(journal, ruling("7", ""))
        journal.wait_for("published", 5)
        assert journal.history()[0].text == "alice"
    with sqlite(tmp_path) as journal:
        assert journal.history()[0].text == "alice" and held(journal) == []
        assert [what for _, _, what in audited(journal)] == ["delete", "delete", "ban", "ban"]


def test_19_a_ruling_that_is_kept_is_there_after_a_restart(tmp_path: Path) -> None:
    with sqlite(tmp_path) as journal:
        journal.log.keep_ruling(ruling("7", "5", kind=RulingKind.MEMBER, id=4, at=9))
        until(lambda: value(tmp_path / "log.sqlite3", "SELECT count(*) FROM rulings") == 1)
        journal.log.keep_ruling(ruling("8"))
        journal.log.keep_ruling(ruling("7", "", kind=RulingKind.MEMBER))
        journal.log.keep_ruling(ruling("7", "6", kind=RulingKind.MEMBER, id=4, at=9))
    assert rulings(tmp_path) == [ruling("8"), ruling("7", "6", kind=RulingKind.MEMBER, id=4, at=9)]


def test_19_of_a_ruling_that_is_kept_and_an_act_the_later_one_holds(tmp_path: Path) -> None:
    with sqlite(tmp_path) as journal:
        journal.log.keep_ruling(ruling("7", "kept"))
        do(journal, ruling("7", "act"), ruling("8", "act"))  # all in one batch
        journal.log.keep_ruling(ruling("8", "kept"))
        journal.log.keep_ruling(ruling("9", "kept"))
        do(journal, ruling("9", ""))
        journal.wait_for("published", 2)
    with sqlite(tmp_path) as journal:
        assert [(subject, state) for _, _, subject, state in held(journal)] == [("8", "kept"), ("7", "act")]


SUBJECTS = st.sampled_from("78")
VALUES = st.sampled_from(["", "a", "b"])
RULES = st.tuples(st.sampled_from(["act", "keep"]), SUBJECTS, VALUES, st.integers(0, 3))
STEPS = st.lists(
    st.one_of(
        RULES,
        st.tuples(st.sampled_from(["say", "wait", "again"]), SUBJECTS, VALUES, st.integers(0, 3)),
        st.tuples(st.just("delete"), SUBJECTS, VALUES, st.integers(0, 9)),
    ),
    max_size=15,
)


@settings(max_examples=15)
@given(STEPS)
def test_17_18_19_any_mixture(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[str, str, str, int]]
) -> None:
    """Acts, what is kept, messages and deletions, with restarts between: what holds is what came last."""
    path, holds = tmp_path_factory.mktemp("log"), dict[str, str]()
    said: list[StoredEntry] = []
    texts: list[str] = []
    life = sqlite(path)
    journal = life.__enter__()
    acts = waited = 0
    for what, subject, state, number in steps:
        match what:
            case "say":
                said.append(stored(journal.say(f"text {len(said)}")))
                texts.append(said[-1].text)
            case "delete" if number < waited:
                delete(journal, said[number])
                texts[number], acts = "bob", acts + 1
            case "act":
                do(journal, ruling(subject, state))
                holds[subject], acts = state, acts + 1
            case "keep":
                journal.log.keep_ruling(ruling(subject, state))
                holds[subject] = state
            case "wait" | "again":
                settle(journal)
                waited = len(said)
        if what == "again":
            life.__exit__(None, None, None)
            life = sqlite(path)
            journal = life.__enter__()
            assert {one.subject: one.value for one in journal.log.rulings} == _set(holds)
    settle(journal)
    assert [one.text for one in journal.history() if one.kind is not EntryKind.ACT] == texts
    life.__exit__(None, None, None)
    assert {one.subject: one.value for one in rulings(path)} == _set(holds)
    with sqlite(path) as journal:
        assert len(audited(journal)) == acts


def _set(holds: dict[str, str]) -> dict[str, str]:
    return {subject: state for subject, state in holds.items() if state}


def settle(journal: Journal) -> None:
    """Everything that was said is published."""
    log = journal.log
    until(lambda: not (log._line or log._writing))  # type: ignore[attr-defined]


def test_a_damaged_ruling_is_found_at_the_start(tmp_path: Path) -> None:
    with sqlite(tmp_path) as journal:
        do(journal, ruling("7"))
        journal.wait_for("published", 1)
    change(tmp_path / "log.sqlite3", "UPDATE rulings SET kind = 'odd'")
    with pytest.raises(ConfigError, match="a value is not what was written"), sqlite(tmp_path):
        pass
