"""What can be done, a row each: what it does, its arguments, and how it is done."""

import argparse
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from typing import Final

from chatd.commands import backup, invite
from chatd.commands.admin import files, personal, requests
from chatd.commands.admin.asking import ask
from chatd.commands.admin.showing import show
from chatd.commands.contract import folder_of
from chatd.protocol.admin_events import RoomRow, SessionRow, UserRow
from chatd.protocol.admin_requests import ListRooms, ListSessions, ListUsers
from chatd.protocol.events import Event
from chatd.protocol.moderation_requests import Announce, Grant, Lockdown, Unban, Unmute
from chatd.protocol.requests import LOBBY, Request

_Parser = argparse.ArgumentParser
_Arguments = argparse.Namespace
#: Acts that are shown where nothing is said, and the most.
_ACTS: Final = 50
_MOST_ACTS: Final = 500


@dataclass(frozen=True, slots=True)
class AdminCommand:
    """`arguments` adds those of its own to a parser; `run` returns the exit code, or raises CommandFailed.
    `more` is what `--help` says beside that."""

    does: str
    arguments: Callable[[_Parser], None]
    run: Callable[[_Arguments], int]
    more: str = ""


def _asking(
    request: Callable[[_Arguments], Request], row: type[Event] | None = None
) -> Callable[[_Arguments], int]:
    """One request, whose answer is shown."""

    def run(arguments: _Arguments) -> int:
        with closing(ask(folder_of(arguments.data), request(arguments))) as answer:
            show(answer, arguments.json, row)
        return 0

    return run


def _nothing(parser: _Parser) -> None: ...


def _name(parser: _Parser, what: str = "who") -> None:
    parser.add_argument("name", metavar="NAME", help=what)


def _room(parser: _Parser, otherwise: str) -> None:
    parser.add_argument("--room", metavar="ROOM", default=LOBBY, help=f"in this room (default: {otherwise})")


def _rest(parser: _Parser) -> None:
    parser.add_argument(
        "rest",
        metavar="TIME REASON",
        nargs="*",
        default=[],
        help="for how long, like 30m, 2h or 7d (default: for good), and why",
    )


def _users(parser: _Parser) -> None:
    parser.add_argument("--here", action="store_true", help="only who is connected now")


def _bans(parser: _Parser) -> None:
    _room(parser, "on the whole server")


def _acts(parser: _Parser) -> None:
    parser.add_argument(
        "count",
        metavar="N",
        nargs="?",
        type=_count,
        default=_ACTS,
        help=f"so many of the last acts, at most {_MOST_ACTS} (default {_ACTS})",
    )
    _room(parser, "everywhere")


def _count(word: str) -> int:
    """An argument type."""
    if not (word.isascii() and word.isdigit() and 1 <= int(word) <= _MOST_ACTS):
        raise argparse.ArgumentTypeError(f"{word} is no number from 1 to {_MOST_ACTS}")
    return int(word)


def _grant(parser: _Parser) -> None:
    _name(parser, "who, by an account")
    parser.add_argument(
        "role", metavar="admin|owner|none", choices=("admin", "owner", "none"), help="the role on the server"
    )


def _kick(parser: _Parser) -> None:
    _name(parser)
    parser.add_argument("reason", metavar="REASON", nargs="*", default=[], help="why")
    parser.add_argument("--room", metavar="ROOM", required=True, help="out of this room")


def _ban(parser: _Parser) -> None:
    parser.add_argument(
        "whom", metavar="WHOM", help="a NAME, an ADDRESS like 10.0.0.7, or a range like *@10.0.0.0/24"
    )
    _rest(parser)
    _room(parser, "from the whole server")
    parser.add_argument("--yes", action="store_true", help="also a range that is nearly everyone, below /8")


def _unban(parser: _Parser) -> None:
    parser.add_argument("whom", metavar="WHOM", help="as `bans` lists it")
    _room(parser, "on the whole server")


def _mute(parser: _Parser) -> None:
    _name(parser)
    _rest(parser)
    _room(parser, "in the lobby")


def _unmute(parser: _Parser) -> None:
    _name(parser)
    _room(parser, "in the lobby")


def _announce(parser: _Parser) -> None:
    parser.add_argument("text", metavar="TEXT", nargs="+", help="what everyone is told")


def _kill(parser: _Parser) -> None:
    _name(parser)
    parser.add_argument("reason", metavar="REASON", nargs="+", help="why, which it is told")


def _lockdown(parser: _Parser) -> None:
    parser.add_argument("switch", metavar="on|off", choices=("on", "off"), help="whether it is")


def _export(parser: _Parser) -> None:
    _name(parser)
    parser.add_argument(
        "--out", metavar="FILE", help="into this file, which only its owner may read, and not to the terminal"
    )


def _delete(parser: _Parser) -> None:
    _name(parser)
    parser.add_argument("--yes", action="store_true", help="without being asked whether it is meant")


def _role(arguments: _Arguments) -> Request:
    role = None if arguments.role == "none" else arguments.role
    return Grant(nick=arguments.name, role=role)


#: By the word behind `chatd admin`, as `--help` lists them.
ADMIN: Final[dict[str, AdminCommand]] = {
    "users": AdminCommand(
        "list the accounts, and the guests that are here",
        _users,
        _asking(lambda arguments: ListUsers(here=arguments.here), UserRow),
    ),
    "rooms": AdminCommand("list the rooms", _nothing, _asking(lambda arguments: ListRooms(), RoomRow)),
    "sessions": AdminCommand(
        "list the connections of those who have a name",
        _nothing,
        _asking(lambda arguments: ListSessions(), SessionRow),
    ),
    "bans": AdminCommand("list who is banned and muted", _bans, _asking(requests.bans)),
    "audit": AdminCommand("show what was done to keep it civil", _acts, _asking(requests.audit)),
    "grant": AdminCommand("give an account a role on the server, or take it", _grant, _asking(_role)),
    "kick": AdminCommand("put somebody out of a room", _kick, _asking(requests.kick)),
    "ban": AdminCommand(
        "keep somebody, or a range of addresses, off the server or out of a room",
        _ban,
        _asking(requests.ban),
    ),
    "unban": AdminCommand(
        "lift a ban", _unban, _asking(lambda arguments: Unban(room=arguments.room, whom=arguments.whom))
    ),
    "mute": AdminCommand("let somebody read, but not speak", _mute, _asking(requests.mute)),
    "unmute": AdminCommand(
        "let somebody speak again",
        _unmute,
        _asking(lambda arguments: Unmute(room=arguments.room, nick=arguments.name)),
    ),
    "announce": AdminCommand(
        "tell everyone on the server something",
        _announce,
        _asking(lambda arguments: Announce(text=" ".join(arguments.text))),
    ),
    "kill": AdminCommand("end the connections of somebody", _kill, _asking(requests.kill)),
    "lockdown": AdminCommand(
        "let guests read, but not speak, and nobody register",
        _lockdown,
        _asking(lambda arguments: Lockdown(on=arguments.switch == "on")),
    ),
    "export": AdminCommand("write all that is kept of a person as JSON", _export, personal.export),
    "delete": AdminCommand(
        "delete a person: the account, its direct messages, and the text of what it said",
        _delete,
        personal.delete,
    ),
    "invite": AdminCommand(
        "make a code with which somebody can register a name (as chatd invite)",
        invite.add_arguments,
        files.invite,
    ),
    "backup": AdminCommand("copy the log into a file (as chatd backup)", backup.add_arguments, files.backup),
}
