"""`/search` as it is typed in the screen: like the server's, but with the dates of the reader's clock."""

import re
import time
from collections.abc import Callable
from typing import Any, Final

from msgspec.structs import replace

from chatd.protocol.dialects.searching import parse_search
from chatd.protocol.errors import ChatError, Code, ConfigError
from chatd.protocol.requests import Search
from chatd_client import when

#: Hits of a page.
HITS: Final = 50

#: What stands in quotes is no option.
_PART: Final = re.compile(
    r'"[^"]*"|[“”][^“”]*[“”]|(?P<option>since|until):(?P<date>\S+)|[^\s"“”]+|["“”]', re.I
)
_DATES: Final = {"since": when.since, "until": when.until}


def search_of(typed: str, now: Callable[[], float] = time.time) -> Search:
    """The request for what stands behind `/search`; raises ChatError."""
    dates: dict[str, Any] = {}
    rest: list[str] = []
    for part in _PART.finditer(typed):
        option = (part["option"] or "").lower()
        if not option:
            rest.append(part[0])
            continue
        try:
            dates[option] = _DATES[option](part["date"], now)
        except ConfigError as error:
            raise ChatError(Code.USAGE, str(error)) from None
    return replace(parse_search(" ".join(rest)), limit=HITS, **dates)
