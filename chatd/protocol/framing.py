"""Bytes to lines, in bounded memory.

A LineBuffer takes chunks as they come from the socket and gives lines back one at a time, because the bound
may change between two lines (it is tighter before the name is given). Its rules:

1. What comes out does not depend on how the bytes were split.
2. A line ends in LF; one CR before it belongs to the ending. The bound counts what stands before the ending.
3. A line past the bound is reported once, as soon as that is certain, and dropped up to its LF. Of an
   unfinished line never more than the bound plus two bytes is kept (one may be the CR of an ending).
4. Lines that wait are kept as the bytes that came: thousands of short ones cost no object each.
"""

from chatd.protocol.errors import ChatError, Code


class LineTooLong(ChatError):
    """The line at this place was longer than `limit` bytes; it has been, or will be, dropped."""

    def __init__(self, limit: int) -> None:
        super().__init__(Code.TOO_LONG, f"a line has at most {limit} bytes; please send shorter ones")


class LineBuffer:
    """`feed` bytes, then `pop` lines until it returns None.

    `limit` is the bound in force, `ceiling` the largest it will ever be.
    """

    __slots__ = ("_at", "_ceiling", "_data", "_dropping", "limit")

    def __init__(self, limit: int, ceiling: int | None = None) -> None:
        self.limit = limit
        self._ceiling = limit if ceiling is None else ceiling
        self._data = b""
        self._at = 0  # where in it the next line begins
        self._dropping = False  # the unfinished line was reported as too long

    def __len__(self) -> int:
        """How many complete lines wait."""
        return self._data.count(b"\n", self._at)

    def feed(self, data: bytes) -> None:
        """Take what came from the socket."""
        if self._dropping:
            end = data.find(b"\n")
            if end < 0:
                return
            data = data[end + 1 :]
            self._dropping = False
        if self._at < len(self._data):
            data = self._data[self._at :] + data
        self._at = 0
        if len(data) > self._ceiling:
            data = data[: data.rfind(b"\n") + 1 + self._ceiling + 2]
        self._data = data

    def pop(self) -> bytes | None:
        """The next line without its ending, or None when more bytes are needed. Raises LineTooLong."""
        at, data = self._at, self._data
        if not data:
            return None
        end = data.find(b"\n", at)
        if end < 0:
            if len(data) - at > self.limit + data.endswith(b"\r"):
                self.drop()
                raise LineTooLong(self.limit)
            return None
        self._at = end + 1
        if self._at == len(data):  # an idle client keeps nothing of what it said
            self._data, self._at = b"", 0
        if end > at and data[end - 1] == 0x0D:
            end -= 1
        if end - at > self.limit:
            raise LineTooLong(self.limit)
        return data[at:end]

    def peek(self) -> bytes:
        """All that has come and was not popped."""
        return self._data[self._at :]

    def take(self) -> bytes:
        """`peek`, and forget it."""
        data = self.peek()
        self._data, self._at = b"", 0
        return data

    def drop(self) -> None:
        """Forget the line that has begun, up to its LF."""
        end = self._data.find(b"\n", self._at)
        if end < 0:
            self._data, self._at = b"", 0
            self._dropping = True
        else:
            self._at = end + 1

    def clear(self) -> int:
        """Forget all that has come, and the rest of a line that has begun; how many bytes had come."""
        data = self.take()
        if data:
            self._dropping = not data.endswith(b"\n")
        return len(data)

    def finish(self) -> None:
        """The stream has ended: what stands without an LF is the last line."""
        if self._at < len(self._data) and not self._data.endswith(b"\n"):
            self._data += b"\n"
