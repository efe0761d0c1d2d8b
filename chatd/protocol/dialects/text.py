"""Plain text, for people with nothing but `nc`: how each event reads; `commands` says what can be typed."""

from collections.abc import Callable
from typing import Any, Final

from chatd.protocol.dialects import commands
from chatd.protocol.dialects.contract import OneVariant
from chatd.protocol.dialects.moderation_text import RENDER as MODERATION
from chatd.protocol.dialects.people_text import RENDER as PEOPLE
from chatd.protocol.dialects.wrapping import lines_behind, wrapped
from chatd.protocol.durations import shown_duration
from chatd.protocol.events import (
    QUIT,
    Back,
    Bye,
    DirectMessage,
    Error,
    Event,
    Greeting,
    HelpList,
    Joined,
    Left,
    Lost,
    RoomEntrance,
    RoomInfo,
    RoomList,
    Said,
    Sent,
    Skipped,
    TopicSet,
    UserList,
    Waiting,
    Welcome,
)
from chatd.protocol.history_page import HistoryPage, Told
from chatd.protocol.limits import DEFAULT
from chatd.protocol.people_events import Caught
from chatd.protocol.requests import LOBBY, Request
from chatd.protocol.times import utc


def _names(names: list[str], count: int) -> str:
    """The first names, and how many others; `count` may exceed the names given."""
    shown = names[: DEFAULT.notice_names]
    others = count - len(shown)
    listed = ", ".join(shown)
    if not others:
        return listed
    return f"{listed} and {others} other{'s' if others > 1 else ''}"


def _in(room: str | None) -> str:
    """The room, where it is not the lobby."""
    return f" #{room}" if room else ""


def _of(room: str) -> str:
    return "" if room == LOBBY else f" of #{room}"


def _left(event: Left) -> str:
    why = f" ({event.reason})" if event.reason else ""
    return f"* {_names(event.names, event.count)} left{_in(event.room)}{why}"


def _back(event: Back) -> str:
    """Who is back on the server; that they are in their rooms again goes without saying."""
    if event.room is not None:
        return ""
    are = "is" if event.count == 1 else "are"
    return f"* {_names(event.names, event.count)} {are} back after {event.after_s} s"


def room_before(room: str) -> str:
    """What a line of this room begins with; one of the lobby begins with nothing of the kind."""
    return "" if room == LOBBY else f"#{room} "


def _said(event: Said) -> str:
    who = f"** {event.sender}" if event.kind == "action" else f"<{event.sender}>"
    return lines_behind(f"{room_before(event.room)}{who} ", event.text)


def _room_info(event: RoomInfo) -> str:
    """What does not hold, as in most rooms, is not told."""
    told = [f"* #{event.room}", f"{event.users} here", event.topic or "no topic"]
    told += ["private"] * event.private + ["has a key"] * event.key + ["moderated"] * event.moderated
    told += [f"each one speaks once in {shown_duration(event.slow)}"] * bool(event.slow)
    told += ["guests do not speak"] * event.lockdown
    told += [f"your role: {event.role}"] * bool(event.role)
    return " - ".join(told)


def _users(event: UserList) -> str:
    """Who has a role stands below, once more."""
    listed = wrapped(f"* {event.count} {f'in #{event.room}' if event.room else 'here'}:", event.names)
    if not event.roles:
        return listed
    return (
        f"{listed}\n{wrapped('* with a role:', (f'{name} ({role})' for name, role in event.roles.items()))}"
    )


def _rooms(event: RoomList) -> str:
    lines = [f"* {event.count} room{'s' * (event.count != 1)}:", *map(_entrance, event.rooms)]
    if event.count > len(event.rooms):
        lines.append(f"* and {event.count - len(event.rooms)} more")
    return "\n".join(lines)


def _entrance(room: RoomEntrance) -> str:
    return f"* #{room.room} - {room.users} here{' - ' * bool(room.topic)}{room.topic}"


def _page(event: HistoryPage) -> str:
    """Each message behind the time of day, with its date."""
    if event.found:
        return _found(event)
    count = len(event.messages)
    where = f"#{event.room}" if event.room else f"you and {event.whom}"
    head = f"* {count} message{'s' * (count != 1)} of {where}{', times in UTC:' * (count > 0)}"
    lines = (lines_behind(f"{utc(one.at)} ", _past(one, event.whom)) for one in event.messages)
    return "\n".join([head, *lines])


