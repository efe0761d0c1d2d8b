"""Blocks in a page of Markdown, between marks that a reader of the rendered page does not see."""

import re
from collections.abc import Sequence


class Unmarked(Exception):
    """The page has not exactly one block of that name."""


def _span(text: str, name: str) -> tuple[int, int]:
    """Where the block's own text stands."""
    found = re.findall(rf"<!-- {re.escape(name)}: (begin|end) -->\n", text)
    if found != ["begin", "end"]:
        raise Unmarked(f"there has to be one block {name}, with a begin and an end; found {found}")
    begin = f"<!-- {name}: begin -->\n"
    return text.index(begin) + len(begin), text.index(f"<!-- {name}: end -->\n")


def block(text: str, name: str) -> str:
    """What stands between the marks. Raises Unmarked."""
    begin, end = _span(text, name)
    return text[begin:end]


def put(text: str, name: str, new: str) -> str:
    """The page with `new` between the marks. Raises Unmarked."""
    begin, end = _span(text, name)
    return text[:begin] + new.rstrip("\n") + "\n" + text[end:]


def names(text: str) -> list[str]:
    """The blocks of a page, in order."""
    return re.findall(r"<!-- ([a-z-]+): begin -->\n", text)


def table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    """Rows as Markdown; a `|` in a cell is escaped."""
    lines = [head, ("---",) * len(head), *rows]
    return "".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |\n" for line in lines)
