"""Our frames beside those of `websockets`, whose frames most people's programs speak: each understands what
the other writes, and both find the same in what is wrong."""

from itertools import pairwise
from typing import Final

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from websockets.exceptions import ProtocolError
from websockets.frames import Close, Frame, Opcode
from websockets.protocol import CLIENT, OPEN, SERVER, Protocol, Side

from chatd.protocol import frames
from chatd.protocol.frame_buffer import FrameBuffer
from chatd.protocol.frames import CloseCode, CloseFrame, FrameError, PingFrame, PongFrame

LIMIT: Final = 70_000
#: A message, or what a control frame says; at the end the code of what is wrong.
HeardFrames = list[bytes | tuple[str, bytes | int] | int]


def ours(chunks: list[bytes], masked: bool = True) -> HeardFrames:
    """What we hear."""
    buffer = FrameBuffer(LIMIT, LIMIT, 1000, masked)
    heard: HeardFrames = []
    for chunk in chunks:
        buffer.feed(chunk)
        try:
            while (found := buffer.pop()) is not None:
                match found:
                    case PingFrame(payload):
                        heard.append(("ping", payload))
                    case PongFrame():
                        heard.append(("pong", b""))
                    case CloseFrame(code):
                        heard.append(("close", code))
                    case _:
                        heard.append(found)
        except FrameError as error:
            heard.append(int(error.close))
    return heard


def reading(data: bytes, side: Side = SERVER) -> Protocol:
    """One of `websockets` that has read this."""
    protocol = Protocol(side, state=OPEN, max_size=LIMIT)
    protocol.receive_data(data)
    return protocol


def theirs(data: bytes, side: Side = SERVER) -> HeardFrames:
    """What `websockets` hears, with what we do not take: binary messages, and text that is no UTF-8, which it
    looks for one floor higher."""
    protocol = reading(data, side)
    heard: HeardFrames = []
    message: bytes | None = None
    for event in protocol.events_received():
        assert isinstance(event, Frame)
        payload = bytes(event.data)
        match event.opcode:
            case Opcode.PING:
                heard.append(("ping", payload))
            case Opcode.PONG:
                heard.append(("pong", b""))
            case Opcode.CLOSE:
                heard.append(("close", int(Close.parse(payload).code) if payload else 0))
            case Opcode.BINARY:
                return [*heard, int(CloseCode.UNSUPPORTED)]
            case _:
                message = payload if message is None else message + payload
                if event.fin:
                    try:
                        message.decode()
                    except UnicodeDecodeError:
                        return [*heard, int(CloseCode.BAD_DATA)]
                    heard.append(message)
                    message = None
    error = protocol.parser_exc
    if isinstance(error, ProtocolError):
        heard.append(int(CloseCode.PROTOCOL_ERROR))
    elif isinstance(error, UnicodeDecodeError):
        heard.append(int(CloseCode.BAD_DATA))
    return heard


def written(frame: Frame, mask: bool = True) -> bytes:
    return frame.serialize(mask=mask)


PAYLOADS: Final = st.one_of(
    st.binary(max_size=6),
    st.text(max_size=4).map(str.encode),
    st.sampled_from([b"x" * size for size in (124, 125, 126, 127, 300)]),
)
FRAMES: Final = st.builds(
    Frame,
    st.sampled_from([*Opcode, *[Opcode.TEXT, Opcode.CONT] * 3]),
    PAYLOADS,
    st.booleans() | st.just(True),
    *[st.sampled_from([False] * 15 + [True])] * 3,
)
CLOSES: Final = st.builds(
    lambda code, reason: Frame(Opcode.CLOSE, code.to_bytes(2, "big") + reason),
    st.integers(990, 1020) | st.integers(2990, 5010),
    st.sampled_from([b"", b"why", b"\xff"]),
)


@settings(max_examples=150)
@given(st.lists(FRAMES | CLOSES, max_size=8), st.lists(st.integers(0, 400), max_size=4))
def test_what_is_sent_to_the_server_is_heard_alike(sent: list[Frame], cuts: list[int]) -> None:
    data = b"".join(map(raw, sent))
    assume("incomplete fragmented" not in str(reading(data).parser_exc))  # a close may come there, for us
    cuts = [0, *sorted(cuts), len(data)]
    chunks = [data[start:end] for start, end in pairwise(cuts)]
    heard = theirs(data)
    assert ours([data]) == ours([data[at : at + 1] for at in range(len(data))]) == ours(chunks) == heard


def raw(frame: Frame) -> bytes:
    """As `Frame.serialize`, which refuses to write what is wrong, with a mask that is always the same."""
    data = frames.client_frame(bytes(frame.data), b"\x01\xfe\x80\x7f", int(frame.opcode), frame.fin)
    return bytes((data[0] | frame.rsv1 << 6 | frame.rsv2 << 5 | frame.rsv3 << 4,)) + data[1:]


@settings(max_examples=60)
@given(st.lists(PAYLOADS, max_size=3), st.data())
def test_a_client_of_websockets_is_understood(payloads: list[bytes], data: st.DataObject) -> None:
    clean = [payload.decode(errors="ignore").encode() for payload in payloads]
    sent = b"".join(written(Frame(Opcode.TEXT, payload)) for payload in clean)
    at = data.draw(st.integers(0, len(sent)))
    assert ours([sent[:at], sent[at:]]) == clean


@pytest.mark.parametrize("size", [0, 1, 125, 126, 127, 65_535, 65_536])
def test_they_understand_what_we_write(size: int) -> None:
    text = b"x" * size
    ping = min(size, 125) * b"p"
    said = [frames.text_frame(text), frames.ping_frame(ping), frames.pong_frame(ping)]
    end = frames.close_frame(1009, "ž" * 100)
    expected: HeardFrames = [text, ("ping", ping), ("pong", b""), ("close", 1009)]
    assert theirs(b"".join([*said, end]), CLIENT) == expected
    assert ours([*said, end], masked=False) == expected
    assert frames.payload_start(said[0]) + size == len(said[0])
    assert theirs(frames.close_frame(0), CLIENT) == [("close", 0)]
    masked = frames.client_frame(text, b"abcd")
    assert theirs(masked) == ours([masked]) == [text]
    assert ours([written(Frame(Opcode.TEXT, text), mask=False)], masked=False) == [text]
