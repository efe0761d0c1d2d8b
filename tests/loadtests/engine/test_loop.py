"""The event loop of the load generator."""

import os
import resource
from contextlib import ExitStack

import pytest

from loadtests.engine.loop import Loop


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
