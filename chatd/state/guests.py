"""Who dropped and may come back as the same person, with its token.

A token is known here by its hash only, as it is in the log.
"""

from collections import OrderedDict
from dataclasses import dataclass
from typing import Final

from msgspec.structs import replace

from chatd.protocol.limits import Limits
from chatd.protocol.names import fold
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
    """By the hash of the token, in the order in which they dropped. They are known for as long as their keys
    (see keys.py): after the first minutes they come back to no room, but as the same person."""

    __slots__ = ("_by_name", "_by_person", "_guests", "_log", "_most", "_time")

    def __init__(self, limits: Limits, log: MessageLog) -> None:
        self._most: Final = limits.guests
        self._time: Final = limits.key_time if log.stores else limits.key_time_memory
        self._log: Final = log
        self._guests: OrderedDict[str, DroppedGuest] = OrderedDict()
        self._by_name: dict[str, str] = {}  # the token of who had a name last
        self._by_person: dict[int, str] = {}

    def __len__(self) -> int:
        return len(self._guests)

    def add(self, guest: DroppedGuest) -> None:
        """It dropped just now. Those who did so long ago are forgotten, and the first where there are too
        many."""
        self._guests[guest.who.token] = guest
        self._by_name[fold(guest.who.nick)] = self._by_person[guest.who.person] = guest.who.token
        self._expire(guest.left_at)
        if len(self._guests) > self._most:
            self._forget(next(iter(self._guests)))

    def find(self, token: str, now: float) -> DroppedGuest | None:
        """Who may come back with it, if anyone can."""
        self._expire(now)
        return self._guests.get(token)

    def take(self, token: str, now: float) -> DroppedGuest | None:
        """Who comes back with it, if anyone can."""
        self._expire(now)
        return self._pop(token)

    def named(self, nick: str) -> StoredGuest | None:
        """Who had this name last, and dropped."""
        token = self._by_name.get(fold(nick))
        return None if token is None else self._guests[token].who

    def knows(self, person: int) -> bool:
        """Whether it may come back."""
        return person in self._by_person

    def put_out(self, person: int, room: str) -> None:
        """It does not come back to the room."""
        token = self._by_person.get(person)
        if token is not None:
            self._leave(self._guests[token], room)

    def forget_room(self, room: str) -> None:
        """Nobody comes back to it."""
        for guest in self._guests.values():
            self._leave(guest, room)

    def _leave(self, guest: DroppedGuest, room: str) -> None:
        if room in guest.who.rooms:
            rooms = tuple(one for one in guest.who.rooms if one != room)
            guest.who = replace(guest.who, rooms=rooms)
            self._log.keep_guest(guest.who)

    def _pop(self, token: str) -> DroppedGuest | None:
        guest = self._guests.pop(token, None)
        if guest is not None and self._by_name.get(name := fold(guest.who.nick)) == token:
            del self._by_name[name]
        if guest is not None and self._by_person.get(guest.who.person) == token:
            del self._by_person[guest.who.person]
        return guest

    def _forget(self, token: str) -> None:
        self._pop(token)
        self._log.forget_guest(token)

    def _expire(self, now: float) -> None:
        since = now - self._time
        while self._guests:
            token = next(iter(self._guests))
            if self._guests[token].left_at > since:
                return
            self._forget(token)
