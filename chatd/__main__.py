"""The command `chatd`: arguments, signals, wiring."""

import gc
import os
import sys

import gevent

from chatd.commands.table import COMMANDS, listed, run_command
from chatd.net import hub_errors, logs
from chatd.net.server import Server
from chatd.net.signals import Signals
from chatd.protocol.errors import ConfigError
from chatd.settings.arguments import read_arguments


def _fill_standard_descriptors() -> None:
    """Open descriptors 0 to 2 where the caller closed them (`2>&-`): else a socket would get such a number,
    and the log would be written to it."""
    while (free := os.open(os.devnull, os.O_RDWR)) <= 2:
        pass
    os.close(free)


def _save_memory() -> None:
    """gevent remembers for each greenlet which one spawned it, and where: 0.2 KiB a client for nothing."""
    gevent.config.track_greenlet_tree = False


def _serve(server: Server) -> int:
    """Until a signal comes, or the server fails; the exit code."""
    signals = Signals(server.reload if server.reloads else None)
    server.start()
    # Objects that exist by now stay for ever: exempt from garbage collection, which is made rare, too, since
    # it would show in the tail of the latencies.
    gc.freeze()
    gc.set_threshold(100_000, 50, 50)
    signals.wait(server.failed)
    server.stop(signals.asked_at)
    return 1 if server.failed.is_set() else 0


def main(argv: list[str] | None = None) -> int:
    """The exit code; of a server: 0 when told to end, 1 when it failed, 2 for a setting that cannot work."""
    _fill_standard_descriptors()
    words = sys.argv[1:] if argv is None else argv
    if words and words[0] in COMMANDS:
        return run_command(words[0], words[1:])
    _save_memory()
    try:
        config, log_level = read_arguments(words, listed())
        logs.start(log_level)
        hub_errors.to_the_log()
        server = Server(config)
    except ConfigError as error:
        print(f"chatd: {error}", file=sys.stderr)
        return 2
    return _serve(server)


if __name__ == "__main__":
    sys.exit(main())
