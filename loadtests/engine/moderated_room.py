"""A lobby in which people with accounts talk and listen, beside a rabble of guests, and an admin who puts the
rabble out. Meanwhile everything that the people with accounts say must reach all of them."""

import socket
from functools import partial
from math import nan
from time import monotonic, monotonic_ns
from typing import Final

from chatd.protocol.events import Mark
from chatd.protocol.limits import DEFAULT
from chatd.protocol.moderation_events import Acted
from chatd.protocol.moderation_requests import Ban, Lockdown
from chatd.protocol.people_events import UnreadCounts
from chatd.protocol.requests import LOBBY, Hello
from loadtests.engine.ledger import DASH, Report
from loadtests.engine.moderator import ADMIN, Moderator
from loadtests.engine.participant import Participant
from loadtests.engine.rabble import RANGE, REASON, Rabble
from loadtests.engine.residents import ARRIVING, Residents
from loadtests.engine.speaker import Answered, Asked, nobody_waits
from loadtests.measure.errors import Fault
from loadtests.measure.latency import Histogram
from loadtests.servers.old_people import OldAccount, token_of

#: What the accounts are called, before a dash and their number.
_CREW: Final = "crew"
#: Seconds in which whoever is put out must have gone, before the run is given up.
_PATIENCE: Final = 30.0
#: So often in a second each of the rabble shouts, as much as the server lets it say in that time; not all of
#: them at once, but one part after the other.
SHOUTS: Final = 2
PARTS: Final = 25
_LINES: Final = round(DEFAULT.line_rate / SHOUTS)


def crew(count: int) -> list[OldAccount]:
    """What the server has to know of those who talk, and of the admin."""
    names = (f"{_CREW}{DASH}{number}" for number in range(1, count + 1))
    return [ADMIN, *(OldAccount(number, name) for number, name in enumerate(names))]


class Regular(Participant):
    """One with an account."""

    def enter(self, done: Answered = nobody_waits) -> None:
        self._all.ours.add(self.name)
        self._asked.append(Asked(None, "join", monotonic_ns(), done))
        self._request(Hello(self.name, token_of(self.name, 0)))


Regular.taken = Participant.taken | dict.fromkeys((Acted, Mark, UnreadCounts), Participant._pass)


class ModeratedRoom(Residents):
    """So many `people` with accounts talk in turn. The rabble comes from so many `addresses`. `put_out` has
    the seconds from the ban until the last of the rabble had gone, and `before` the latencies until it all
    began."""

    def __init__(self, address: tuple[str, int], people: int, size: int, addresses: int) -> None:
        super().__init__(address, people, size)
        self.report = Report(_CREW)
        self.rabble = Rabble(self, address, addresses)
        self.before = Histogram()
        self.put_out = nan
        self._banned = 0.0
        self._admins: list[Moderator] = []  # one, once it came

    def make(self, name: str, sock: socket.socket, slow: bool) -> Participant:
        return Regular(self, name, sock, slow)

    def join(self) -> None:
        super().join()
        self._admins.append(Moderator(self, self._address))
        self.wait_until(lambda: self.admin.is_in, f"{self.admin.name} is in")

    def gather(self, count: int) -> None:
        """So many of the rabble come; when this returns they are in, and everyone has been told."""
        for number in range(count):
            self.rabble.come()
            self.wait_until(partial(self._are_in, number - ARRIVING), "the rabble is in")
        self.wait_until(partial(self._are_in, count), "the rabble is in")
        self.wait_until(lambda: all(one.joined >= count for one in self.senders), "all are told of them")

    def _are_in(self, count: int) -> bool:
        return self.rabble.welcomed >= count

    # -- what is done in a load, when it is due --------------------------------------------------------------

    def begin(self, due: int) -> None:
        """What is measured from now on is not `before`."""
        self.before = Histogram(self.histogram.counts)

    def come(self, number: int, due: int) -> None:
        """One more of the rabble comes, and shouts from then on."""
        self.rabble.come(loud=True)

    def shout(self, number: int, due: int) -> None:
        """One part of the rabble shouts again."""
        self.rabble.shout(slice(number % PARTS, None, PARTS), _LINES)

    def lock(self, due: int) -> None:
        """The admin types: no guest speaks any more."""
        self.admin.do(Lockdown(on=True))

    def ban(self, due: int) -> None:
        """The admin types: all who come from that range have to go."""
        self._banned = monotonic()
        self.admin.do(Ban(room=LOBBY, whom=f"*@{RANGE}", reason=REASON))

    # -- whether all is done ---------------------------------------------------------------------------------

    def fence(self, grace: float) -> None:
        """All of the rabble have gone, everyone was told, and none of them comes back."""
        self.until(
            lambda: not self.rabble.here, _PATIENCE, lambda: f"{self.rabble.here} of the rabble remain"
        )
        self.put_out = self.rabble.ended - self._banned
        self.until(self.admin.done, grace, self.admin.left)
        gone = self.rabble.welcomed
        self.wait_until(lambda: all(one.left >= gone for one in self.senders), "all are told who has gone")
        self.rabble.come()
        self.wait_until(lambda: not self.rabble.here, "who is banned and comes back is turned away")
        if self.rabble.welcomed > gone:
            raise Fault("one of the rabble came back, and was welcomed, though it is banned")
        super().fence(grace)

    def close(self) -> None:
        self.rabble.close()
        for one in self._admins:
            one.close()
        super().close()

    @property
    def admin(self) -> Moderator:
        return self._admins[0]
