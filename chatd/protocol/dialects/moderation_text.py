"""How what is done by those who keep a room civil reads, for people with nothing but `nc`."""

from collections.abc import Callable
from typing import Any, Final

from chatd.protocol.dialects.wrapping import lines_behind
from chatd.protocol.durations import shown_duration
from chatd.protocol.events import Event
from chatd.protocol.moderation_events import Acted, AuditPage, BanInfo, BanList
from chatd.protocol.moderation_requests import Audit
from chatd.protocol.requests import LOBBY
from chatd.protocol.times import utc


def _place(event: Acted) -> str:
    """Where somebody does not speak, or a message was deleted: in the lobby that is in the lobby only."""
    return "the lobby" if event.room == LOBBY else f"#{event.room}"


def _whole(room: str) -> str:
    """From where somebody is banned, for example: who is banned in the lobby is so from the server."""
    return "the server" if room == LOBBY else f"#{room}"


def _for(event: Acted) -> str:
    return f" for {shown_duration(event.seconds)}" if event.seconds else ""


def _deop(event: Acted) -> str:
    if event.by == event.whom:
        return f"{event.by} is no operator of {_place(event)} any more"
    return f"{event.by} took the role of operator of {_place(event)} from {event.whom}"


def _slow(event: Acted) -> str:
    if event.value == "off":
        return f"{event.by} took slow mode off {_place(event)}"
    return f"{event.by} slowed {_place(event)} down: each one speaks once in {event.value}"


def _kept(event: Acted) -> str:
    kept = "as the server says" if event.value == "off" else event.value
    return f"{event.by} set how much of {_place(event)} is kept: {kept}"


def _granted(event: Acted) -> str:
    if event.value is None:
        return f"{event.by} took the role on the server from {event.whom}"
    return f"{event.by} made {event.whom} {event.value} of the server"


def _switched(event: Acted, on: str, off: str) -> str:
    return f"{event.by} {on if event.value == 'on' else off}"


#: Who may, where it is off and on.
_PRIVATE: Final = ("everyone may come in", "only who is invited comes in")
_MODERATED: Final = ("everyone", "only who has a role")

#: What was done, by its name. Behind it comes why.
_SENTENCES: Final[dict[str, Callable[[Acted], str]]] = {
    "op": lambda e: f"{e.by} made {e.whom} an operator of {_place(e)}",
    "deop": _deop,
    "voice": lambda e: f"{e.by} gave {e.whom} a voice in {_place(e)}",
    "devoice": lambda e: f"{e.by} took the voice of {e.whom} in {_place(e)}",
    "own": lambda e: f"{e.by} owns {_place(e)}",
    "kick": lambda e: f"{e.by} put {e.whom} out of {_place(e)}",
    "ban": lambda e: f"{e.by} banned {e.whom} from {_whole(e.room)}{_for(e)}",
    "unban": lambda e: f"{e.by} lifted the ban of {e.whom} from {_whole(e.room)}",
    "mute": lambda e: f"{e.by} muted {e.whom} in {_place(e)}{_for(e)}",
    "unmute": lambda e: f"{e.by} lets {e.whom} speak again in {_place(e)}",
    "private": lambda e: f"{_switched(e, 'closed', 'opened')} {_place(e)}: {_PRIVATE[e.value == 'on']}",
    "invite": lambda e: f"{e.by} invited {e.whom} to {_place(e)}",
    "key": lambda e: f"{_switched(e, 'set a key for', 'took the key off')} {_place(e)}",
    "slow": _slow,
    "moderated": lambda e: f"{e.by} lets {_MODERATED[e.value == 'on']} speak in {_place(e)}",
    "keep": _kept,
    "delete": lambda e: f"{e.by} deleted a message of {e.whom} in {_place(e)}",
    "kill": lambda e: f"{e.by} ended the connections of {e.whom}",
    "lockdown": lambda e: _switched(
        e, "locked the server down: guests read, and do not speak", "ended the lockdown of the server"
    ),
    "grant": _granted,
    "erase": lambda e: f"{e.by} deleted the account {e.whom}",
}


def _acted(event: Acted) -> str:
    """One line, whatever is in a field; each of an announcement says whose it is, so that none can pass for
    another's. An act that only a newer server knows is told by its name."""
    if event.act == "announce":
        return lines_behind(f"* announcement of {event.by}: ", event.value or "")
    sentence = _SENTENCES.get(event.act)
    if sentence is not None:
        text = sentence(event)
    else:
        text = (
            f"{event.by} in {_place(event)}: {' '.join(filter(None, (event.act, event.whom, event.value)))}"
        )
    return _line(f"{text} ({event.reason})" if event.reason else text)


def _line(text: str) -> str:
    return "* " + text.replace("\n", " ")


#: What is done to who is in a list of bans.
_HELD: Final = {"ban": "banned", "mute": "muted"}


def _ban(info: BanInfo) -> str:
    until = f"until {utc(info.until)} UTC" if info.until else "for good"
    why = f" ({info.reason})" if info.reason else ""
    return _line(f"{info.whom} - {_HELD.get(info.act, info.act)} {until}, by {info.by}{why}")


def _bans(event: BanList) -> str:
    count, where = len(event.bans), "on the server" if event.room == LOBBY else f"in #{event.room}"
    if not count:
        return f"* nobody is banned or muted {where}"
    head = f"* {count} {'is' if count == 1 else 'are'} banned or muted {where}:"
    older = ["* there are older ones; chatd admin bans lists them all"] * event.more
    return "\n".join([head, *map(_ban, event.bans), *older])


def _audit(event: AuditPage) -> str:
    count = len(event.acts)
    head = f"* {count} act{'s' * (count != 1)} of moderation of {_whole(event.room)}"
    lines = [f"{head}, times in UTC:" if count else head]
    lines += [lines_behind(f"{utc(one.at)} ", _acted(one)) for one in event.acts]
    lines += [f"* there are older ones; {Audit.command} N shows more"] * event.more
    return "\n".join(lines)


RENDER: Final[dict[type[Event], Callable[[Any], str]]] = {
    Acted: _acted,
    BanList: _bans,
    AuditPage: _audit,
}
