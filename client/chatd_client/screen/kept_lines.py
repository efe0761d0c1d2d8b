"""The lines of one window, without a view of them: what is there, and which messages they are."""

from collections import deque
from collections.abc import Container, Iterator
from itertools import islice

from chatd.protocol.names import fold
from chatd_client.screen.wrapping import TextRow


class ScrollbackLine:
    """A message (or a line of it) or notice. Its looks depend on nothing but itself and its `mark`."""

    __slots__ = ()

    #: Of a message; 0 for other lines.
    id: int = 0
    #: Of the message that is to be read there, also where the line is in no place of its own; else 0.
    shows: int = 0
    #: Of a gap: messages with ids above this one may be missing here. Else 0.
    after: int = 0
    #: Seconds since the epoch; None for what belongs to no time.
    at: float | None = None
    mark: str = ""
    #: Who said it; empty for other lines.
    sender: str = ""
    #: In characters.
    size: int = 0
    #: The plain text, in which is searched.
    text: str = ""

    def delete(self, text: str) -> None:
        """The message is gone; this is to be read in its place."""
        raise NotImplementedError

    def fragments(self) -> tuple[TextRow, int]:
        """What is drawn, and the indentation of its further rows in cells."""
        raise NotImplementedError


class KeptLines:
    """Lines are counted since the start: what is put above the first has smaller numbers, also below 0."""

    def __init__(self) -> None:
        self._lines: deque[ScrollbackLine] = deque()
        self._dropped = 0  # the number of the first line
        self.size = 0  # characters of all

    def __len__(self) -> int:
        return len(self._lines)

    def drop_oldest(self) -> None:
        """Forget the first line: the log may have it."""
        self.size -= self._lines.popleft().size
        self._dropped += 1

    @property
    def end_number(self) -> int:
        """The number that the next line will have."""
        return self._dropped + len(self._lines)

    @property
    def first(self) -> ScrollbackLine | None:
        """The first line."""
        return self._lines[0] if self._lines else None

    @property
    def last(self) -> ScrollbackLine | None:
        """The last line."""
        return self._lines[-1] if self._lines else None

    def ids(self) -> set[int]:
        """The messages that are there."""
        return {line.id for line in self._lines if line.id}

    def first_id(self) -> int:
        """The first message that is there; 0 for none."""
        return next((line.id for line in self._lines if line.id), 0)

    def last_id(self) -> int:
        """The last one; 0 for none."""
        return next((line.id for line in reversed(self._lines) if line.id), 0)

    def showing(self, ids: Container[int]) -> list[list[ScrollbackLine]]:
        """The lines of these messages, wherever they stand: a list for each time that one is there."""
        found: list[list[ScrollbackLine]] = []
        last = -2
        for at, line in enumerate(self._lines):
            if line.shows not in ids:
                continue
            if at == last + 1 and (line.shows, line.id) == (found[-1][0].shows, found[-1][0].id):
                found[-1].append(line)
            else:
                found.append([line])
            last = at
        return found

    def messages_of(self, names: Container[str]) -> set[int]:
        """The messages of these people, by their folded names."""
        return {line.shows for line in self._lines if line.shows and fold(line.sender) in names}

    def last_up_to(self, id: int) -> ScrollbackLine | None:
        """The last line of the messages up to this one."""
        return next((line for line in reversed(self._lines) if 0 < line.id <= id), None)

    def newest(self, lines: int) -> Iterator[ScrollbackLine]:
        """So many last lines, the last one first."""
        return islice(reversed(self._lines), lines)

    def has_lately(self, id: int, lines: int) -> bool:
        """Whether this message is among so many last lines."""
        return any(line.id == id for line in self.newest(lines))

    def gaps(self) -> list[tuple[ScrollbackLine, int]]:
        """Each gap, the first one first, and the id of the first message behind it, 0 for none."""
        found: list[tuple[ScrollbackLine, int]] = []
        behind = 0
        for line in reversed(self._lines):
            behind = line.id or behind
            if line.after:
                found.append((line, behind))
        return found[::-1]

    def index(self, wanted: ScrollbackLine) -> int:
        """Where it is, searched from the end; -1 if it is not there."""
        for back, line in enumerate(reversed(self._lines), 1):
            if line is wanted:
                return len(self._lines) - back
        return -1
