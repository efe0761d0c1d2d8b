"""The commands by name: the first word behind `chatd`. Without one of them it is a server."""

import sys
from typing import Final

from chatd.commands import backup, check, invite, restore, tls
from chatd.commands.admin import command as admin
from chatd.commands.contract import CommandFailed, OperatorCommand

COMMANDS: Final[dict[str, OperatorCommand]] = {
    "backup": OperatorCommand(
        "copy the log into a file, also while the server runs", backup.parser, backup.run
    ),
    "restore": OperatorCommand("make a copy the log of a folder that has none", restore.parser, restore.run),
    "check": OperatorCommand(
        "say what is in a data folder, and whether it is sound", check.parser, check.run
    ),
    "invite": OperatorCommand(
        "make a code with which somebody can register a name", invite.parser, invite.run
    ),
    "tls": OperatorCommand("make a certificate, so that a server can be reached by TLS", tls.parser, tls.run),
    "admin": OperatorCommand(
        "see who is there, keep a server civil, export and delete what is kept of people",
        admin.parser,
        admin.run,
    ),
}


def run_command(name: str, words: list[str]) -> int:
    """The exit code."""
    command = COMMANDS[name]
    try:
        return command.run(command.parser().parse_args(words))
    except CommandFailed as error:
        print(f"chatd {name}: {error}", file=sys.stderr)
        return error.code


def listed() -> str:
    """What `chatd --help` says of them."""
    width = max(map(len, COMMANDS))
    lines = [f"  {name:<{width}}  {command.does}" for name, command in COMMANDS.items()]
    return "\n".join(["commands, each with its own --help:", *lines])
