"""`make bench-client`: measures the client against a real server and prints a line for each figure.

The figures are this machine's. The terminal is emulated in this process, so the times include the emulator's.
"""

import re
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from loadtests.measure.process import spent
from tests.support.screen_terminal import ScreenTerminal, TextTalker, chatd

STARTS = 9
IDLE_TIME = 10.0
BURST, PART = 10_000, 100
#: Seconds between two keys: 20 a second is faster than anyone types.
KEY_EVERY = 0.05
#: Windows of a busy user, and the lines that are in all of them.
WINDOWS, WINDOW_LINES = 30, 100_000
SWITCHES = 60
ALT_RIGHT = "\x1b[1;3C"
LINES = [f"line {number} of a file, with some words in it" for number in range(1000)]


@contextmanager
def screen(port: int) -> Iterator[ScreenTerminal]:
    """The full screen of a user called alice, online."""
    with (
        tempfile.TemporaryDirectory() as home,
        ScreenTerminal(f"alice@127.0.0.1:{port}", Path(home)) as terminal,
    ):
        terminal.until("online$")
        yield terminal


def report(what: str, measured: str) -> None:
    print(f"{what:58} {measured}", flush=True)


def resident(pid: int) -> str:
    found = re.search(r"VmRSS:\s+(\d+)", Path(f"/proc/{pid}/status").read_text())
    assert found is not None
    return f"{int(found[1]) / 1024:.0f} MiB resident"


def start_up(port: int) -> None:
    """From starting the process to an online prompt."""
    taken = []
    for _ in range(STARTS):
        begin = time.perf_counter()
        with screen(port):
            taken.append(time.perf_counter() - begin)
    middle, most = 1000 * statistics.median(taken), 1000 * max(taken)
    report("start to usable prompt", f"{middle:.0f} ms, {most:.0f} at most")


def idle(port: int) -> None:
    with screen(port) as terminal:
        before = spent(terminal.process.pid).cpu
        time.sleep(IDLE_TIME)
        share = (spent(terminal.process.pid).cpu - before) / IDLE_TIME
        report("idle", f"{share:.1%} of a core, {resident(terminal.process.pid)}")


def burst(port: int) -> None:
    """Ten thousand messages within a second, while the user types."""
    with TextTalker(port, "bob") as bob, screen(port) as terminal:
        type_during_burst(bob, terminal, "", f"a burst of {BURST:,} lines in a second")
        for _ in range(5):
            bob.says(*("x" * 4000 for _ in range(2000)))
        bob.says("/dm alice finished")  # never skipped, however slow the screen
        terminal.shows("2:bob(1!)")
        report("after 10,000 lines of 4,000 characters more", resident(terminal.process.pid))


def busy_home(port: int, home: Path) -> list[str]:
    """The rooms of last time are so many."""
    rooms = [f"room{number:02}" for number in range(1, WINDOWS)]
    folder = home / ".local/state/chatd/rooms"
    folder.mkdir(parents=True)
    names = ", ".join(f'"{room}"' for room in [*rooms, "lobby"])
    (folder / f"127.0.0.1:{port}.json").write_text(f'{{"rooms": [{names}]}}')
    return rooms


def windows(port: int) -> None:
    """Thirty windows, and a hundred thousand lines in them."""
    taken = []
    for _ in range(STARTS):
        with tempfile.TemporaryDirectory() as home:
            busy_home(port, Path(home))
            begin = time.perf_counter()
            with ScreenTerminal(f"alice@127.0.0.1:{port}", Path(home)) as terminal:
                terminal.until(r"\[1:lobby\].* online$")
                taken.append(time.perf_counter() - begin)
    middle, most = 1000 * statistics.median(taken), 1000 * max(taken)
    report(f"start to usable prompt, {WINDOWS} windows", f"{middle:.0f} ms, {most:.0f} at most")
    with tempfile.TemporaryDirectory() as home, TextTalker(port, "bob") as bob:
        rooms = busy_home(port, Path(home))
        with ScreenTerminal(f"alice@127.0.0.1:{port}", Path(home)) as terminal:
            terminal.until(r"\[1:lobby\].* online$")
            for room in rooms:
                bob.says(f"/join {room}")
            fill(bob, rooms, terminal)
            switch(terminal)
            report(f"{WINDOWS} windows, {WINDOW_LINES:,} lines", resident(terminal.process.pid))
            burst_elsewhere(bob, terminal)


