"""What a client speaks, told from its first bytes."""

import pytest

from chatd.net.sniffing import TABLE, sniff
from chatd.protocol.dialects import JSONL, TEXT
from chatd.protocol.errors import Code, Refused
from chatd.protocol.limits import DEFAULT
from chatd.state.sessions import SessionState
from tests.support.world import Player, World

either = pytest.mark.parametrize("settled", [True, False])


@either
@pytest.mark.parametrize(
    "start", ["{", "{}", '{"type":"hello","nick":"al"}', "{x", '{"a b": " HTTP/1.1"}', "\ufeff{"]
)
def test_a_brace_means_json(start: str, settled: bool) -> None:
    assert sniff(start.encode(), settled) is JSONL


@either
@pytest.mark.parametrize(
    "start",
    [
        "alice\n",
        " {",
        "[]",
        "\ufeffal\n",
        "\0",
        "\n",
        "\r\r\n",
        "\r\nalice",
        "get up\n",
        "GET\n",
        "PROXY\n",
        "Zo\xeb",
    ],
)
def test_anything_else_means_text(start: str, settled: bool) -> None:
    assert sniff(start.encode(), settled) is TEXT


@pytest.mark.parametrize(
    "start", ["alice", "PROXY", "P", "GET", "a b HT", "\r", "\r\n\r", "\r\n\r\n\0\r\nQUIT", "\ufeff"]
)
def test_what_may_go_on_is_text_only_when_nothing_more_comes(start: str) -> None:
    assert sniff(start.encode(), settled=False) is None
    assert sniff(start.encode(), settled=True) is TEXT


#: What comes, and a word of the answer.
UNWANTED = [
    (b"\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03", "not TLS"),
    (b"PROXY TCP4 127.0.0.1 127.0.0.1 5000 5050\r\n", "PROXY protocol"),
    (b"PROXY UNKNOWN\r\n", "PROXY protocol"),
    (b"\r\n\r\n\0\r\nQUIT\n\x20\0\0\0", "PROXY protocol"),
    (b"\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c\x7f\0\0\x01\x7f\0\0\x01\x13\x88\x13\xba", "PROXY protocol"),
    (b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", "by HTTP"),
    (
        b"POST / HTTP/1.1\r\nContent-Type: text/plain\r\n\r\nwebpage\nspoken by a page\n/dm bob hi\n",
        "by HTTP",
    ),
    (b"GET /\n", "by HTTP"),
    (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "by HTTP"),
    (b"CONNECT 127.0.0.1:22 HTTP/1.0\r\n\r\n", "by HTTP"),
    (b"get / http/1.1\r\nwebpage\r\n", "by HTTP"),
    (b"PrOpFiNd /a b HTTP/1.1\r\nwebpage\r\n", "by HTTP"),
    (b"\xef\xbb\xbfBREW pot-1 HTTP/1.1\r\nwebpage\r\n", "by HTTP"),
]


@pytest.mark.parametrize("pieces", [1, 2, 3, 100])
@pytest.mark.parametrize(("start", "answer"), UNWANTED)
def test_another_protocol_gets_one_error_and_is_closed(start: bytes, answer: str, pieces: int) -> None:
    world = World()
    bob = world.player("bob")
    player = world.player()
    for at in range(0, len(start), pieces):
        player.feed(start[at : at + pieces])
    player.feed(b"alice\nhi all\n/dm bob hi\n")
    (said,) = player.lines()
    assert said.startswith("! ")
    assert answer in said
    assert player.session.state is SessionState.LEAVING
    world.settle()
    assert bob.lines() == []
    with pytest.raises(Refused) as error:
        sniff(start, settled=True)
    assert error.value.code is Code.BAD_LINE


def test_the_last_row_takes_everything() -> None:
    assert TABLE[-1][0](b"anything") is True


@pytest.mark.parametrize("size", [1, 2, 3, 100])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_in_whatever_pieces_it_comes(size: int, mark: str) -> None:
    for first, answer in (("bob\n", "* you are bob"), ('{"type":"ping"}\n', '{"type":"pong"}')):
        player = World().player()
        line = (mark + first).encode()
        for at in range(0, len(line), size):
            player.feed(line[at : at + size])
        (said,) = player.lines()
        assert said.startswith(answer)


def test_only_one_mark_is_skipped() -> None:
    world = World()
    player = world.player()
    player.feed("\ufeff\ufeffbob\n")
    (said,) = player.lines()
    assert said.startswith("! names are ASCII")
    carol = world.player("carol")
    carol.feed("\ufeffhi\n")
    assert player.session.state is SessionState.NAMELESS
    world.settle()


def silent(player: Player) -> None:
    """Nothing comes for a while. (World has no socket to wait for.)"""
    player.reader._quiet = True
    player.feed(b"")


def test_a_line_that_may_go_on_to_something_else_is_a_line_after_a_silence() -> None:
    world = World()
    player = world.player()
    player.feed(b"\r\n")
    assert player.lines() == []
    assert player.reader.undecided
    silent(player)
    (said,) = player.lines()
    assert said.startswith("! a name has 1 to 32")
    assert not player.reader.undecided


def test_half_a_line_waits_for_the_rest_however_long() -> None:
    world = World()
    player = world.player()
    player.feed(b"GET")
    silent(player)
    assert not player.reader.undecided
    player.feed(b" / HTTP/1.1\r\n")
    assert "by HTTP" in player.lines()[0]


def test_a_beginning_without_an_end_is_a_line_that_is_too_long() -> None:
    world = World()
    player = world.player()
    for _ in range(DEFAULT.line_before_name // 8 + 1):
        player.feed(b"a b c d ")
    assert player.lines() == ["! a line has at most 1024 bytes; please send shorter ones"]
    assert player.session.state is SessionState.LEAVING