def _found(event: HistoryPage) -> str:
    """The hits, newest first; what stands before and after each is indented."""
    count = len(event.messages)
    head = f"* {count} message{'s' * (count != 1)} found{', newest first, times in UTC:' * (count > 0)}"
    nothing = [None] * count
    before, after = [*(event.before or ()), *nothing], [*(event.after or ()), *nothing]
    lines = [head]
    for above, hit, below in zip(before, event.messages, after, strict=False):
        lines += [lines_behind("  ", _hit(above))] if above else []
        lines.append(_hit(hit))
        lines += [lines_behind("  ", _hit(below))] if below else []
    if event.more and count:
        until = event.messages[-1].at // 1000 + 1  # what was said in the same second is shown again
        time = utc(until * 1000).replace(" ", "T")
        lines.append(f"* there are older ones; until:{time}:{until % 60:02} shows them")
    return "\n".join(lines)


def _hit(message: Told) -> str:
    """One message, in any conversation."""
    head = f"{utc(message.at)} "
    if isinstance(message, DirectMessage):
        return lines_behind(f"{head}[dm from {message.sender} to {message.to}] ", message.text)
    return lines_behind(head, str(_RENDER[type(message)](message)))


def _caught(event: Caught) -> str:
    """What is for its reader first."""
    if not event.first and not event.rest:
        return "* you have read everything"
    lines = ["* what is for you, times in UTC:"] * bool(event.first) + [_hit(one) for one in event.first]
    lines += ["* what else was said, times in UTC:"] * bool(event.rest) + [_hit(one) for one in event.rest]
    return "\n".join([*lines, *["* there was more; /history shows it"] * event.more])


def _past(message: Told, whom: str | None) -> str:
    """How it was read, or written where it went to `whom`."""
    if isinstance(message, DirectMessage) and message.to == whom != message.sender:
        return lines_behind(f"[dm to {message.to}] ", message.text)
    return str(_RENDER[type(message)](message))


def _topic_set(event: TopicSet) -> str:
    if not event.text:
        return f"* {event.sender} took the topic of #{event.room} away"
    return f"* {event.sender} set the topic of #{event.room}: {event.text}"


_RENDER: Final[dict[type[Event], Callable[[Any], str]]] = {
    Greeting: lambda e: f"* {e.server} - what is your name?",
    Welcome: lambda e: f"* you are {e.nick} - {e.users} here - /help lists the commands",
    Said: _said,
    DirectMessage: lambda e: lines_behind(f"[dm from {e.sender}] ", e.text),
    Sent: lambda e: lines_behind(f"[dm to {e.to}] ", e.text),
    Joined: lambda e: f"* {_names(e.names, e.count)} joined{_in(e.room)}",
    Left: _left,
    Lost: lambda e: f"* {_names(e.names, e.count)} lost connection ({e.cause})",
    Back: _back,
    UserList: _users,
    RoomInfo: _room_info,
    RoomList: _rooms,
    TopicSet: _topic_set,
    HistoryPage: _page,
    Caught: _caught,
    **PEOPLE,
    **MODERATION,
    HelpList: lambda e: "\n".join(f"* {command.syntax} - {command.help}" for command in e.commands),
    Error: lambda e: f"! {e.text}",
    Skipped: lambda e: f"* {e.count} message{'s' * (e.count > 1)}{_of(e.room)} skipped",
    Waiting: lambda e: f"* {e.lines} of your lines wait{'s' * (e.lines == 1)} to be handled",
    Bye: lambda e: "* bye" if e.reason == QUIT else f"* {e.reason}",
}


class TextLines(OneVariant):
    """The dialect. `ack` and `pong` have no form here: nothing that is typed asks for them."""

    typed = True

    def parse_first(self, line: bytes) -> Request | None:
        return commands.parse_first(line)

    def parse_password(self, line: bytes) -> Request | None:
        return commands.parse_password(line)

    def parse(self, line: bytes) -> Request | None:
        return commands.parse(line)

    def encode(self, event: Event) -> bytes:
        render = _RENDER.get(type(event))
        text = "" if render is None else render(event)
        return (text + "\n").encode() if text else b""
