"""How long to wait before the next attempt."""

from chatd_client.backoff import LONGEST, SHORTEST, STABLE_AFTER, Backoff


def test_the_ceiling_doubles_up_to_the_most() -> None:
    backoff = Backoff(lambda: 1.0)
    assert [backoff.next() for _ in range(6)] == [2.0, 4.0, 8.0, 16.0, LONGEST, LONGEST]
    backoff.link_lasted(STABLE_AFTER / 2)
    assert backoff.next() == LONGEST
    backoff.link_lasted(STABLE_AFTER)
    assert backoff.next() == 2.0


def test_chance_spreads_all_of_it() -> None:
    low, middle = Backoff(lambda: 0.0), Backoff(lambda: 0.5)
    assert [low.next() for _ in range(3)] == [SHORTEST] * 3
    assert [middle.next() for _ in range(3)] == [1.5, 2.5, 4.5]
    assert SHORTEST <= Backoff().next() <= 2 * SHORTEST
