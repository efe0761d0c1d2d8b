"""What the fields of requests may hold with which a room is kept civil; the roles that there are."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatd.protocol.errors import ChatError, Code
from chatd.protocol.moderation_rules import check_keep, check_key, check_slow, check_time, same_key
from chatd.protocol.roles import ROOM_ROLES, SERVER_ROLES, Role
from chatd.protocol.sanitize import clean, shows_nothing


@given(st.text())
def test_a_key_is_one_word_that_everyone_can_type(text: str) -> None:
    try:
        key = check_key(text)
    except ChatError as error:
        assert error.code is Code.USAGE
        return
    assert key == same_key(key) == unicodedata.normalize("NFC", text)
    assert check_key(unicodedata.normalize("NFD", text)) == key
    assert key.split() == [key] and clean(key) == key and not shows_nothing(key)
    assert 1 <= len(key.encode()) <= 64 and key.lower() != "off"


@pytest.mark.parametrize("seconds", [0, 1, 10, 3600])
def test_slow_mode_is_an_hour_at_most(seconds: int) -> None:
    assert check_slow(seconds) == seconds


@pytest.mark.parametrize("seconds", [None, -(2**63), -1, 3601, 2**63 - 1])
def test_slow_mode_is_a_time(seconds: int | None) -> None:
    with pytest.raises(ChatError, match="slow mode is a time from 1s to 60m, like 10s, or off") as caught:
        check_slow(seconds)
    assert caught.value.code is Code.BAD_TIME


def test_for_good_is_no_time() -> None:
    assert check_time(None) is None
    assert check_time(1) == 1
    with pytest.raises(ChatError):
        check_time(0)


def test_a_rule_is_kept_as_it_is_written() -> None:
    assert check_keep(" 5 , 48h ") == "2d,5"


@pytest.mark.parametrize("rule", ["", "off", "0", "x" * 10**6, "\x1b[2J\n" * 20, "1" + " " * 100])
def test_what_is_no_rule_is_one_short_sentence(rule: str) -> None:
    with pytest.raises(ChatError) as caught:
        check_keep(rule)
    assert caught.value.code is Code.USAGE
    assert caught.value.text.isprintable() and len(caught.value.text) < 300


def test_roles_are_from_the_least_to_the_most() -> None:
    assert [role.word for role in Role] == ["everyone", "voice", "operator", "owner", "admin", "owner"]
    assert sorted(Role) == list(Role)
    assert max(ROOM_ROLES.values()) < min(SERVER_ROLES.values())
    assert all(role.word == word for roles in (ROOM_ROLES, SERVER_ROLES) for word, role in roles.items())
