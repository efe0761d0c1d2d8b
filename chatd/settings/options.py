"""The options of `chatd`: one table, for the command line and for the configuration file.

A row says how an option is written and what it may be; from it are made the argument of argparse and the
check of what a file says.
"""

import argparse
from collections.abc import Callable
from dataclasses import dataclass
from difflib import get_close_matches
from enum import Enum
from typing import Any, Final

from chatd.config import DEFAULT_LISTEN, IN_MEMORY, LOOPBACK, Plaintext
from chatd.net.logs import LEVELS
from chatd.protocol.address_ranges import AddressRange, parse_range
from chatd.protocol.errors import ChatError
from chatd.protocol.keep_rule import EVERYTHING, KeepRule, parse_keep_rule
from chatd.protocol.limits import DEFAULT
from chatd.protocol.registration import Registration
from chatd.state.networks import UNIX
from chatd.store.engines import SYNCS


class Takes(Enum):
    """What an option takes, in the words of a sentence about a file."""

    WORD = "a word in quotes"
    WORDS = "a list of words in quotes"
    NUMBER = "a number"
    FLAG = "true or false"


@dataclass(frozen=True, slots=True)
class ServerOption:
    """`parse` makes the value of a word, of each where it takes several: it raises ArgumentTypeError with a
    sentence, or ValueError."""

    name: str
    help: str
    takes: Takes = Takes.WORD
    metavar: str | None = None
    choices: tuple[str, ...] = ()
    parse: Callable[[str], Any] = str
    default: Any = None

    @property
    def key(self) -> str:
        """What it is called in Python."""
        return self.name.replace("-", "_")

    def add_to(self, parser: argparse.ArgumentParser) -> None:
        spelled = f"--{self.name}"
        if self.takes is Takes.FLAG:
            parser.add_argument(spelled, action=argparse.BooleanOptionalAction, help=self.help)
        elif self.takes is Takes.WORDS:
            parser.add_argument(
                spelled, metavar=self.metavar, action="append", type=self.parse, help=self.help
            )
        else:
            parser.add_argument(
                spelled,
                metavar=self.metavar,
                choices=self.choices or None,
                type=self.parse,
                default=self.default,
                help=self.help,
            )


def _keep_rule(word: str) -> KeepRule:
    """An argument type."""
    try:
        return parse_keep_rule(word)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def _range(word: str) -> AddressRange:
    """An argument type."""
    try:
        return parse_range(word)
    except ChatError as error:
        raise argparse.ArgumentTypeError(f"{word!r} is no address, and no range like 10.0.0.0/8") from error


def _proxy(word: str) -> AddressRange | str:
    """An argument type."""
    return UNIX if word == UNIX else _range(word)


def _at_least(least: int, kind: type[float] | type[int]) -> Callable[[str], float]:
    """An argument type: a finite number of that kind, `least` or more."""

    def parse(word: str) -> float:
        number = kind(word)
        if not least <= number < float("inf"):
            raise argparse.ArgumentTypeError(f"{word} is not {least} or more")
        return number

    parse.__name__ = "number"  # argparse names it in its sentence about a word that is none
    return parse


def suggestion(name: str, known: list[str]) -> str:
    """What to write instead of a word that is none of those."""
    near = get_close_matches(name.lower().replace("_", "-"), known, 1)
    return f"did you mean {near[0]}?" if near else f"please write one of {', '.join(known)}"


OPTIONS: Final = (
    ServerOption(
        "listen",
        "where to listen, as tcp://HOST:PORT or unix:///PATH; may be given more than once "
        f"(default {DEFAULT_LISTEN})",
        Takes.WORDS,
        metavar="URI",
    ),
    ServerOption(
        "data",
        f"the folder in which what is said is kept, or {IN_MEMORY} to keep nothing "
        "(default: chatd in the user's state folder; for a service of systemd its own)",
        metavar="DIR",
    ),
    ServerOption(
        "sync",
        "when a message is acknowledged: always when the disk has it, so that it survives a power cut; "
        "or everysec, when it is written and will be on the disk a second later (default %(default)s)",
        choices=SYNCS,
        default=SYNCS[0],
    ),
    ServerOption(
        "keep",
        "how much of what was said is kept: an age like 90d (h, d, w or y), a number of messages a room "
        "like 100000, or both, 90d,100000; the rest is removed (default: everything is kept)",
        metavar="RULE",
        parse=_keep_rule,
        default=EVERYTHING,
    ),
    ServerOption(
        "registration",
        "who may register a name: everyone (open), who has the code of an invite, or nobody (closed) "
        "(default %(default)s)",
        choices=tuple(map(str, Registration)),
        default=str(Registration.OPEN),
    ),
    ServerOption(
        "plaintext-passwords",
        "take passwords over any connection; else only where nobody else can read them: by TLS, or from "
        "this machine",
        Takes.FLAG,
    ),
    ServerOption(
        "line-rate",
        f"lines a second from one client, after a burst of {DEFAULT.line_burst}; more wait; "
        "0 for no bound (default %(default)g)",
        Takes.NUMBER,
        metavar="N",
        parse=_at_least(0, float),
        default=DEFAULT.line_rate,
    ),
    ServerOption(
        "max-clients",
        "how many may be connected; the next are told that the server is full "
        f"(default: what the file limit allows, less {DEFAULT.spare_files})",
        Takes.NUMBER,
        metavar="N",
        parse=_at_least(1, int),
    ),
    ServerOption(
        "tls-certificate",
        "speak TLS, too, on the same port, with this certificate (PEM, with those that it was signed by); "
        "both files are read again on SIGHUP",
        metavar="FILE",
    ),
    ServerOption(
        "tls-key", "the key of the certificate (PEM), which only this server may read", metavar="FILE"
    ),
    ServerOption(
        "plaintext",
        "who may speak without TLS: programs on this machine (loopback), or everyone (everywhere) "
        "(default %(default)s)",
        choices=tuple(map(str, Plaintext)),
        default=str(Plaintext.LOOPBACK),
    ),
    ServerOption(
        "exempt",
        "an address or a range like 10.0.0.0/8 from which any number may come, and send any number of lines; "
        f"may be given more than once (default {', '.join(map(str, LOOPBACK))}, this machine)",
        Takes.WORDS,
        metavar="RANGE",
        parse=_range,
    ),
    ServerOption(
        "proxy",
        "an address or a range like 10.0.0.0/8 of proxies that begin each connection with a header of the "
        "PROXY protocol, version 1 or 2, or unix for whoever comes over a Unix socket; without a header they "
        "are turned away; may be given more than once",
        Takes.WORDS,
        metavar="RANGE",
        parse=_proxy,
    ),
    ServerOption(
        "web-host",
        "a name by which browsers know this server, like chat.example.org; may be given more than once; "
        "addresses, localhost and the name of this machine are known anyway",
        Takes.WORDS,
        metavar="NAME",
    ),
    ServerOption("log-level", "debug, info, warning or error", metavar="L", choices=LEVELS, default="info"),
)
