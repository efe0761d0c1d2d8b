"""Telnet's commands in what is typed: taken out, and declined, however the bytes are split."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatd.protocol.telnet import TelnetFilter
from tests.support.world import World

#: (what comes, what was typed, what is answered)
STREAMS = [
    (b"hello\n", b"hello\n", b""),
    (b"a\xff\xf1b\n", b"ab\n", b""),  # NOP
    (b"\xff\xf6\n", b"\n", b""),  # AYT
    (b"\xff\xf4\xff\xfd\x06hi\n", b"hi\n", b"\xff\xfc\x06"),  # Ctrl-C: IP, DO TIMING-MARK
    (b"\xff\xfd\x06\xff\xfd\x06", b"", b"\xff\xfc\x06\xff\xfc\x06"),  # is answered each time
    (b"\xff\xfd\x01\xff\xfd\x01\xff\xfd\x03", b"", b"\xff\xfc\x01\xff\xfc\x03"),  # DO: WONT, once
    (b"\xff\xfb\x1f\xff\xfb\x1f\xff\xfb\x18", b"", b"\xff\xfe\x1f\xff\xfe\x18"),  # WILL: DONT, once
    (b"\xff\xfb\x06\xff\xfb\x06", b"", b"\xff\xfe\x06"),  # the exception is DO's only
    (b"\xff\xfd\x01\xff\xfb\x01", b"", b"\xff\xfc\x01\xff\xfe\x01"),  # both ways
    (b"\xff\xfe\x01\xff\xfc\x01", b"", b""),  # DONT, WONT: it is so
    (b"\xff\xfd\xffx", b"x", b"\xff\xfc\xff"),  # an option may be 255
    (b"\xff\xfd\nx", b"x", b"\xff\xfc\n"),  # or look like a line feed
    (b"a\xff\xffb", b"a\xffb", b""),
    (b"\xff\xff\xff\xf1\xff\xff", b"\xff\xff", b""),
    (b"\xff\xff\xfd\x01", b"\xff\xfd\x01", b""),  # the byte 255, then two more
    (b"a\xff\xfa\x1f\0\x50\0\x18\xff\xf0b", b"ab", b""),  # SB NAWS
    (b"\xff\xfa\x18\xff\xff\xf0\xff\xf1\n\xff\xf0b", b"b", b""),  # IAC IAC SE is not its end, nor is NOP
    (b"\xff\xfa\xff\xf0\xff\xfa\xff\xf0b", b"b", b""),
    (b"helo\xff\xf7lo\xff\xf8x", b"helo\x08lo\x15x", b""),  # EC, EL
    (b"al\r\0bo\r\nx\0y\r\r\0", b"al\r\nbo\r\nx\0y\r\r\n", b""),  # CR NUL is Enter
    (b"a\r\xff\xf1\0b", b"a\r\nb", b""),
    (b"a\xff", b"a", b""),
    (b"a\xff\xfd", b"a", b""),
    (b"a\xff\xfa\x18\0abc", b"a", b""),
    (b"a\r", b"a", b""),
]


def run(pieces: list[bytes]) -> tuple[bytes, bytes]:
    telnet = TelnetFilter(512)
    return b"".join(map(telnet.feed, pieces)), telnet.take_answer()


@pytest.mark.parametrize(("stream", "typed", "answer"), STREAMS)
def test_streams(stream: bytes, typed: bytes, answer: bytes) -> None:
    assert run([stream]) == (typed, answer)
    assert run([stream[at : at + 1] for at in range(len(stream))]) == (typed, answer)
    for size in (2, 3):
        assert run([stream[at : at + size] for at in range(0, len(stream), size)]) == (typed, answer)


_PIECES = st.lists(
    st.lists(st.sampled_from(b"\xff\xff\xff\xf0\xf1\xf7\xfa\xfb\xfd\xfe\x06\r\n\0a"), max_size=6).map(bytes),
    max_size=8,
)


@given(_PIECES)
def test_splits_change_nothing(pieces: list[bytes]) -> None:
    whole = b"".join(pieces)
    assert run(pieces) == run([whole])
    rest = TelnetFilter(512)
    typed = rest.feed(rest.skip(whole))
    assert (typed, rest.take_answer()) == run([whole])


@pytest.mark.parametrize(
    ("stream", "rest"),
    [
        (b"alice", b"alice"),
        (b"\xff\xfd\x03alice\xff\xf1", b"alice\xff\xf1"),
        (b"\xff\xfa\x18\0x\xff\xf0{}", b"{}"),
        (b"\xff\xffa", b"\xff\xffa"),
        (b"\xff\xf7\r\0", b"\r\0"),
        (b"\xff\xfd", b""),
    ],
)
def test_skip_stops_at_the_first_byte_that_was_typed(stream: bytes, rest: bytes) -> None:
    telnet = TelnetFilter(512)
    assert telnet.skip(stream) == rest


def test_what_goes_on_without_end_is_not_kept() -> None:
    telnet = TelnetFilter(512)
    assert telnet.feed(b"\xff\xfa\x18") == b""
    assert telnet.feed(b"x" * 1000 + b"\xff\xff") == b""
    assert len(telnet.begun) <= 3
    assert telnet.feed(b"\xff\xf0a") == b"a"


@pytest.mark.parametrize("size", [1, 100, 5000])
def test_what_is_about_an_option_and_does_not_end_is_typed_text(size: int) -> None:
    """For which there are bounds."""
    telnet = TelnetFilter(512)
    telnet.feed(b"\xff\xfa\x18")
    typed = b"".join(telnet.feed(b"x" * size) for _ in range(10_000 // size))
    assert len(typed) > 8_000
    assert telnet.begun == b""


def test_every_option_in_both_directions_is_declined_once() -> None:
    telnet = TelnetFilter(512)
    for _ in range(2):
        for option in range(256):
            telnet.feed(bytes((255, 253, option, 255, 251, option)))
    assert len(telnet.take_answer()) == 3 * (512 + 1)  # the timing mark twice


def test_a_flood_of_commands_is_no_telnet() -> None:
    flood = b"\xff\xfd\x01" * 513
    telnet = TelnetFilter(512)
    assert telnet.feed(flood) == flood
    assert telnet.skip(flood) == flood
    assert telnet.take_answer() == b""
    assert telnet.feed(flood[:3]) == b""


# -- through the server, without sockets -------------------------------------------------------------------

PUTTY = (
    b"\xff\xfb\x1f\xff\xfb\x20\xff\xfb\x18\xff\xfb\x27\xff\xfd\x01\xff\xfb\x03\xff\xfd\x03"  # as it begins
)
DECLINED = b"\xff\xfe\x1f\xff\xfe\x20\xff\xfe\x18\xff\xfe\x27\xff\xfc\x01\xff\xfe\x03\xff\xfc\x03"


@pytest.mark.parametrize("size", [1, 2, 100])
def test_putty_says_nothing_by_its_negotiation(size: int) -> None:
    world = World()
    player = world.player()
    for at in range(0, len(PUTTY), size):
        player.feed(PUTTY[at : at + size])
    assert not player.reader.begun
    world.round()
    assert player.socket.taken == DECLINED
    player.feed(b"alice\r\n")
    world.round()
    assert player.socket.taken.startswith(DECLINED + b"* you are alice")


def test_after_ctrl_c_the_next_line_is_a_line() -> None:
    world = World()
    alice, bob = world.players("alice", "bob")
    bob.feed(b"ni\xff\xf4\xff\xfd\x06hi\r\n")
    world.round()
    assert bob.socket.taken.endswith(b"\xff\xfc\x06")
    assert alice.lines() == ["<bob> nihi"]
    bob.feed(b"helo\xff\xf7lo\r\0")
    assert alice.lines() == ["<bob> hello"]


def test_the_byte_itself_is_no_utf8() -> None:
    (bob,) = World().players("bob")
    bob.feed(b"a\xff\xffb\n")
    assert bob.lines() == ["! the line is not valid UTF-8; please send UTF-8"]


def test_in_json_nothing_is_telnet() -> None:
    world = World()
    robot = world.player()
    robot.feed(b'\xff\xfb\x1f{"type":"hello","nick":"robot"}\n{"type":"say","text":"\xff\xfd!"}\n')
    world.round()
    decline, _, rest = robot.socket.taken.partition(b"{")
    assert decline == b"\xff\xfe\x1f"
    assert b'"code":"bad-utf8"' in rest
    assert b"\xff" not in rest


def test_commands_count_as_lines_that_wait() -> None:
    (bob,) = World().players("bob")
    bob.reader.feed(b"\xff\xf1\xff\xf1hi\n")
    assert bob.reader.lines_ahead == 3
