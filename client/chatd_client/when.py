"""Points in time as people write them: `90s`, `1h`, `3d`, `today`, `2026-11-24`, `2026-11-24T13:05`.

The rules:

1. A length of time counts back from now. A date and a time of day are local, as the clock of the reader
   shows them; with a `Z` or an offset like `+02:00` behind them they are not.
2. A day is meant as a whole: what is said *since* it begins with its first moment, what is said *until* it
   ends with its last. (So `--since yesterday --until yesterday` is one day.)
3. Where clocks are turned back an hour comes twice, and the first one is meant. Where they are turned
   forward an hour does not exist: what is written in it is that much after its beginning.
"""

import re
import time
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Final

from chatd.protocol.errors import ConfigError
from chatd.protocol.sanitize import clean

#: Characters of what cannot be understood that the error repeats.
_REPEATED: Final = 40
_SECONDS: Final = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}
_LENGTH: Final = re.compile("([0-9]{1,9})([smhdw])", re.ASCII)
_DAY: Final = re.compile("[0-9]{4}-[0-9]{2}-[0-9]{2}")
_MOMENT: Final = re.compile(
    f"({_DAY.pattern})[T ]([0-9]{{2}}:[0-9]{{2}}(?::[0-9]{{2}})?)(Z|[+-][0-9]{{2}}:[0-9]{{2}})?"
)
_DAYS_AGO: Final = {"today": 0, "yesterday": 1}


def since(text: str, now: Callable[[], float] = time.time) -> int:
    """The first moment of what was written, in milliseconds since the epoch; raises ConfigError."""
    return _moment(text, now(), 0)


def until(text: str, now: Callable[[], float] = time.time) -> int:
    """The moment before which something has to be said, likewise: the end of a day, or the moment itself."""
    return _moment(text, now(), 1)


def _moment(text: str, now: float, further_days: int) -> int:
    word = text.strip().lower()
    try:
        if length := _LENGTH.fullmatch(word):
            seconds = now - int(length[1]) * _SECONDS[length[2]]
        elif moment := _MOMENT.fullmatch(word.upper()):
            seconds = datetime.fromisoformat(f"{moment[1]}T{moment[2]}{moment[3] or ''}").timestamp()
        else:
            day = _day(word, now) + timedelta(days=further_days)
            seconds = datetime(day.year, day.month, day.day).timestamp()
    except (ValueError, OverflowError):  # no such day, no such hour, before the year 1
        raise ConfigError(
            f"{clean(text)[:_REPEATED] or 'an empty time'} is no time; please write it like 90s, 1h, 3d, "
            "today, yesterday, 2026-11-24 or 2026-11-24T13:05"
        ) from None
    return max(0, int(1000 * seconds))


def _day(word: str, now: float) -> date:
    """Raises ValueError for what is no day."""
    if word in _DAYS_AGO:
        return date.fromtimestamp(now) - timedelta(days=_DAYS_AGO[word])
    if not _DAY.fullmatch(word):
        raise ValueError
    return date.fromisoformat(word)
