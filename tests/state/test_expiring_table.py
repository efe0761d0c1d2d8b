"""A table that forgets: at the time, not before, and without being pushed."""

from hypothesis import given
from hypothesis import strategies as st

from chatd.state.expiring_table import ExpiringTable


def test_what_is_put_is_there_until_its_time_and_a_step_longer_at_most() -> None:
    table = ExpiringTable[str, int](2, 10.0)
    table.put("a", 1, 25.0, 0.0)
    assert table.get("a") == 1
    assert table.wait("c", 29.9) == 0.0
    assert len(table) == 1
    table.wait("c", 30.0)
    assert table.get("a") is None and len(table) == 0


def test_a_full_table_takes_nothing_more_until_something_is_forgotten() -> None:
    table = ExpiringTable[str, int](2, 10.0)
    table.put("a", 1, 25.0, 0.0)
    table.put("b", 2, 45.0, 0.0)
    assert table.wait("a", 4.0) == 0.0
    assert table.wait("c", 4.0) == 26.0
    table.put("c", 3, 45.0, 4.0)
    assert table.get("c") is None
    table.put("c", 3, 45.0, 30.0)
    assert table.get("c") == 3 and table.get("a") is None


def test_putting_and_removing_again_leaves_nothing() -> None:
    table = ExpiringTable[str, int](2, 10.0)
    for until in (15.0, 15.0, 95.0):
        table.put("a", int(until), until, 0.0)
    assert table.get("a") == 95
    table.remove("a")
    table.remove("a")
    assert len(table) == 0 and table._ends == {}


@given(
    st.lists(
        st.tuples(
            st.sampled_from(("put", "remove")), st.integers(0, 5), st.integers(0, 60), st.integers(0, 9)
        )
    )
)
def test_it_is_a_dict_that_forgets_by_steps(does: list[tuple[str, int, int, int]]) -> None:
    table, model, now = ExpiringTable[int, int](3, 4.0), dict[int, int](), 0
    for number, (what, key, lasts, passes) in enumerate(does):
        now += passes
        model = {key: end for key, end in model.items() if end > now}
        if what == "remove":
            table.remove(key)
            model.pop(key, None)
            continue
        fits = key in model or len(model) < 3
        assert (table.wait(key, now) == 0.0) is fits
        if not fits:
            assert table.wait(key, now) == min(model.values()) - now
        table.put(key, number, now + lasts, now)
        if fits:
            model[key] = ((now + lasts) // 4 + 1) * 4
            assert table.get(key) == number
        assert {key for key in range(6) if table.get(key) is not None} == model.keys()
