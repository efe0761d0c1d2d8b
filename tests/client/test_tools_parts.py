"""The pure parts of `chat send`, and both tools against the real server."""

import itertools
from collections.abc import Iterator

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatd.protocol.limits import Limits
from chatd_client.input_lines import LONGEST, SMALLEST, NumberedLine, numbered_lines, pieces, plain
from chatd_client.send import Refusals
from tests.support import live
from tests.support.chat_process import ChatProcess

# -- lines -------------------------------------------------------------------------------------------------


def numbered(*reads: bytes) -> list[NumberedLine]:
    source: Iterator[bytes] = iter(reads)
    return list(itertools.chain.from_iterable(numbered_lines(lambda: next(source, b""))))


@pytest.mark.parametrize("size", [1, 2, 3, 100])
def test_lines_however_they_are_split(size: int) -> None:
    data = "one\n\nzwö\r\n€uro \U0001f600\nlast".encode() + b"\xff"
    reads = [data[at : at + size] for at in range(0, len(data), size)]
    assert numbered(*reads) == [
        (1, "one"),
        (2, ""),
        (3, "zwö\r"),
        (4, "€uro \U0001f600"),
        (5, "last\ufffd"),
    ]


def test_a_long_line_comes_in_parts_with_its_own_number() -> None:
    word = b"x" * (LONGEST - 10)
    lines = numbered(b"first\n" + word + b" " + b"y" * 20, b"\nnext")
    assert [(number, len(line)) for number, line in lines] == [(1, 5), (2, LONGEST - 9), (2, 20), (3, 4)]
    lines = numbered(b"x" * (LONGEST + 1), b"yz", b"\n", b"next\n")
    assert [(number, len(line)) for number, line in lines] == [(1, LONGEST + 1), (1, 2), (2, 4), (3, 0)]


@pytest.mark.parametrize(
    ("line", "text"),
    [
        ("  plain  ", "  plain"),
        ("\ufeffwith a BOM", "with a BOM"),
        ("inside \ufeff it", "inside \ufeff it"),
        ("windows\r", "windows"),
        (" 10 %\r 50 %\r100 %\r\r", "100 %"),
        ("\x1b[1;31merror:\x1b[0m no such \x1b[4mfile\x1b[m", "error: no such file"),
        ("\x1b[38:2::255:0:0mred\x1b[K\x1b[?25l\x1b[1 q", "red"),
        ("\x9b1mbold\x9b0m", "bold"),
        ("\x1b]0;a title\x07shown", "shown"),
        ("\x1b]8;;http://x.org/\x1b\\link\x1b]8;;\x1b\\", "link"),
        ("\x1bP1$r0m\x1b\\a\x90q\x9cb\x1b_apc\x9cc", "abc"),
        ("\x1b(Bcharset\x1b=\x1bM", "charset"),
        ("\x1b]never ended", "never ended"),
        ("cut\x1b", "cut"),
        ("cut\x1b[0;", "cut0;"),
        ("\x1b[31m\x1b[0m", ""),
        ("tab\there\x00\x7f", "tab here"),
        ("\u202eevil\u2028", "evil"),
    ],
)
def test_what_was_meant_for_a_terminal_is_taken_out(line: str, text: str) -> None:
    assert plain(line) == text


@pytest.mark.parametrize("unit", ["\x1b]", "\x9d", "\x1b[", "\x1b[1;", "\x1bP\x90", "\r"])
def test_a_hostile_line_is_taken_apart_at_once(unit: str) -> None:
    """64 KiB of what begins and never ends: a pattern that looks back takes minutes for it."""
    assert not plain(unit * (LONGEST // len(unit))).replace("1;", "").strip()


# -- what was refused --------------------------------------------------------------------------------------


def test_every_refusal_is_told_in_runs() -> None:
    told: list[str] = []
    refusals = Refusals(told.append)
    for line in range(1, 12_001):
        refusals.answered(line, line, None if line % 3 == 0 else "bob is not here")
    assert (len(told), refusals.any) == (4000, True)
    assert told[0] == "lines 1 to 2 were not delivered: bob is not here"
    assert told[-1] == "lines 11998 to 11999 were not delivered: bob is not here"
    refusals.answered(12_001, 12_001, "bob is not here")
    refusals.answered(12_001, 12_001, "bob is not here")  # the rest of the same line
    refusals.answered(12_002, 12_002, "the text is empty")
    refusals.end_run()
    refusals.end_run()
    assert told[4000:] == [
        "line 12001 was not delivered: bob is not here",
        "line 12002 was not delivered: the text is empty",
    ]


# -- pieces ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "room", "parts"),
    [
        ("", 10, [""]),
        ("short", 10, ["short"]),
        ("exactly te", 10, ["exactly te"]),
        ("exactly ten", 10, ["exactly", "ten"]),
        ("ten chars. more", 10, ["ten chars.", "more"]),
        ("a b c d e f", 4, ["a b", "c d", "e f"]),
        ("overlongword", 5, ["overl", "ongwo", "rd"]),
        ('""""', 5, ['""', '""']),
        ("ääää", 5, ["ää", "ää"]),
        ("\U0001f600\U0001f600", 4, ["\U0001f600", "\U0001f600"]),
        ("    indented", 8, ["    inde", "nted"]),
    ],
)
def test_pieces(text: str, room: int, parts: list[str]) -> None:
    assert list(pieces(text, room)) == parts


@given(st.text(st.characters(exclude_categories=("Cc", "Cs"))), st.integers(SMALLEST, 50))
def test_every_piece_fits_and_nothing_but_space_is_lost(text: str, room: int) -> None:
    parts = list(pieces(text, room))
    assert all(len(msgspec.json.encode(part)) - 2 <= room for part in parts)
    assert "".join("".join(parts).split()) == "".join(text.split())


# -- with the real server ----------------------------------------------------------------------------------


def test_a_thousand_lines_arrive_in_order() -> None:
    count = 1000
    with live.serving(Limits()) as server:
        bob = live.Peer(server, "bob")
        _, port = live.address_of(server.addresses[0])
        with ChatProcess("send", f"alice@127.0.0.1:{port}") as chat:
            chat.types("".join(f"line {number} of a build log\n" for number in range(count)))
            chat.closes_keyboard()
            bob.expect(
                r"\* alice joined", *(f"<alice> line {number} of a build log" for number in range(count))
            )
            bob.expect(r"\* alice left")
            assert chat.ends() == (0, "", "")


def test_nobody_of_that_name_and_a_name_of_ones_own() -> None:
    with live.serving() as server:
        bob = live.Peer(server, "bob")
        target = server.addresses[0].replace("tcp://", "bob@")
        with ChatProcess("send", "--to", "carol", target, "hi") as chat:
            assert chat.ends() == (
                3,
                "",
                "! line 1 was not delivered: carol is not here; /users lists who is\n",
            )
        bob.expect(r"\* bob2 joined", r"\* bob2 left")
        with ChatProcess("tail", "--time-format=", "--name", "root", target.removeprefix("bob@")) as chat:
            bob.expect(r"\* root2 joined")
            bob.send("hello")
            chat.shows("<bob> hello\n")
            server.stop()
            assert chat.ends() == (1, "<bob> hello\n", "! the server is going down\n")
