"""Times as people read them."""


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
