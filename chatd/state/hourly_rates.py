"""What an address does a few times in an hour only: else one client makes all the rooms and accounts that
there may be."""

from collections import deque
from typing import Final

from chatd.state.expiring_table import ExpiringTable
from chatd.state.networks import network_of

_AN_HOUR: Final = 3600.0
#: Into so many steps an hour is divided, by which addresses are forgotten.
_STEPS: Final = 16


class HourlyRates:
    """`most` times in any hour; of so many `addresses` it is known. Times are seconds of a monotonic
    clock."""

    __slots__ = ("_most", "_times")

    def __init__(self, most: int, addresses: int) -> None:
        self._most: Final = most
        self._times: Final = ExpiringTable[str, deque[float]](addresses, _AN_HOUR / _STEPS)

    def is_spent(self, address: str, now: float) -> bool:
        """Whether once more would be too often."""
        network = network_of(address)
        times = self._times.get(network)
        if times is None:
            return self._times.wait(network, now) > 0
        return len(times) == self._most and times[0] > now - _AN_HOUR

    def take(self, address: str, now: float) -> bool:
        """Once more; False, and not counted, where that is too often."""
        if self.is_spent(address, now):
            return False
        network = network_of(address)
        times = self._times.get(network)
        if times is None:
            times = deque(maxlen=self._most)
        times.append(now)
        self._times.put(network, times, now + _AN_HOUR, now)
        return True
