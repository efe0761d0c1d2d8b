"""What the terminal sends: keys pass, replies do not, however it is read."""

from collections.abc import Callable

import pytest
from prompt_toolkit.input.ansi_escape_sequences import ANSI_SEQUENCES
from prompt_toolkit.input.vt100_parser import Vt100Parser
from prompt_toolkit.key_binding.key_processor import KeyPress

from chatd_client.screen.terminal_input import REPLY_TIME, KeyParser, ReplyFilter

REPLIES = (
    "\x1b]11;rgb:1e1e/1e1e/1e1e\x1b\\",  # OSC, in its three endings
    "\x1b]10;rgb:ffff/ffff/ffff\x07",
    "\x1b]21;title: \u00e9\x07",
    "\x1b]52;c;aGVsbG8=\x9c",
    "\x1bP>|XTerm(380)\x1b\\",  # DCS: its version, a setting, a capability, its number
    "\x1bP1$r0m\x1b\\",
    "\x1bP1+r544e=787465726d\x1b\\",
    "\x1bP!|7E565445\x1b\\",
    "\x1b_Gi=31;OK\x1b\\",  # APC
    "\x1b[12;40R",  # CSI: the cursor, the device, a mode, the focus, a size, a colour scheme
    "\x1b[?62;22c",
    "\x1b[>41;380;0c",
    "\x1b[0n",
    "\x1b[?2026;2$y",
    "\x1b[I",
    "\x1b[O",
    "\x1b[8;24;80t",
    "\x1b[?997;1n",
    "\x1b[13;5u",  # a key, as terminals write it that prompt_toolkit does not know
    "\x1b[27;5;120~",
    "\x1bOj",
    "\x1b[201~",  # the end of a paste that never began
)
KEYS = tuple(key for key in ANSI_SEQUENCES if key != "\x1b[200~")
MOUSE = ("\x1b[<64;5;5M", "\x1b[<0;5;5m", "\x1b[M !!", "\x1b[96;14;13M")
PASTE = f"\x1b[200~one\n{REPLIES[0]}{REPLIES[9]}\x1b[20\x1b[201~"


def in_pieces(text: str, size: int) -> list[str]:
    return [text[first : first + size] for first in range(0, len(text), size)]


def filtered(*pieces: str) -> str:
    replies = ReplyFilter()
    return "".join(map(replies.feed, pieces))


@pytest.mark.parametrize("size", [1, 2, 3, 5, 1000])
@pytest.mark.parametrize("reply", REPLIES)
def test_a_reply_is_dropped(reply: str, size: int) -> None:
    assert filtered(*in_pieces(f"a{reply}b{reply}{reply}c", size)) == "abc"


@pytest.mark.parametrize("size", [1, 2, 3, 5, 1000])
@pytest.mark.parametrize("key", [*MOUSE, PASTE])
def test_the_mouse_and_a_paste_pass(key: str, size: int) -> None:
    assert filtered(*in_pieces(f"a{key}b{key}{REPLIES[0]}c", size)) == f"a{key}b{key}c"


def parsed(make: Callable[[Callable[[KeyPress], None]], Vt100Parser], pieces: list[str]) -> list[KeyPress]:
    keys: list[KeyPress] = []
    parser = make(keys.append)
    for piece in pieces:
        parser.feed(piece)
    parser.flush()
    return keys


@pytest.mark.parametrize("size", [1, 1000])
@pytest.mark.parametrize("text", [*KEYS, "\x1bx", "\x1b]", "\x1bP", "\x1b\x1b[A", "\x1b\x1b", PASTE])
def test_every_key_is_what_it_was(text: str, size: int) -> None:
    pieces = in_pieces(text, size)
    assert parsed(KeyParser, pieces) == parsed(Vt100Parser, pieces)


def test_a_string_of_another_kind_is_dropped_where_it_is_whole() -> None:
    assert filtered("a\x1b_other\x1b\\b\x1b^private\x1b\\c\x1bXstart\x07d\x1b]la title\x07e") == "abcde"


@pytest.mark.parametrize("keys", ["\x1b]lo", "\x1bPlease", "\x1b_x", "\x1bXyz", "\x1b^a"])
def test_alt_begins_no_reply(keys: str) -> None:
    assert filtered(*keys) == keys


@pytest.mark.parametrize("begun", ["\x1b]52;c;aGVs", "\x1bP1$r", "\x1b_Gi"])
@pytest.mark.parametrize("key", ["\r", "\x03", "\x1b[A"])
def test_a_key_that_no_reply_holds_ends_it(begun: str, key: str) -> None:
    assert filtered(begun, "swallowed", key, "typed") == f"{key}typed"


@pytest.mark.parametrize("begun", ["\x1b]52;c;aGVs", "\x1bP1$r", "\x1b_Gi", "\x1b[12;", "\x1b[M"])
def test_an_unfinished_reply_is_not_waited_for_for_long(begun: str) -> None:
    now = 10.0
    replies = ReplyFilter(lambda: now)
    assert replies.feed(f"a{begun}") == "a"
    assert replies.flush() == ""
    now += REPLY_TIME
    assert replies.feed("1") == ""
    now += REPLY_TIME / 10
    assert replies.feed("typed") == "typed"


def test_escape_ends_a_reply_and_begins_what_follows() -> None:
    assert filtered("\x1b]11;rgb\x1b", "xyz") == "\x1bxyz"
    assert filtered("\x1b]11;rgb\x1b", "]10;rgb\x07z") == "z"


def test_a_second_reply_has_a_time_of_its_own() -> None:
    now = 10.0
    replies = ReplyFilter(lambda: now)
    assert replies.feed("\x1b[12;") == ""
    now += REPLY_TIME
    assert replies.feed("1R\x1b[1") == ""
    now += REPLY_TIME
    assert replies.feed("2;1Rx") == "x"


@pytest.mark.parametrize("key", ["\x1b", "\x1b[", "\x1bO", "\x1b]", "\x1bP", "\x1b_"])
def test_what_may_be_a_key_is_one_after_a_while(key: str) -> None:
    replies = ReplyFilter()
    assert replies.feed(f"a{key}") == "a"
    assert replies.flush() == key
    assert replies.flush() == ""
    assert replies.feed("11;x") == "11;x"


def test_a_paste_may_take_its_time() -> None:
    now = 10.0
    replies = ReplyFilter(lambda: now)
    first = replies.feed("\x1b[200~one")
    now += 10 * REPLY_TIME
    assert replies.flush() == ""
    assert first + replies.feed("two\x1b[201~") == "\x1b[200~onetwo\x1b[201~"
