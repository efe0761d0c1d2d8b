"""What a client speaks, told from how its first line begins."""

import pytest

from chatd.net.sniffing import TABLE, sniff
from chatd.protocol.dialects import JSONL, TEXT
from chatd.protocol.errors import ChatError, Code
from tests.support.world import World


@pytest.mark.parametrize("line", ["{", "{}", '{"type":"hello","nick":"al"}', "{x"])
def test_a_brace_means_json(line: str) -> None:
    assert sniff(line.encode()) is JSONL


@pytest.mark.parametrize("line", ["", "alice", " {", "[]", "GET / HTTP/1.1", "\ufeff{", "\0"])
def test_anything_else_means_text(line: str) -> None:
    assert sniff(line.encode()) is TEXT


@pytest.mark.parametrize("line", ["\x16", "\x16\x03\x01"])
def test_a_tls_record_is_unwanted(line: str) -> None:
    with pytest.raises(ChatError, match="not TLS") as error:
        sniff(line.encode())
    assert error.value.code is Code.BAD_LINE


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
