"""Passwords in their thread: what fits, what is told, and what stays of them."""

import re
import sys
import weakref
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import gevent
import pytest
from argon2 import PasswordHasher, extract_parameters
from argon2.exceptions import HashingError
from gevent.event import AsyncResult

from chatd.net.logs import log
from chatd.net.passwords import OWASP, Argon2Passwords, Costs
from chatd.protocol.limits import DEFAULT
from tests.support.cheap import CHEAP
from tests.support.live import WATCHDOG


@pytest.fixture
def passwords() -> Iterator[Argon2Passwords]:
    with gevent.Timeout(WATCHDOG):
        made = Argon2Passwords(4, CHEAP)
        yield made
        made.close()


def verifier_of(passwords: Argon2Passwords, password: str) -> str:
    told: AsyncResult[str] = AsyncResult()
    assert passwords.make_verifier(password, told.set)
    return str(told.get())


def fits(passwords: Argon2Passwords, verifier: str | None, password: str) -> bool:
    told: AsyncResult[bool] = AsyncResult()
    assert passwords.verify(verifier, password, told.set)
    return told.get() is True


@pytest.mark.parametrize("password", ["correct horse", "пароль-пароль", "x" * DEFAULT.password])
def test_a_password_fits_its_verifier_and_no_other_does(passwords: Argon2Passwords, password: str) -> None:
    verifier = verifier_of(passwords, password)
    assert fits(passwords, verifier, password)
    assert not fits(passwords, verifier, password + "x")
    assert not fits(passwords, verifier, "")


def test_two_verifiers_of_a_password_have_nothing_in_common(passwords: Argon2Passwords) -> None:
    one, other = (verifier_of(passwords, "correct horse") for _ in range(2))
    assert "correct" not in one
    assert {*one.split("$")[-2:]} & {*other.split("$")[-2:]} == set()


def test_the_verifier_says_what_it_cost_so_that_older_ones_fit() -> None:
    older = PasswordHasher(2, 16, 2).hash("correct horse")
    passwords = Argon2Passwords(4, CHEAP)
    try:
        with gevent.Timeout(WATCHDOG):
            assert fits(passwords, older, "correct horse")
            assert not fits(passwords, older, "correct hose")
    finally:
        passwords.close()


@pytest.mark.parametrize("costs", [CHEAP, OWASP])
def test_a_name_of_nobody_costs_what_every_other_does(costs: Costs) -> None:
    passwords = Argon2Passwords(4, costs)
    passwords.close()
    made = extract_parameters(passwords._hasher.hash("correct horse"))
    assert extract_parameters(passwords._of_nobody) == made
    assert (made.memory_cost, made.time_cost, made.parallelism) == costs
    assert len(passwords._of_nobody) == len(passwords._hasher.hash("x"))


def test_no_password_is_that_of_nobody(passwords: Argon2Passwords, monkeypatch: pytest.MonkeyPatch) -> None:
    assert not fits(passwords, None, "correct horse")
    calculated: list[str] = []

    def always(verifier: str, secret: bytes) -> bool:
        calculated.append(verifier)
        return True

    monkeypatch.setattr(passwords, "_hasher", SimpleNamespace(verify=always))
    assert not fits(passwords, None, "correct horse")
    assert calculated == [passwords._of_nobody]


def test_no_more_than_so_many_wait(passwords: Argon2Passwords) -> None:
    told: list[bool] = []
    last: AsyncResult[bool] = AsyncResult()
    for _ in range(3):
        assert passwords.verify(None, "correct horse", told.append)
    assert passwords.verify(None, "correct horse", last.set)
    assert not passwords.verify(None, "correct horse", told.append)
    assert not passwords.make_verifier("correct horse", lambda verifier: None)
    assert last.get() is False
    assert told == [False] * 3  # in order, each in the loop
    assert verifier_of(passwords, "correct horse")  # there is room again


class Watched(str):
    """A password of which one can tell whether it is still kept."""

    secret = b"correct horse, watched"

    def encode(self, encoding: str = "utf-8", errors: str = "strict") -> bytes:
        return self.secret


def test_a_password_is_kept_for_no_longer_than_its_turn(passwords: Argon2Passwords) -> None:
    password = Watched()
    gone, references = weakref.ref(password), sys.getrefcount(Watched.secret)
    told: AsyncResult[bool] = AsyncResult()
    assert passwords.verify(None, password, told.set)
    del password
    told.get()
    verifier_of(passwords, "another")  # the thread has let go of the job before, whoever was quicker
    left = sys.getrefcount(Watched.secret)
    assert gone() is None
    assert left == references


@pytest.fixture
def heard(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    monkeypatch.setattr(log, "propagate", True)
    return caplog


@pytest.mark.parametrize(
    "error", [HashingError("Memory allocation error"), MemoryError(), ZeroDivisionError()]
)
def test_what_could_not_be_calculated_is_told_and_logged_without_the_password(
    passwords: Argon2Passwords,
    monkeypatch: pytest.MonkeyPatch,
    heard: pytest.LogCaptureFixture,
    error: Exception,
) -> None:
    def fail(*arguments: Any) -> Any:
        raise error

    monkeypatch.setattr(passwords, "_hasher", SimpleNamespace(hash=fail, verify=fail))
    assert verifier_of(passwords, "correct horse") == ""
    assert fits(passwords, "$argon2id$", "correct horse") is False
    assert f"a password could not be calculated: {str(error) or type(error).__name__}" in heard.messages
    assert "correct horse" not in heard.text


def test_a_verifier_that_is_none_fits_nothing_and_is_logged(
    passwords: Argon2Passwords, heard: pytest.LogCaptureFixture
) -> None:
    for verifier in ("", "correct", "$argon2id$v=19$m=8,t=1,p=1$", "$argon2id$v=19$m=8,t=1,p=1$AAAA$AAAA"):
        assert not fits(passwords, verifier, "correct horse")
    assert len(heard.messages) == 4
    assert all(re.match("a password could not be calculated: ", line) for line in heard.messages)


def test_after_the_close_nothing_is_calculated_and_nobody_is_told() -> None:
    passwords = Argon2Passwords(4, CHEAP)
    told: list[bool] = []
    assert passwords.verify(None, "correct horse", told.append)
    passwords.close()
    gevent.sleep(0)
    assert told == []
