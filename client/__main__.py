"""`chat [NAME@]HOST[:PORT]`: arguments in, exit codes out.

0 after /quit and after the end of input; 1 when it could not connect or was cut off; 2 for wrong usage. One
sentence on stderr says why, never a traceback. Signals keep their default: Ctrl-C, SIGTERM and SIGHUP end
the program at once, and the server tells the others.
"""

import argparse
import os
import signal
import sys
from typing import NoReturn

from chatd import __version__
from chatd.errors import ConfigError
from chatd.texts import clean
from client.link import LinkError, connect
from client.session import Session, tell
from client.target import Target, parse_target

KEYBOARD, SCREEN, STDERR = 0, 1, 2

_EPILOG = "A line is said to everyone; /help lists the commands; /quit or the end of input leaves."
_TARGET = "left out: your login name, 127.0.0.1, 5050"


class _Arguments(argparse.ArgumentParser):
    """One sentence instead of argparse's block of usage."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {clean(message)}; {self.prog} --help shows how\n")


def _parse(argv: list[str] | None) -> Target:
    parser = _Arguments(prog="chat", description="Talk at a chatd server, a line a message.", epilog=_EPILOG)
    parser.add_argument("target", nargs="?", default="", metavar="[NAME@]HOST[:PORT]", help=_TARGET)
    parser.add_argument("--version", action="version", version=f"chat {__version__}")
    try:
        return parse_target(parser.parse_args(argv).target)
    except ConfigError as error:
        parser.error(str(error))


def _settle() -> None:
    """Make the process one that can be used in a pipeline."""
    # Python's own handler raises in whatever greenlet runs, with a traceback. Who ignores it, still does.
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    # A descriptor closed by the caller (`<&-`) would be given to the socket, and be typed from or printed to.
    while (free := os.open(os.devnull, os.O_RDWR)) <= STDERR:
        pass
    os.close(free)


def main(argv: list[str] | None = None) -> int:
    """Run; returns the exit code."""
    _settle()
    name, host, port = _parse(argv)
    try:
        with connect(host, port, name) as link:
            Session(link, KEYBOARD, SCREEN).talk()
    except LinkError as error:
        tell(str(error))
        return 1
    except BrokenPipeError:  # `chat HOST | head -1`: whoever read has enough
        return 0
    except OSError as error:
        tell(f"cannot write: {error.strerror}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
