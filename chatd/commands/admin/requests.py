"""From the words of a command to what is asked for. Raises CommandFailed for what is no time or address."""

import argparse
from ipaddress import IPv4Network
from typing import Final

from chatd.commands.contract import WRONG, CommandFailed
from chatd.protocol.address_ranges import looks_like_address, parse_range
from chatd.protocol.durations import looks_like_duration, parse_duration
from chatd.protocol.errors import ChatError
from chatd.protocol.moderation_requests import Audit, Ban, Bans, Kick, Kill, Mute
from chatd.protocol.requests import Request

#: Prefixes of IPv4 and IPv6 that are shorter mean nearly everyone.
_WIDEST: Final = (8, 16)


def kick(arguments: argparse.Namespace) -> Request:
    return Kick(room=arguments.room, nick=arguments.name, reason=" ".join(arguments.reason))


def kill(arguments: argparse.Namespace) -> Request:
    return Kill(nick=arguments.name, reason=" ".join(arguments.reason))


def ban(arguments: argparse.Namespace) -> Request:
    seconds, reason = _time_and_reason(arguments.rest)
    if looks_like_address(arguments.whom):
        _check_width(arguments.whom, arguments.yes)
    return Ban(room=arguments.room, whom=arguments.whom, seconds=seconds, reason=reason)


def mute(arguments: argparse.Namespace) -> Request:
    seconds, reason = _time_and_reason(arguments.rest)
    return Mute(room=arguments.room, nick=arguments.name, seconds=seconds, reason=reason)


def bans(arguments: argparse.Namespace) -> Request:
    return Bans(room=arguments.room)


def audit(arguments: argparse.Namespace) -> Request:
    return Audit(room=arguments.room, limit=arguments.count)


def _time_and_reason(words: list[str]) -> tuple[int | None, str]:
    """As in the chat: what begins with a digit is a time, unless it stands in quotes with other words."""
    first, *others = words or [""]
    if " " in first or not looks_like_duration(first):
        return None, " ".join(words)
    try:
        return parse_duration(first), " ".join(others)
    except ChatError as error:
        raise CommandFailed(str(error), WRONG) from error


def _check_width(whom: str, sure: bool) -> None:
    try:
        network = parse_range(whom)
    except ChatError as error:
        raise CommandFailed(str(error), WRONG) from error
    least = _WIDEST[not isinstance(network, IPv4Network)]
    if network.prefixlen < least and not sure:
        raise CommandFailed(f"{network} is nearly everyone; please add --yes where that is meant", WRONG)
