"""What scenarios need that have people or messages from before: a server that is started on a data folder
which was filled meanwhile."""

from collections.abc import Callable
from pathlib import Path
from time import monotonic
from typing import Final

from loadtests.engine.loop import block
from loadtests.engine.sockets import connect
from loadtests.measure.errors import Fault, Unusable
from loadtests.scenarios.base import RunContext

#: Why a scenario with people from before cannot be run with a chatd that stores nothing.
NOBODY: Final = "a chatd that stores nothing knows nobody from before: please give --server chatd-always"
#: Seconds until it must listen again, and between two looks.
_PATIENCE: Final = 60.0
_LOOKED: Final = 0.01


def refill(context: RunContext, name: str, fill: Callable[[Path], None]) -> float:
    """End the server, `fill` its folder, start it; return when that was, seconds of `monotonic`. It may not
    listen yet. `name` is that of the scenario."""
    target = context.target
    if target.process is None or target.data is None:
        raise Unusable(
            f"{name} fills the folder of the server, which must be its own: please leave out --host"
        )
    target.go_down()
    target.kill()
    fill(target.data)
    began = monotonic()
    target.come_back()
    return began


def await_listening(context: RunContext, loop: int) -> None:
    """Until somebody listens at the server's address. `loop` is the descriptor of a loop that has nothing to
    read. Raises Fault where the server has ended, or takes too long."""
    until = monotonic() + _PATIENCE
    while True:
        try:
            connect(context.target.address, 0).close()
        except Fault as fault:
            if not isinstance(fault.__cause__, ConnectionRefusedError) or monotonic() > until:
                raise
            context.target.spent()  # raises Fault where it has ended
            block(loop, _LOOKED)
        else:
            return