def fill(bob: TextTalker, rooms: list[str], terminal: ScreenTerminal) -> None:
    """As many lines in each room; what is written to the user tells how far it is: nothing is skipped."""
    terminal.types("/q bob\r")
    for part in range(WINDOW_LINES // len(rooms) // PART + 1):
        for room in rooms:
            begin = part * PART
            bob.says(*(f"/say {room} line {begin + at} of a talk, with words" for at in range(PART)))
        bob.says(f"/dm alice part {part}")
        terminal.until(f"<bob> part {part}$")


def switch(terminal: ScreenTerminal) -> None:
    """From key to the lines of the next window; the first time its newest page is asked for."""
    taken = []
    terminal.types("/w 1\r")
    terminal.until(r"\[1:lobby\]")
    for number in range(SWITCHES):
        begin = time.perf_counter()
        terminal.types(ALT_RIGHT)
        terminal.until(rf"\[{(number + 1) % (WINDOWS + 1) + 1}:")
        taken.append(time.perf_counter() - begin)
    middle, most = 1000 * statistics.median(taken), 1000 * max(taken)
    report(f"a switch among {WINDOWS} windows", f"{middle:.0f} ms, {most:.0f} at most of {SWITCHES}")


def burst_elsewhere(bob: TextTalker, terminal: ScreenTerminal) -> None:
    """Ten thousand messages within a second in a window that is not shown, while the user types."""
    terminal.types("/w 1\r")
    terminal.until(r"\[1:lobby\]")
    type_during_burst(bob, terminal, "/say room01 ", f"{BURST:,} lines in a second in another window")


def type_during_burst(bob: TextTalker, terminal: ScreenTerminal, where: str, what: str) -> None:
    """`where` is what stands before each line."""

    def talk() -> None:
        begin = time.perf_counter()
        for first in range(0, BURST, PART):
            time.sleep(max(0.0, begin + first / BURST - time.perf_counter()))
            numbers = range(first, first + PART)
            bob.says(*(f"{where}line {number} of a burst, with some words" for number in numbers))
        bob.says("/bc the end")

    talker = threading.Thread(target=talk)
    begin = time.perf_counter()
    talker.start()
    lags = typing_until(terminal, "the end")
    taken = time.perf_counter() - begin
    talker.join()
    report(
        what,
        f"there after {taken:.2f} s; key to screen {1000 * statistics.median(lags):.0f} ms, "
        f"{1000 * max(lags):.0f} at most of {len(lags)}; {resident(terminal.process.pid)}",
    )


def typing_until(terminal: ScreenTerminal, end: str) -> list[float]:
    """Type until that is said; returns the seconds from each key to the screen."""
    lags: list[float] = []
    typed = ""
    while not any(end in row for row in terminal.rows):
        typed = (typed + "abcdefghij"[len(lags) % 10])[-60:] if len(typed) < 60 else "a"
        pressed = time.perf_counter()
        terminal.types("\x15" + typed if typed == "a" else typed[-1])
        terminal.until(f"^> {typed}$")
        lags.append(time.perf_counter() - pressed)
        terminal.feeds(until=pressed + KEY_EVERY)
    return lags


def send(port: int, what: str) -> None:
    """Send LINES with `chat send`; every line has to arrive, in order."""
    text = "".join(f"{line}\n" for line in LINES)
    with TextTalker(port, "bob") as bob:
        begin = time.perf_counter()
        command = [sys.executable, "-m", "chatd_client", "send", f"carol@127.0.0.1:{port}"]
        subprocess.run(command, input=text, text=True, check=True)
        taken = time.perf_counter() - begin
        heard = [line for line in bob.hears(r"\* carol left") if line.startswith("<")]
    arrived = "complete and in order" if heard == [f"<carol> {line}" for line in LINES] else "NOT ALL ARRIVED"
    report(f"{len(LINES):,} lines into chat send, {what}", f"{taken:.2f} s, {arrived}")
    if heard != [f"<carol> {line}" for line in LINES]:
        sys.exit(1)


def silent_server() -> None:
    """A server that is stopped without closing its connections, and continued."""
    with chatd() as (server, port), screen(port) as terminal:
        stopped = time.perf_counter()
        server.send_signal(signal.SIGSTOP)
        terminal.until("reconnecting in")
        noticed = time.perf_counter() - stopped
        server.send_signal(signal.SIGCONT)
        terminal.until("online$")
        report("a server that went silent", f"noticed after {noticed:.1f} s")


def main() -> None:
    with chatd() as (_, port):
        start_up(port)
        idle(port)
        burst(port)
        windows(port)
        send(port, "--line-rate 0")
    silent_server()
    with chatd(line_rate=None) as (_, port):
        send(port, "the default rate")


if __name__ == "__main__":
    main()
