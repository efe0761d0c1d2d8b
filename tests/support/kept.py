"""What tests of retention have in common."""

from dataclasses import replace
from typing import Any

from chatd.protocol.keep_rule import KeepRule
from chatd.store.sqlite.retention import Retention
from chatd.store.sqlite.unhurried import Unhurried
from tests.support.logs import Journal

FEW = KeepRule(count=3)


def retention_of(journal: Journal) -> Retention:
    found: Retention = journal.log._retention  # type: ignore[attr-defined]
    return found


def held_up(journal: Journal, **tells: Any) -> None:
    """What the engine tells those who do things beside all else is this from now on."""
    work: Unhurried = journal.log._retention._work  # type: ignore[attr-defined]
    work._host = replace(work._host, **tells)


def talk(journal: Journal, count: int, **more: Any) -> list[int]:
    """So many messages; their ids."""
    before = len(journal.entries("published"))
    for number in range(count):
        journal.say(str(number), **more)
    journal.wait_for("published", before + count)
    return [entry.id for entry in journal.entries("published")[before:]]
