"""Framing: bytes to lines, whatever the splits, in bounded memory."""

import sys
from collections.abc import Callable, Iterable
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatd.protocol.errors import ChatError, Code
from chatd.protocol.framing import LineBuffer, LineTooLong
from chatd.protocol.limits import DEFAULT, MIB

#: In place of a line: it was reported as too long.
TOO_LONG = "too long"
Given = list[bytes | str]


# -- helpers, the dialects' tests use them too -------------------------------------------------------------


def _whole(line: bytes, buffer: LineBuffer) -> None:
    buffer.feed(line + b"\n")


def _byte_by_byte(line: bytes, buffer: LineBuffer) -> None:
    for byte in line:
        buffer.feed(bytes([byte]))
        assert buffer.pop() is None
    buffer.feed(b"\n")


def _more_behind(line: bytes, buffer: LineBuffer) -> None:
    buffer.feed(line + b"\nmore\nand mo")


#: What brings a line to the dialect.
FeedBytes = Callable[[bytes], bytes]

_WAYS = {"whole": _whole, "byte-by-byte": _byte_by_byte, "more-behind": _more_behind}


def _through(way: str) -> FeedBytes:
    """The line as the dialect sees it after it came over the wire in that way."""

    def feed(line: bytes) -> bytes:
        buffer = LineBuffer(DEFAULT.line)
        _WAYS[way](line, buffer)
        popped = buffer.pop()
        assert popped is not None
        assert buffer.pop() == (b"more" if way == "more-behind" else None)
        return popped

    return feed


#: Runs a parser's test once for each way in which its line can arrive; `feed` brings it there.
each_way = pytest.mark.parametrize("feed", [_through(way) for way in _WAYS], ids=list(_WAYS))


def pop_all(buffer: LineBuffer, rises: bool = False) -> Given:
    """Everything that can be had now. `rises`: the first good line lifts the bound, as a name does."""
    given: Given = []
    while True:
        try:
            line = buffer.pop()
        except LineTooLong:
            given.append(TOO_LONG)
            continue
        if line is None:
            return given
        given.append(line)
        if rises:
            buffer.limit = 8


def run(parts: Iterable[bytes], limit: int, rises: bool = False, look: bool = True) -> Given:
    """What comes of these parts and the end of the stream; `look`: pop after each of them."""
    buffer = LineBuffer(limit, 8)
    given: Given = []
    for part in parts:
        buffer.feed(part)
        if look:
            given += pop_all(buffer, rises)
    buffer.finish()
    return given + pop_all(buffer, rises)


def expected(data: bytes, limit: int, rises: bool = False) -> Given:
    """The rules, from the whole stream at once."""
    lines = data.split(b"\n")
    if not lines[-1]:
        lines.pop()
    given: Given = []
    for line in lines:
        text = line.removesuffix(b"\r")
        given.append(text if len(text) <= limit else TOO_LONG)
        if rises and given[-1] != TOO_LONG:
            limit = 8
    return given


# -- lines -------------------------------------------------------------------------------------------------

# (stream, what comes out of it with a bound of 8 bytes)
STREAMS: list[tuple[bytes, Given]] = [
    (b"", []),
    (b"a\n", [b"a"]),
    (b"a\r\n", [b"a"]),
    (b"a\nb\r\nc\n", [b"a", b"b", b"c"]),
    (b"\n\r\n\n", [b"", b"", b""]),
    (b"a\rb\n", [b"a\rb"]),
    (b"a\r\r\n", [b"a\r"]),
    (b"\x00\x1b\xff\n", [b"\x00\x1b\xff"]),
    (b"a\nlast", [b"a", b"last"]),
    (b"12345678\n", [b"12345678"]),
    (b"12345678\r\n", [b"12345678"]),
    (b"123456789\n", [TOO_LONG]),
    (b"123456789\r\n", [TOO_LONG]),
    (b"12345678\r\r\n", [TOO_LONG]),
    (b"12345678\rx\n", [TOO_LONG]),
    (b"a\n123456789\nb\n", [b"a", TOO_LONG, b"b"]),
    (b"12345678", [b"12345678"]),
    (b"123456789", [TOO_LONG]),
    (b"1234567890123456789012345\nb\n", [TOO_LONG, b"b"]),
    (b"123456789\n123456789\n", [TOO_LONG, TOO_LONG]),
]


@pytest.mark.parametrize(("stream", "given_back"), STREAMS)
def test_streams(stream: bytes, given_back: Given) -> None:
    single = [stream[i : i + 1] for i in range(len(stream))]
    assert run([stream], 8) == given_back
    assert run(single, 8) == given_back
    assert run(single, 8, look=False) == given_back
    assert expected(stream, 8) == given_back


@pytest.mark.parametrize("limit", [DEFAULT.line, DEFAULT.line_before_name])
@pytest.mark.parametrize("ending", [b"\n", b"\r\n"])
def test_the_bound_is_of_the_line_without_its_ending(limit: int, ending: bytes) -> None:
    """With either ending, and the same before the name (the ceiling is higher than the bound) and after."""
    buffer = LineBuffer(limit, DEFAULT.line)
    buffer.feed(b"x" * limit + ending)
    assert pop_all(buffer) == [b"x" * limit]
    buffer.feed(b"x" * (limit + 1) + ending + b"next" + ending)
    assert pop_all(buffer) == [TOO_LONG, b"next"]


