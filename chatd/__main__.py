"""The command `chatd`: arguments, signals, wiring."""

import argparse
import gc
import os
import sys
from collections.abc import Callable

import gevent

from chatd.commands.table import COMMANDS, listed, run_command
from chatd.config import DEFAULT_LISTEN, IN_MEMORY, Config
from chatd.net import hub_errors, logs
from chatd.net.server import Server
from chatd.net.signals import Signals
from chatd.protocol.errors import ConfigError
from chatd.protocol.keep_rule import EVERYTHING, KeepRule, parse_keep_rule
from chatd.protocol.limits import DEFAULT
from chatd.protocol.registration import Registration
from chatd.protocol.version import SERVER
from chatd.store.engines import SYNCS
from chatd.store.sqlite.folder import default_folder


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="chatd",
        description="A chat server for nc, for the chat client and for programs that speak JSON lines.",
        epilog=listed(),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--listen",
        metavar="URI",
        action="append",
        help=f"where to listen, as tcp://HOST:PORT; may be given more than once (default {DEFAULT_LISTEN})",
    )
    parser.add_argument(
        "--data",
        metavar="DIR",
        help=f"the folder in which what is said is kept, or {IN_MEMORY} to keep nothing "
        "(default: chatd in the user's state folder; for a service of systemd its own)",
    )
    parser.add_argument(
        "--sync",
        choices=SYNCS,
        default=SYNCS[0],
        help="when a message is acknowledged: always when the disk has it, so that it survives a power cut; "
        "or everysec, when it is written and will be on the disk a second later (default %(default)s)",
    )
    parser.add_argument(
        "--keep",
        metavar="RULE",
        type=_keep_rule,
        default=EVERYTHING,
        help="how much of what was said is kept: an age like 90d (h, d, w or y), a number of messages a room "
        "like 100000, or both, 90d,100000; the rest is removed (default: everything is kept)",
    )
    _add_others(parser)
    return parser


def _add_others(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--registration",
        choices=[*map(str, Registration)],
        default=str(Registration.OPEN),
        help="who may register a name: everyone (open), who has the code of an invite, or nobody (closed) "
        "(default %(default)s)",
    )
    parser.add_argument(
        "--plaintext-passwords",
        action="store_true",
        help="take passwords over any connection; else only over one from this machine, as others may read "
        "what comes over a network",
    )
    parser.add_argument(
        "--line-rate",
        metavar="N",
        type=_at_least(0, float),
        default=DEFAULT.line_rate,
        help=f"lines a second from one client, after a burst of {DEFAULT.line_burst}; more wait; "
        "0 for no bound (default %(default)g)",
    )
    parser.add_argument(
        "--max-clients",
        metavar="N",
        type=_at_least(1, int),
        help="how many may be connected; the next are told that the server is full "
        f"(default: what the file limit allows, less {DEFAULT.spare_files})",
    )
    parser.add_argument(
        "--log-level", metavar="L", choices=logs.LEVELS, default="info", help="debug, info, warning or error"
    )
    parser.add_argument("--version", action="version", version=SERVER)


def _keep_rule(word: str) -> KeepRule:
    """An argument type."""
    try:
        return parse_keep_rule(word)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def _at_least(least: int, kind: type[float] | type[int]) -> Callable[[str], float]:
    """An argument type: a finite number of that kind, `least` or more."""

    def parse(word: str) -> float:
        number = kind(word)
        if not least <= number < float("inf"):
            raise argparse.ArgumentTypeError(f"{word} is not {least} or more")
        return number

    parse.__name__ = "number"  # argparse names it in its sentence about a word that is none
    return parse


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
    signals = Signals()
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
    arguments = _parser().parse_args(words)
    logs.start(arguments.log_level)
    hub_errors.to_the_log()
    try:
        listen = tuple(arguments.listen or [DEFAULT_LISTEN])
        data = arguments.data or str(default_folder(os.environ))
        config = Config(
            listen,
            arguments.line_rate,
            arguments.max_clients,
            data,
            sync=arguments.sync,
            keep=arguments.keep,
            registration=Registration(arguments.registration),
            plaintext_passwords=arguments.plaintext_passwords,
        )
        server = Server(config)
    except ConfigError as error:
        print(f"chatd: {error}", file=sys.stderr)
        return 2
    return _serve(server)


if __name__ == "__main__":
    sys.exit(main())
