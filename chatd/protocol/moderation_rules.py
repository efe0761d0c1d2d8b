"""What the fields of requests may hold with which a room is kept civil. Every check raises ChatError."""

import unicodedata
from typing import Final

from chatd.protocol.durations import check_duration
from chatd.protocol.errors import ChatError, Code
from chatd.protocol.keep_rule import parse_keep_rule
from chatd.protocol.limits import DEFAULT
from chatd.protocol.sanitize import shows_nothing

#: Of a rule that is none, so much is shown to who wrote it.
_SHOWN: Final = 40


def same_key(word: str) -> str:
    """The one form of a key, in which keys are compared: an accent is written in one way (NFC), as in a
    password."""
    return unicodedata.normalize("NFC", word)


def check_key(word: str) -> str:
    """The key of a room in its one form: everyone has to be able to type it as one word."""
    word = same_key(word)
    fits = 0 < len(word.encode()) <= DEFAULT.key and word.isprintable() and " " not in word
    if not fits or shows_nothing(word) or word.lower() == "off":
        raise ChatError(
            Code.USAGE, f"a key is one word of at most {DEFAULT.key} bytes, and not off; please give another"
        )
    return word


def check_slow(seconds: int | None) -> int:
    """So many between two messages of one person; None: it was no time."""
    if seconds is None or not 0 <= seconds <= DEFAULT.slowest:
        raise ChatError(
            Code.BAD_TIME, f"slow mode is a time from 1s to {DEFAULT.slowest // 60}m, like 10s, or off"
        )
    return seconds


def check_keep(rule: str) -> str:
    """As it is written: how much of a room is kept."""
    try:
        return str(parse_keep_rule(rule if len(rule) <= _SHOWN else f"{rule[:_SHOWN]}…"))
    except ValueError as error:
        raise ChatError(Code.USAGE, str(error)) from None


def check_time(seconds: int | None) -> int | None:
    """For how long something is done to somebody; None: for good."""
    return seconds if seconds is None else check_duration(seconds)
