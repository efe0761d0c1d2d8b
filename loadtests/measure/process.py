"""What processes use: CPU time, time without a core, memory, files.

psutil reads the rest of /proc where the suite needs it; it lacks what is here: CPU time in nanoseconds (its
own counts ticks of 10 ms), the time that a process was runnable without a core, its peak of memory, and the
limits of a process that changed its user, as ngIRCd does.
"""

import os
import re
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from time import clock_gettime_ns
from typing import Final

import psutil

from loadtests.measure.errors import Fault

#: In the id of a process's clock: the kind that counts the CPU time given by the scheduler (CPUCLOCK_SCHED).
_CPU_CLOCK: Final = 2
_ENDED: Final = "the server has ended by itself"


@dataclass(frozen=True, slots=True)
class Spent:
    """Seconds that a process spent: on the CPU, all threads together; and runnable, while another process had
    the core."""

    cpu: float = float("nan")
    waited: float = float("nan")

    @classmethod
    def of(cls, cpu: int, threads: Iterable[tuple[int, int]]) -> "Spent":
        """From the process's CPU time, and each thread's CPU and waiting time, in nanoseconds. On one core
        the threads of a process wait for each other too: the time that the busiest thread waited for the
        others (also for those that have ended) was not taken by another process, and is subtracted."""
        most, waited = max(threads)
        return cls(cpu / 1e9, (waited - (cpu - most)) / 1e9)


def spent(pid: int) -> Spent:
    """What the process has spent until now. Raises Fault where it has ended.

    CPU time is read from the process's own clock, which has nanoseconds and includes threads that have ended.
    Python has no name for the clock of another process: on Linux its id is computed from the pid
    (clock_getcpuclockid(3)). Waiting time is known for living threads only (/proc/PID/task/TID/schedstat).
    """
    try:
        cpu = clock_gettime_ns(~pid << 3 | _CPU_CLOCK)
        tasks = list(Path(f"/proc/{pid}/task").iterdir())
    except OSError as error:
        raise Fault(_ENDED) from error
    threads = []
    for task in tasks:
        with suppress(OSError):  # the thread has ended meanwhile
            on, off, _ = (task / "schedstat").read_text().split()
            threads.append((int(on), int(off)))
    if not threads:
        raise Fault(_ENDED)
    return Spent.of(cpu, threads)


def own_cpu() -> Spent:
    """What this process, the load generator, has spent until now."""
    return spent(os.getpid())


def memory(pid: int, field: str = "VmRSS") -> float:
    """Resident bytes now (VmRSS), or the peak so far (VmHWM). Raises Fault where the process has ended."""
    return 1024 * _number(pid, "status", rf"{field}:\s+(\d+)")


def files(pid: int) -> float:
    """How many files the process may open. Raises Fault where it has ended."""
    return _number(pid, "limits", r"Max open files\s+(\d+)")


def _number(pid: int, file: str, pattern: str) -> float:
    """From a line of /proc/PID/FILE, also of another user's process; NaN where there is no such line."""
    try:
        found = re.search(pattern, Path(f"/proc/{pid}/{file}").read_text())
    except OSError as error:
        raise Fault(_ENDED) from error
    return int(found[1]) if found else float("nan")


def raise_file_limit() -> None:
    """Up to the hard limit; child processes inherit it."""
    hard = psutil.Process().rlimit(psutil.RLIMIT_NOFILE)[1]
    psutil.Process().rlimit(psutil.RLIMIT_NOFILE, (hard, hard))
