"""The command lines of `chat`, `chat send` and `chat tail`: from argv and the settings to checked values."""

import argparse
import difflib
import re
from typing import Final, NoReturn, get_args

from chatd.protocol.errors import ChatError, ConfigError
from chatd.protocol.names import check_name, check_room
from chatd.protocol.sanitize import clean
from chatd.protocol.version import __version__
from chatd_client import when
from chatd_client.console import WRONG_USAGE
from chatd_client.settings import Bell, Colours, overridden, read_settings, settings_file
from chatd_client.target import parse_target, with_valid_name

TARGET: Final = "[NAME@]HOST[:PORT]"
_LEFT_OUT: Final = (
    "left out: the settings' server, else 127.0.0.1:5050; NAME: the settings' name, else your login"
)

#: Messages of a room that `chat tail` begins with: they are held until all are there.
MOST_HISTORY: Final = 10_000
#: Characters of what was typed that an error repeats.
_REPEATED: Final = 40

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
Each has its own --help. (A host that is called send or tail is written send:5050.)

settings: {file}
  name = "alice"            server = "chat.example.org:5050"
  bell = "mention"          colours = "auto"          time_format = "%H:%M"
  mouse = true              title = true              remember_rooms = true
  rooms = ["dev", "ops"]    notify = "notify-send -a chat 'A message'"

exit codes: 0 fine, 1 could not connect or was cut off, 2 wrong usage, 3 something was not delivered
"""
_TAIL: Final = f"""\
{WHEN}
--since and --history are about the rooms that are given, or else the lobby.
"""
_SEND: Final = """\
Empty lines are left out, long ones split at a word. TEXT needs a HOST before it, which may be "".
The exit code is 0 when every message was acknowledged, 3 when one was refused, 1 without a connection.
"""


class _Parser(argparse.ArgumentParser):
    """What is wrong is one sentence of ours, whatever argparse would say, without its usage text."""

    def error(self, message: str) -> NoReturn:
        self.exit(WRONG_USAGE, f"{self.prog}: {clean(message)}; {self.prog} --help shows how\n")

    def read(self, argv: list[str]) -> argparse.Namespace:
        """Options may stand before, between and behind the arguments. Exits with 2 for wrong usage."""
        try:
            given, left_over = self.parse_known_intermixed_args(argv)
        except argparse.ArgumentError as error:
            return self.error(self._what_it_takes(str(error.argument_name)))
        if left_over:
            return self.error(self._too_much(left_over[0], given))
        return given

    def _what_it_takes(self, name: str) -> str:
        """In words, for the option of this name: the only thing that can be wrong about it."""
        action = next(each for each in self._actions if "/".join(each.option_strings) == name)
        option = action.option_strings[-1]
        if action.choices is not None:
            *most, last = action.choices
            return f"{option} takes {', '.join(most)} or {last}"
        if action.nargs == 0:
            return f"{name} takes no value"
        return f"{option} needs a value behind it, as in {option} {action.metavar or action.dest.upper()}"

    def _too_much(self, word: str, given: argparse.Namespace) -> str:
        if not word.startswith("-"):
            if getattr(given, "text", None) is not None:
                return 'please put the text into quotes, as in HOST "TEXT"'
            return f"there is one word too many: {_shortened(word)}"
        options = [option for action in self._actions for option in action.option_strings]
        like = difflib.get_close_matches(word.partition("=")[0], options, 1)
        meant = f"; did you mean {like[0]}?" if like else ""
        if hasattr(given, "text"):
            meant += "; a text that begins with - is written behind --"
        return f"there is no option {_shortened(word.partition('=')[0])}{meant}"


def _shortened(text: str) -> str:
    """Something that was typed, as far as an error repeats it."""
    text = clean(text)
    return text if len(text) <= _REPEATED else f"{text[:_REPEATED]}…"


def _new(prog: str, description: str, epilog: str = "") -> _Parser:
    form = argparse.RawDescriptionHelpFormatter
    parser = _Parser(
        prog=prog,
        description=description,
        epilog=epilog,
        formatter_class=form,
        allow_abbrev=False,
        exit_on_error=False,
    )
    parser.add_argument("target", nargs="?", default="", metavar=TARGET, help=_LEFT_OUT)
    parser.add_argument("--name", help="overrides the settings")
    return parser


def _chat() -> _Parser:
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


def _add_reconnect(parser: _Parser, so: str) -> None:
    parser.add_argument("--reconnect", action="store_true", help=f"come back when the link breaks; {so}")


def _send() -> _Parser:
    parser = _new("chat send", "Say TEXT, or each line of standard input.", _SEND)
    parser.add_argument("text", nargs="?", metavar="TEXT", help="left out: standard input is read")
    parser.add_argument("--to", metavar="NAME", help="to one person instead of everyone")
    parser.add_argument("--room", help="to those in a room, which is joined first")
    parser.add_argument(
        "--block", action="store_true", help="as few messages as may be: each of up to 100 lines"
    )
    _add_reconnect(parser, "and send again what was not acknowledged")
    return parser


def _tail() -> _Parser:
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


def how_to_say(text: str) -> str:
    """To someone whose text stands where the host belongs."""
    return f'to say it, please write: chat send HOST "{_shortened(text)}" (HOST may be "")'


def _check_receiver(parser: _Parser, given: argparse.Namespace) -> None:
    if given.to is not None and given.room is not None:
        parser.error("it goes to one person or to a room; please give --to or --room")
    if given.to is not None:
        check_name(given.to)
    if given.room is not None:
        given.room = check_room(given.room)


def _check_past(parser: _Parser, given: argparse.Namespace) -> None:
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


COMMANDS: Final = {"chat": _chat, "send": _send, "tail": _tail}


def parse(argv: list[str], terminal: bool) -> argparse.Namespace:
    """`command`, `target` and how it was `written`, `settings`, and the options of the command. Exits with 2
    for wrong usage.

    Without a terminal `chat` is line mode, which cannot ask for a name: an invalid one is an error.
    """
    command = argv[0] if argv and argv[0] in ("send", "tail") else "chat"
    parser = COMMANDS[command]()
    given = parser.read(argv[1:] if command != "chat" else argv)
    try:
        settings = overridden(read_settings(settings_file()), vars(given))
        if command == "send" and given.text is None and " " in given.target:  # no address has a space
            parser.error(f"{_shortened(given.target)} is no address; {how_to_say(given.target)}")
        target = parse_target(given.target, settings.name, settings.server)
        if command == "chat":
            given.plain = given.plain or not terminal
            if given.plain:
                with_valid_name(target)
        elif command == "tail":
            given.room = list(dict.fromkeys(map(check_room, given.room or ())))
            _check_past(parser, given)
        else:
            _check_receiver(parser, given)
    except (ConfigError, ChatError) as error:
        parser.error(str(error))
    given.written, given.target = given.target, target
    given.command, given.settings = command, settings
    return given
