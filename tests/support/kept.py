"""What tests of retention have in common."""

from typing import Any

from chatd.protocol.keep_rule import KeepRule
from chatd.store.sqlite.retention import Retention
from tests.support.logs import Journal

FEW = KeepRule(count=3)


def retention_of(journal: Journal) -> Retention:
    found: Retention = journal.log._retention  # type: ignore[attr-defined]
    return found


def talk(journal: Journal, count: int, **more: Any) -> list[int]:
    """So many messages; their ids."""
    before = len(journal.entries("published"))
    for number in range(count):
        journal.say(str(number), **more)
    journal.wait_for("published", before + count)
    return [entry.id for entry in journal.entries("published")[before:]]
