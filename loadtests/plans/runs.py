"""One run, on a fresh server or a running one; whatever goes wrong becomes one sentence."""

import errno
import resource
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from gevent import GreenletExit

from loadtests.measure.errors import Fault, Unusable
from loadtests.measure.result import Run
from loadtests.scenarios.base import SPARE_FILES, RunContext, Scenario
from loadtests.servers.programs import OURS
from loadtests.servers.running import GENERATOR_CORE, SERVER_CORE, running
from loadtests.servers.target import ServerUnderTest

#: Exceptions that end a run early without a failure: Ctrl-C, and locust when it stops its users.
INTERRUPTIONS: Final = (KeyboardInterrupt, GreenletExit)
_ONE_CORE: Final = "server and generator share the only core: rates say little"
_RAISE: Final = "please raise the limit (ulimit -n), or ask for fewer people"
_FEWER: Final = "please ask for fewer people"
#: What to do about errors of the operating system for which the server is not to blame.
_ADVICE: Final = {
    errno.EMFILE: f"this process may open no more files; {_RAISE}",
    errno.ENFILE: f"this machine may open no more files; {_FEWER}",
    errno.EADDRNOTAVAIL: f"no port is free; {_FEWER}, or wait a minute for the ports of earlier runs",
    errno.ECONNREFUSED: "nobody listens there; please start the server, or correct the address",
    errno.ENOBUFS: f"the kernel has no memory for more sockets; {_FEWER}",
    errno.ENOMEM: f"the kernel has no memory for more sockets; {_FEWER}",
}


def end_in_order() -> None:
    """SIGTERM and Ctrl-C both raise KeyboardInterrupt, so that servers are stopped and the results so far are
    written; also when a shell started this in the background, with SIGINT ignored."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)


def sentence(error: BaseException) -> str:
    """The error as a sentence, with what to do about it where that is known."""
    cause: BaseException | None = error
    while cause is not None:
        advice = _ADVICE.get(cause.errno or 0) if isinstance(cause, OSError) else None
        if advice:
            return f"{error}: {advice}"
        cause = cause.__cause__
    return str(error)


def check(scenario: Scenario, codec: str) -> None:
    """Raises Unusable where the scenario cannot be run here, or not against this kind of server."""
    mistake = scenario.mistake() or scenario.unfit(codec)
    if mistake:
        raise Unusable(mistake)
    if scenario.codecs and codec not in scenario.codecs:
        raise Unusable(
            f"{scenario.name} speaks to {' and '.join(scenario.codecs)} only; please choose another scenario"
        )
    check_files(scenario, ServerUnderTest("", ("", 0)))


def check_files(scenario: Scenario, target: ServerUnderTest) -> None:
    """Raises Unusable where this process or the server may not open enough files."""
    here = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    for whose, limit in (("a process here", here), ("the server", target.files())):
        if scenario.connections + SPARE_FILES > limit:
            raise Unusable(
                f"{scenario.connections} connections need as many files, and {whose} may open {limit:.0f}; "
                "please raise the limit (ulimit -Hn) or ask for fewer people"
            )


@contextmanager
def marking(run: Run) -> Iterator[None]:
    """An interruption of this block is noted in the run."""
    try:
        yield
    except INTERRUPTIONS:
        run.interrupted = True
        raise


def perform(scenario: Scenario, context: RunContext) -> None:
    """Run the scenario against a running server: a failure becomes a fault of the run. Raises Unusable, and
    whatever interrupts it, which is noted in the run."""
    check(scenario, context.target.codec)
    check_files(scenario, context.target)
    if context.target.pid is not None and SERVER_CORE == GENERATOR_CORE:
        context.run.mark(_ONE_CORE)
    with marking(context.run):
        try:
            scenario.run(context)
        except (Fault, OSError) as fault:
            context.run.faults.append(sentence(fault))


def fresh(run: Run, server_name: str, scenario: Scenario, tick: Callable[[], None] = lambda: None) -> None:
    """Run the scenario against a server that is started for it and stopped afterwards; then read the server's
    own report (blocked loop, tracebacks). Raises as `perform` does."""
    check(scenario, server_name)
    with marking(run), running(server_name) as server:
        target = ServerUnderTest(server_name, server.address, server.process.pid)
        perform(scenario, RunContext(target, run, tick))
        try:
            server.end()
            run.figures["blocked ms"], where = server.blocking()
            if where:
                run.mark(f"the loop was blocked in {where}")
            server.check_log()
        except Fault as fault:
            # A peer that is still busy with closed connections is slow, which is no failure of the run.
            if server_name not in OURS and server.process.returncode is None:
                run.mark(str(fault))
            else:
                run.faults.append(str(fault))
        if run.faults:
            run.faults[-1] += f" [{server.last_words()}]"
