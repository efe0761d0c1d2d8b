"""The thread that does one job at a time, which is handed on when it is stopped."""

import threading

from gevent.event import Event

from chatd.store.worker_thread import WorkerThread


def done(thread: WorkerThread) -> int:
    """Have it do something, and wait for that; the number of the thread that did it."""
    numbers: list[int] = []
    told = Event()

    def note(number: int, error: Exception | None) -> None:
        numbers.append(number)
        told.set()

    thread.start(threading.get_ident, note)
    assert told.wait(10)
    return numbers[0]


def test_one_that_is_stopped_is_the_next_ones_once() -> None:
    first = WorkerThread("first", ())
    number = done(first)
    assert first.stop(10) and first.stop(10)  # also by whoever closes twice
    second, third = WorkerThread("second", ()), WorkerThread("third", ())
    assert done(second) == number != done(third)
    assert second.stop(10) and third.stop(10)


def test_what_is_begun_too_late_is_not_done_by_somebody_elses_thread() -> None:
    first = WorkerThread("first", ())
    number = done(first)
    first.stop(10)
    second = WorkerThread("second", ())
    late: list[int] = []
    first.start(lambda: late.append(1), lambda result, error: late.append(2))
    assert done(second) == number
    second.stop(10)
    assert late == []
