"""A log line never waits: neither for a full pipe nor at the end of the process."""

import contextlib
import errno
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest

from chatd.net import logs
from chatd.net.logs import log


@pytest.fixture(autouse=True)
def restored() -> Iterator[None]:
    handlers, level, propagate = log.handlers[:], log.level, log.propagate
    yield
    log.handlers[:] = handlers
    log.setLevel(level)
    log.propagate = propagate


@pytest.fixture
def pipe() -> Iterator[tuple[int, int]]:
    ends = os.pipe()
    yield ends
    for end in ends:
        with contextlib.suppress(OSError):
            os.close(end)


def fill(end: int) -> int:
    """Write to a pipe until it takes no more; how many bytes that was."""
    os.set_blocking(end, False)
    size = 0
    with contextlib.suppress(BlockingIOError):
        while True:
            size += os.write(end, b"x" * 4096)
    os.set_blocking(end, True)
    return size


def read_exactly(end: int, size: int) -> bytes:
    data = b""
    while len(data) < size:
        data += os.read(end, size - len(data))
    return data


def texts(written: bytes) -> list[str]:
    """Log lines without their time and level."""
    return [line.split(" ", 3)[-1] for line in written.decode().splitlines()]


def stuck_with_one(pipe: tuple[int, int], size: int) -> tuple[int, logs.Writer]:
    """A log with room for `size` lines, whose thread holds the line `one` and is stuck; and how many bytes
    are before it in the pipe."""
    filled = fill(pipe[1])
    writer = logs.start("info", pipe[1], size=size)
    log.info("one")
    while writer.queue.qsize():
        time.sleep(0)
    return filled, writer


def test_a_line_has_time_level_and_text(pipe: tuple[int, int]) -> None:
    writer = logs.start("info", pipe[1])
    log.info("%s joined", "alice")
    log.debug("not shown")
    writer.stop()
    assert re.fullmatch(rb"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} INFO alice joined\n", os.read(pipe[0], 1000))


def test_what_does_not_fit_is_counted_and_told_when_there_is_room(pipe: tuple[int, int]) -> None:
    size, writer = stuck_with_one(pipe, 2)
    for word in ("two", "three", "four", "five"):
        log.info(word)  # two wait, two are dropped
    read_exactly(pipe[0], size)
    writer.drain()
    log.info("six")
    writer.stop()
    os.close(pipe[1])
    lost = "2 log lines were dropped: stderr did not take them in time"
    assert texts(os.read(pipe[0], 1000)) == ["one", "two", "three", lost, "six"]


def test_what_was_dropped_last_is_told_without_a_further_line(pipe: tuple[int, int]) -> None:
    size, writer = stuck_with_one(pipe, 1)
    log.info("two")
    log.info("three")
    read_exactly(pipe[0], size)
    writer.drain()
    writer.stop()
    lost = "1 log lines were dropped: stderr did not take them in time"
    assert texts(os.read(pipe[0], 1000)) == ["one", "two", lost]


def test_a_pipe_that_somebody_made_non_blocking_loses_nothing(pipe: tuple[int, int]) -> None:
    os.set_blocking(pipe[1], False)
    writer = logs.start("info", pipe[1])
    for number in range(3000):
        log.info("%d %s", number, "x" * 100)
    data = b""
    while data.count(b"\n") < 3000:
        data += os.read(pipe[0], 65536)
    writer.stop()
    assert [line.split()[0] for line in texts(data)] == [str(number) for number in range(3000)]


def test_what_stderr_refuses_is_counted_and_told_when_it_takes_lines_again(pipe: tuple[int, int]) -> None:
    disk = os.open("/dev/full", os.O_WRONLY)
    writer = logs.start("info", disk)
    log.info("one")
    log.info("two")
    writer.drain()
    os.dup2(pipe[1], disk)  # somebody made room
    log.info("three")
    writer.stop()
    os.close(disk)
    lost = "2 log lines were lost: stderr did not take them (No space left on device)"
    assert texts(os.read(pipe[0], 1000)) == [lost, "three"]


def test_half_a_line_is_ended_before_the_next(pipe: tuple[int, int], monkeypatch: pytest.MonkeyPatch) -> None:
    really = os.write
    room = iter([5])

    def write(descriptor: int, data: bytes) -> int:
        """What a disk does that is full after five bytes, until somebody makes room."""
        for size in room:
            return really(descriptor, data[:size])
        if data.endswith(b"one\n"):
            raise OSError(errno.ENOSPC, "full")
        return really(descriptor, data)

    monkeypatch.setattr(os, "write", write)
    writer = logs.start("info", pipe[1])
    log.info("one")
    log.info("two")
    writer.stop()
    lost = "1 log lines were lost: stderr did not take them (No space left on device)"
    half, *rest = texts(os.read(pipe[0], 1000))
    assert half == time.strftime("%Y-")
    assert rest == [lost, "two"]


def test_the_end_does_not_wait_for_a_full_pipe(
    pipe: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logs, "CLOSE_TIME", 0.01)
    size, writer = stuck_with_one(pipe, 1)
    log.info("two")
    writer.stop()
    assert writer.queue.qsize() == 1
    read_exactly(pipe[0], size)
    writer.drain()
    writer.stop()


def test_a_closed_stderr_ends_nothing(pipe: tuple[int, int]) -> None:
    os.close(pipe[0])
    writer = logs.start("info", pipe[1])
    log.info("into the void")
    writer.drain()
    log.info("and again")
    writer.stop()
    assert writer.queue.qsize() == 0


def test_a_full_pipe_behind_stderr_does_not_stop_a_process() -> None:
    code = (
        "from chatd.net import logs\n"
        "logs.CLOSE_TIME = 0.01\n"
        "logs.start('info')\n"
        "for number in range(30_000): logs.log.info('x' * 100)\n"
        "print('alive', flush=True)\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"alive\n"
        assert process.wait(10) == 0
