"""The command lines of `chat`, `chat send`, `chat tail` and `chat log`: from argv and the settings to
checked values."""

import argparse
import re
from typing import Final, get_args

from chatd.protocol.errors import ChatError, ConfigError
from chatd.protocol.names import check_name, check_room
from chatd.protocol.requests import LOBBY
from chatd.protocol.sanitize import clean
from chatd.protocol.version import __version__
from chatd_client import when
from chatd_client.argument_parser import SentenceParser, shortened
from chatd_client.settings import Bell, Colours, overridden, read_settings, settings_file
from chatd_client.target import parse_target, with_valid_name
from chatd_client.tls_arguments import add_tls, trust_options

TARGET: Final = "[chats://][NAME@]HOST[:PORT]"
_LEFT_OUT: Final = (
    "left out: the settings' server, else 127.0.0.1:5050; NAME: the settings' name, else your login"
)

#: How `chat log` writes times: with the date.
LOG_TIMES: Final = "%Y-%m-%d %H:%M:%S"
#: Messages of a room that `chat tail` begins with: they are held until all are there.
MOST_HISTORY: Final = 10_000
#: What every option that takes a time says of it.
WHEN: Final = (
    "WHEN is 90s, 15m, 1h, 3d or 2w ago, today, yesterday, 2026-11-24 or 2026-11-24T13:05, in local time."
)

_CHAT: Final = """\
also:
  chat send [--to NAME] [--room ROOM] [HOST] ["TEXT"]
    say TEXT, or each line of standard input
  chat tail [--json] [--room ROOM] [--since WHEN] [HOST]
    print what is said, a line each
  chat log [ROOM] [HOST] --since WHEN > FILE
    print what was said, oldest first
Each has its own --help. (A host that is called send, tail or log is written send:5050.)

settings: {file}
  name = "alice"            server = "chat.example.org:5050"
  bell = "mention"          colours = "auto"          time_format = "%H:%M"
  mouse = true              title = true              remember_rooms = true
  rooms = ["dev", "ops"]    notify = "notify-send -a chat 'A message'"

exit codes: 0 fine, 1 could not connect or was cut off, 2 wrong usage, 3 something was not delivered, or is
missing
"""
_TAIL: Final = f"""\
{WHEN}
--since and --history are about the rooms that are given, or else the lobby.
"""
_LOG: Final = f"""\
{WHEN}
A day as --until is to its end. The exit code is 0 when the log is complete, 3 when something is missing,
1 without a connection.
"""
_SEND: Final = """\
Empty lines are left out, long ones split at a word. TEXT needs a HOST before it, which may be "".
The exit code is 0 when every message was acknowledged, 3 when one was refused, 1 without a connection.
"""


def _new(prog: str, description: str, epilog: str = "", first: str = "", about: str = "") -> SentenceParser:
    """With an argument `first` before the target."""
    form = argparse.RawDescriptionHelpFormatter
    parser = SentenceParser(
        prog=prog,
        description=description,
        epilog=epilog,
        formatter_class=form,
        allow_abbrev=False,
        exit_on_error=False,
    )
    if first:
        parser.add_argument(first, nargs="?", metavar=first.upper(), help=about)
    parser.add_argument("target", nargs="?", default="", metavar=TARGET, help=_LEFT_OUT)
    parser.add_argument("--name", help="overrides the settings")
    parser.add_argument(
        "--login", action="store_true", help="ask for the password of your account, and remember this device"
    )
    add_tls(parser)
    return parser


def _chat() -> SentenceParser:
    file = settings_file()
    epilog = _CHAT.format(file="none, without a home folder" if file is None else clean(str(file)))
    parser = _new("chat", "Talk at a chatd server.", epilog)
    parser.add_argument(
        "--plain", action="store_true", help="a line a message: nothing is redrawn, no colours"
    )
    parser.add_argument(
        "--bell", choices=get_args(Bell), help="what rings; mention: dm, and lines that name you"
    )
    parser.add_argument(
        "--colours", choices=get_args(Colours), help="auto respects NO_COLOR; on wins over it"
    )
    parser.add_argument("--time-format", metavar="FORMAT", help="as in strftime, like %%H:%%M")
    parser.add_argument(
        "--mouse",
        action=argparse.BooleanOptionalAction,
        help="the wheel scrolls; without it the terminal selects text without Shift",
    )
    parser.add_argument(
        "--title", action=argparse.BooleanOptionalAction, help="what is unread, in the title of the terminal"
    )
    parser.add_argument(
        "--remember",
        action=argparse.BooleanOptionalAction,
        dest="remember_rooms",
        help="be in the rooms of last time, and remember those of this time",
    )
    parser.add_argument(
        "--notify", metavar="CMD", help="start CMD for direct messages and lines that name you; no shell"
    )
    parser.add_argument("--version", action="version", version=f"chat {__version__}")
    return parser


def _add_reconnect(parser: SentenceParser, so: str) -> None:
    parser.add_argument("--reconnect", action="store_true", help=f"come back when the link breaks; {so}")


