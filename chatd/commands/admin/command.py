"""The command itself: its parser, made of the table."""

import argparse
from typing import Any

from chatd.commands.admin.table import ADMIN, AdminCommand
from chatd.commands.contract import add_data

_DESCRIPTION = (
    "Look after a server from its own machine: see who is there, keep it civil, and give people their data "
    "or delete it. The server is asked by a socket in its data folder, as its own user or as root; where "
    "none runs on that folder, it is done on the data itself. Acts are by the name admin, and are told and "
    "audited as what is typed in the chat. The exit code is 0 when it was done, 1 when it could not be, 2 "
    "when it was asked for wrongly or there is no such folder."
)


class _WordsAnywhere(argparse.ArgumentParser):
    """Options may also stand between the words, as before a reason."""

    _inside = False

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        if self._inside:  # it calls this in turn
            return super().parse_known_args(args, namespace)
        self._inside = True
        try:
            return self.parse_known_intermixed_args(args, namespace)
        finally:
            self._inside = False


def parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(prog="chatd admin", description=_DESCRIPTION)
    _add_common(made)
    what = made.add_subparsers(
        metavar="WHAT",
        dest="what",
        required=True,
        help="what is to be done; each of these has its own --help",
        parser_class=_WordsAnywhere,
    )
    for name, command in ADMIN.items():
        sub = what.add_parser(name, help=command.does, description=_sentence(command))
        _add_common(sub, argparse.SUPPRESS)  # else what was given before the word would be forgotten
        command.arguments(sub)
    return made


def _sentence(command: AdminCommand) -> str:
    return f"{command.does[0].upper()}{command.does[1:]}.{command.more and ' '}{command.more}"


def _add_common(parser: argparse.ArgumentParser, default: str | None = None) -> None:
    add_data(parser, default=default)
    parser.add_argument(
        "--json", action="store_true", default=default or False, help="answer with JSON, one object a line"
    )


def run(arguments: argparse.Namespace) -> int:
    return ADMIN[arguments.what].run(arguments)
