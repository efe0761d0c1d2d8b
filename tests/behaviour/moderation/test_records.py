"""Who is banned and muted, and what was done."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from chatd.protocol.limits import DEFAULT
from chatd.state.stored_rulings import AuditRows
from chatd.store.memory import MemoryLog
from tests.support.civil import acts, admin, civil_world, code, coming_from, console, do
from tests.support.resuming import events


def test_who_is_banned_and_muted() -> None:
    """Each once, in the order in which it was done."""
    world, [alice, olga, *_] = civil_world("bob")
    coming_from(world, "10.0.0.7", "guest_")
    do(alice, "mute", nick="bob", seconds=60, reason="noise")
    do(olga, "ban", whom="guest_")
    do(alice, "ban", whom="10.0.0.0/24")
    told = do(olga, "bans", ref="r")[-1]
    at = int(world.now * 1000)
    until = {"until": at + 60_000, "reason": "noise"}
    assert told == {
        "type": "bans",
        "room": "dev",
        "ref": "r",
        "bans": [
            {"act": "mute", "whom": "bob", "by": "alice", "at": at, **until},
            {"act": "ban", "whom": "guest_", "by": "olga", "at": at},
            {"act": "ban", "whom": "10.0.0.0/24", "by": "alice", "at": at},
        ],
    }
    world.now += 60
    assert len(do(olga, "bans")[-1]["bans"]) == 2


def test_of_many_the_newest() -> None:
    world, [alice, *_] = civil_world(limits=replace(DEFAULT, bans_listed=2))
    for number in range(4):
        world.now += 1
        do(alice, "ban", whom=f"10.0.0.{number}")
    told = do(alice, "bans")[-1]
    assert told["more"] and [one["whom"] for one in told["bans"]] == ["10.0.0.2/32", "10.0.0.3/32"]
    told = do(console(world), "bans")[-1]
    assert "more" not in told and len(told["bans"]) == 4


def test_what_was_done_in_a_room_and_everywhere() -> None:
    world, [alice, olga, *_] = civil_world("bob")
    ada = admin(world)
    do(olga, "kick", nick="bob", reason="noise")
    do(alice, "topic", text="about dev")
    do(ada, "announce", "lobby", text="tea")
    told = do(alice, "audit", limit=2, ref="r")[-1]
    assert (told["room"], told["ref"], told.get("more", False)) == ("dev", "r", False)
    assert acts(told["acts"]) == ["alice own alice", "olga kick bob noise"]
    assert alice.session.unpaid > 0
    told = do(ada, "audit", "lobby", limit=2)[-1]
    assert [(one["room"], one["act"]) for one in told["acts"]] == [("dev", "kick"), ("lobby", "announce")]
    assert told["more"]
    told = do(ada, "audit", "lobby", before=told["acts"][0]["id"])[-1]
    assert acts(told["acts"]) == ["alice own alice"]


def late_audit(monkeypatch: pytest.MonkeyPatch, taken: bool = True) -> list[Callable[[Any], None]]:
    waiting: list[Callable[[Any], None]] = []

    def read_audit(log: MemoryLog, question: Any, then: Any, wanted: Any) -> bool:
        assert wanted()
        waiting.append(then)
        return taken

    monkeypatch.setattr(MemoryLog, "read_audit", read_audit)
    return waiting


def test_who_loses_its_role_meanwhile_reads_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    _, [alice, olga] = civil_world()
    waiting = late_audit(monkeypatch)
    do(olga, "audit")
    do(alice, "deop", nick="olga")
    olga.lines()
    waiting[0](AuditRows([], False))
    assert code(events(olga)) == "not-allowed"


def test_where_the_log_cannot_read_it(monkeypatch: pytest.MonkeyPatch) -> None:
    _, [alice, *_] = civil_world()
    waiting = late_audit(monkeypatch)
    do(alice, "audit")
    waiting[0](None)
    assert code(events(alice)) == "unavailable"
    late_audit(monkeypatch, taken=False)
    assert code(do(alice, "audit")) == "busy"
    assert alice.session.in_flight == 0
