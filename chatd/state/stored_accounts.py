"""What the log keeps of accounts: who owns a name, from which devices, and how far one has read."""

from enum import Enum

import msgspec

from chatd.protocol.requests import LOBBY
from chatd.state.stored_entries import Conversation, StoredEntry


class StoredAccount(msgspec.Struct, frozen=True, array_like=True):
    """Who owns the name `name`. `verifier` is what a password is checked against, `created` when it was
    registered, `rooms` the names of its rooms, with the one in which it says what it types. `left` is when
    the last of its connections ended; 0 while there is one. Times are milliseconds since the epoch. `since`
    is the newest id at `created`: what was said before that it has not missed."""

    person: int
    name: str
    verifier: str
    created: int
    rooms: tuple[str, ...] = ()
    room: str = LOBBY
    left: int = 0
    since: int = 0


class StoredDevice(msgspec.Struct, frozen=True, array_like=True):
    """A program that may come back as this person without a password: the hash of its token, its number among
    the person's devices, what it calls itself, and when it was first and last used, in milliseconds since the
    epoch."""

    token: str
    person: int
    number: int
    label: str
    created: int
    used: int


class AccountChange(msgspec.Struct, frozen=True):
    """Done as a whole or not at all. Accounts take the place of those with the same person, devices that of
    those with the same token; with an account that is `gone` go its devices, its read marks and its roles and
    memberships (rulings of those kinds), `revoked` are tokens (their hashes). An `invite` (the hash of its
    code) is used up by it: without one, nothing is changed."""

    accounts: tuple[StoredAccount, ...] = ()
    devices: tuple[StoredDevice, ...] = ()
    gone: tuple[int, ...] = ()
    revoked: tuple[str, ...] = ()
    invite: str | None = None


class ChangeOutcome(Enum):
    """What became of a change: it cannot be lost any more; nothing of it happened, since it could not be
    stored; or since there is no such invite."""

    DONE = "done"
    UNAVAILABLE = "unavailable"
    NO_INVITE = "no invite"


class StoredInvite(msgspec.Struct, frozen=True, array_like=True):
    """Whoever gives its code may register: the hash of the code, the name that it is for (empty: any), and
    until when, in milliseconds since the epoch."""

    code: str
    name: str
    expires: int


class ReadMark(msgspec.Struct, frozen=True, array_like=True):
    """The person has read the conversation up to this id."""

    person: int
    first: int
    second: int
    id: int

    @property
    def conversation(self) -> Conversation:
        return self.first, self.second


class UnreadQuestion(msgspec.Struct, frozen=True):
    """What this person, whose name is `name` now, has not read: in these rooms (by number), and of its direct
    messages. Where there is no mark, what came after the id `since` is unread. Its own messages, topics, acts
    and what was deleted are not counted; nor is what lies at or below a room's floor in `floors`, which are
    pairs of its number and an id."""

    person: int
    name: str
    rooms: tuple[int, ...]
    since: int
    floors: tuple[tuple[int, int], ...] = ()


class UnreadRoom(msgspec.Struct, frozen=True):
    """`count` messages that are not read, of which `mentions` name the person, above the id `mark`."""

    number: int
    count: int
    mentions: int
    mark: int


class UnreadPair(msgspec.Struct, frozen=True):
    """`count` messages of another person, who had this name when it wrote the last of them."""

    person: int
    name: str
    count: int
    mark: int


class Unread(msgspec.Struct, frozen=True):
    """Each of the rooms that were asked for, and everybody of whom something is unread. Counts end at
    UNREAD_MOST: that stands for so many or more."""

    rooms: tuple[UnreadRoom, ...]
    pairs: tuple[UnreadPair, ...]


class CaughtUp(msgspec.Struct, frozen=True):
    """What is unread itself, each list in the order of the ids: `first` direct messages and what names the
    person, `rest` everything else in the rooms. Of each the newest, where there are more than asked for; then
    `more` is true."""

    first: list[StoredEntry]
    rest: list[StoredEntry]
    more: bool


#: Nobody needs to know whether it were 1,000 or 3,000, and each costs time to count.
UNREAD_MOST = 1000
