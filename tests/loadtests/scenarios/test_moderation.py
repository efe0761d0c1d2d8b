"""Runs with somebody who keeps the server civil, against a reception that is right or wrong."""

import re
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path

import pytest
from msgspec.structs import replace

from chatd.protocol.address_ranges import looks_like_address, parse_range
from chatd.protocol.errors import Code
from chatd.protocol.events import Ack, Bye, Error, Event, LineLimits, Said, Welcome
from chatd.protocol.moderation_events import Acted
from loadtests.engine import connector
from loadtests.engine.banning import banned
from loadtests.engine.moderator import ADMIN
from loadtests.measure.errors import Unusable
from loadtests.measure.result import Run
from loadtests.plans.runs import perform
from loadtests.scenarios import raid
from loadtests.scenarios.bans import ManyBans
from loadtests.scenarios.base import RunContext, Scenario
from loadtests.scenarios.raid import Raid, RangeBan
from loadtests.servers.old_people import write_accounts
from loadtests.servers.target import ServerUnderTest
from tests.support.moderated import moderated_server
from tests.support.reception import Spoil, right
from tests.support.well_read import made

BANS = ManyBans(people=10, bans=10, joins=2, rounds=2)
RANGE_BAN = RangeBan(people=3, rabble=6, addresses=2, rate=100, seconds=0.1)
RAID = Raid(people=3, rabble=6, addresses=2, rate=100, seconds=0.1)


def ran(scenario: Scenario, folder: Path, spoil: Spoil = right) -> Run:
    run = Run("chatd-always")
    with moderated_server(spoil, folder) as target:
        perform(scenario, RunContext(target, run))
    return run


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """A reception in this process has said everything as soon as nothing comes."""
    monkeypatch.setattr(connector, "_QUIET", 0.01)
    monkeypatch.setattr(raid, "_APART", 0.05)


def fails(scenario: Scenario, folder: Path, spoil: Spoil, sentence: str) -> None:
    run = ran(scenario, folder, spoil)
    assert run.faults and re.search(sentence, run.faults[0]), run.faults


# -- bans ----------------------------------------------------------------------------------------------


def test_bans_are_made_and_lifted_between_the_rounds(tmp_path: Path) -> None:
    run = ran(BANS, tmp_path)
    assert (run.faults, run.noun, run.figures["bans"]) == ([], "joins", 10)
    for kind in ("guest", "account"):
        assert run.figures[f"{kind} join ratio"] > 0, kind


def test_bans_are_of_accounts_names_and_ranges_of_several_lengths_each_once() -> None:
    whom = banned(1000, 10_000)
    ranges = [parse_range(one) for one in whom if looks_like_address(one)]
    assert len({*whom}) == 1000 and len({*ranges}) == 333
    assert len({(one.version, one.prefixlen) for one in ranges}) == 8
    assert sum(one.startswith("p") for one in whom) == 334


def test_who_is_banned_and_welcomed_fails_the_run(tmp_path: Path) -> None:
    def spoil(nick: str, event: Event) -> Sequence[Event]:
        let_in = Welcome(nick, "token", "stub", 1, LineLimits(4096, 32))
        return (let_in,) if nick == "v00000" and isinstance(event, Error) else (event,)

    fails(BANS, tmp_path, spoil, "v00000 from 127.139.9.9 is banned, and was welcomed")


def test_who_is_turned_away_when_the_ban_was_lifted_fails_the_run(tmp_path: Path) -> None:
    acts = list[str]()

    def spoil(nick: str, event: Event) -> Sequence[Event]:
        if isinstance(event, Acted):
            acts.append(event.act)
        if nick == "w00000" and "unban" in acts:
            return (Error(code=Code.BANNED, text="raiding"),)
        return (event,)

    fails(BANS, tmp_path, spoil, "w00000 .* not banned any more, and was turned away")


# -- range-ban -----------------------------------------------------------------------------------------


def test_all_of_a_range_are_put_out(tmp_path: Path) -> None:
    run = ran(RANGE_BAN, tmp_path)
    assert run.faults == []
    assert run.figures["put out"] == 6
    assert run.figures["banned s"] > 0 and run.figures["put out s"] > 0
    assert run.figures["p99 before ms"] > 0 and run.figures["deliveries"] == 20 * 2


@pytest.mark.parametrize(
    ("nick", "change", "sentence"),
    [
        ("z00003", lambda one: () if isinstance(one, Error) else (one,), "z00003 was not told .* banned"),
        ("z00003", lambda one: () if isinstance(one, Bye) else (one,), "z00003 was not told .* banned"),
        (
            "z00003",
            lambda one: (replace(one, text="go"),) if isinstance(one, Error) else (one,),
            "z00003 was not told .* and why",
        ),
        ("crew-2", lambda one: () if isinstance(one, Said) else (one,), "crew-2 .* miss|get .* messages"),
        (
            "warden",
            lambda one: (Error(code=Code.NOT_ALLOWED, text="no"),) if isinstance(one, Ack) else (one,),
            "warden was told: not-allowed",
        ),
        (
            "warden",
            lambda one: (replace(one, ref="9"),) if isinstance(one, Ack) else (one,),
            "the answer to another request was due",
        ),
    ],
    ids=["no reason", "no goodbye", "another reason", "missing", "refused", "another's answer"],
)
def test_what_is_wrong_with_a_ban_fails_the_run(
    nick: str, change: Callable[[Event], Sequence[Event]], sentence: str, tmp_path: Path
) -> None:
    fails(RANGE_BAN, tmp_path, lambda who, event: change(event) if who == nick else (event,), sentence)


# -- raid ----------------------------------------------------------------------------------------------


def test_a_raid_is_over_when_it_was_locked_and_banned(tmp_path: Path) -> None:
    run = ran(RAID, tmp_path)
    assert run.faults == []
    assert run.figures["put out"] == 6
    for figure in ("locked s", "banned s", "put out s", "p99 before ms"):
        assert run.figures[figure] > 0, figure


def test_who_is_heard_behind_the_lockdown_fails_the_run(tmp_path: Path) -> None:
    def spoil(nick: str, event: Event) -> Sequence[Event]:
        if nick == "warden" and isinstance(event, Acted) and event.act == "lockdown":
            return (event, Said("lobby", event.id + 1, "z00002", "still here", 0))
        return (event,)

    fails(RAID, tmp_path, spoil, "behind the lockdown warden heard: .*still here")


# -- where they run ------------------------------------------------------------------------------------


@pytest.mark.parametrize("scenario", [BANS, RANGE_BAN, RAID], ids=lambda one: one.name)
def test_addresses_of_this_machine_are_needed_and_a_folder(scenario: Scenario) -> None:
    elsewhere = RunContext(ServerUnderTest("chatd-always", ("192.0.2.1", 5050)), Run("chatd-always"))
    with pytest.raises(Unusable, match="from many addresses of this machine"):
        scenario.run(elsewhere)
    another = RunContext(ServerUnderTest("chatd-always", ("127.0.0.1", 9)), Run("chatd-always"))
    with pytest.raises(Unusable, match=f"{scenario.name} fills the folder"):
        scenario.run(another)


def test_the_admin_is_in_the_folder(tmp_path: Path) -> None:
    made(tmp_path)
    write_accounts([ADMIN], tmp_path)
    with closing(sqlite3.connect(tmp_path / "log.sqlite3")) as database:
        (row,) = database.execute("SELECT room, kind, subject, value, until FROM rulings")
    assert row == (1, "role", str(ADMIN.person), "admin", 0)
