"""The words of WebSocket (RFC 6455): its frames as the server writes them, and what may come instead of a
message. Frames that come are taken apart in `frame_buffer`.

No extension is spoken: permessage-deflate costs 50 KiB a connection, and its bytes cannot be shared.
"""

from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from chatd.protocol.errors import Code, Refused


class CloseCode(IntEnum):
    """Why a connection is closed: those that the server says."""

    NORMAL = 1000
    GOING_AWAY = 1001
    PROTOCOL_ERROR = 1002
    UNSUPPORTED = 1003
    BAD_DATA = 1007
    TOO_BIG = 1009


class FrameError(Refused):
    """The client broke the protocol; it is closed with this code."""

    def __init__(self, close: CloseCode, code: Code, text: str) -> None:
        super().__init__(code, text)
        self.close = close


@dataclass(frozen=True, slots=True)
class PingFrame:
    """To be answered by a pong with the same payload."""

    payload: bytes


@dataclass(frozen=True, slots=True)
class PongFrame:
    """The other side is there."""


@dataclass(frozen=True, slots=True)
class CloseFrame:
    """The other side closes; to be answered with the same code, or with none (0). Nothing comes after it."""

    code: int


Control = PingFrame | PongFrame | CloseFrame

CONTINUATION: Final = 0x0
TEXT: Final = 0x1
BINARY: Final = 0x2
CLOSE: Final = 0x8
PING: Final = 0x9
PONG: Final = 0xA
KNOWN: Final = frozenset((CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG))

FIN: Final = 0x80
RESERVED: Final = 0x70
MASKED: Final = 0x80
#: A length of 7 bits says that 2 or 8 bytes follow with the real one, which has to be too large for less.
IN_TWO: Final = 126
_IN_EIGHT: Final = 127
LEAST: Final = {IN_TWO: IN_TWO, _IN_EIGHT: 1 << 16}
LENGTHS: Final = {IN_TWO: 2, _IN_EIGHT: 8}
MASK: Final = 4
#: A control frame has no more, so its length is in 7 bits.
LONGEST_CONTROL: Final = 125
#: A message of one frame, whose length is in 7 bits: what nearly all are.
WHOLE_TEXT: Final = FIN | TEXT
_SHORT_HEADS: Final = tuple(bytes((WHOLE_TEXT, size)) for size in range(IN_TWO))

#: Codes that a close frame may hold: the registered ones, and what is free for libraries and applications.
#: (1005, 1006 and 1015 stand for what was never sent.)
SENT: Final = frozenset((*range(1000, 1004), *range(1007, 1015), *range(3000, 5000)))


def text_frame(payload: bytes) -> bytes:
    """A message, as the server sends it."""
    size = len(payload)
    return (_SHORT_HEADS[size] if size < IN_TWO else text_head(size)) + payload


def text_head(size: int) -> bytes:
    """What stands before the payload of a message of `size` bytes."""
    return _head(WHOLE_TEXT, size)


def payload_start(frame: bytes) -> int:
    """Where the payload begins in a frame that the server made."""
    return 2 + LENGTHS.get(frame[1], 0)


def ping_frame(payload: bytes = b"") -> bytes:
    return _head(FIN | PING, len(payload)) + payload


def pong_frame(payload: bytes) -> bytes:
    return _head(FIN | PONG, len(payload)) + payload


def close_frame(code: int, reason: str = "") -> bytes:
    """The last frame; a `code` of 0 is none. Of the reason as much as fits."""
    fits = reason.encode()[: LONGEST_CONTROL - 2].decode(errors="ignore").encode()
    payload = code.to_bytes(2, "big") + fits if code else b""
    return _head(FIN | CLOSE, len(payload)) + payload


def client_frame(payload: bytes, mask: bytes, opcode: int = TEXT, fin: bool = True) -> bytes:
    """A frame as a client sends it, with its 4 bytes of `mask`."""
    head = _head((FIN if fin else 0) | opcode, len(payload))
    return head[:1] + bytes((head[1] | MASKED,)) + head[2:] + mask + unmasked(mask, payload)


def _head(first: int, size: int) -> bytes:
    if size < IN_TWO:
        return bytes((first, size))
    if size < 1 << 16:
        return bytes((first, IN_TWO)) + size.to_bytes(2, "big")
    return bytes((first, _IN_EIGHT)) + size.to_bytes(8, "big")


def unmasked(mask: bytes, data: bytes) -> bytes:
    """Or masked: it is the same. As two long numbers, which is one step for all bytes."""
    size = len(data)
    key = (mask * (size // MASK + 1))[:size]
    return (int.from_bytes(data, "little") ^ int.from_bytes(key, "little")).to_bytes(size, "little")
