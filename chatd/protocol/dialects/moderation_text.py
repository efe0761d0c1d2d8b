"""How what is done by those who keep a room civil reads, for people with nothing but `nc`."""

from collections.abc import Callable
from typing import Any, Final

from chatd.protocol.dialects.wrapping import lines_behind
from chatd.protocol.durations import shown_duration
from chatd.protocol.events import Event
from chatd.protocol.moderation_events import Acted, AuditPage, BanInfo, BanList
from chatd.protocol.requests import LOBBY
from chatd.protocol.times import utc


def _place(event: Acted) -> str:
    return "the server" if event.room == LOBBY else f"#{event.room}"


def _for(event: Acted) -> str:
    return f" for {shown_duration(event.seconds)}" if event.seconds else ""


def _slow(event: Acted) -> str:
    if event.value == "off":
        return f"{event.by} took slow mode off {_place(event)}"
    return f"{event.by} slowed {_place(event)} down: each one speaks once in {event.value}"


def _kept(event: Acted) -> str:
    kept = "as the server says" if event.value == "off" else event.value
    return f"{event.by} set how much of {_place(event)} is kept: {kept}"


def _granted(event: Acted) -> str:
    if event.value is None:
        return f"{event.by} took the role of {event.whom} on the server"
    return f"{event.by} made {event.whom} {event.value} of the server"


def _switched(event: Acted, on: str, off: str) -> str:
    return f"{event.by} {on if event.value == 'on' else off}"


#: Who may, where it is off and on.
_PRIVATE: Final = ("everyone may come in", "only who is invited comes in")
_MODERATED: Final = ("everyone", "only who has a role")

#: What was done, by its name. Behind it comes why.
_SENTENCES: Final[dict[str, Callable[[Acted], str]]] = {
    "op": lambda e: f"{e.by} made {e.whom} an operator of {_place(e)}",
    "deop": lambda e: f"{e.whom} is no operator of {_place(e)} any more, by {e.by}",
    "voice": lambda e: f"{e.by} gave {e.whom} a voice in {_place(e)}",
    "devoice": lambda e: f"{e.by} took the voice of {e.whom} in {_place(e)}",
    "own": lambda e: f"{e.by} owns {_place(e)}",
    "kick": lambda e: f"{e.by} put {e.whom} out of {_place(e)}",
    "ban": lambda e: f"{e.by} banned {e.whom} from {_place(e)}{_for(e)}",
    "unban": lambda e: f"{e.by} lifted the ban of {e.whom} from {_place(e)}",
    "mute": lambda e: f"{e.by} muted {e.whom} in {_place(e)}{_for(e)}",
    "unmute": lambda e: f"{e.by} lets {e.whom} speak again in {_place(e)}",
    "private": lambda e: f"{_switched(e, 'closed', 'opened')} {_place(e)}: {_PRIVATE[e.value == 'on']}",
    "invite": lambda e: f"{e.by} invited {e.whom} to {_place(e)}",
    "key": lambda e: f"{_switched(e, 'set a key for', 'took the key off')} {_place(e)}",
    "slow": _slow,
    "moderated": lambda e: f"{e.by} lets {_MODERATED[e.value == 'on']} speak in {_place(e)}",
    "keep": _kept,
    "delete": lambda e: f"{e.by} deleted a message of {e.whom} in {_place(e)}",
    "announce": lambda e: f"announcement of {e.by}: {e.value}",
    "kill": lambda e: f"{e.by} ended the connection of {e.whom}",
    "lockdown": lambda e: _switched(
        e, "locked the server down: guests read, and do not speak", "ended the lockdown"
    ),
    "grant": _granted,
    "erase": lambda e: f"{e.by} deleted the account {e.whom}",
}


def _acted(event: Acted) -> str:
    """An act that a newer server knows is told by its name."""
    sentence = _SENTENCES.get(event.act)
    text = sentence(event) if sentence is not None else f"{event.by}: {event.act}"
    return lines_behind("* ", f"{text} ({event.reason})" if event.reason else text)


def _ban(info: BanInfo) -> str:
    word = "banned" if info.act == "ban" else "muted"
    until = f"until {utc(info.until)} UTC" if info.until else "for good"
    why = f" ({info.reason})" if info.reason else ""
    return f"* {info.whom} - {word} {until}, by {info.by}{why}"


def _bans(event: BanList) -> str:
    count, where = len(event.bans), "the server" if event.room == LOBBY else f"#{event.room}"
    head = f"* {count} {'is' if count == 1 else 'are'} banned or muted on {where}{':' * bool(count)}"
    return "\n".join([head, *map(_ban, event.bans)])


def _audit(event: AuditPage) -> str:
    count, where = len(event.acts), "the server" if event.room == LOBBY else f"#{event.room}"
    head = f"* {count} act{'s' * (count != 1)} of {where}{', times in UTC:' * bool(count)}"
    return "\n".join([head, *(lines_behind(f"{utc(one.at)} ", _acted(one)) for one in event.acts)])


RENDER: Final[dict[type[Event], Callable[[Any], str]]] = {
    Acted: _acted,
    BanList: _bans,
    AuditPage: _audit,
}
