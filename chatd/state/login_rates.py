"""How often a password may be tried: by an address, and for an account, by waiting.

A try costs both when it begins, so that many at a time gain nothing; it is given back when the password was
right. A name that nobody owns costs the address only.
"""

from typing import Final, Generic, TypeVar

from chatd.protocol.limits import Limits
from chatd.state.expiring_table import ExpiringTable
from chatd.state.networks import network_of
from chatd.state.token_bucket import TokenBucket

_Key = TypeVar("_Key")

#: Seconds between the looks of two that wait: a look takes some 30 us.
_APART: Final = 0.001


class _Buckets(Generic[_Key]):
    """A bucket for each key; those that are full are not kept."""

    __slots__ = ("_buckets", "_burst", "_rate")

    def __init__(self, burst: int, rate: float, most: int) -> None:
        self._burst: Final = burst
        self._rate: Final = rate
        self._buckets: Final = ExpiringTable[_Key, TokenBucket](most, 1 / rate)

    def __len__(self) -> int:
        return len(self._buckets)

    def wait(self, key: _Key, now: float) -> float:
        place = self._buckets.wait(key, now)
        bucket = self._buckets.get(key)
        return place if bucket is None else bucket.wait(now)

    def take(self, key: _Key, now: float) -> None:
        bucket = self._buckets.get(key) or TokenBucket(self._burst, self._rate)
        bucket.take(now)
        self._buckets.put(key, bucket, bucket.full_at, now)

    def give_back(self, key: _Key, now: float) -> None:
        bucket = self._buckets.get(key)
        if bucket is None:
            return
        bucket.give_back()
        if bucket.full_at > now:
            self._buckets.put(key, bucket, bucket.full_at, now)
        else:
            self._buckets.remove(key)


class LoginRates:
    """`person` owns the account whose password is tried; None where nobody owns the name. Times are seconds
    of a monotonic clock."""

    __slots__ = ("_accounts", "_addresses", "_turn", "_waiting")

    def __init__(self, limits: Limits) -> None:
        self._addresses: Final = _Buckets[str](limits.login_burst, limits.login_rate, limits.addresses)
        self._accounts: Final = _Buckets[int](limits.account_burst, limits.account_rate, limits.accounts)
        self._waiting = 0  # connections that wait for a try
        self._turn = 0  # of the last one that began to

    def __len__(self) -> int:
        """Of how many addresses and accounts something is remembered."""
        return len(self._addresses) + len(self._accounts)

    def begin_waiting(self) -> float:
        """One more waits; by how many seconds it looks again later than the first of those who wait: else all
        would look in the same moment, and all but one in vain."""
        self._waiting += 1
        self._turn = (self._turn + 1) % self._waiting
        return self._turn * _APART

    def end_waiting(self) -> None:
        self._waiting -= 1

    def wait(self, address: str, person: int | None, now: float) -> float:
        """Seconds until a password may be tried."""
        wait = self._addresses.wait(network_of(address), now)
        return wait if person is None else max(wait, self._accounts.wait(person, now))

    def take(self, address: str, person: int | None, now: float) -> None:
        """One is tried."""
        self._addresses.take(network_of(address), now)
        if person is not None:
            self._accounts.take(person, now)

    def give_back(self, address: str, person: int | None, now: float) -> None:
        """It was right."""
        self._addresses.give_back(network_of(address), now)
        if person is not None:
            self._accounts.give_back(person, now)
