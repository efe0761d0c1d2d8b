"""What the server answers to `chatd admin`: one JSON object a line, which `--json` prints as it is.

Beside these there are `ack`, `error`, `bans` and `audit`, which clients get, too. Times are milliseconds
since the epoch. A field that does not apply is not there.
"""

from chatd.protocol.events import Event, Number


class UserRow(Event, frozen=True, kw_only=True, tag="user"):
    """Who has an account, or is here as a guest."""

    name: str
    person: Number  #: its own number, under which the log knows it
    account: bool = False  #: the name is registered
    here: bool = False  #: it is connected
    role: str | None = None  #: on the server: `admin` or `owner`
    since: Number  #: when it registered; of a guest: when it came
    left: Number | None = None  #: when it was here last, where it is not
    devices: Number = 0  #: those that come back without a password
    sessions: Number = 0  #: connections
    addresses: tuple[str, ...] = ()  #: from which they come
    rooms: tuple[str, ...] = ()  #: in which it is, or will be when it comes back


class RoomRow(Event, frozen=True, kw_only=True, tag="room"):
    """A room."""

    name: str
    people: Number  #: who are in it
    owner: str | None = None
    private: bool = False  #: only who is invited comes in
    key: bool = False  #: only who gives a key comes in
    moderated: bool = False  #: only who has a voice speaks
    slow: Number | None = None  #: seconds between two messages of somebody
    keep: str | None = None  #: how much of it is kept, where it is not as the server says
    topic: str = ""


class SessionRow(Event, frozen=True, kw_only=True, tag="session"):
    """A connection of somebody who has a name."""

    name: str
    account: bool = False  #: the name is registered
    address: str
    port: Number
    since: Number  #: when it connected
    transport: str  #: `tcp`
    speaks: str  #: `text` or `json`
    waiting: Number = 0  #: bytes that it has not taken yet


class DeviceRow(Event, frozen=True, kw_only=True, tag="device"):
    """A device that comes back without a password."""

    number: Number
    name: str
    created: Number
    used: Number


class RulingRow(Event, frozen=True, kw_only=True, tag="ruling"):
    """What holds for a person in a room, in the lobby on the whole server."""

    room: str
    kind: str  #: `role`, `ban`, `mute` or `member`
    value: str
    whom: str  #: what it was called then
    at: Number
    until: Number | None = None
    by: str | None = None
    reason: str | None = None


class ReadRow(Event, frozen=True, kw_only=True, tag="read"):
    """How far it has read, in a room or of what somebody wrote to it."""

    id: Number
    room: str | None = None
    person: str | None = None


class PersonHead(Event, frozen=True, kw_only=True, tag="person"):
    """The beginning of all that is kept of a person; what is in the log follows."""

    at: Number  #: when it was asked for
    user: UserRow
    devices: tuple[DeviceRow, ...] = ()
    sessions: tuple[SessionRow, ...] = ()
    rulings: tuple[RulingRow, ...] = ()
    read: tuple[ReadRow, ...] = ()


class Erased(Event, frozen=True, kw_only=True, tag="erased"):
    """The person is gone."""

    name: str
    person: Number


class InviteMade(Event, frozen=True, kw_only=True, tag="invite"):
    """With this code somebody can register a name once."""

    code: str
    name: str | None = None  #: the name that it is for; without it any that is free
    until: Number


class BackupMade(Event, frozen=True, kw_only=True, tag="backup"):
    """A sound copy of the log is on the disk."""

    file: str
    holds: str  #: for people


class AnswerEnd(Event, frozen=True, tag="end"):
    """The last line of an answer: without it the answer is not whole."""
