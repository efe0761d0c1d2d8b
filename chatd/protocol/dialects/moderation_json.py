"""What requests are checked for that keep a room or the server civil, once, where they come in as JSON."""

from collections.abc import Callable
from typing import Any, Final

from msgspec.structs import replace

from chatd.protocol.errors import ChatError, Code
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
from chatd.protocol.moderation_rules import check_keep, check_key, check_slow, check_time
from chatd.protocol.requests import Request
from chatd.protocol.sanitize import clean_message, clean_reason


def _as_it_is(request: Request) -> Request:
    return request


def _reasoned(request: Kick) -> Request:
    return replace(request, reason=clean_reason(request.reason))


def _timed(request: Ban | Mute) -> Request:
    return replace(request, reason=clean_reason(request.reason), seconds=check_time(request.seconds))


def _kill(request: Kill) -> Request:
    reason = clean_reason(request.reason)
    if not reason:
        raise ChatError(Code.USAGE, "please say why, in the field reason")
    return replace(request, reason=reason)


def _delete(request: Delete) -> Request:
    if (request.id is None) is (request.nick is None):
        raise ChatError(Code.USAGE, "a message is named by its id, or by the nick of who said it; give one")
    return request


def _key(request: SetKey) -> Request:
    return replace(request, word=request.word and check_key(request.word))


def _keep(request: SetKeep) -> Request:
    return replace(request, rule=request.rule and check_keep(request.rule))


def _slow(request: SetSlow) -> Request:
    check_slow(request.seconds)
    return request


#: By the request.
CHECKS: Final[dict[type[Request], Callable[[Any], Request]]] = {
    GiveOperator: _as_it_is,
    TakeOperator: _as_it_is,
    GiveVoice: _as_it_is,
    TakeVoice: _as_it_is,
    InvitePerson: _as_it_is,
    Unmute: _as_it_is,
    Kick: _reasoned,
    Ban: _timed,
    Mute: _timed,
    Unban: _as_it_is,
    Bans: _as_it_is,
    SetPrivate: _as_it_is,
    SetModerated: _as_it_is,
    SetKey: _key,
    SetSlow: _slow,
    SetKeep: _keep,
    Delete: _delete,
    Announce: lambda request: replace(request, text=clean_message(request.text)),
    Kill: _kill,
    Lockdown: _as_it_is,
    Grant: _as_it_is,
    Audit: _as_it_is,
}
