"""Frames to messages: what comes out never depends on how the bytes were split, and what is wrong fails."""

from collections.abc import Iterable
from typing import Final

import pytest

from chatd.protocol.errors import ChatError, Code
from chatd.protocol.frame_buffer import FrameBuffer
from chatd.protocol.frames import (
    BINARY,
    CLOSE,
    CONTINUATION,
    PING,
    PONG,
    TEXT,
    CloseCode,
    CloseFrame,
    Control,
    FrameError,
    PingFrame,
    PongFrame,
    client_frame,
)
from chatd.protocol.framing import LineTooLong

LIMIT: Final = 200
LONGEST: Final = 500
FRAMES: Final = 8
MASK: Final = b"\x37\xfa\x21\x3d"

#: A message, a control frame, the code of an error, or the code that fails the connection.
Popped = bytes | Control | Code | CloseCode


def frame(payload: bytes = b"", opcode: int = TEXT, fin: bool = True) -> bytes:
    return client_frame(payload, MASK, opcode, fin)


def found_in(buffer: FrameBuffer) -> list[Popped]:
    """All that comes out now."""
    found: list[Popped] = []
    while True:
        try:
            one = buffer.pop()
        except FrameError as error:
            found.append(error.close)
        except LineTooLong as error:
            found.append(error.code)
        else:
            if one is None:
                return found
            found.append(one)


def taken_apart(chunks: Iterable[bytes], limit: int = LIMIT) -> list[Popped]:
    buffer = FrameBuffer(limit, LONGEST, FRAMES)
    found = []
    for chunk in chunks:
        buffer.feed(chunk)
        found += found_in(buffer)
    return found


def every_split(data: bytes) -> list[list[Popped]]:
    """What comes of these bytes: whole, byte by byte, and in two at every place."""
    bytewise = [data[at : at + 1] for at in range(len(data))]
    return [taken_apart(chunks) for chunks in ([data], bytewise)] + [
        taken_apart([data[:at], data[at:]]) for at in range(len(data))
    ]


_X = b"x" * LIMIT
GOOD: Final[dict[str, tuple[bytes, list[Popped]]]] = {
    "a message": (frame(b"hi"), [b"hi"]),
    "an empty one": (frame(), [b""]),
    "two": (frame(b"one") + frame(b"two"), [b"one", b"two"]),
    "not only ASCII": (frame("žluť 😀".encode()), ["žluť 😀".encode()]),
    "125 bytes": (frame(_X[:125]), [_X[:125]]),
    "126 bytes": (frame(_X[:126]), [_X[:126]]),
    "127 bytes": (frame(_X[:127]), [_X[:127]]),
    "as many as there may be": (frame(_X), [_X]),
    "in three frames": (
        frame(b"a", fin=False) + frame(b"b", CONTINUATION, False) + frame(b"c", CONTINUATION),
        [b"abc"],
    ),
    "UTF-8 over two frames": (frame(b"\xc3", fin=False) + frame(b"\xa9", CONTINUATION), [b"\xc3\xa9"]),
    "control frames within a message": (
        frame(b"a", fin=False)
        + frame(b"!", PING)
        + frame(b"", PONG)
        + frame(b"b", CONTINUATION)
        + frame(b"c"),
        [PingFrame(b"!"), PongFrame(), b"ab", b"c"],
    ),
    "a ping as long as it may be": (frame(_X[:125], PING), [PingFrame(_X[:125])]),
    "a close without a code": (frame(b"", CLOSE) + frame(b"never read"), [CloseFrame(0)]),
    "a close with a code": (frame(b"\x03\xe9bye", CLOSE), [CloseFrame(1001)]),
    "a close of an application": (frame(b"\x0b\xb8", CLOSE), [CloseFrame(3000)]),
    "too long": (frame(_X + b"x") + frame(b"next"), [Code.TOO_LONG, b"next"]),
    "too long in frames, told once": (
        frame(_X, fin=False)
        + frame(b"x", CONTINUATION, False)
        + frame(b"!", PING)
        + frame(_X, CONTINUATION)
        + frame(b"next"),
        [Code.TOO_LONG, PingFrame(b"!"), b"next"],
    ),
    "empty frames, as many as there may be": (
        frame(b"", fin=False) + 6 * frame(b"", CONTINUATION, False) + frame(b"a", CONTINUATION),
        [b"a"],
    ),
}


@pytest.mark.parametrize("name", GOOD)
def test_what_comes_out_does_not_depend_on_the_split(name: str) -> None:
    data, expected = GOOD[name]
    assert all(found == expected for found in every_split(data))


