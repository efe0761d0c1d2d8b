"""Row 1: bytes to lines, in bounded memory.

A LineBuffer is fed whatever the socket brought and gives lines back one at a time, because the bound may
change between two lines (it is tighter before the name is given). Its rules:

1. What comes out does not depend on how the bytes were split.
2. A line ends in LF; one CR before it belongs to the ending. The bound counts what stands before the ending.
3. A line past the bound is reported once, as soon as that is certain, and dropped up to its LF. Of an
   unfinished line never more than the bound plus two bytes is kept (one may be the CR of an ending).
"""

from chatd.errors import ChatError, Code


class LineTooLong(ChatError):
    """The line at this place was longer than `limit` bytes; it has been, or will be, dropped."""

    def __init__(self, limit: int) -> None:
        super().__init__(Code.TOO_LONG, f"a line has at most {limit} bytes; please send shorter ones")


class LineBuffer:
    """`feed` bytes, then `pop` lines until it returns None.

    `limit` is the bound in force, `ceiling` the largest it will ever be.
    """

    __slots__ = ("_ceiling", "_dropping", "_ready", "_tail", "limit")

    def __init__(self, limit: int, ceiling: int | None = None) -> None:
        self.limit = limit
        self._ceiling = limit if ceiling is None else ceiling
        self._ready: list[bytes] = []  # complete lines, the next one last
        self._tail = b""  # the unfinished line
        self._dropping = False  # the unfinished line was reported as too long

    def __len__(self) -> int:
        """How many complete lines wait."""
        return len(self._ready)

    def feed(self, data: bytes) -> None:
        """Take what came from the socket."""
        if self._dropping:
            end = data.find(b"\n")
            if end < 0:
                return
            data = data[end + 1 :]
            self._dropping = False
        lines = (self._tail + data if self._tail else data).split(b"\n")
        tail = lines.pop()
        self._tail = tail if len(tail) <= self._ceiling else tail[: self._ceiling + 2]
        if lines:
            lines.reverse()
            lines.extend(self._ready)
            self._ready = lines

    def pop(self) -> bytes | None:
        """The next line without its ending, or None when more bytes are needed. Raises LineTooLong."""
        if self._ready:
            line = self._ready.pop()
            if line.endswith(b"\r"):
                line = line[:-1]
            if len(line) > self.limit:
                raise LineTooLong(self.limit)
            return line
        if len(self._tail) > self.limit + self._tail.endswith(b"\r"):
            self.drop()
            raise LineTooLong(self.limit)
        return None

    def peek(self) -> bytes:
        """The first bytes of the next line, complete or not."""
        return self._ready[-1] if self._ready else self._tail

    def drop(self) -> None:
        """Forget the line that has begun, up to its LF."""
        if self._ready:
            self._ready.pop()
        else:
            self._tail = b""
            self._dropping = True

    def finish(self) -> None:
        """The stream has ended: what stands without an LF is the last line."""
        if self._tail:
            self._ready.insert(0, self._tail)
            self._tail = b""
