"""One run, on a fresh server or a running one; whatever goes wrong becomes one sentence."""

import errno
from typing import Final

import psutil

from loadtests.measure.errors import Fault, Unusable
from loadtests.measure.result import Run
from loadtests.scenarios.base import SPARE_FILES, RunContext, Scenario
from loadtests.servers.programs import OURS
from loadtests.servers.running import GENERATOR_CORE, SERVER_CORE, running
from loadtests.servers.target import ServerUnderTest
from loadtests.servers.transports import transport_of

_ONE_CORE: Final = "server and generator share the only core: rates say little"
_FEWER: Final = "please ask for fewer people"
#: What to do about errors of the operating system for which the server is not to blame.
_ADVICE: Final = {
    errno.EMFILE: "this process may open no more files; please raise the limit (ulimit -n), or ask for fewer",
    errno.ENFILE: f"this machine may open no more files; {_FEWER}",
    errno.EADDRNOTAVAIL: f"no port is free; {_FEWER}, or wait a minute for the ports of earlier runs",
    errno.ECONNREFUSED: "nobody listens there; please start the server, or correct the address",
    errno.ENOBUFS: f"the kernel has no memory for more sockets; {_FEWER}",
    errno.ENOMEM: f"the kernel has no memory for more sockets; {_FEWER}",
}


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
    mistake = scenario.mistake(codec)
    if not mistake and (transport := transport_of(codec)) not in scenario.transports:
        mistake = f"{scenario.name} does not go over {transport} yet; please choose another scenario"
    if not mistake and not scenario.loads(codec):
        known = " and ".join(scenario.codecs)
        mistake = f"{scenario.name} speaks to {known} only; please choose another scenario"
    if mistake:
        raise Unusable(mistake)
    check_files(scenario, "a process here", psutil.Process().rlimit(psutil.RLIMIT_NOFILE)[1])


def check_files(scenario: Scenario, whose: str, limit: float) -> None:
    """Raises Unusable where so many open files are not enough."""
    if scenario.connections + SPARE_FILES > limit:
        raise Unusable(
            f"{scenario.connections} connections need as many files, and {whose} may open {limit:.0f}; "
            "please raise the limit (ulimit -Hn) or ask for fewer people"
        )


def perform(scenario: Scenario, context: RunContext) -> None:
    """Run the scenario against a running server: a failure becomes a fault of the run. Raises Unusable, and
    whatever interrupts it, which is noted in the run."""
    check(scenario, context.target.codec)
    if context.target.pid is not None and SERVER_CORE == GENERATOR_CORE:
        context.run.mark(_ONE_CORE)
    try:
        check_files(scenario, "the server", context.target.files())
        scenario.run(context)
    except KeyboardInterrupt:
        context.run.interrupted = True
        raise
    except (Fault, OSError) as fault:
        context.run.faults.append(sentence(fault))


def fresh(run: Run, server_name: str, scenario: Scenario) -> None:
    """Run the scenario against a server that is started for it and stopped afterwards; then read the server's
    own report (blocked loop, tracebacks). Raises as `perform` does."""
    check(scenario, server_name)
    with running(server_name) as server:
        target = ServerUnderTest(server_name, server.address, server.process.pid, server, server.data)
        perform(scenario, RunContext(target, run))
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
