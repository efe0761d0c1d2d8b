"""Names: refused or taken as they are, never cleaned."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatd.protocol.errors import ChatError, Code
from chatd.protocol.limits import DEFAULT
from chatd.protocol.names import RESERVED, check_name, check_room, fold, printable

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
FIRST = LETTERS + "_[]}^|"
LATER = FIRST + "0123456789-{"

SENTENCE = (
    "a name has 1 to 32 characters from A-Z a-z 0-9 _ - [ ] { } ^ | "
    "and does not start with a digit, - or {; please give another"
)


def refusal(name: str) -> ChatError:
    with pytest.raises(ChatError) as caught:
        check_name(name)
    return caught.value


@pytest.mark.parametrize(
    "name", ["a", "Alice", "x" * 32, "_", "[bob]", "}{", "^_^", "|x|", "a-1", "Z9", "servers", "all_", "_all"]
)
def test_good_names_stay_as_typed(name: str) -> None:
    assert check_name(name) == name


@pytest.mark.parametrize(
    "name",
    [
        "",
        "x" * 33,
        "x" * 4096,
        " ",
        "al ice",
        " alice",
        "alice ",
        "alice\r",
        "alice\n",
        "al\x00ice",
        "\x1b[31mal",
        "1a",
        "-a",
        "{a",
        '{"type":"hello"}',
        "/users",
        "GET / HTTP/1.1",
        "a.b",
        "a,b",
        "a`b",
        "a\\b",
    ],
)
def test_bad_names_are_refused_with_what_to_give_instead(name: str) -> None:
    error = refusal(name)
    assert (error.code, error.text) == (Code.BAD_NICK, SENTENCE)


@pytest.mark.parametrize(
    "name",
    [
        "Zoë",
        "élan",
        "1é",
        "а",  # Cyrillic
        "ａ",  # full width
        "a１",  # a digit, but not ASCII
        "山田",
        "al\u202eice",
        "al\u200bice",
        "é" * 33,
    ],
)
def test_letters_of_other_scripts_are_refused_with_the_reason(name: str) -> None:
    error = refusal(name)
    assert (error.code, error.text) == (
        Code.BAD_NICK,
        "names are ASCII: 1 to 32 characters from A-Z a-z 0-9 _ - [ ] { } ^ |, "
        "the first no digit, - or {; please give another",
    )


def test_every_ascii_character_first_and_later() -> None:
    for character in map(chr, range(0x80)):
        for name, allowed in ((character, FIRST), ("a" + character, LATER)):
            if character in allowed:
                assert check_name(name) == name
            else:
                assert refusal(name).code is Code.BAD_NICK


@pytest.mark.parametrize(
    "name", ["server", "root", "all", "you", "help", "quit", "post", "nick", "ehlo", "ruok"]
)
def test_reserved_names_in_any_case(name: str) -> None:
    for typed in (name, name.upper(), name.title()):
        error = refusal(typed)
        assert error.code is Code.RESERVED_NICK
        assert error.text == f"the name {typed} is reserved; please give another"


def test_reserved_names_are_folded_and_would_be_good_ones() -> None:
    for name in RESERVED:
        assert fold(name) == name
        assert check_name(f"{name}_") == f"{name}_"


def test_names_are_compared_without_case() -> None:
    assert fold("Alice") == fold("aLICE") == "alice"
    assert fold("[Bob]^") == "[bob]^"
    assert fold("[") != fold("{")


@given(st.text(LATER, max_size=40) | st.text(LATER + "\0\n é٣１", max_size=4))
def test_a_name_is_taken_exactly_when_the_rules_allow_it(name: str) -> None:
    good = (
        1 <= len(name) <= DEFAULT.name
        and name[0] in FIRST
        and set(name) <= set(LATER)
        and name.lower() not in RESERVED
    )
    if good:
        assert check_name(name) == name
    else:
        assert refusal(name).code in (Code.BAD_NICK, Code.RESERVED_NICK)


@pytest.mark.parametrize(
    ("name", "room"), [("dev", "dev"), ("#Dev", "dev"), ("0_-", "0_-"), ("X" * 32, "x" * 32)]
)
def test_rooms_are_folded(name: str, room: str) -> None:
    assert check_room(name) == room


@pytest.mark.parametrize("name", ["", "#", "##dev", "-dev", "a b", "é", "dev\n", "x" * 33, "a[", "\x00"])
def test_bad_names_of_rooms_are_refused(name: str) -> None:
    with pytest.raises(ChatError) as caught:
        check_room(name)
    assert caught.value.code is Code.BAD_ROOM
    assert caught.value.text.endswith("please give another")


def test_a_name_that_nobody_has_is_shown_clean_and_short() -> None:
    assert printable("\x1b[2J" + "x" * 40) == "[2J" + "x" * 29
