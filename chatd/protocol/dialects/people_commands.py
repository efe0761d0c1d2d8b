"""What people type about themselves and others: from the words behind a command to its request."""

import re
from collections.abc import Callable
from typing import Final

from chatd.protocol.dialects.quotes import unquote, usage
from chatd.protocol.passwords import check_invite, check_password
from chatd.protocol.people_requests import (
    Away,
    CatchUp,
    ChangePassword,
    Devices,
    Register,
    Rename,
    Revoke,
    Unregister,
    Whois,
)
from chatd.protocol.requests import Request
from chatd.protocol.sanitize import clean_reason

#: A device's number.
_NUMBER: Final = re.compile(r"[1-9][0-9]{0,8}")
#: Before the code of an invite, which is the last word.
_INVITE: Final = "invite:"


def alone(request: type[Request]) -> Callable[[str], Request]:
    """A command that takes nothing."""

    def parse(rest: str) -> Request:
        if rest:
            raise usage(request)
        return request()

    return parse


def _register(rest: str) -> Request:
    """The code is a word of its own behind the password; alone it would become the password."""
    *password, last = rest.rsplit(maxsplit=1) or [""]
    if not last.lower().startswith(_INVITE):
        return Register(_password(Register, rest))
    if not password:
        raise usage(Register)
    return Register(check_password(password[0]), check_invite(last[len(_INVITE) :]))


def _password(request: type[Request], rest: str) -> str:
    if not rest:
        raise usage(request)
    return check_password(rest)


def _revoke(rest: str) -> Request:
    if not _NUMBER.fullmatch(rest):
        raise usage(Revoke)
    return Revoke(int(rest))


def _name(request: Callable[..., Request], rest: str) -> Request:
    match rest.split():
        case [nick]:
            return request(nick=nick)
        case _:
            raise usage(request)  # type: ignore[arg-type]  # a class of Request


#: By the request that it becomes.
ARGUMENTS: Final[dict[type[Request], Callable[[str], Request]]] = {
    Register: _register,
    ChangePassword: lambda rest: ChangePassword(_password(ChangePassword, rest)),
    Unregister: alone(Unregister),
    Devices: alone(Devices),
    Revoke: _revoke,
    Rename: lambda rest: _name(Rename, rest),
    Away: lambda rest: Away(clean_reason(unquote(Away, rest))),
    Whois: lambda rest: _name(Whois, rest),
    CatchUp: alone(CatchUp),
}
