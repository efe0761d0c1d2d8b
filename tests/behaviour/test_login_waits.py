"""Which requests wait for their turn to try a password."""

from dataclasses import replace

import pytest

from chatd.behaviour.login_waits import login_wait
from chatd.protocol.errors import ChatError, Code
from chatd.protocol.limits import DEFAULT
from chatd.protocol.people_requests import Password
from chatd.protocol.requests import Hello, Ping, Request
from chatd.state.accounts import Account
from tests.support.world import World

LIMITS = replace(DEFAULT, login_burst=1, login_rate=0.1, account_burst=1, account_rate=0.01)
WITH_PASSWORD = Hello("alice", password="correct horse")


def world_with_alice() -> World:
    world = World(LIMITS)
    world.state.accounts.add(Account(7, "alice", "verifier", 0))
    return world


@pytest.mark.parametrize(
    ("request_", "wait"),
    [
        (WITH_PASSWORD, 100),
        (Hello("ALICE", password="correct horse"), 100),
        (Hello("bob", password="correct horse"), 10),
        (Hello("no name", password="correct horse"), 10),
        (Password("correct horse"), 100),
        (Hello("alice"), 0),
        (Hello("alice", token="token"), 0),
        (Ping(), 0),
        (ChatError(Code.BAD_PASSWORD, "no"), 0),
    ],
)
def test_what_gives_a_password_waits_for_the_address_and_the_account(
    request_: Request | ChatError, wait: float
) -> None:
    world = world_with_alice()
    session = world.player().session
    session.password_of = "alice"
    assert login_wait(world.state, session, request_) == 0
    world.state.logins.take(session.address, 7, world.now)
    assert login_wait(world.state, session, request_) == pytest.approx(wait)


def test_what_others_may_read_is_refused_without_a_wait() -> None:
    world = world_with_alice()
    session = world.player().session
    world.state.logins.take(session.address, 7, world.now)
    session.private = False
    assert login_wait(world.state, session, WITH_PASSWORD) == 0
    world.state.plaintext_passwords = True
    assert login_wait(world.state, session, WITH_PASSWORD) == pytest.approx(100)
