"""What those type who keep a room or the server civil: from the words behind a command to its request."""

import re
from collections.abc import Callable
from typing import Final

from chatd.protocol.dialects.quotes import unquote, usage
from chatd.protocol.durations import looks_like_duration, parse_duration, read_duration
from chatd.protocol.moderation_requests import (
    Announce,
    Audit,
    Ban,
    Bans,
    Delete,
    GiveOperator,
    GiveVoice,
    Grant,
    InvitePerson,
    Kick,
    Kill,
    Lockdown,
    Mute,
    SetKeep,
    SetKey,
    SetModerated,
    SetPrivate,
    SetSlow,
    TakeOperator,
    TakeVoice,
    Unban,
    Unmute,
)
from chatd.protocol.moderation_rules import check_keep, check_key, check_slow
from chatd.protocol.requests import HERE, Request
from chatd.protocol.roles import SERVER_ROLES
from chatd.protocol.sanitize import clean_message, clean_reason

_NUMBER: Final = re.compile(r"[1-9][0-9]{0,2}")
#: Words that switch something.
_SWITCH: Final = {"on": True, "off": False}
#: In place of a value: there is none any more.
_OFF: Final = "off"


def _first(request: type[Request], rest: str) -> tuple[str, str]:
    """Who, and all that stands behind."""
    match rest.split(maxsplit=1):
        case [whom, more]:
            return whom, more
        case [whom]:
            return whom, ""
        case _:
            raise usage(request)


def _reason(request: type[Request], text: str) -> str:
    return clean_reason(unquote(request, text))


def _name(request: Callable[..., Request], rest: str) -> Request:
    match rest.split():
        case [nick]:
            return request(room=HERE, nick=nick)
        case _:
            raise usage(request)  # type: ignore[arg-type]  # a class of Request


def _timed(request: type[Request], rest: str) -> tuple[str, int | None, str]:
    """Who, for how many seconds, and why. A word that is meant as a time is one, or is wrong."""
    whom, more = _first(request, rest)
    time, *reason = more.split(maxsplit=1) or [""]
    if looks_like_duration(time):
        return whom, parse_duration(time), _reason(request, "".join(reason))
    return whom, None, _reason(request, more)


def _kick(rest: str) -> Request:
    nick, reason = _first(Kick, rest)
    return Kick(room=HERE, nick=nick, reason=_reason(Kick, reason))


def _kill(rest: str) -> Request:
    nick, text = _first(Kill, rest)
    reason = _reason(Kill, text)
    if not reason:
        raise usage(Kill)
    return Kill(nick=nick, reason=reason)


def _ban(rest: str) -> Request:
    whom, seconds, reason = _timed(Ban, rest)
    return Ban(room=HERE, whom=whom, seconds=seconds, reason=reason)


def _unban(rest: str) -> Request:
    match rest.split():
        case [whom]:
            return Unban(room=HERE, whom=whom)
        case _:
            raise usage(Unban)


def _bans(rest: str) -> Request:
    if rest:
        raise usage(Bans)
    return Bans(room=HERE)


def _mute(rest: str) -> Request:
    nick, seconds, reason = _timed(Mute, rest)
    return Mute(room=HERE, nick=nick, seconds=seconds, reason=reason)


def _switched(request: type[Request], rest: str) -> bool:
    on = _SWITCH.get(rest.lower())
    if on is None:
        raise usage(request)
    return on


def _key(rest: str) -> Request:
    if not rest:
        raise usage(SetKey)
    return SetKey(room=HERE, word="" if rest.lower() == _OFF else check_key(rest))


def _slow(rest: str) -> Request:
    if not rest:
        raise usage(SetSlow)
    return SetSlow(room=HERE, seconds=0 if rest.lower() == _OFF else check_slow(read_duration(rest) or None))


def _keep(rest: str) -> Request:
    if not rest:
        raise usage(SetKeep)
    return SetKeep(room=HERE, rule="" if rest.lower() == _OFF else check_keep(rest.lower()))


def _delete(rest: str) -> Request:
    match rest.split():
        case [nick]:
            return Delete(room=HERE, nick=nick)
        case [nick, back] if _NUMBER.fullmatch(back) and int(back) <= 100:
            return Delete(room=HERE, nick=nick, back=int(back))
        case _:
            raise usage(Delete)


def _grant(rest: str) -> Request:
    match rest.split():
        case [nick, role] if role.lower() in SERVER_ROLES:
            return Grant(nick=nick, role=role.lower())  # type: ignore[arg-type]  # one of those words
        case [nick, role] if role.lower() == "none":
            return Grant(nick=nick, role=None)
        case _:
            raise usage(Grant)


def _announce(rest: str) -> Request:
    if not rest:
        raise usage(Announce)
    return Announce(text=clean_message(unquote(Announce, rest)))


def _audit(rest: str) -> Request:
    if not rest:
        return Audit(room=HERE)
    if not _NUMBER.fullmatch(rest):
        raise usage(Audit)
    return Audit(room=HERE, limit=int(rest))


#: By the request that it becomes.
ARGUMENTS: Final[dict[type[Request], Callable[[str], Request]]] = {
    GiveOperator: lambda rest: _name(GiveOperator, rest),
    TakeOperator: lambda rest: _name(TakeOperator, rest),
    GiveVoice: lambda rest: _name(GiveVoice, rest),
    TakeVoice: lambda rest: _name(TakeVoice, rest),
    InvitePerson: lambda rest: _name(InvitePerson, rest),
    Unmute: lambda rest: _name(Unmute, rest),
    Kick: _kick,
    Ban: _ban,
    Unban: _unban,
    Bans: _bans,
    Mute: _mute,
    SetPrivate: lambda rest: SetPrivate(room=HERE, on=_switched(SetPrivate, rest)),
    SetModerated: lambda rest: SetModerated(room=HERE, on=_switched(SetModerated, rest)),
    SetKey: _key,
    SetSlow: _slow,
    SetKeep: _keep,
    Delete: _delete,
    Announce: _announce,
    Kill: _kill,
    Lockdown: lambda rest: Lockdown(on=_switched(Lockdown, rest)),
    Grant: _grant,
    Audit: _audit,
}
