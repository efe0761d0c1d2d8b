"""Many who are put out at once: a few at a time, each told why."""

from collections.abc import Iterator

import pytest

from chatd.behaviour.dispatch import dispatch
from chatd.behaviour.moderation import putting_out
from chatd.behaviour.moderation.effects import _AT_ONCE
from chatd.behaviour.moderation.putting_out import begin_putting_out, put_out_some
from chatd.protocol.moderation_requests import Ban
from chatd.protocol.requests import LOBBY
from chatd.state.sessions import CONSOLE, OVER, Session, SessionState
from tests.support.world import Player, World

CROWD = 3 * _AT_ONCE


def counting(world: World, seconds: float, taken: list[float]) -> Iterator[bool]:
    """Steps that take so long each."""
    while True:
        world.now += seconds
        taken.append(world.now)
        yield False


@pytest.mark.parametrize(
    ("waited", "share"),
    [(0.0, 0.25), (0.001, 0.25), (0.004, 1.0), (0.016, 4.0), (10.0, 20.0)],
    ids=["at once", "soon", "later", "late", "at most"],
)
def test_a_turn_is_longer_where_turns_are_rare(waited: float, share: float) -> None:
    world, taken = World(), list[float]()
    world.state.leaving.append(counting(world, world.state.limits.stretch / 8, taken))
    put_out_some(world.state, waited)
    assert len(taken) == pytest.approx(8 * share, abs=1)


def test_who_is_banned_is_not_heard_any_more_before_the_first_connection_ends(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world = World()
    crowd = world.players(*(f"z{number}" for number in range(CROWD)))
    other = world.player("bob")
    for one in crowd:
        one.session.peer = "10.0.0.7:1"
    monkeypatch.setattr(putting_out, "put_out_some", lambda state: None)
    console = Session(world.state.limits, Player(world), len)
    console.person, console.state = CONSOLE, SessionState.PRESENT
    dispatch(world.state, console, Ban(room=LOBBY, whom="*@10.0.0.0/24", reason="raiding"))
    assert not any(one.session.state in OVER for one in crowd)
    hung_up = list[int]()
    while world.state.leaving:
        put_out_some(world.state)
        hung_up.append(sum(one.hung_up for one in crowd))
    assert all(one.session.state in OVER for one in crowd) and other.session.state not in OVER
    assert hung_up == [_AT_ONCE, 2 * _AT_ONCE, CROWD, CROWD]
    for one in crowd:
        told = one.lines()
        assert any("raiding" in line for line in told), told


def test_one_who_goes_by_itself_meanwhile_is_passed_over() -> None:
    world = World()
    steps = iter([False, True, False])
    begin_putting_out(world.state, steps)
    assert next(steps) is False  # the first turn ended at the second step
    put_out_some(world.state)
    assert not world.state.leaving
