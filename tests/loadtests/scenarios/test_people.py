"""Runs with accounts: devices that hear everything, people who come back, and somebody who guesses; against a
reception that is right or wrong."""

import dataclasses
import re
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path

import pytest
from msgspec.structs import replace

from chatd.protocol.errors import Code
from chatd.protocol.events import Error, Event, Said
from chatd.protocol.people_events import UnreadCounts
from loadtests.engine import connector
from loadtests.engine.guessing import NameComparison
from loadtests.engine.sockets import elsewhere
from loadtests.measure.errors import Unusable
from loadtests.measure.result import Run
from loadtests.plans.runs import perform
from loadtests.scenarios.base import RunContext, Scenario
from loadtests.scenarios.devices import DeviceTalk
from loadtests.scenarios.passwords import PasswordGuessing
from loadtests.scenarios.returns import ReturnAll
from loadtests.servers.old_people import OldAccount, token_of, write_accounts
from loadtests.servers.old_unread import OldUnread, write_unread
from loadtests.servers.target import ServerUnderTest
from tests.support.reception import Spoil, right
from tests.support.registered import ALLOWED, counted, registered_server
from tests.support.well_read import made


def ran(scenario: Scenario, folder: Path, spoil: Spoil = right) -> Run:
    run = Run("chatd-always")
    with registered_server(spoil, folder) as target:
        perform(scenario, RunContext(target, run))
    return run


@pytest.fixture(autouse=True)
def quiet_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """A reception in this process has said everything as soon as nothing comes."""
    monkeypatch.setattr(connector, "_QUIET", 0.02)


# -- devices -------------------------------------------------------------------------------------------

DEVICES = DeviceTalk(people=4, devices=3, talkers=2, rate=200, sample=1, seconds=0.1)


def test_everything_arrives_on_all_devices(tmp_path: Path) -> None:
    run = ran(DEVICES, tmp_path)
    assert run.faults == []
    assert run.figures["deliveries"] == 20 * (12 - 1)
    for figure in ("p99 ms", "guests p99 ms", "all in s", "devices ratio"):
        assert run.figures[figure] > 0, figure


@pytest.mark.parametrize("nick", ["p000", "d00003"], ids=["of who says it", "of somebody else"])
@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda said: (), "missing"),
        (lambda said: (said, said), "doubled|in place of"),
        (lambda said: (replace(said, sender="p009"),), "not a message|changed"),
    ],
    ids=["missing", "doubled", "changed"],
)
def test_what_is_wrong_on_one_device_fails_the_run(
    nick: str, change: Callable[[Said], Sequence[Event]], sentence: str, tmp_path: Path
) -> None:
    """Of the one who says it, too: each of its devices but one hears it."""
    wronged = list[Event]()

    def spoil(name: str, event: Event) -> Sequence[Event]:
        is_message = isinstance(event, Said) and event.sender == "p000" and event.text != "START"
        if name != nick or not is_message or wronged:
            return (event,)
        wronged.append(event)
        assert isinstance(event, Said)
        return change(event)

    run = ran(DEVICES, tmp_path, spoil)
    assert wronged and run.faults and re.search(sentence, run.faults[0]), run.faults


def test_accounts_and_their_devices_are_in_the_folder(tmp_path: Path) -> None:
    made(tmp_path)
    write_accounts([OldAccount(0, "alice", 2), OldAccount(1, "bob")], tmp_path)
    with closing(sqlite3.connect(tmp_path / "log.sqlite3")) as database:
        devices = database.execute("SELECT name, number FROM devices JOIN accounts USING (person)")
        assert sorted(devices) == [("alice", 1), ("alice", 2), ("bob", 1)]
    assert token_of("alice", 0) != token_of("alice", 1)
    assert {*counted(tmp_path)} == {"alice", "bob"}


# -- return --------------------------------------------------------------------------------------------

RETURN = ReturnAll(people=20, rooms=4, each=2, messages=5)


def test_everyone_has_the_counts_that_were_prepared(tmp_path: Path) -> None:
    run = ran(RETURN, tmp_path)
    assert (run.faults, run.noun) == ([], "returns")
    assert run.figures["counts"] > 20 * 3
    assert run.figures["returned s"] > 0 and run.figures["return p99 ms"] > 0


