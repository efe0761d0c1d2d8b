"""What a join costs where many are banned: people come, and leave, while an admin bans a thousand others, and
lifts all of that again."""

from collections.abc import Iterator
from contextlib import closing
from itertools import islice
from typing import Final

from chatd.protocol.moderation_requests import Ban, Unban
from chatd.protocol.requests import LOBBY
from loadtests.engine.connector import Connector
from loadtests.engine.crowd import Guest
from loadtests.engine.moderator import Moderator
from loadtests.engine.rabble import REASON, Rowdy
from loadtests.engine.sockets import connect
from loadtests.engine.wire import DeviceCodec
from loadtests.measure.errors import Fault
from loadtests.servers.old_people import OldAccount, token_of

#: Seconds for all who come at a time, and for all bans.
_PATIENCE: Final = 120.0

#: Ranges of several lengths, none of which anybody comes from but who is tried: of one number each. The
#: first is.
_RANGES: Final = (
    "127.{}.0.0/16",
    "10.0.{}.0/24",
    "10.{}.0.0/17",
    "172.16.{}.128/28",
    "192.168.{}.7/32",
    "2001:{:x}::/32",
    "2001:db8:{:x}::/48",
    "2001:db8:ffff:{:x}::/64",
)
#: The number of the first range of a length, and the address that is in the first one.
_FIRST: Final = 140
_BANNED_ADDRESS: Final = f"127.{_FIRST}.9.9"
#: From where a guest is tried who is banned by name: other guests from there are turned away for a while.
_ELSEWHERE: Final = "127.139.9.9"


def account(number: int) -> OldAccount:
    return OldAccount(number, f"p{number:05d}")


def _everyone(people: int) -> Iterator[str]:
    """Whoever can be banned: accounts from the last one on, names, and ranges, in turn."""
    for number in range(people):
        yield account(people - 1 - number).name
        yield f"v{number:05d}"
        length, place = number % len(_RANGES), number // len(_RANGES)
        yield _RANGES[length].format(_FIRST + place)


def banned(count: int, people: int) -> list[str]:
    """So many to be banned, of so many accounts."""
    return list(islice(_everyone(people), count))


class Banning(Connector):
    """A server with so many accounts; `bans` of it are made and lifted."""

    def __init__(self, server: str, address: tuple[str, int], people: int, bans: int) -> None:
        super().__init__(server, address)
        assert self.codec.devices is not None
        self._codec: DeviceCodec = self.codec.devices
        self._people = people
        self._bans = banned(bans, people)
        self._admin: Moderator | None = None

    @property
    def admin(self) -> Moderator:
        """Who makes the bans; it comes when it is asked for."""
        if self._admin is None:
            self._admin = admin = Moderator(self, self.address)
            self.until(lambda: admin.is_in, _PATIENCE, lambda: f"{admin.name} is not welcomed")
        return self._admin

    def make(self) -> None:
        """All bans; and whoever they are about is turned away."""
        self._do([Ban(room=LOBBY, whom=whom, reason=REASON) for whom in self._bans])
        for whom, source, token in self._tried():
            if self._is_let_in(whom, source, token):
                raise Fault(f"{whom} from {source or 'anywhere'} is banned, and was welcomed")

    def lift(self) -> None:
        """All of them; and whoever they were about is let in."""
        self._do([Unban(room=LOBBY, whom=whom) for whom in self._bans])
        for whom, source, token in self._tried():
            if not self._is_let_in(whom, source, token):
                raise Fault(f"{whom} from {source or 'anywhere'} is not banned any more, and was turned away")

    def come(self, count: int, *, registered: bool) -> None:
        """So many come, as guests or as the owners of the first accounts; when this returns everyone has been
        told of them."""
        self.open(_PATIENCE)
        for number in range(count):
            name = account(number).name if registered else f"g{number:05d}"
            handshake = self._codec.entering(token_of(name, 0) if registered else "")
            self.enter(Guest, number, name, self.codec, handshake)
        self.await_welcomes()
        self.quieten(_PATIENCE)

    def go(self) -> None:
        """Who came goes; when this returns everyone has been told."""
        self.leave(self.members)
        self.settled = self.started = 0
        self.quieten(_PATIENCE)

    def close(self) -> None:
        if self._admin is not None:
            self._admin.close()
        super().close()

    def _do(self, requests: list[Ban] | list[Unban]) -> None:
        self.admin.do(*requests)
        self.until(self.admin.done, _PATIENCE, self.admin.left)

    def _tried(self) -> Iterator[tuple[str, str, str]]:
        """One of each kind: its name, its address where that matters, and its token."""
        owner, guest, _ = self._bans[:3]
        yield owner, "", token_of(owner, 0)
        yield guest, _ELSEWHERE, ""
        yield "w00000", _BANNED_ADDRESS, ""

    def _is_let_in(self, name: str, source: str, token: str) -> bool:
        one = Rowdy(connect(self.address, 0, source=source), name, token)
        with closing(one.sock):
            self.watch(one.sock, one.read)
            self.until(lambda: one.is_in or one.refused, _PATIENCE, lambda: f"{name} gets no answer")
            self.forget(one.sock)
        return one.is_in
