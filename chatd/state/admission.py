"""Who may come in, by address: a share for each, so that nobody takes all the places or all the time.

An address is a network of IPv4's /32 or IPv6's /64 (see networks.py). Each has so many connections at a time,
and makes so many in ten minutes: a burst, then one in so many seconds. What came to nothing costs more than a
connection. All that its connections send together has a rate, too, beside that of each: else one that
connects again, or often, has as many bursts as it likes.

Of an address that has gone it is remembered what it has used, until that is made good; nobody is forgotten
before that since others push in (see expiring_table.py). Once so many are remembered that there is no place,
further ones are let in and forgotten when they go: whoever has so many addresses has always a fresh one, and
to turn away all that are new would shut the door to everyone else.
"""

from collections.abc import Iterable
from typing import Final

from chatd.protocol.address_ranges import AddressRange
from chatd.protocol.limits import Limits
from chatd.state.address_bans import AddressRanges
from chatd.state.expiring_table import ExpiringTable
from chatd.state.networks import UNIX, network_of
from chatd.state.token_bucket import TokenBucket

#: Into so many steps the time of the connections is divided, by which addresses are forgotten.
_STEPS: Final = 32


class Share:
    """What an address has used. `here` are its connections; `kept`: it has a place among those remembered."""

    __slots__ = ("_lines", "connects", "here", "kept")

    def __init__(self, limits: Limits) -> None:
        self.here = 0
        self.kept = False
        self.connects: Final = TokenBucket(
            limits.address_connects, limits.address_connects / limits.address_time
        )
        many = limits.address_lines
        self._lines: Final = (
            TokenBucket(many * limits.line_burst, many * limits.line_rate) if limits.line_rate else None
        )

    def take_lines(self, now: float, lines: float) -> float:
        """So many lines are sent; seconds until they may pass. Each waits its own time, in the order in which
        they came: with a look at the bucket by all who wait, each line would wake all of them."""
        if self._lines is None:
            return 0.0
        wait = self._lines.wait(now)
        self._lines.take(now, lines)
        return wait

    @property
    def made_good_at(self) -> float:
        """When nothing is left of what it used."""
        connects = self.connects.full_at
        return connects if self._lines is None else max(connects, self._lines.full_at)


class Admission:
    """`enter` and `leave` for each connection; `failed` for what came to nothing. Addresses in the ranges
    `exempt` have no bounds. Times are seconds of a monotonic clock."""

    __slots__ = ("_exempt", "_gone", "_here", "_kept", "_limits")

    def __init__(self, limits: Limits, exempt: Iterable[AddressRange] = ()) -> None:
        self._limits: Final = limits
        self._exempt: Final = AddressRanges()
        for network in exempt:
            self._exempt.add(network, str(network))
        self._here: Final[dict[str, Share]] = {}
        self._gone: Final = ExpiringTable[str, Share](limits.addresses, limits.address_time / _STEPS)
        self._kept = 0  # of those that are here, how many have a place among those remembered

    def __len__(self) -> int:
        """Of how many addresses something is remembered, those that are here not counted."""
        return len(self._gone)

    def enter(self, address: str, now: float) -> str | None:
        """One connection more; or the sentence for it, where that is too much: then it does not count."""
        if self._is_exempt(address):
            return None
        network, limits = network_of(address), self._limits
        share = self._here.get(network)
        if share is not None and share.here >= limits.address_here:
            return (
                f"{share.here} connections of your address are here; please close one, or come back when one "
                "has ended"
            )
        found = share or self._gone.get(network)
        if found is not None and (wait := found.connects.wait(now)) > 0:
            return f"too many connections came from your address; please come back in {int(wait) + 1} s"
        if share is None:
            share = self._here[network] = self._taken_back(network) or Share(limits)
        share.here += 1
        share.connects.take(now)
        return None

    def leave(self, address: str, now: float) -> None:
        """A connection that came in has ended."""
        if self._is_exempt(address):
            return
        network = network_of(address)
        share = self._here[network]
        share.here -= 1
        if not share.here:
            del self._here[network]
            self._kept -= share.kept
            self._remember(network, share, now)

    def failed(self, address: str, cost: int, now: float) -> None:
        """Something of this address came to nothing, which costs it as much as so many connections; however
        many that are, one may come in soon."""
        if self._is_exempt(address):
            return
        network = network_of(address)
        here = self._here.get(network)
        share = here or self._taken_back(network) or Share(self._limits)
        share.connects.take(now, cost)
        share.connects.wait_at_most(now, self._limits.address_patience)
        if here is None:
            self._kept -= share.kept
            self._remember(network, share, now)

    def share_of(self, address: str) -> Share | None:
        """Of one that is here; None where it has no bounds."""
        return None if self._is_exempt(address) else self._here.get(network_of(address))

    def _is_exempt(self, address: str) -> bool:
        return address == UNIX or bool(self._exempt.find(address))

    def _taken_back(self, network: str) -> Share | None:
        """What is remembered of it; its place stays its own."""
        share = self._gone.get(network)
        if share is not None:
            self._gone.remove(network)
            share.kept = True
            self._kept += 1
        return share

    def _remember(self, network: str, share: Share, now: float) -> None:
        self._gone.forget(now)
        until = share.made_good_at
        if until > now and (share.kept or len(self._gone) + self._kept < self._limits.addresses):
            self._gone.put(network, share, until, now)
        share.kept = False