def _send() -> SentenceParser:
    parser = _new("chat send", "Say TEXT, or each line of standard input.", _SEND)
    parser.add_argument("text", nargs="?", metavar="TEXT", help="left out: standard input is read")
    parser.add_argument("--to", metavar="NAME", help="to one person instead of everyone")
    parser.add_argument("--room", help="to those in a room, which is joined first")
    parser.add_argument(
        "--block", action="store_true", help="as few messages as may be: each of up to 100 lines"
    )
    _add_reconnect(parser, "and send again what was not acknowledged")
    return parser


def _tail() -> SentenceParser:
    parser = _new("chat tail", "Print what is said, a line each, until interrupted.", _TAIL)
    parser.add_argument("--json", action="store_true", help="the server's objects instead, one a line")
    parser.add_argument(
        "--room", action="append", help="what is said in a room, too; may be given several times"
    )
    parser.add_argument("--since", metavar="WHEN", help="begin with what was said since then")
    parser.add_argument("--history", metavar="N", help="begin with the last N messages of each room")
    parser.add_argument("--time-format", metavar="FORMAT", help='as in strftime; "" shows no times')
    _add_reconnect(parser, "what was said meanwhile comes then")
    return parser


def _log() -> SentenceParser:
    parser = _new(
        *(
            "chat log",
            "Print what was said, oldest first.",
            _LOG,
            "room",
            "left out: the lobby, or with --with none",
        )
    )
    parser.add_argument("--with", dest="whom", metavar="NAME", help="what you and NAME wrote to each other")
    parser.add_argument("--since", metavar="WHEN", help="what was said since then, and not all that there is")
    parser.add_argument("--until", metavar="WHEN", help="what was said before that")
    parser.add_argument("--json", action="store_true", help="the server's objects instead, one a line")
    parser.add_argument(
        "--time-format", metavar="FORMAT", default=LOG_TIMES, help='as in strftime; "" shows no times'
    )
    return parser


def how_to_say(text: str) -> str:
    """To someone whose text stands where the host belongs."""
    return f'to say it, please write: chat send HOST "{shortened(text)}" (HOST may be "")'


def _check_receiver(parser: SentenceParser, given: argparse.Namespace) -> None:
    if given.to is not None and given.room is not None:
        parser.error("it goes to one person or to a room; please give --to or --room")
    if given.to is not None:
        check_name(given.to)
    if given.room is not None:
        given.room = check_room(given.room)


def _check_past(parser: SentenceParser, given: argparse.Namespace) -> None:
    given.room = list(dict.fromkeys(map(check_room, given.room or ())))
    if given.since is not None and given.history is not None:
        parser.error("it begins with one or the other; please give --since or --history")
    if given.since is not None:
        given.since = when.since(given.since)
    if given.history is not None:
        given.history = _how_many(given.history)


def _how_many(text: str) -> int:
    if not re.fullmatch("[0-9]{1,9}", text) or not 1 <= int(text) <= MOST_HISTORY:
        raise ConfigError(f"--history takes a number from 1 to {MOST_HISTORY}; more is what chat log is for")
    return int(text)


def _check_log(parser: SentenceParser, given: argparse.Namespace) -> None:
    if given.whom is not None:
        check_name(given.whom)
        if given.target:
            parser.error("it is about a room or about a person; please give ROOM or --with NAME")
        given.target, given.room = given.room or "", None
    else:
        try:
            given.room = check_room(given.room or LOBBY)
        except ChatError:
            parser.error(f"{shortened(given.room)} is no room; please write: chat log ROOM HOST")
    given.since = 0 if given.since is None else when.since(given.since)
    given.until = None if given.until is None else when.until(given.until)
    if given.until is not None and given.until <= given.since:
        parser.error("there is nothing between --since and --until; please give an earlier --since")


COMMANDS: Final = {"chat": _chat, "send": _send, "tail": _tail, "log": _log}
_CHECKS: Final = {"send": _check_receiver, "tail": _check_past, "log": _check_log}


def parse(argv: list[str], terminal: bool) -> argparse.Namespace:
    """`command`, `target` and how it was `written`, `own` where the user gave the name, `settings`, `trust`,
    and the options of the command. Exits with 2 for wrong usage.

    Without a terminal `chat` is line mode, which cannot ask for a name: an invalid one is an error.
    """
    command = argv[0] if argv and argv[0] in _CHECKS else "chat"
    parser = COMMANDS[command]()
    given = parser.read(argv[1:] if command != "chat" else argv)
    try:
        settings = overridden(read_settings(settings_file()), vars(given))
        if command == "send" and given.text is None and " " in given.target:  # no address has a space
            parser.error(f"{shortened(given.target)} is no address; {how_to_say(given.target)}")
        if command in _CHECKS:
            _CHECKS[command](parser, given)
        target = parse_target(given.target, settings.name, settings.server)
        given.trust = trust_options(given)
        if command == "chat":
            given.plain = given.plain or not terminal
            if given.plain:
                with_valid_name(target)
    except (ConfigError, ChatError) as error:
        parser.error(str(error))
    given.own = "@" in given.target or settings.name is not None or given.login
    given.written, given.target = given.target, target
    given.command, given.settings = command, settings
    return given
