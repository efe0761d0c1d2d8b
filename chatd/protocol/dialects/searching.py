"""What is typed behind `/search`: words, and what narrows them."""

import re
from collections.abc import Callable
from typing import Any, Final

from chatd.protocol.errors import ChatError, Code
from chatd.protocol.requests import Search
from chatd.protocol.sanitize import clean
from chatd.protocol.times import parse_time

#: Messages of an answer that people read.
SHOWN: Final = 20

#: What stands in quotes is words, whatever it looks like.
_PART: Final = re.compile(r'"[^"]*"|[“”][^“”]*[“”]|[^\s"“”]+|["“”]')
_OPTION: Final = re.compile("(in|with|from|since|until|context):(.+)", re.IGNORECASE)


def _time(end: bool) -> Callable[[str], int]:
    def parse(word: str) -> int:
        at = parse_time(word, end)
        if at is None:
            raise ChatError(
                Code.USAGE,
                f"{clean(word)[:32]} is no date; please write 2026-11-25 or 2026-11-25T13:05, in UTC, or 3d",
            )
        return at

    return parse


def _context(word: str) -> bool:
    if word.lower() not in ("on", "off"):
        raise ChatError(Code.USAGE, "please write context:on to see what was said before and after")
    return word.lower() == "on"


#: Each option's field, and how its value is read.
_OPTIONS: Final[dict[str, tuple[str, Callable[[str], Any]]]] = {
    "in": ("room", str),
    "with": ("whom", str),
    "from": ("sender", str),
    "since": ("since", _time(False)),
    "until": ("until", _time(True)),
    "context": ("context", _context),
}


def parse_search(rest: str) -> Search:
    """The request. Raises ChatError."""
    words: list[str] = []
    fields: dict[str, Any] = {}
    for part in _PART.findall(rest):
        if option := _OPTION.fullmatch(part):
            field, parse = _OPTIONS[option[1].lower()]
            fields[field] = parse(option[2])
        else:
            words.append(part)
    if not words and "sender" not in fields:
        raise ChatError(Code.USAGE, f"please write {Search.syntax}")
    return Search(words=" ".join(words), limit=SHOWN, **fields)
