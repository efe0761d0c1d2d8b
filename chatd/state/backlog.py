"""What a client that is behind has not taken yet: pieces in order, each of a kind.

What one byte of it costs depends on the kind: talk past its bound is skipped, notices past theirs end the
client, and private bytes (replies, direct messages) are bounded where they are made. So each is counted by
itself. A piece is a reference where it can be: the same bytes may wait for many clients.
"""

from collections import deque
from enum import IntEnum


class PieceKind(IntEnum):
    """What a piece is: a message to a room, a notice of who came and left, or for this client alone."""

    TALK = 0
    NOTICE = 1
    PRIVATE = 2


class Backlog:
    """`taken` is how many bytes of rooms (talk and notices) the client's socket took since it is behind."""

    __slots__ = ("_offset", "_pieces", "_sizes", "taken")

    def __init__(self) -> None:
        self.taken = 0
        self._pieces: deque[tuple[PieceKind, bytes | memoryview]] = deque()
        self._sizes = [0] * len(PieceKind)
        self._offset = 0  # how much of the first piece is written

    def __bool__(self) -> bool:
        return bool(self._pieces)

    def size(self, kind: PieceKind) -> int:
        """Bytes of this kind that wait."""
        return self._sizes[kind]

    @property
    def rooms(self) -> int:
        """Bytes of talk and notices that wait."""
        return self._sizes[PieceKind.TALK] + self._sizes[PieceKind.NOTICE]

    def append(self, kind: PieceKind, data: bytes | memoryview, written: int = 0) -> None:
        """A piece; of the very first one so many bytes may be `written` already."""
        self._pieces.append((kind, data))
        self._sizes[kind] += len(data) - written
        self._offset += written

    def head(self, size: int) -> bytes:
        """About `size` bytes to be written next."""
        parts: list[memoryview] = []
        free = size
        offset = self._offset
        for _, piece in self._pieces:
            part = memoryview(piece)[offset : offset + free]
            parts.append(part)
            free -= len(part)
            offset = 0
            if free <= 0:
                break
        return b"".join(parts)

    def advance(self, written: int) -> None:
        """The socket took `written` bytes of the head."""
        while written:
            kind, piece = self._pieces[0]
            part = min(written, len(piece) - self._offset)
            self._sizes[kind] -= part
            if kind is not PieceKind.PRIVATE:
                self.taken += part
            written -= part
            self._offset += part
            if self._offset == len(piece):
                self._pieces.popleft()
                self._offset = 0