def test_what_is_prepared_is_what_the_server_counts(tmp_path: Path) -> None:
    """All of it: above the bound of counts, mentions, direct messages of which some are read."""
    made(tmp_path)
    old = OldUnread.until_now(30, 6, 3, 40)
    write_unread(old, tmp_path)
    told = counted(tmp_path)
    for person, due in enumerate(old.unread()):
        got = {
            f"#{one.room}" if one.room else one.whom: (one.count, one.mentions, one.id)
            for one in told[old.name(person)].unread
        }
        assert got == due
    everything = [one for due in old.unread() for one in due.values()]
    assert max(one.unread for one in everything) == 1000 and sum(one.mentions for one in everything) > 30
    assert {one.unread for due in old.unread() for place, one in due.items() if place[0] == "p"} == {1, 2, 3}


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (
            lambda told: (replace(told, unread=[replace(told.unread[0], count=999), *told.unread[1:]]),),
            "p00007 was told of #lobby: 999 unread, .*, and it is . unread",
        ),
        (lambda told: (replace(told, unread=told.unread[:-1]),), "p00007 was told of .*: nothing, and it is"),
        (lambda told: (replace(told, unread=[*told.unread, told.unread[0]]),), "same room .* doubled"),
        (lambda told: (told, told), "p00007 was told twice .*: doubled"),
        (
            lambda told: (Error(code=Code.BUSY, text="too many ask"),),
            "p00007 is back, and was told: .*too many ask",
        ),
        (lambda told: (), "19 of 20 were told how much they have not read"),
    ],
    ids=["another count", "one missing", "one twice", "twice", "refused", "nothing"],
)
def test_who_is_told_anything_else_fails_the_run(
    change: Callable[[UnreadCounts], Sequence[Event]], sentence: str, tmp_path: Path
) -> None:
    def spoil(nick: str, event: Event) -> Sequence[Event]:
        return change(event) if nick == "p00007" and isinstance(event, UnreadCounts) else (event,)

    patience = 0.3 if "19 of 20" in sentence else 10
    run = ran(dataclasses.replace(RETURN, patience=patience), tmp_path, spoil)
    assert len(run.faults) == 1 and re.search(sentence, run.faults[0]), run.faults


@pytest.mark.parametrize("scenario", [DEVICES, RETURN], ids=lambda one: one.name)
def test_what_fills_a_folder_needs_a_server_of_its_own(scenario: Scenario) -> None:
    context = RunContext(ServerUnderTest("chatd-always", ("127.0.0.1", 9)), Run("chatd-always"))
    with pytest.raises(Unusable, match=f"{scenario.name} fills the folder .* please leave out --host"):
        scenario.run(context)


# -- passwords -----------------------------------------------------------------------------------------

PASSWORDS = PasswordGuessing(readers=2, talkers=2, rate=100, tries=30, seconds=0.2, compared=12)


def test_only_some_of_many_passwords_are_tried(tmp_path: Path) -> None:
    run = ran(PASSWORDS, tmp_path)
    assert run.faults == []
    assert (run.figures["tries"], run.figures["hashed"]) == (30, ALLOWED)
    for figure in ("ping worst ms", "wrong p50 ms", "unknown p50 ms", "p99 before ms"):
        assert run.figures[figure] > 0, figure
    assert run.figures["deliveries"] == 20 * 3
    answers = f"{ALLOWED} wrong-password, {30 - ALLOWED} waited until the end"
    assert f"the answers to wrong passwords: {answers}" in run.marks


def test_each_try_of_the_comparison_has_an_address_of_its_own_and_an_account_that_may_be_tried() -> None:
    addresses = [elsewhere(number) for number in range(100_000)]
    assert len({*addresses}) == 100_000 and all(one.startswith("127.1") for one in addresses)
    assert NameComparison.names(200) == 20 and NameComparison.names(5) == 1


@pytest.mark.parametrize(
    ("instead", "sentence"),
    [
        ((Error(code=Code.BUSY, text="x"),), "gave a wrong password, and was told busy"),
        ((UnreadCounts([]),), "with a wrong password, got: .*unread"),
    ],
    ids=["busy", "let in"],
)
def test_who_is_not_refused_fails_the_run(instead: Sequence[Event], sentence: str, tmp_path: Path) -> None:
    def spoil(nick: str, event: Event) -> Sequence[Event]:
        return instead if isinstance(event, Error) and nick == "u00003" else (event,)

    run = ran(PASSWORDS, tmp_path, spoil)
    assert len(run.faults) == 1 and re.search(sentence, run.faults[0]), run.faults


def test_passwords_are_given_to_this_machine_only() -> None:
    context = RunContext(ServerUnderTest("chatd", ("192.0.2.1", 5050)), Run("chatd"))
    with pytest.raises(Unusable, match="please leave out --host"):
        PASSWORDS.run(context)
