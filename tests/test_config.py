"""Settings: the defaults, the table of limits, and the errors that cross the wire."""

import dataclasses

import pytest

from chatd.config import Config
from chatd.protocol.errors import ChatError, Code, Refused
from chatd.protocol.keep_rule import EVERYTHING
from chatd.protocol.limits import DEFAULT, KIB, MIB
from chatd.protocol.registration import Registration


def test_defaults() -> None:
    assert Config() == Config(
        ("tcp://127.0.0.1:5050",), 10.0, None, "memory", "always", EVERYTHING, Registration.OPEN, False
    )


def test_the_limits_are_those_of_the_design() -> None:
    table = {
        "line": 4096,
        "line_to_client": MIB,
        "line_before_name": 1024,
        "name": 32,
        "ref": 64,
        "name_time": 30,
        "greet_after": 0.25,
        "room_waiting": MIB,
        "private_waiting": 256 * KIB,
        "nameless_waiting": 4 * KIB,
        "stall": 75,
        "line_burst": 20,
        "line_rate": 10,
        "read_ahead": 32,
        "leave_time": 5,
        "down_time": 5,
        "notice_interval": 0.25,
        "notice_names": 20,
        "user_timeout": 75,
        "send_buffer": 128 * KIB,
        "receive_buffer": 64 * KIB,
        "backlog": 4096,
        "spare_files": 64,
        "rest_max": 0.020,
        "slow_share": 0.1,
        "slow_least": 2,
    }
    limits = dataclasses.asdict(DEFAULT)
    assert {name: limits[name] for name in table} == table
    silent = (DEFAULT.keepalive_idle, DEFAULT.keepalive_probes, DEFAULT.keepalive_interval)
    assert silent == (60, 3, 15)
    # A peer that vanished is found after this time at most: something is said to it just before it is found.
    assert DEFAULT.keepalive_idle + DEFAULT.keepalive_interval + DEFAULT.user_timeout == 150


def test_limits_are_replaced_never_changed() -> None:
    assert dataclasses.replace(DEFAULT, line=8).line == 8
    with pytest.raises(dataclasses.FrozenInstanceError):
        DEFAULT.line = 8  # type: ignore[misc]


@pytest.mark.parametrize("kind", [ChatError, Refused])
def test_errors_carry_what_the_answer_needs(kind: type[ChatError]) -> None:
    error = kind(Code.USAGE, "please write /users", "r1")
    assert (error.code, error.text, error.ref) == ("usage", "please write /users", "r1")
    assert str(error) == error.text
    assert isinstance(error, ChatError)
    assert kind(Code.FULL, "the server is full").ref is None


def test_codes_are_words_for_programs() -> None:
    assert all(code == code.value == code.name.lower().replace("_", "-") for code in Code)
