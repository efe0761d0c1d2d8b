"""What a process uses, while it runs and when it has ended."""

import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest

from loadtests.measure.errors import Fault
from loadtests.measure.process import files, memory, spent

#: Works in a thread that ends, says so, and waits for its input's end.
WORKER = """
import os, sys, threading, time
def work():
    while time.thread_time() < 0.2: pass
thread = threading.Thread(target=work); thread.start(); thread.join()
while len(os.listdir("/proc/self/task")) > 1: pass  # the system's thread ends a moment after Python's
print(flush=True); sys.stdin.read()
"""


def test_the_time_of_a_thread_that_has_ended_counts() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", WORKER], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as worker:
        assert worker.stdout is not None and worker.stdin is not None
        worker.stdout.readline()
        before = spent(worker.pid)
        assert before.cpu >= 0.2
        assert len(list(Path(f"/proc/{worker.pid}/task").iterdir())) == 1
        worker.stdin.close()
        worker.wait()
        for look in (spent, memory, files):
            with pytest.raises(Fault, match="ended by itself"):
                look(worker.pid)


def test_a_thread_that_ends_between_two_looks_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    real = Path.iterdir
    gone = Path("/proc/self/task/0")
    monkeypatch.setattr(Path, "iterdir", lambda path: [gone, *real(path)])
    assert spent(os.getpid()).cpu > 0


def test_memory_and_files_of_this_process() -> None:
    assert 2**20 < memory(os.getpid()) <= memory(os.getpid(), "VmHWM") < 2**40
    assert files(os.getpid()) == resource.getrlimit(resource.RLIMIT_NOFILE)[0]
