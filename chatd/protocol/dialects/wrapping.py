"""Long lists of words, which go on in further lines."""

from collections.abc import Iterable
from typing import Final

#: Where a list of names goes on in a further line: it fits a terminal of three or four rows.
LIST_WIDTH: Final = 400


def wrapped(head: str, words: Iterable[str]) -> str:
    """`head` and the words, with commas, in as many lines as they need."""
    lines, line, glue = [], head, " "
    for word in words:
        if len(line) + len(word) > LIST_WIDTH:
            lines.append(line)
            line, glue = "*", " "
        line += glue + word
        glue = ", "
    return "\n".join([*lines, line])


def lines_behind(head: str, text: str) -> str:
    """Each line of a text behind the same words."""
    return head + text if "\n" not in text else "\n".join(head + line for line in text.split("\n"))