WRONG: Final[dict[str, tuple[bytes, CloseCode]]] = {
    "not masked": (b"\x81\x02hi", CloseCode.PROTOCOL_ERROR),
    **{
        f"reserved bit {bit:#x}": (bytes((0x81 | bit,)) + frame(b"hi")[1:], CloseCode.PROTOCOL_ERROR)
        for bit in (0x10, 0x20, 0x40)
    },
    **{f"opcode {opcode}": (frame(b"", opcode), CloseCode.PROTOCOL_ERROR) for opcode in (3, 7, 11, 15)},
    "a control frame of 126": (frame(_X[:126], PING), CloseCode.PROTOCOL_ERROR),
    "a control frame in parts": (frame(b"", PING, fin=False), CloseCode.PROTOCOL_ERROR),
    "a message in a message": (frame(b"a", fin=False) + frame(b"b"), CloseCode.PROTOCOL_ERROR),
    "nothing that goes on": (frame(b"a", CONTINUATION), CloseCode.PROTOCOL_ERROR),
    "a length of 2^63": (b"\x81\xff\x80" + bytes(7) + MASK, CloseCode.PROTOCOL_ERROR),
    "a length of 125 in two bytes": (b"\x81\xfe\x00\x7d" + MASK + _X[:125], CloseCode.PROTOCOL_ERROR),
    "a length of 65535 in eight": (b"\x81\xff" + bytes(6) + b"\xff\xff", CloseCode.PROTOCOL_ERROR),
    "binary": (frame(b"a", BINARY), CloseCode.UNSUPPORTED),
    "no UTF-8": (frame(b"\xff"), CloseCode.BAD_DATA),
    "no UTF-8 over two frames": (frame(b"\xc3", fin=False) + frame(b"(", CONTINUATION), CloseCode.BAD_DATA),
    "longer than all bounds": (b"\x81\xfe\x01\xf5", CloseCode.TOO_BIG),
    "2^63 - 1": (b"\x81\xff\x7f" + 7 * b"\xff", CloseCode.TOO_BIG),
    "too many frames": (
        frame(b"", fin=False) + (FRAMES - 1) * frame(b"", CONTINUATION, False) + frame(b"", CONTINUATION),
        CloseCode.TOO_BIG,
    ),
    "a close of one byte": (frame(b"\x03", CLOSE), CloseCode.PROTOCOL_ERROR),
    **{
        f"a close with {code}": (frame(code.to_bytes(2, "big"), CLOSE), CloseCode.PROTOCOL_ERROR)
        for code in (0, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, 65535)
    },
    "a close whose reason is no UTF-8": (frame(b"\x03\xe8\xff", CLOSE), CloseCode.BAD_DATA),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_fails_once_and_nothing_follows(name: str) -> None:
    data, close = WRONG[name]
    data = frame(b"before") + data + frame(b"behind")
    assert all(found == [b"before", close] for found in every_split(data))


def test_ten_thousand_empty_frames_are_cut_short() -> None:
    begun = frame(b"", fin=False)
    assert taken_apart([begun, *[frame(b"", CONTINUATION, False)] * 10_000]) == [CloseCode.TOO_BIG]


def test_a_long_message_is_dropped_without_being_kept() -> None:
    buffer = FrameBuffer(LIMIT, 1 << 20, FRAMES)
    data = frame(bytes(1 << 19))
    buffer.feed(data[:1000])
    assert found_in(buffer) == [Code.TOO_LONG]
    for at in range(1000, len(data), 1000):
        buffer.feed(data[at : at + 1000])
        assert found_in(buffer) == [] and buffer._data == b""
    buffer.feed(frame(b"next"))
    assert found_in(buffer) == [b"next"]


def test_the_bound_may_change_between_messages() -> None:
    buffer = FrameBuffer(1, LONGEST, FRAMES)
    buffer.feed(frame(b"ab") + frame(b"ab") + frame(b"a"))
    assert [found_one(buffer), found_one(buffer, 2), found_one(buffer, 2)] == [Code.TOO_LONG, b"ab", b"a"]


def found_one(buffer: FrameBuffer, limit: int = 1) -> Popped | None:
    buffer.limit = limit
    try:
        return buffer.pop()
    except ChatError as error:
        return error.code


def test_frames_that_wait_are_counted_and_long_ones_as_several() -> None:
    buffer = FrameBuffer(LIMIT, LONGEST, FRAMES)
    assert len(buffer) == 0
    short = frame(b"a") + frame(_X[:130]) + frame(b"", PONG)
    for at, byte in enumerate(short):
        buffer.feed(bytes((byte,)))
        assert len(buffer) == (at >= 6) + (at >= 6 + 138) + (at == len(short) - 1)
    buffer.feed(b"\x81\xfe\xff\xff" + MASK + bytes(4 * LIMIT))
    assert len(buffer) == 4
    assert found_in(buffer) == [b"a", _X[:130], PongFrame(), CloseCode.TOO_BIG]
    assert len(buffer) == 0


def test_frames_of_a_server_are_not_masked() -> None:
    buffer = FrameBuffer(LIMIT, LONGEST, FRAMES, masked=False)
    buffer.feed(b"\x81\x02hi\x81\x7e\x00\x7e" + _X[:126])
    assert len(buffer) == 2
    assert found_in(buffer) == [b"hi", _X[:126]]
    buffer.feed(frame(b"hi"))
    assert found_in(buffer) == [CloseCode.PROTOCOL_ERROR]
