"""Which rule holds, and what is too old by it: for every engine."""

from typing import Final

from chatd.protocol.keep_rule import DAY, KeepRule
from chatd.state.message_log import IDS_A_MILLISECOND

#: A rule of a room says no more days than that: a thousand years.
MOST_DAYS: Final = 365_000


def rule_of(servers: KeepRule, days: int | None, count: int | None) -> KeepRule:
    """That of a room, which keeps at most what the server keeps. What it does not say (None or 0) the server
    says."""
    age = min(days, MOST_DAYS) * DAY if days else None
    return KeepRule(_smaller(servers.age, age), _smaller(servers.count, count or None))


def _smaller(one: int | None, other: int | None) -> int | None:
    return min((bound for bound in (one, other) if bound is not None), default=None)


def first_kept(rule: KeepRule, now: int) -> int:
    """An id below which all is too old: none has a lower one that was said at that time or later."""
    return 0 if rule.age is None else max(0, now - rule.age) * IDS_A_MILLISECOND
