"""The command lines of `chat`, `chat send` and `chat tail`: from argv and the settings to checked values."""

import argparse
from typing import Final, NoReturn, get_args

from chatd.protocol.errors import ChatError, ConfigError
from chatd.protocol.names import check_name
from chatd.protocol.sanitize import clean
from chatd.protocol.version import __version__
from chatd_client.settings import Bell, Colours, overridden, read_settings, settings_file
from chatd_client.target import parse_target, with_valid_name

TARGET: Final = "[NAME@]HOST[:PORT]"
_LEFT_OUT: Final = (
    "left out: the settings' server, else 127.0.0.1:5050; NAME: the settings' name, else your login"
)

_CHAT: Final = """\
also:
  chat send [--to NAME] [HOST] ["TEXT"]   say TEXT, or each line of standard input
  chat tail [--json] [HOST]               print what is said, a line each
Each has its own --help. (A host that is called send or tail is written send:5050.)

settings: {file}
  name = "alice"            server = "chat.example.org:5050"
  bell = "mention"          colours = "auto"          time_format = "%H:%M"
  mouse = true

exit codes: 0 fine, 1 could not connect or was cut off, 2 wrong usage, 3 something was not delivered
"""
_SEND: Final = """\
Empty lines are left out, long ones split at a word. TEXT needs a HOST before it, which may be "".
The exit code is 0 when every message was acknowledged, 3 when one was refused, 1 without a connection.
"""


class _Parser(argparse.ArgumentParser):
    """An error is one sentence, without argparse's usage text."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {clean(message)}; {self.prog} --help shows how\n")


def _new(prog: str, description: str, epilog: str = "") -> _Parser:
    form = argparse.RawDescriptionHelpFormatter
    parser = _Parser(
        prog=prog, description=description, epilog=epilog, formatter_class=form, allow_abbrev=False
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
    parser.add_argument("--version", action="version", version=f"chat {__version__}")
    return parser


def _send() -> _Parser:
    parser = _new("chat send", "Say TEXT, or each line of standard input.", _SEND)
    parser.add_argument("text", nargs="?", metavar="TEXT", help="left out: standard input is read")
    parser.add_argument("--to", metavar="NAME", help="to one person instead of everyone")
    return parser


def _tail() -> _Parser:
    parser = _new("chat tail", "Print what is said, a line each, until interrupted.")
    parser.add_argument("--json", action="store_true", help="the server's objects instead, one a line")
    return parser


COMMANDS: Final = {"chat": _chat, "send": _send, "tail": _tail}


def parse(argv: list[str], terminal: bool) -> argparse.Namespace:
    """`command`, `target`, `settings`, and the options of the command. Exits with 2 for wrong usage.

    Without a terminal `chat` is line mode, which cannot ask for a name: an invalid one is an error.
    """
    command = argv[0] if argv and argv[0] in ("send", "tail") else "chat"
    parser = COMMANDS[command]()
    given = parser.parse_args(argv[1:] if command != "chat" else argv)
    try:
        settings = overridden(read_settings(settings_file()), vars(given))
        target = parse_target(given.target, settings.name, settings.server)
        if command == "chat":
            given.plain = given.plain or not terminal
            if given.plain:
                with_valid_name(target)
        elif command == "send" and given.to is not None:
            check_name(given.to)
    except (ConfigError, ChatError) as error:
        parser.error(str(error))
    given.command, given.settings, given.target = command, settings, target
    return given
