"""How much of what was said is kept: `90d`, `100000`, or both, `90d,100000`.

What fits neither is removed: with both, the older and the surplus ones.
"""

import re
from typing import Final

import msgspec

#: Milliseconds; no `m`, which is a minute to some and a month to others.
_UNITS: Final = {"h": 3_600_000, "d": 86_400_000, "w": 7 * 86_400_000, "y": 365 * 86_400_000}
DAY: Final = _UNITS["d"]
#: As long as times are sensible, and as many as a room will ever have.
_OLDEST: Final = 1000 * _UNITS["y"]
_MOST: Final = 10**12

_HOW: Final = "please write an age like 90d (h, d, w, y), a number of messages a room, or both: 90d,100000"


class KeepRule(msgspec.Struct, frozen=True):
    """`age` in milliseconds, `count` messages a room; None: without a bound."""

    age: int | None = None
    count: int | None = None

    def __bool__(self) -> bool:
        """Whether anything is ever removed."""
        return self != EVERYTHING

    def __str__(self) -> str:
        """As it is written."""
        words = []
        if self.age is not None:
            unit = next(unit for unit in reversed(_UNITS) if not self.age % _UNITS[unit])
            words.append(f"{self.age // _UNITS[unit]}{unit}")
        if self.count is not None:
            words.append(str(self.count))
        return ",".join(words)


EVERYTHING: Final = KeepRule()


def parse_keep_rule(text: str) -> KeepRule:
    """Raises ValueError, whose text is a sentence."""
    age, count = None, None
    for word in text.split(","):
        found = re.fullmatch(r"([0-9]{1,13})([hdwy]?)", word.strip())
        if found is None:
            raise ValueError(f"{text!r} does not say how much is kept; {_HOW}")
        number, unit = int(found[1]), found[2]
        if not number:
            raise ValueError(f"{word.strip()} keeps nothing; {_HOW}")
        if (age if unit else count) is not None:
            raise ValueError(f"{text!r} says twice how much is kept; {_HOW}")
        if number * _UNITS[unit] > _OLDEST if unit else number > _MOST:
            raise ValueError(f"{word.strip()} is too much; leave it out to keep everything")
        if unit:
            age = number * _UNITS[unit]
        else:
            count = number
    return KeepRule(age, count)
