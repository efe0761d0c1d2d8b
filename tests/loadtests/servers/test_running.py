"""How servers are had, started and stopped: from a fresh clone, on whichever cores there are."""

import os
import select
import shutil
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest

from loadtests.measure.errors import Unusable
from loadtests.servers import programs, running, watched

ROOT = Path(__file__).parents[3]


@pytest.fixture
def build(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A build folder that is not there yet, as in a fresh clone."""
    folder = tmp_path / "build"
    monkeypatch.setattr(programs, "BUILD", folder)
    return folder


# -- the floor is built --------------------------------------------------------------------------------


def test_the_floor_starts_from_a_fresh_clone(build: Path) -> None:
    with running.running("floor") as server:
        assert (build / "floor").exists() and server.address[1] > 0
        assert os.sched_getaffinity(server.process.pid) == {running.SERVER_CORE}
        server.end()
        server.check_log()


def test_what_was_built_is_built_again_when_its_source_is_newer(
    build: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    built = build / "floor"
    programs.prepare_command("floor", tmp_path)
    first = built.stat()
    programs.prepare_command("floor-restless", tmp_path)
    assert built.stat().st_ino == first.st_ino
    os.utime(built, (1, 1))
    command, *_ = programs.prepare_command("floor", tmp_path)
    assert command == str(built) and built.stat().st_mtime > 1
    assert list(build.iterdir()) == [built]


def test_without_a_compiler_it_is_said_what_to_do(
    build: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make = shutil.which("make")
    assert make is not None
    (tmp_path / "make").symlink_to(make)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(Unusable, match=r"floor does not compile \(.*cc.*\); please install gcc"):
        programs.prepare_command("floor", tmp_path)


def test_a_build_folder_that_cannot_be_made_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(programs, "BUILD", Path("/proc/build"))
    with pytest.raises(Unusable, match="/proc/build cannot be made"), running.alone():
        pass


def test_a_program_that_cannot_be_started_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(programs.PROGRAMS, "chatd", programs.Program(("/no/such/program",)))
    with pytest.raises(Unusable, match=r"chatd did not start: .*/no/such/program"), running.running("chatd"):
        pass


#: A suite that starts a server, tells its pid, and waits.
SUITE = """
import sys
from loadtests.servers.running import running
with running("floor") as server:
    print(server.process.pid, flush=True)
    sys.stdin.read()
"""


@pytest.mark.skipif(shutil.which("setpriv") is None, reason="it is util-linux' setpriv that sees to it")
def test_a_server_does_not_outlive_a_suite_that_is_killed() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", SUITE], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as suite:
        assert suite.stdout is not None
        server = os.pidfd_open(int(suite.stdout.readline()))
        suite.kill()
    try:
        assert select.select([server], [], [], 10)[0], "the server still runs"
    finally:
        os.close(server)


def test_a_second_benchmark_is_refused(build: Path) -> None:
    with running.alone(), pytest.raises(Unusable, match="another benchmark"), running.alone():
        pass


@pytest.mark.parametrize("interrupted", [False, True])
def test_what_a_server_stored_is_removed(interrupted: bool) -> None:
    with suppress(KeyboardInterrupt), running.running("chatd-always-5ms") as server:
        folder = server.log.parent
        assert [*(folder / "data").iterdir()]
        if interrupted:
            raise KeyboardInterrupt
        server.end()
        assert server.blocking()[0] >= 0
    assert not folder.exists()


def test_what_a_killed_suite_left_is_removed_by_the_next(build: Path) -> None:
    with subprocess.Popen(["true"]) as ended:
        pass
    left, other = build / f"server-{ended.pid}-x", build / f"server-{os.getpid()}-x"
    for folder in (left, other):
        (folder / "data").mkdir(parents=True)
    with running.running("floor"):
        assert not left.exists() and other.exists()


def test_a_slow_disk_is_one_that_sleeps(monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[tuple[str, float]] = []
    monkeypatch.setattr(os, "fdatasync", lambda fd: done.append(("sync", fd)))
    monkeypatch.setattr(time, "sleep", lambda seconds: done.append(("sleep", seconds)))
    watched.slow_down(0)
    os.fdatasync(7)
    assert done == [("sync", 7)]
    watched.slow_down(5)
    os.fdatasync(7)
    assert done[1:] == [("sleep", 0.005), ("sync", 7)]


# -- cores ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("cores", [sorted(os.sched_getaffinity(0)), sorted(os.sched_getaffinity(0))[-1:]])
def test_the_cores_are_the_first_two_of_those_that_we_may_have(cores: list[int]) -> None:
    """As seen by a process that is kept to them, as a container's is."""
    code = (
        f"import os; os.sched_setaffinity(0, {cores})\n"
        "from loadtests.servers.running import SERVER_CORE, GENERATOR_CORE, prepare\n"
        "prepare(); print(SERVER_CORE, GENERATOR_CORE, *os.sched_getaffinity(0))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    generator = cores[:2][-1]
    assert done.stdout.split() == [str(cores[0]), str(generator), str(generator)]
