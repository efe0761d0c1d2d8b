"""WebSocket's frames (RFC 6455) to messages, in bounded memory, without a socket.

A FrameBuffer is for frames what a LineBuffer is for lines: it takes bytes as they come, and gives back one
thing at a time. Its rules:

1. What comes out does not depend on how the bytes were split.
2. Only text is a message (1003), and it is UTF-8 as a whole (1007). Its frames are put together; control
   frames may come between them.
3. What RFC 6455 forbids fails the connection (1002), a byte that is reserved or wrong as soon as it is there:
   nothing comes out any more.
4. A message past the bound is reported once, as soon as a frame's head says so, and dropped. Past `longest`,
   or in too many frames, it fails the connection (1009).

The library `websockets` has such code, too (Sans-I/O); it takes more than twice as long, and 7 KiB a
connection. So it is what this is tested against, in both directions.
"""

from chatd.protocol.errors import Code
from chatd.protocol.frames import (
    BINARY,
    CLOSE,
    CONTINUATION,
    FIN,
    IN_TWO,
    KNOWN,
    LEAST,
    LENGTHS,
    LONGEST_CONTROL,
    MASK,
    MASKED,
    PING,
    PONG,
    RESERVED,
    SENT,
    WHOLE_TEXT,
    CloseCode,
    CloseFrame,
    Control,
    FrameError,
    PingFrame,
    PongFrame,
    unmasked,
)
from chatd.protocol.framing import LineTooLong


def _broken(text: str) -> FrameError:
    return FrameError(CloseCode.PROTOCOL_ERROR, Code.BAD_LINE, text)


def _bad_utf8() -> FrameError:
    return FrameError(CloseCode.BAD_DATA, Code.BAD_UTF8, "the message is not valid UTF-8; please send UTF-8")


