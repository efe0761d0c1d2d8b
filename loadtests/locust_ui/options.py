"""The options that our users have in common, for the command line and the web page's form.

What is a number stays one: locust takes the words of its form as they come, and answers one that it cannot
convert with an error of the server.
"""

import argparse
import math
from collections.abc import Callable
from typing import Any, Final, NamedTuple

from flask import Response, jsonify, request

from loadtests.reports.files import writable


class NumberOption(NamedTuple):
    """An option that is a number of at least `least`; its type is that of the default."""

    default: int | float
    least: float
    help: str

    def parse(self, word: str) -> int | float:
        """Raises ValueError with a sentence."""
        try:
            number = type(self.default)(word)
        except ValueError:
            number = self.least - 1
        if not self.least <= number < math.inf:
            kind = "whole number" if isinstance(self.default, int) else "number"
            raise ValueError(f"{word!r} is no {kind} of {self.least:g} or more")
        return number


NUMBERS: Final = {
    "rate": NumberOption(
        0.1, 0, "messages a second of each Talker and DirectWriter; 0: as fast as they are answered"
    ),
    "size": NumberOption(60, 1, "characters of each message, to which a stamp of about 45 is added"),
    "stay": NumberOption(5.0, 0, "seconds that a Visitor stays, and that a SlowReader does not read"),
}


def add_options(parser: Any) -> None:
    """Plain types only: locust sends them to its workers."""
    group = parser.add_argument_group("Chat users")
    for name, number in NUMBERS.items():
        action = group.add_argument(
            f"--{name}",
            type=_type(number),
            default=number.default,
            help=f"{number.help} ({number.default:g})",
        )
        action.include_in_web_ui = True  # what locust's own add_argument does, and a group's does not
    for name, what in (("run-json", "the figures for machines"), ("run-html", "the report with charts")):
        parser.add_argument(
            f"--{name}",
            type=lambda word: str(writable(word)),
            metavar="FILE",
            include_in_web_ui=False,
            help=f"write {what} there, at the end",
        )


def _type(number: NumberOption) -> Callable[[str], int | float]:
    def parse(word: str) -> int | float:
        try:
            return number.parse(word)
        except ValueError as error:
            raise argparse.ArgumentTypeError(str(error)) from error

    return parse


def check_form(environment: Any) -> None:
    """Answer a form with a word that is no number with a sentence, before locust reads it."""

    def check() -> Response | None:
        for name, word in request.form.items() if request.path.endswith("/swarm") else ():
            try:
                NUMBERS[name].parse(word) if name in NUMBERS else None
            except ValueError as error:
                return jsonify({"success": False, "message": f"{name}: {error}", "host": environment.host})
        return None

    if environment.web_ui is not None:
        environment.web_ui.app.before_request(check)
