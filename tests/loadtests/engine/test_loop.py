"""The event loop of the load generator."""

import os
import resource
from contextlib import ExitStack, closing

import pytest

from loadtests.engine.loop import Loop
from loadtests.measure.errors import Fault


def test_a_loop_that_comes_too_late_is_refused_at_once() -> None:
    """And not when it first has to wait, behind thousands of connections."""
    most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(most[1], 4096), most[1]))
    with ExitStack() as files:
        files.callback(resource.setrlimit, resource.RLIMIT_NOFILE, most)
        fd = os.open(os.devnull, os.O_RDONLY)
        files.callback(os.close, fd)
        while fd < 1024:
            fd = os.dup(fd)
            files.callback(os.close, fd)
        with pytest.raises(RuntimeError, match="before the connections"):
            Loop()


def test_of_thousands_only_the_last_is_asked_whether_it_is_done() -> None:
    """To ask each of them in every turn would take the time in which they are to be read."""
    left, asked = [*range(1000)], list[int]()

    def done(one: int) -> bool:
        asked.append(one)
        return len(asked) not in (3, 500)

    with closing(Loop()) as loop:
        loop.until_all(left, done, 60, lambda: "")
    assert left == [] and len(asked) == 1002


def test_what_is_missing_is_told_of_those_who_are_not_done() -> None:
    left = [*range(6)]
    with closing(Loop()) as loop, pytest.raises(Fault, match=r"\[1, 3, 5\] are not done"):
        loop.until_all(left, lambda one: not one % 2, -1, lambda: f"{left} are not done")