class FrameBuffer:
    """`feed` bytes, then `pop` until it returns None. `limit` is the bound of a message that is in force;
    one past `longest` bytes, or of more than `frames` frames, fails the connection. `masked`: the other side
    is a client, which masks every frame; a server masks none."""

    __slots__ = (
        *("_at", "_data", "_dropping", "_ended", "_frames", "_masked"),
        *("_most_frames", "_parts", "_size", "_skip", "limit", "longest"),
    )

    def __init__(self, limit: int, longest: int, frames: int, masked: bool = True) -> None:
        self.limit = limit
        self.longest = longest
        self._most_frames = frames
        self._masked = MASKED if masked else 0
        self._data = b""
        self._at = 0  # where in it the next frame begins
        self._parts: list[bytes] = []  # the payloads of a message that has begun
        self._frames = self._size = 0  # how many these are, and their bytes; no frame: no message has begun
        self._dropping = False  # the message that has begun was reported as too long
        self._skip = 0  # bytes still to come of a frame that is dropped
        self._ended = False  # nothing comes out any more

    def __len__(self) -> int:
        """How many frames wait, of those that are complete; long ones count as several, so that this bounds
        their bytes."""
        count, at, data = 0, self._at, self._data
        while (end := self._end(data, at)) <= len(data):
            count += 1
            at = end
        return max(count, (len(data) - self._at) // self.limit)

    def _end(self, data: bytes, at: int) -> int:
        """Where the frame at this place ends, if all of its head is there; else behind the data."""
        if len(data) < at + 2:
            return len(data) + 1
        size = data[at + 1] & ~MASKED
        start = at + 2 + LENGTHS.get(size, 0)
        if size >= IN_TWO:
            size = int.from_bytes(data[at + 2 : start], "big")
        return start + (MASK if self._masked else 0) + size if len(data) >= start else len(data) + 1

    def feed(self, data: bytes) -> None:
        """Take what came from the socket."""
        if self._ended:
            return
        if self._skip:
            skipped = min(self._skip, len(data))
            self._skip -= skipped
            data = data[skipped:]
        if self._at < len(self._data):
            data = self._data[self._at :] + data
        self._data, self._at = data, 0

    def pop(self) -> bytes | Control | None:
        """The next message or control frame, or None when more bytes are needed. Raises LineTooLong, and
        FrameError, after which nothing comes any more."""
        at, data = self._at, self._data
        # Nearly always, in as few steps as can be: a message in one frame, all of it there.
        if not self._frames and self._masked and len(data) >= at + 8 and data[at] == WHOLE_TEXT:
            size, start = data[at + 1] - MASKED, at + 6
            if size == IN_TWO:
                size, start = data[at + 2] << 8 | data[at + 3], at + 8
                fits = IN_TWO <= size <= self.limit
            else:
                fits = 0 <= size < IN_TWO and size <= self.limit
            if fits and (end := start + size) <= len(data):
                payload = unmasked(data[start - MASK : start], data[start:end])
                self._move_to(end)
                return payload if payload.isascii() else self._checked(payload)
        try:
            while not self._ended and len(self._data) >= self._at + 2:
                before = self._at
                found = self._pop_frame()
                if found is not None:
                    return found
                if self._at == before:
                    break
        except FrameError:
            self._end_input()
            raise
        return None

    def _pop_frame(self) -> bytes | Control | None:
        """What the next frame makes complete, if it does. Where it is not all there yet, nothing moves."""
        data, at = self._data, self._at
        first, second = data[at], data[at + 1]
        self._check(first, second)
        start, size = at + 2, second & ~MASKED
        if size >= IN_TWO:
            start += LENGTHS[size]
            if len(data) < start:
                return None
            least, size = LEAST[size], int.from_bytes(data[at + 2 : start], "big")
            if size < least or size >= 1 << 63:
                raise _broken("the length of the frame is not written as RFC 6455 says")
        if first & 0xF < CLOSE:
            self._check_size(size)
        mask = data[start : start + MASK] if self._masked else b""
        start += MASK if self._masked else 0
        if len(data) < start:
            return None
        if first & 0xF < CLOSE and self._is_dropped(size):
            self._drop(first, start, size)
            return None
        if len(data) < start + size:
            return None
        payload = data[start : start + size]
        self._move_to(start + size)
        if mask:
            payload = unmasked(mask, payload)
        return self._control(first & 0xF, payload) if first & CLOSE else self._part(first, payload)

    def _check(self, first: int, second: int) -> None:
        """A frame's first two bytes."""
        opcode = first & 0xF
        if first & RESERVED:
            raise _broken("a frame has a reserved bit set, but no extension was agreed on")
        if opcode not in KNOWN:
            raise _broken(f"there are no frames of the kind {opcode}")
        if second & MASKED != self._masked:
            raise _broken("a client masks its frames" if self._masked else "a server masks no frames")
        if opcode & CLOSE:
            if not first & FIN or second & ~MASKED > LONGEST_CONTROL:
                raise _broken(f"a control frame is one frame of at most {LONGEST_CONTROL} bytes")
        elif (opcode == CONTINUATION) is not bool(self._frames):
            wrong = "a message began in another one" if self._frames else "no message has begun to go on"
            raise _broken(f"{wrong}; please send its frames one after the other")
        elif opcode == BINARY:
            text = "binary messages are not understood; please send JSON as text"
            raise FrameError(CloseCode.UNSUPPORTED, Code.BAD_LINE, text)

    def _check_size(self, size: int) -> None:
        """With so many bytes more the message is not past all bounds."""
        if self._size + size > self.longest or self._frames >= self._most_frames:
            text = (
                f"a message has at most {self.limit} bytes, in at most {self._most_frames} frames; "
                "please send shorter ones"
            )
            raise FrameError(CloseCode.TOO_BIG, Code.TOO_LONG, text)

    def _is_dropped(self, size: int) -> bool:
        return self._dropping or self._size + size > self.limit

    def _drop(self, first: int, start: int, size: int) -> None:
        """A frame of a message that is too long. Raises LineTooLong at the first one."""
        there = min(size, len(self._data) - start)
        self._skip = size - there
        self._move_to(start + there)
        reported, self._dropping = self._dropping, not first & FIN
        if self._dropping:
            self._frames += 1
            self._size += size
            self._parts.clear()
        else:
            self._begin_anew()
        if not reported:
            raise LineTooLong(self.limit)

    def _part(self, first: int, payload: bytes) -> bytes | None:
        """A frame of a message; all of it, when that was the last one."""
        if not first & FIN:
            self._frames += 1
            self._size += len(payload)
            if payload:
                self._parts.append(payload)
            return None
        message = b"".join((*self._parts, payload)) if self._parts else payload
        self._begin_anew()
        return self._checked(message)

    def _begin_anew(self) -> None:
        """The message is over."""
        self._parts.clear()
        self._frames = self._size = 0
        self._dropping = False

    def _checked(self, message: bytes) -> bytes:
        try:
            message.decode()
        except UnicodeDecodeError:
            self._end_input()
            raise _bad_utf8() from None
        return message

    def _control(self, opcode: int, payload: bytes) -> Control:
        if opcode == PING:
            return PingFrame(payload)
        if opcode == PONG:
            return PongFrame()
        self._end_input()
        return _closed(payload)

    def _move_to(self, end: int) -> None:
        """The next frame begins there; who is idle keeps nothing of what it said."""
        self._at = end
        if end == len(self._data):
            self._data, self._at = b"", 0

    def _end_input(self) -> None:
        self._ended = True
        self._begin_anew()
        self._data, self._at = b"", 0


def _closed(payload: bytes) -> CloseFrame:
    if not payload:
        return CloseFrame(0)
    try:
        payload[2:].decode()
    except UnicodeDecodeError:
        raise _bad_utf8() from None
    code = int.from_bytes(payload[:2], "big")
    if len(payload) < 2 or code not in SENT:
        raise _broken("a close frame has a code that says why, as RFC 6455 lists them")
    return CloseFrame(code)
