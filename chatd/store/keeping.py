"""Which rule holds, and what is too old by it: for every engine."""

from typing import Final

from chatd.protocol.keep_rule import DAY, KeepRule
from chatd.state.message_log import IDS_A_MILLISECOND

#: A rule of a room says no more days than that: a thousand years.
MOST_DAYS: Final = 365_000


def rule_of(servers: KeepRule, days: int | None, count: int | None) -> KeepRule:
    """That of a room: what it does not say the server says; 0: without a bound."""
    age = servers.age if days is None else min(days, MOST_DAYS) * DAY or None
    return KeepRule(age, servers.count if count is None else count or None)


def first_kept(rule: KeepRule, now: int) -> int:
    """An id below which all is too old: none has a lower one that was said at that time or later."""
    return 0 if rule.age is None else max(0, now - rule.age) * IDS_A_MILLISECOND
