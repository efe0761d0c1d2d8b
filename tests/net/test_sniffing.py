"""What a client speaks, told from how its first line begins."""

import pytest

from chatd.net.sniffing import TABLE, Unwanted, sniff
from chatd.protocol.dialects import JSONL, TEXT
from chatd.protocol.errors import ChatError, Code
from tests.support.world import World

either = pytest.mark.parametrize("whole", [True, False])


@either
@pytest.mark.parametrize("line", ["{", "{}", '{"type":"hello","nick":"al"}', "{x"])
def test_a_brace_means_json(line: str, whole: bool) -> None:
    assert sniff(line.encode(), whole) is JSONL


@either
@pytest.mark.parametrize("line", ["alice", " {", "[]", "GET / HTTP/1.1", "\ufeff{", "\0"])
def test_anything_else_means_text(line: str, whole: bool) -> None:
    assert sniff(line.encode(), whole) is TEXT


def test_an_empty_line_means_text() -> None:
    assert sniff(b"", whole=True) is TEXT


@either
@pytest.mark.parametrize("line", ["\x16", "\x16\x03\x01"])
def test_a_tls_record_is_unwanted(line: str, whole: bool) -> None:
    with pytest.raises(ChatError, match="not TLS") as error:
        sniff(line.encode(), whole)
    assert error.value.code is Code.BAD_LINE


def test_a_row_may_need_more_than_the_first_byte(monkeypatch: pytest.MonkeyPatch) -> None:
    """As long as a longer beginning may still come, nothing is decided."""
    unwanted = Unwanted(Code.BAD_LINE, "no pipes here")
    monkeypatch.setattr("chatd.net.sniffing.TABLE", ((b"PIPE|", unwanted), (b"P", JSONL), *TABLE))
    assert [sniff(b"PIPE|"[:size], whole=False) for size in range(1, 5)] == [None] * 4
    assert sniff(b"PIPE", whole=True) is sniff(b"PIT", whole=False) is JSONL
    assert sniff(b"Q", whole=False) is TEXT
    world = World()
    player = world.player()
    for byte in b"PIPE|x\nQuentin\n":
        player.feed(bytes((byte,)))
    said = player.lines()
    assert said[0] == "! no pipes here"
    assert said[1].startswith("* you are Quentin")


def test_the_last_row_takes_everything() -> None:
    assert TABLE[-1][0] == b""


@pytest.mark.parametrize("size", [1, 2, 3, 100])
def test_in_whatever_pieces_it_comes_the_first_byte_decides(size: int) -> None:
    world = World()
    for first, answer in (
        ("\x16\x03\x01...", "! this port speaks plain text, not TLS; "),
        ("bob", "* you are bob"),
    ):
        player = world.player()
        line = f"{first}\n".encode()
        for at in range(0, len(line), size):
            player.feed(line[at : at + size])
        (said,) = player.lines()
        assert said.startswith(answer)
    robot = world.player()
    for byte in b'{"type":"ping"}\n':
        robot.feed(bytes((byte,)))
    assert robot.lines() == ['{"type":"pong"}']