@pytest.mark.parametrize("limit", [DEFAULT.line, DEFAULT.line_before_name])
def test_too_long_is_told_before_the_newline_comes(limit: int) -> None:
    buffer = LineBuffer(limit, DEFAULT.line)
    buffer.feed(b"x" * limit)
    assert pop_all(buffer) == []
    buffer.feed(b"x")
    assert pop_all(buffer) == [TOO_LONG]
    buffer.feed(b"x" * limit)
    assert pop_all(buffer) == []
    buffer.feed(b"x\nnext\n")
    assert pop_all(buffer) == [b"next"]


def test_too_long_says_the_bound_in_force() -> None:
    buffer = LineBuffer(DEFAULT.line_before_name, DEFAULT.line)
    buffer.feed(b"x" * 1025)
    with pytest.raises(LineTooLong) as caught:
        buffer.pop()
    assert isinstance(caught.value, ChatError)
    assert caught.value.code is Code.TOO_LONG
    assert caught.value.text == "a line has at most 1024 bytes; please send shorter ones"


def test_the_bound_may_rise_between_two_lines() -> None:
    buffer = LineBuffer(2, 8)
    buffer.feed(b"al\n12345678\n123456789\n1234")
    assert buffer.pop() == b"al"
    buffer.limit = 8
    assert pop_all(buffer) == [b"12345678", TOO_LONG]
    buffer.feed(b"5678\n")
    assert pop_all(buffer) == [b"12345678"]


def test_len_counts_complete_lines() -> None:
    buffer = LineBuffer(8)
    assert len(buffer) == 0
    buffer.feed(b"a\nb\nc")
    assert len(buffer) == 2
    buffer.feed(b"\n")
    assert len(buffer) == 3
    assert pop_all(buffer) == [b"a", b"b", b"c"]
    assert len(buffer) == 0


def test_peek_takes_nothing_and_take_all_that_was_not_popped() -> None:
    buffer = LineBuffer(8)
    assert buffer.peek() == buffer.take() == b""
    buffer.feed(b"{}\nb\nc")
    assert buffer.peek() == b"{}\nb\nc"
    assert buffer.pop() == b"{}"
    assert buffer.peek() == buffer.take() == b"b\nc"
    assert buffer.pop() is None
    buffer.feed(b"d\n")
    assert pop_all(buffer) == [b"d"]


def test_drop_forgets_one_line_complete_or_not() -> None:
    buffer = LineBuffer(8)
    buffer.feed(b"a\nb\nc")
    buffer.drop()
    assert pop_all(buffer) == [b"b"]
    buffer.drop()
    buffer.feed(b"cc")
    buffer.feed(b"c\nd\n")
    assert pop_all(buffer) == [b"d"]


def test_clear_forgets_all_and_the_rest_of_what_has_begun() -> None:
    buffer = LineBuffer(8)
    assert buffer.clear() == 0
    buffer.feed(b"a\nb\n")
    assert buffer.pop() == b"a"
    assert buffer.clear() == 2
    buffer.feed(b"c\nd")
    assert buffer.clear() == 3
    buffer.feed(b"ddd")
    assert buffer.clear() == 0
    buffer.feed(b"d\ne\n")
    assert pop_all(buffer) == [b"e"]


def test_finish_gives_the_last_line_after_those_before_it() -> None:
    buffer = LineBuffer(8)
    buffer.feed(b"a\nb\nc")
    buffer.finish()
    buffer.finish()
    assert pop_all(buffer) == [b"a", b"b", b"c"]


# -- memory ------------------------------------------------------------------------------------------------


def retained(buffer: LineBuffer) -> int:
    """Bytes held, with Python's own."""
    return sum(sys.getsizeof(getattr(buffer, slot)) for slot in LineBuffer.__slots__)


@pytest.mark.parametrize("look", [True, False], ids=["read", "unread"])
@pytest.mark.parametrize("byte", [b"x", b"\r"])
def test_64_mib_without_a_newline_are_not_kept(look: bool, byte: bytes) -> None:
    buffer = LineBuffer(DEFAULT.line_before_name, DEFAULT.line)
    chunk = byte * 65536
    reports: Given = []
    for _ in range(64 * MIB // len(chunk)):
        buffer.feed(chunk)
        assert retained(buffer) < DEFAULT.line + 512
        if look:
            reports += pop_all(buffer)
    buffer.feed(b"\nafter\n")
    assert reports + pop_all(buffer) == [TOO_LONG, b"after"]


# -- properties --------------------------------------------------------------------------------------------

#: Lines around the bounds of 4 and 8 bytes, with every ending and with CRs that are none.
LINE = st.builds(
    lambda length, ending: b"x" * length + ending,
    st.sampled_from((0, 1, 3, 4, 5, 7, 8, 9, 10, 25)),
    st.sampled_from((b"\n", b"\r\n", b"\r\r\n", b"\r", b"\rx", b"")),
)
STREAM = st.lists(LINE).map(b"".join)


def split(data: bytes, cuts: list[int]) -> list[bytes]:
    """`data` cut at these places, empty parts included."""
    places = [0, *sorted(cut % (len(data) + 1) for cut in cuts), len(data)]
    return [data[start:end] for start, end in pairwise(places)]


@given(STREAM, st.lists(st.integers(0, 1000)), st.sampled_from((4, 8)), st.booleans(), st.booleans())
def test_splits_change_nothing(data: bytes, cuts: list[int], limit: int, rises: bool, look: bool) -> None:
    assert run(split(data, cuts), limit, rises, look) == run([data], limit, rises)


@given(STREAM, st.lists(st.integers(0, 1000)), st.sampled_from((4, 8)), st.booleans())
def test_what_comes_out_is_what_the_rules_say(data: bytes, cuts: list[int], limit: int, rises: bool) -> None:
    assert run(split(data, cuts), limit, rises) == expected(data, limit, rises)
