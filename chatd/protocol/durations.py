"""How long something lasts, as it is typed and shown: `30m`, `2h`, `7d`."""

import re
from typing import Final

from chatd.protocol.errors import ChatError, Code
from chatd.protocol.limits import DEFAULT

#: Seconds.
_UNITS: Final = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 7 * 86_400}
_DURATION: Final = re.compile(r"([0-9]{1,12})([smhdw])", re.IGNORECASE)
#: How everything begins that is meant as a time, rightly or not: `30min` must not become the reason of a ban
#: for good. A reason that begins so stands in quotes.
_NEARLY: Final = re.compile(r"[-+.]?\d")


def looks_like_duration(word: str) -> bool:
    """Whether somebody who typed this meant a time."""
    return _NEARLY.match(word) is not None


def read_duration(word: str) -> int | None:
    """Seconds; None where it is no time."""
    found = _DURATION.fullmatch(word)
    return int(found[1]) * _UNITS[found[2].lower()] if found else None


def parse_duration(word: str) -> int:
    """Seconds. Raises ChatError."""
    return check_duration(read_duration(word) or 0)


def check_duration(seconds: int) -> int:
    """Raises ChatError where nothing lasts so long."""
    if not 1 <= seconds <= DEFAULT.longest:
        raise ChatError(
            Code.BAD_TIME,
            f"a time is 1s to {DEFAULT.longest // _UNITS['d']}d, like 30m, 2h or 7d; leave it out for good, "
            "and put a reason that begins with a digit in quotes",
        )
    return seconds


def shown_duration(seconds: int) -> str:
    """In the largest unit that needs no fraction: `90 min`, `2 h`, `7 days`."""
    for unit, name in ((86_400, "day"), (3600, "h"), (60, "min")):
        if seconds >= unit and not seconds % unit:
            count = seconds // unit
            return f"{count} {name}{'s' * (name == 'day' and count != 1)}"
    return f"{seconds} s"
