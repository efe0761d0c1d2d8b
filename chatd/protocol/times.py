"""Times as people read and write them."""

import re
from typing import Final

_A_DAY: Final = 86_400_000
_UNITS: Final = {"s": 1000, "m": 60_000, "h": 3_600_000, "d": _A_DAY, "w": 7 * _A_DAY}
_AGO: Final = re.compile(r"([1-9][0-9]{0,5})([smhdw])")
_DATE: Final = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})(?:T([0-9]{2}):([0-9]{2})(?::([0-9]{2}))?)?")


def utc(at: int) -> str:
    """Milliseconds since the epoch as `2026-11-25 13:05`, in UTC. (The date by Howard Hinnant's
    `civil_from_days`: years begin in March, so that the leap day is the last of one.)"""
    minutes = at // 60_000
    days = minutes // 1440 + 719_468  # since the 1st of March of the year 0
    era, day = divmod(days, 146_097)
    year = (day - day // 1460 + day // 36_524 - day // 146_096) // 365
    day -= 365 * year + year // 4 - year // 100
    month = (5 * day + 2) // 153
    date = day - (153 * month + 2) // 5 + 1
    month = month + 3 if month < 10 else month - 9
    year += 400 * era + (month <= 2)
    return f"{year:04}-{month:02}-{date:02} {minutes // 60 % 24:02}:{minutes % 60:02}"


def parse_time(word: str, end: bool = False) -> int | None:
    """`2026-11-25`, `2026-11-25T13:05` or `…:31` in UTC as milliseconds since the epoch; `3d` (s, m, h, d, w)
    as so many below 0; None for anything else. `end`: of a day without a time its end is meant."""
    if ago := _AGO.fullmatch(word):
        return -int(ago[1]) * _UNITS[ago[2]]
    found = _DATE.fullmatch(word.upper())
    if found is None:
        return None
    year, month, day, hour, minute, second = (int(part or 0) for part in found.groups())
    at = (_days(year, month, day) * 1440 + hour * 60 + minute) * 60_000 + second * 1000
    if year < 1970 or second > 59 or utc(at) != f"{found[1]}-{found[2]}-{found[3]} {hour:02}:{minute:02}":
        return None  # the 30th of February is another day
    return at + _A_DAY if end and found[4] is None else at


def _days(year: int, month: int, day: int) -> int:
    """Since the epoch. (Howard Hinnant's `days_from_civil`.)"""
    year -= month <= 2
    era, of_era = divmod(year, 400)
    of_year = (153 * ((month + 9) % 12) + 2) // 5 + day - 1
    return era * 146_097 + of_era * 365 + of_era // 4 - of_era // 100 + of_year - 719_468
