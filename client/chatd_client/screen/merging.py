"""Where the messages of a page belong among the lines that are there.

1. A message stands behind the last line of those with smaller ids; without any, above all. So notices, and
   own lines that have no id yet, stay below what is put there.
2. A gap counts as the id after which something may be missing: what fills it from below comes behind it.
"""

from bisect import bisect_left
from itertools import accumulate
from typing import Protocol, TypeVar


class Mergeable(Protocol):
    """A line, with the id of its message or of its gap; 0 for none."""

    id: int
    after: int


_Line = TypeVar("_Line", bound=Mergeable)


def merged(there: list[_Line], lines: list[_Line]) -> tuple[list[_Line], list[int]]:
    """All of the lines, and for each of `lines` the index of the line of `there` that it was put before."""
    known = [(line.after or line.id, at) for at, line in enumerate(there) if line.after or line.id]
    ids = list(accumulate((id for id, _ in known), max))  # a server may tell them in any order
    places: list[int] = []
    for line in lines:
        below = bisect_left(ids, line.id)
        places.append(max(known[below - 1][1] + 1 if below else 0, places[-1] if places else 0))
    result: list[_Line] = []
    done = 0
    for place, line in zip(places, lines, strict=True):
        result += [*there[done:place], line]
        done = place
    return [*result, *there[done:]], places
