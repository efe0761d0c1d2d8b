"""Ids and times of entries, whatever the clock does."""

from hypothesis import given
from hypothesis import strategies as st

from chatd.state.message_log import IDS_A_MILLISECOND, EntryClock, RoomEntry
from tests.support.world import World


@given(st.lists(st.integers(0, 10**6), min_size=1))
def test_ids_grow_and_times_never_fall(times: list[int]) -> None:
    world = World()
    alice = world.player("alice").session
    clock = EntryClock(iter([time * 1_000_000 for time in times]).__next__)
    entries = [RoomEntry(alice, "hi", None, room=world.lobby) for _ in times]
    for entry in entries:
        clock.stamp(entry)
    ids, at = [entry.id for entry in entries], [entry.at for entry in entries]
    assert ids == sorted(set(ids))
    assert at == sorted(at)
    for number, time in enumerate(times):
        assert at[number] == max(times[: number + 1])
        assert ids[number] >= time * IDS_A_MILLISECOND
    assert (clock.id, clock.at) == (ids[-1], at[-1])


def test_ids_are_exact_in_javascript_for_a_lifetime() -> None:
    year_2100 = 4_102_444_800_000
    assert year_2100 * IDS_A_MILLISECOND < 2**53
