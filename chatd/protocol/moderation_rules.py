"""What the fields of requests may hold with which a room is kept civil. Every check raises ChatError."""

from typing import Final

from chatd.protocol.durations import check_duration
from chatd.protocol.errors import ChatError, Code
from chatd.protocol.keep_rule import parse_keep_rule
from chatd.protocol.limits import DEFAULT

#: More than an hour between two messages is no conversation: that is what `moderated` is for.
_SLOWEST: Final = 3600


def check_key(word: str) -> str:
    """The key of a room: everyone has to be able to type it as one word."""
    fits = 0 < len(word.encode()) <= DEFAULT.key and word.isprintable() and " " not in word
    if not fits or word.lower() == "off":
        raise ChatError(
            Code.USAGE, f"a key is one word of at most {DEFAULT.key} bytes, and not off; please give another"
        )
    return word


def check_slow(seconds: int) -> int:
    """So many between two messages of one person."""
    if not 0 <= seconds <= _SLOWEST:
        raise ChatError(Code.BAD_TIME, f"slow mode is 1s to {_SLOWEST // 60}m, or off")
    return seconds


def check_keep(rule: str) -> str:
    """As it is written: how much of a room is kept."""
    try:
        return str(parse_keep_rule(rule))
    except ValueError as error:
        raise ChatError(Code.USAGE, str(error)) from None


def check_time(seconds: int | None) -> int | None:
    """For how long something is done to somebody; None: for good."""
    return seconds if seconds is None else check_duration(seconds)
