"""Who dropped and may come back as the same person: with its token, for some minutes.

A token is known here by its hash only, as it is in the log.
"""

from collections import OrderedDict
from dataclasses import dataclass
from typing import Final

from chatd.protocol.limits import Limits
from chatd.state.message_log import MessageLog
from chatd.state.stored_entries import StoredGuest
from chatd.state.token_bucket import TokenBucket


@dataclass(slots=True)
class DroppedGuest:
    """Who it is, and its line rate: who comes back often does not get a new one each time. `left_at` is when
    the connection was lost, in seconds of the server's monotonic clock."""

    who: StoredGuest
    lines: TokenBucket | None
    left_at: float


class Guests:
    """By the hash of the token, in the order in which they dropped."""

    __slots__ = ("_guests", "_limits", "_log")

    def __init__(self, limits: Limits, log: MessageLog) -> None:
        self._limits: Final = limits
        self._log: Final = log
        self._guests: OrderedDict[str, DroppedGuest] = OrderedDict()

    def __len__(self) -> int:
        return len(self._guests)

    def add(self, guest: DroppedGuest) -> None:
        """It dropped just now. Those who did so long ago are forgotten, and the first where there are too
        many."""
        token = guest.who.token
        self._guests[token] = guest
        self._guests.move_to_end(token)
        self._expire(guest.left_at)
        if len(self._guests) > self._limits.guests:
            self._log.forget_guest(self._guests.popitem(last=False)[0])

    def take(self, token: str, now: float) -> DroppedGuest | None:
        """Who comes back with it, if anyone can."""
        self._expire(now)
        return self._guests.pop(token, None)

    def _expire(self, now: float) -> None:
        guests, since = self._guests, now - self._limits.away_time
        while guests:
            token = next(iter(guests))
            if guests[token].left_at > since:
                return
            del guests[token]
            self._log.forget_guest(token)
