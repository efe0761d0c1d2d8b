"""What the server tells a client about people: names, devices, who is away, and what is not read.

See events.py for what an event is.
"""

import msgspec

from chatd.protocol.events import DirectMessage, Event, Number, Said


class Renamed(Event, frozen=True, tag="renamed"):
    """Somebody has another name from now on."""

    old: str = msgspec.field(name="from")  #: the name until now
    new: str = msgspec.field(name="to")  #: the name from now on
    reason: str | None = None  #: why, where it was not asked for


class Gone(Event, frozen=True, tag="away"):
    """Somebody is away, or back: everyone is told when it changes, and with `kept` who wrote to it."""

    nick: str  #: who
    away: bool = True  #: false: it is back
    text: str | None = None  #: why, where it said so
    #: of your message: true: it is not here, and will get it; false: it has it, but may not look
    kept: bool | None = None


class UnreadMessages(msgspec.Struct, frozen=True, omit_defaults=True):
    """How much of a `room` you have not read, or of what somebody (`with`) wrote to you."""

    count: Number  #: how many messages; 1,000 stands for so many or more
    id: Number  #: you have read up to this one
    room: str | None = None  #: where
    whom: str | None = msgspec.field(name="with", default=None)  #: or who wrote them
    mentions: Number = 0  #: how many of them name you


class UnreadCounts(Event, frozen=True, tag="unread"):
    """How much you have not read, when you come with an account: each of your rooms, and everybody who wrote
    to you. What comes from now on is not in it."""

    unread: list[UnreadMessages]  #: your rooms, then those who wrote to you


class ReadUpTo(Event, frozen=True, kw_only=True, tag="read"):
    """Another device of yours has read so much."""

    room: str | None = None  #: of this room
    whom: str | None = msgspec.field(name="with", default=None)  #: or of what you and this person wrote
    id: Number  #: up to this message


class Caught(Event, frozen=True, tag="caught"):
    """What you had not read, each list in order. `more`: there was more, which the rooms' history has."""

    first: list[Said | DirectMessage]  #: direct messages, and what names you
    rest: list[Said | DirectMessage]  #: everything else
    more: bool = False  #: not all of it
    ref: str | None = None  #: of the request


class DeviceInfo(msgspec.Struct, frozen=True):
    """A device that comes back as you without a password. Times are milliseconds since the epoch."""

    number: Number  #: what `revoke` takes
    name: str  #: what it calls itself
    created: Number  #: when it gave the password
    used: Number  #: when it came last
    here: bool  #: whether it is connected now
    this: bool  #: whether it is the one that asks


class DeviceList(Event, frozen=True, tag="devices"):
    """Your devices."""

    devices: list[DeviceInfo]  #: those who come back without a password
    ref: str | None = None  #: of the request


class Identity(Event, frozen=True, tag="whois"):
    """Who somebody is. Times are milliseconds since the epoch."""

    nick: str  #: as it is written
    account: bool  #: whether the name is registered
    here: bool  #: whether it is connected
    since: Number  #: when it registered; of a guest: when it came, or left
    rooms: list[str]  #: those that you share
    away: str | None = None  #: why it is away; empty where it did not say
    left: Number | None = None  #: when it was here last, of an account that is not
    ref: str | None = None  #: of the request


class Done(Event, frozen=True, tag="done"):
    """What you asked for was done."""

    text: str  #: for people
    token: str | None = None  #: of your device, with which you come back without a password
    ref: str | None = None  #: of the request


class PasswordWanted(Event, frozen=True):
    """To someone at a terminal who gave a name that is registered."""

    nick: str
