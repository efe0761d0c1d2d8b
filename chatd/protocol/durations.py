"""How long something lasts, as it is typed and shown: `30m`, `2h`, `7d`."""

import re
from typing import Final

from chatd.protocol.errors import ChatError, Code

#: Seconds.
_UNITS: Final = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 7 * 86_400}
#: Ten years: what is to last longer, lasts for good.
LONGEST: Final = 3650 * _UNITS["d"]

_DURATION: Final = re.compile(r"([0-9]{1,12})([smhdw])", re.IGNORECASE)
#: What is meant as one, rightly or not: no reason begins so.
_NEARLY: Final = re.compile(r"[-+]?[0-9][0-9.,^]*[a-z]?", re.IGNORECASE)


def looks_like_duration(word: str) -> bool:
    """Whether somebody who typed this meant a time."""
    return _NEARLY.fullmatch(word) is not None


def parse_duration(word: str) -> int:
    """Seconds. Raises ChatError."""
    found = _DURATION.fullmatch(word)
    return check_duration(int(found[1]) * _UNITS[found[2].lower()] if found else 0)


def check_duration(seconds: int) -> int:
    """Raises ChatError where nothing lasts so long."""
    if not 1 <= seconds <= LONGEST:
        raise ChatError(
            Code.BAD_TIME,
            "a time is a number with s, m, h, d or w behind it, like 30m, 2h or 7d, from 1s to 3650d; "
            "leave it out for good",
        )
    return seconds


def shown_duration(seconds: int) -> str:
    """In the largest unit that needs no fraction: `90 min`, `2 h`, `7 days`."""
    for unit, name in ((86_400, "day"), (3600, "h"), (60, "min")):
        if seconds >= unit and not seconds % unit:
            count = seconds // unit
            return f"{count} {name}{'s' * (name == 'day' and count != 1)}"
    return f"{seconds} s"
