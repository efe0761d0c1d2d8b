"""How long to wait before the next attempt."""

from chatd_client.backoff import LEAST, MOST, STEADY, Backoff


def test_the_ceiling_doubles_up_to_the_most() -> None:
    backoff = Backoff(lambda: 1.0)
    assert [backoff.next() for _ in range(6)] == [2.0, 4.0, 8.0, 16.0, MOST, MOST]
    backoff.lasted(STEADY / 2)
    assert backoff.next() == MOST
    backoff.lasted(STEADY)
    assert backoff.next() == 2.0


def test_chance_spreads_all_of_it() -> None:
    low, middle = Backoff(lambda: 0.0), Backoff(lambda: 0.5)
    assert [low.next() for _ in range(3)] == [LEAST] * 3
    assert [middle.next() for _ in range(3)] == [1.5, 2.5, 4.5]
    assert LEAST <= Backoff().next() <= 2 * LEAST
