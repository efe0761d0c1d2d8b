"""The pure parts of `chat send`, and both tools against the real server."""

import itertools
from collections.abc import Iterator

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatd.protocol.limits import Limits
from chatd_client.send import LONGEST, SMALLEST, pieces, text_lines
from tests.support import live
from tests.support.chat_process import ChatProcess

# -- lines -------------------------------------------------------------------------------------------------


def lines(*reads: bytes) -> list[str]:
    source: Iterator[bytes] = iter(reads)
    return list(itertools.chain.from_iterable(text_lines(lambda: next(source, b""))))


@pytest.mark.parametrize("size", [1, 2, 3, 100])
def test_lines_however_they_are_split(size: int) -> None:
    data = "one\n\nzwö\r\n€uro \U0001f600\nlast".encode() + b"\xff"
    reads = [data[at : at + size] for at in range(0, len(data), size)]
    assert lines(*reads) == ["one", "", "zwö\r", "€uro \U0001f600", "last\ufffd"]


def test_a_line_without_an_end_is_cut_at_a_word() -> None:
    word = b"x" * (LONGEST - 10)
    assert [len(line) for line in lines(word + b" " + b"y" * 20)] == [LONGEST - 9, 20]
    assert [len(line) for line in lines(b"x" * (LONGEST + 1), b"yz")] == [LONGEST + 1, 2]


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
        with ChatProcess("tail", "--name", "root", target.removeprefix("bob@")) as chat:
            bob.expect(r"\* root2 joined")
            bob.send("hello")
            chat.shows("<bob> hello\n")
            server.stop()
            assert chat.ends() == (1, "<bob> hello\n", "! the server is going down\n")
