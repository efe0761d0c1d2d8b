"""How what is told about people reads, for people with nothing but `nc`."""

from collections.abc import Callable
from typing import Any, Final

from chatd.protocol.dialects.wrapping import wrapped
from chatd.protocol.events import Event
from chatd.protocol.people_events import (
    DeviceInfo,
    DeviceList,
    Done,
    Gone,
    Identity,
    PasswordWanted,
    Renamed,
    UnreadCounts,
    UnreadMessages,
)
from chatd.protocol.people_requests import CatchUp
from chatd.protocol.times import utc

#: A count that ends here stands for more.
_MOST: Final = 1000


def _renamed(event: Renamed) -> str:
    why = f" ({event.reason})" if event.reason else ""
    return f"* {event.old} is now {event.new}{why}"


def _gone(event: Gone) -> str:
    """Only to who wrote a message: to all others it is no news."""
    if event.kept is None:
        return ""
    if event.kept:
        return f"* {event.nick} is away and will get it"
    return f"* {event.nick} is away{f': {event.text}' * bool(event.text)}"


def _count(count: int) -> str:
    return f"{count:,}" if count < _MOST else f"{_MOST:,} or more"


def _unread_room(one: UnreadMessages) -> str:
    names = f" ({_count(one.mentions)} {'mentions' if one.mentions == 1 else 'mention'} you)"
    return f"{one.room} {_count(one.count)}{names * bool(one.mentions)}"


def _unread(event: UnreadCounts) -> str:
    """Nothing, where nothing is unread."""
    told = [_unread_room(one) for one in event.unread if one.room is not None and one.count]
    direct = sum(one.count for one in event.unread if one.whom is not None)
    if direct:
        told.append(f"{_count(direct)} direct message{'s' * (direct != 1)}")
    if not told:
        return ""
    told[-1] += f" - {CatchUp.command} shows them"
    return wrapped("* while you were away:", told)


def _device(device: DeviceInfo) -> str:
    where = " - this one" if device.this else " - here" if device.here else ""
    name = device.name or "a program without a name"
    return f"* {device.number}: {name} - since {utc(device.created)} - last used {utc(device.used)}{where}"


def _devices(event: DeviceList) -> str:
    count = len(event.devices)
    head = f"* {count} device{'s' * (count != 1)} come{'s' * (count == 1)} back without a password"
    return "\n".join([f"{head}, times in UTC:" if count else head, *map(_device, event.devices)])


def _identity(event: Identity) -> str:
    since = f"{utc(event.since)} UTC"
    if event.account:
        told = [f"registered since {since}"]
    else:
        told = [f"a guest, here since {since}" if event.here else f"a guest, left {since}"]
    if event.account and not event.here:
        told.append(f"not here since {utc(event.left)} UTC" if event.left else "not here")
    elif event.away is not None:
        told.append(f"away{f': {event.away}' * bool(event.away)}")
    head = f"* {event.nick} - {' - '.join(told)}"
    return wrapped(f"{head} - with you in", [f"#{room}" for room in event.rooms]) if event.rooms else head


RENDER: Final[dict[type[Event], Callable[[Any], str]]] = {
    PasswordWanted: lambda e: f"* {e.nick} is registered - password?",
    Renamed: _renamed,
    Gone: _gone,
    UnreadCounts: _unread,
    DeviceList: _devices,
    Identity: _identity,
    Done: lambda e: f"* {e.text}",
}
